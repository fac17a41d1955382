//! What a model reads of Vesicle itself: the definitions of the tools that find, describe and call
//! other servers' tools, and the texts that they answer with.
//!
//! A model pays for these in every prompt, so that they say once what they say: how to call is told
//! where calls are written, how to search where searching is described. `benches/tokens.rs` counts
//! them.

use std::fmt::Write as _;

use rmcp::model::{Tool, ToolAnnotations, object};
use serde_json::{Value, json};

use crate::typescript::{Typed, quoted};

/// How many hits a search gives that does not say.
pub const LIMIT_DEFAULT: usize = 5;
/// How many tools are described at once.
pub const DESCRIBED_MAX: usize = 20;
/// How long the list of servers may get in a description, in bytes.
const SERVERS_BYTES_MAX: usize = 600;

/// How much of each tool a search tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Its name.
    #[default]
    Names,
    /// How it is called, on one line.
    Signatures,
    /// Its whole declaration.
    Full,
}

impl Detail {
    /// What callers write.
    pub const NAMES: [&str; 3] = ["names", "signatures", "full"];

    /// Reads what a caller wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Names, Self::Signatures, Self::Full]
            .into_iter()
            .zip(Self::NAMES)
            .find_map(|(detail, name)| (name == text).then_some(detail))
    }
}

/// What `execute_agent_code` does, before and after what the connected servers add to it. What else a
/// program must know, the errors say that it gets.
const EXECUTE: [&str; 2] = [
    "Run a TypeScript async function body in a fresh sandbox. Globals: `input` (context.input), `state.get/set`",
    ".",
];

/// `execute_agent_code`, for callers who may use these profiles; with a line that names the connected
/// servers and how many tools each has.
pub fn execute_agent_code<'p, 's>(
    profiles: impl IntoIterator<Item = &'p str>,
    servers: impl IntoIterator<Item = (&'s str, usize)>,
) -> Tool {
    let profiles: Vec<&str> = profiles.into_iter().collect();
    let mut properties = json!({
        "code": {"type": "string"},
        "context": {"type": "object"},
        "timeout_ms": {"type": "integer"},
    });
    // A choice of one is none.
    if let ([_, _, ..], Value::Object(properties)) = (profiles.as_slice(), &mut properties) {
        properties.insert("profile".to_owned(), json!({"enum": profiles}));
    }
    let index = server_index(servers);
    let tools = match index.is_empty() {
        true => String::new(),
        false => format!(", `tools` of servers {index}"),
    };
    let [before, after] = EXECUTE;
    let description = format!("{before}{tools}{after}");
    Tool::new(
        "execute_agent_code",
        description,
        input(properties, &["code"]),
    )
}

/// `search_tools`.
pub fn search_tools() -> Tool {
    read_only(Tool::new(
        "search_tools",
        "Find tools for a task",
        input(
            json!({
                "query": {"type": "string"},
                "server": {"type": "string"},
                "limit": {"type": "integer"},
                "detail": {"enum": Detail::NAMES},
            }),
            &["query"],
        ),
    ))
}

/// `describe_tools`.
pub fn describe_tools() -> Tool {
    read_only(Tool::new(
        "describe_tools",
        "Show types",
        input(
            json!({"names": {"type": "array", "items": {"type": "string"}}}),
            &["names"],
        ),
    ))
}

/// `call_tool`.
pub fn call_tool() -> Tool {
    Tool::new(
        "call_tool",
        "Call without code",
        input(
            json!({"name": {"type": "string"}, "arguments": {"type": "object"}}),
            &["name"],
        ),
    )
}

/// `list_servers`.
pub fn list_servers() -> Tool {
    read_only(Tool::new(
        "list_servers",
        "Their state",
        input(json!({}), &[]),
    ))
}

fn input(properties: Value, required: &[&str]) -> rmcp::model::JsonObject {
    object(match required {
        [] => json!({"type": "object"}),
        _ => json!({"type": "object", "properties": properties, "required": required}),
    })
}

fn read_only(tool: Tool) -> Tool {
    tool.with_annotations(ToolAnnotations::new().read_only(true).open_world(false))
}

/// The connected servers on one line, each with its number of tools.
fn server_index<'s>(servers: impl IntoIterator<Item = (&'s str, usize)>) -> String {
    let mut line = String::new();
    let mut untold = 0;
    for (name, tools) in servers {
        let name = clean(name);
        let gap = if line.is_empty() { "" } else { ", " };
        let told = format!("{gap}{name} ({tools})");
        match untold == 0 && line.len() + told.len() <= SERVERS_BYTES_MAX {
            true => line.push_str(&told),
            false => untold += 1,
        }
    }
    if untold > 0 {
        let _ = write!(line, " and {untold} more: list_servers");
    }
    line
}

