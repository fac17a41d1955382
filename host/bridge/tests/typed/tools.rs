//! The 117 real tools.

use rmcp::model::Tool;
use serde_json::Value;
use vesicle_bridge::{
    search::{Index, Query, Usage},
    typescript::Typed,
};

use crate::parse;

pub const SOURCE: &str = include_str!("../../../../tests/data/github-mcp-tools.json");

pub fn github() -> Vec<Tool> {
    let data: Value = serde_json::from_str(SOURCE).unwrap();
    serde_json::from_value(data["tools"].clone()).unwrap()
}

#[test]
fn every_real_tool_is_declared() {
    let tools = github();
    assert_eq!(tools.len(), 117);
    for tool in &tools {
        parse::everything("github", tool);
    }
    parse::files(&tools, "github");
}

#[test]
fn what_a_model_reads_of_real_tools() {
    let tools = github();
    let chosen = [
        "create_issue",
        "get_file_contents",
        "get_me",
        "pull_request_read",
        "push_files",
    ];
    let texts = chosen.map(|name| {
        let tool = tools.iter().find(|tool| tool.name == name).unwrap();
        let typed = Typed::new("github", tool, None);
        format!("{}\n\n{}\n", typed.signature(), typed.declaration())
    });
    insta::assert_snapshot!(texts.join("\n"));
}

/// The right tool among the first five, for 18 of 20 tasks; and for 15 of 20 held-out ones.
#[test]
fn tools_are_found_by_tasks_in_plain_words() {
    let tools = github();
    let index = Index::new(tools.iter().map(|tool| ("github", tool)));
    let data: Value =
        serde_json::from_str(include_str!("../../../../tests/data/github-tasks.json")).unwrap();
    let found = |set: &str| {
        let tasks = data[set].as_array().unwrap().iter();
        let found = tasks.filter(|task| {
            let query = Query {
                text: task["task"].as_str().unwrap(),
                server: None,
                limit: 5,
                used: &[],
            };
            let hits = index.search(&query, &Usage::default());
            hits.iter().any(|hit| {
                task["needs"]
                    .as_array()
                    .unwrap()
                    .contains(&Value::from(hit.tool))
            })
        });
        found.count()
    };
    assert!(found("tasks") >= 18, "{}", found("tasks"));
    assert!(found("held_out") >= 15, "{}", found("held_out"));
}
