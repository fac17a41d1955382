//! The tools by which agents care for plugins, and what `execute_agent_code` says of plugins. Models pay for these in each
//! prompt.

use std::fmt::Write as _;

use rmcp::model::{Tool, ToolAnnotations, object};
use serde_json::{Value, json};

use crate::plugins::{Language, ShelfTool};

/// Saves a plugin.
pub const SAVE: &str = "save_plugin";
/// Lists plugins.
pub const LIST: &str = "list_plugins";
/// Tells of one.
pub const INFO: &str = "plugin_info";
/// Removes one that was saved.
pub const REMOVE: &str = "remove_plugin";

/// How long the list of tools may get in the description of `execute_agent_code`, in bytes.
const TOLD_BYTES_MAX: usize = 400;

/// All of them.
pub fn all() -> Vec<Tool> {
    vec![save(), list(), info(), remove()]
}

/// What code may call, as `execute_agent_code` tells it; nothing where there is nothing.
pub fn remark<'t>(tools: impl Iterator<Item = &'t ShelfTool>) -> String {
    let (mut line, mut untold) = (String::new(), 0);
    for tool in tools {
        let gap = if line.is_empty() { "" } else { ", " };
        let told = format!("{gap}{}.{}", tool.plugin, tool.tool);
        match untold == 0 && line.len() + told.len() <= TOLD_BYTES_MAX {
            true => line.push_str(&told),
            false => untold += 1,
        }
    }
    if line.is_empty() && untold == 0 {
        return String::new();
    }
    if untold > 0 {
        // Writing to a string cannot fail.
        let _ = write!(line, " and {untold} more: search_tools");
    }
    format!(" `plugins.NAME.TOOL(args)`: {line}.")
}

fn save() -> Tool {
    let properties = json!({
        "name": {"type": "string"},
        "source": {"type": "string", "description": "A module; its exported functions are the tools, typed and with JSDoc"},
        "language": {"enum": Language::NAMES},
        "description": {"type": "string"},
        "reuse": {"enum": ["call", "session"], "description": "session: what it has in its variables stays for later calls of the session"},
        "smoke": {"type": "object", "properties": {"tool": {"type": "string"}, "arguments": {"type": "object"}}, "required": ["tool"], "description": "A call that has to have a result before the version serves; it has no permissions"},
        "permissions": {"type": "object", "description": "What it asks for: hosts, tools, env, preopen: [{guest, access}], memory: {domains, record}, state, limits"},
    });
    let kept = json!({
        "name": {"type": "string"},
        "version": {"type": "string"},
        "digest": {"type": "string"},
        "changed": {"type": "boolean"},
        "tools": {"type": "array", "items": {"type": "string"}},
        "standing": {"type": "string"},
        "missing": {"type": "string"},
    });
    Tool::new(
        SAVE,
        "Keep code that works as a tool for later sessions. It has no permissions until they are granted; the last version \
         serves until a new one passes its first call",
        input(properties, &["name", "source"]),
    )
    .with_raw_output_schema(output(kept).into())
    .with_annotations(annotations(false, true, true))
}

fn list() -> Tool {
    let listed = json!({
        "plugins": {"type": "array", "items": {"type": "object"}},
        "broken": {"type": "array", "items": {"type": "object"}},
    });
    Tool::new(
        LIST,
        "Plugins, their tools and what is not granted to them",
        input(json!({}), &[]),
    )
    .with_raw_output_schema(output(listed).into())
    .with_annotations(annotations(true, false, true))
}

fn info() -> Tool {
    let told = json!({
        "name": {"type": "string"},
        "tools": {"type": "array", "items": {"type": "object"}},
        "reuse": {"enum": ["call", "session"]},
        "rights": {"type": "object"},
    });
    Tool::new(
        INFO,
        "A plugin's tools with schemas, and its permissions",
        input(by_name(), &["name"]),
    )
    .with_raw_output_schema(output(told).into())
    .with_annotations(annotations(true, false, true))
}

fn remove() -> Tool {
    let told = json!({"name": {"type": "string"}, "removed": {"type": "boolean"}});
    Tool::new(
        REMOVE,
        "Remove a plugin that was saved with save_plugin",
        input(by_name(), &["name"]),
    )
    .with_raw_output_schema(output(told).into())
    .with_annotations(annotations(false, true, true))
}

fn by_name() -> Value {
    json!({"name": {"type": "string"}})
}

fn annotations(read_only: bool, destructive: bool, idempotent: bool) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(read_only)
        .destructive(destructive)
        .idempotent(idempotent)
        .open_world(false)
}

fn input(properties: Value, required: &[&str]) -> rmcp::model::JsonObject {
    object(match required {
        [] => json!({"type": "object"}),
        _ => json!({"type": "object", "properties": properties, "required": required}),
    })
}

fn output(properties: Value) -> rmcp::model::JsonObject {
    object(json!({"type": "object", "properties": properties}))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What they may cost in each prompt, in tokens.
    const TOKENS_MAX: usize = 420;

    #[test]
    fn a_model_reads_this() {
        let all = all();
        let tokens = vesicle_bridge::tokens::plain(&all);
        assert!(tokens <= TOKENS_MAX, "{tokens} tokens");
        insta::assert_json_snapshot!(all);
    }

    #[test]
    fn many_tools_are_not_many_words() {
        let tool = |n: usize| ShelfTool {
            plugin: vesicle_plugins::name::PluginName::parse(&format!("p{n}")).unwrap(),
            tool: "run".to_owned(),
            definition: Tool::new("x", "", rmcp::model::JsonObject::new()),
        };
        assert_eq!(remark([].iter()), "");
        let two = [tool(1), tool(2)];
        assert_eq!(
            remark(two.iter()),
            " `plugins.NAME.TOOL(args)`: p1.run, p2.run."
        );
        let many: Vec<ShelfTool> = (0..1_000).map(tool).collect();
        let told = remark(many.iter());
        assert!(told.len() < TOLD_BYTES_MAX + 100, "{told}");
        assert!(told.ends_with(" more: search_tools."), "{told}");
    }
}