/// What a search or a description answers with.
pub fn found<'t>(tools: impl IntoIterator<Item = &'t Typed<'t>>, detail: Detail) -> String {
    let tools: Vec<&Typed<'t>> = tools.into_iter().collect();
    let texts = |text: &dyn Fn(&Typed<'t>) -> String| {
        tools.iter().map(|typed| text(typed)).collect::<Vec<_>>()
    };
    match (tools.is_empty(), detail) {
        (true, _) => "No tool fits. Try other words, or list_servers.".to_owned(),
        (false, Detail::Names) => names(&tools),
        (false, Detail::Signatures) => texts(&|typed| typed.signature()).join("\n"),
        (false, Detail::Full) => texts(&|typed| typed.declaration()).join("\n\n"),
    }
}

/// One line for each server, in the order of their best tools: `github: create_issue, issue_write`.
fn names(tools: &[&Typed<'_>]) -> String {
    let mut servers: Vec<(&str, String)> = vec![];
    for typed in tools {
        let (server, tool) = (typed.server(), clean(typed.tool()));
        match servers.iter_mut().find(|(known, _)| *known == server) {
            Some((_, line)) => {
                let _ = write!(line, ", {tool}");
            }
            None => servers.push((server, format!("{}: {tool}", clean(server)))),
        }
    }
    let lines: Vec<String> = servers.into_iter().map(|(_, line)| line).collect();
    lines.join("\n")
}

/// A name as it may stand in a list; in quotes if it would not read as one.
fn clean(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$');
    match !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens;

    #[test]
    fn a_model_reads_this() {
        let code = execute_agent_code(["standard", "strict"], [("github", 117), ("my-server", 3)]);
        let texts = [
            code,
            search_tools(),
            describe_tools(),
            call_tool(),
            list_servers(),
        ]
        .map(|tool| tokens::definition(&tool));
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn many_servers_are_not_many_words() {
        let names: Vec<String> = (0..1_000).map(|n| format!("server{n}\u{202e}")).collect();
        let tool = execute_agent_code(["standard"], names.iter().map(|name| (name.as_str(), 7)));
        let text = tool.description.unwrap();
        assert!(text.len() < SERVERS_BYTES_MAX + 300, "{text}");
        assert!(
            text.contains(r#"servers "server0\u{202e}" (7), "#)
                && text.contains(" more: list_servers."),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_said_of_what_is_not_there() {
        let alone = execute_agent_code(["standard"], []);
        assert_eq!(alone.description.unwrap(), EXECUTE.concat());
        assert!(
            !alone.input_schema["properties"]
                .as_object()
                .unwrap()
                .contains_key("profile")
        );
    }

    #[test]
    fn details_are_named() {
        assert_eq!(
            Detail::NAMES.map(Detail::parse),
            [
                Some(Detail::Names),
                Some(Detail::Signatures),
                Some(Detail::Full)
            ]
        );
        assert_eq!(Detail::parse("everything"), None);
    }

    #[test]
    fn what_is_found_is_told_as_asked() {
        let definition = json!({"name": "get_me", "description": "Who I am. More.", "inputSchema": {"type": "object"}});
        let tool: Tool = serde_json::from_value(definition).unwrap();
        let typed = [Typed::new("github", &tool, None)];
        assert_eq!(found(&typed, Detail::Names), "github: get_me");
        let named = |name: &str| -> Tool {
            serde_json::from_value(json!({"name": name, "inputSchema": {}})).unwrap()
        };
        let [a, b, c] = ["a", "b", "x, y: \u{202e}"].map(named);
        let several = [
            Typed::new("s", &a, None),
            Typed::new("t", &b, None),
            Typed::new("s", &c, None),
        ];
        assert_eq!(
            found(&several, Detail::Names),
            "s: a, \"x, y: \\u{202e}\"\nt: b"
        );
        assert_eq!(
            found(&typed, Detail::Signatures),
            "tools.github.get_me(): Promise<unknown>"
        );
        assert_eq!(
            found(&typed, Detail::Full),
            "/** Who I am. More. */\ntools.github.get_me(): Promise<unknown>"
        );
        assert_eq!(
            found([], Detail::Full),
            "No tool fits. Try other words, or list_servers."
        );
    }
}
