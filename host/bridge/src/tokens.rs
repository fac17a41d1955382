//! What texts cost a model, counted exactly with OpenAI's `o200k_base`. Other makers' counts differ
//! by some percent, and stand to each other as these do.

use rmcp::model::Tool;
use serde_json::json;

/// How many tokens `text` is.
pub fn count(text: &str) -> usize {
    tiktoken_rs::o200k_base_singleton().count_ordinary(text)
}

/// What a client hands a model of `tool`: name, description and the schema of the arguments. Titles,
/// annotations, icons and output schemas are for clients, and makers' interfaces have no room for them.
pub fn definition(tool: &Tool) -> String {
    json!({
        "name": tool.name,
        "description": tool.description.as_deref().unwrap_or_default(),
        "input_schema": *tool.input_schema,
    })
    .to_string()
}

/// How many tokens `tools` are when each prompt carries their definitions.
pub fn plain<'t>(tools: impl IntoIterator<Item = &'t Tool>) -> usize {
    tools.into_iter().map(|tool| count(&definition(tool))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted() {
        assert_eq!(count(""), 0);
        assert_eq!(count("hello world"), 2);
        // A special token in a text is text.
        assert!(count("<|endoftext|>") > 1);
    }

    #[test]
    fn a_definition_is_what_a_model_gets() {
        let tool: Tool = serde_json::from_value(json!({
            "name": "a", "title": "T", "description": "D", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object"}, "annotations": {"title": "T"},
        }))
        .unwrap();
        assert_eq!(
            definition(&tool),
            r#"{"name":"a","description":"D","input_schema":{"type":"object"}}"#
        );
        assert_eq!(plain([&tool, &tool]), 2 * count(&definition(&tool)));
    }
}
