use rmcp::model::Tool;
use serde_json::json;

use super::*;

fn tool(name: &str, description: &str, parameters: &[&str]) -> Tool {
    let properties: serde_json::Map<_, _> = parameters
        .iter()
        .map(|name| ((*name).to_owned(), json!({"type": "string"})))
        .collect();
    serde_json::from_value(json!({"name": name, "description": description, "inputSchema": {"type": "object", "properties": properties}})).unwrap()
}

fn tools() -> Vec<(&'static str, Tool)> {
    vec![
        (
            "github",
            tool(
                "create_issue",
                "Create a new issue in a repository",
                &["owner", "repo", "title"],
            ),
        ),
        (
            "github",
            tool(
                "listCommits",
                "List commits of a branch",
                &["owner", "repo", "sha"],
            ),
        ),
        (
            "files",
            tool("read.file", "Reads a text from disk", &["path"]),
        ),
        (
            "files",
            tool("write-file", "Writes text to disk", &["path", "content"]),
        ),
    ]
}

fn ask(index: &Index, query: &Query<'_>, usage: &Usage) -> Vec<String> {
    let hits = index.search(query, usage);
    hits.iter()
        .map(|hit| format!("{}.{}", hit.server, hit.tool))
        .collect()
}

fn check(query: &str, server: Option<&str>, expected: &[&str]) {
    let tools = tools();
    let index = Index::new(tools.iter().map(|(server, tool)| (*server, tool)));
    let query = Query {
        text: query,
        server,
        limit: 10,
        used: &[],
    };
    assert_eq!(
        ask(&index, &query, &Usage::default()),
        expected,
        "{query:?}"
    );
}

#[test]
fn names_are_found_by_their_words() {
    check("commit", None, &["github.listCommits"]);
    check("THE ISSUES", None, &["github.create_issue"]);
    check("file a ticket", Some("github"), &["github.create_issue"]);
    check(
        "files",
        Some("files"),
        &["files.read.file", "files.write-file"],
    );
    check("listCommits", Some("github"), &["github.listCommits"]);
    check("what is the sha?", None, &["github.listCommits"]);
}

#[test]
fn nothing_is_found_by_nothing() {
    for query in [
        "",
        "the of and",
        "zzz",
        "🙂",
        "\u{202e}",
        &"x".repeat(100_000),
    ] {
        check(query, None, &[]);
    }
    check("issue", Some("files"), &[]);
    check("issue", Some("nowhere"), &[]);
    let empty = Index::new([]);
    assert!(empty.is_empty());
    assert_eq!(
        ask(
            &empty,
            &Query {
                text: "x",
                server: None,
                limit: 5,
                used: &[]
            },
            &Usage::default()
        ),
        [""; 0]
    );
}

#[test]
fn limits_hold() {
    let many: Vec<Tool> = (0..1_000)
        .map(|n| tool(&format!("thing{n}"), "A thing", &[]))
        .collect();
    let index = Index::new(many.iter().map(|tool| ("s", tool)));
    for (limit, found) in [(0, 0), (1, 1), (100, 100), (usize::MAX, 100)] {
        let query = Query {
            text: "thing",
            server: None,
            limit,
            used: &[],
        };
        assert_eq!(index.search(&query, &Usage::default()).len(), found);
    }
    assert_eq!(index.len(), 1_000);
}

#[test]
fn usage_decides_between_equals_and_only_between_them() {
    let tools = [
        tool("get_alpha", "Gets a page", &[]),
        tool("get_beta", "Gets a page", &[]),
        tool("page_page", "page page page", &[]),
    ];
    let index = Index::new(tools.iter().map(|tool| ("s", tool)));
    let query = Query {
        text: "gets",
        server: None,
        limit: 10,
        used: &["s.other"],
    };
    assert_eq!(
        ask(&index, &query, &Usage::default()),
        ["s.get_alpha", "s.get_beta"]
    );
    let mut usage = Usage::default();
    usage.record(["s.get_beta"]);
    assert_eq!(ask(&index, &query, &usage), ["s.get_beta", "s.get_alpha"]);
    usage.record(["s.get_alpha", "s.other"]);
    assert_eq!(ask(&index, &query, &usage), ["s.get_alpha", "s.get_beta"]);
    (0..1_000).for_each(|_| usage.record(["s.get_beta"]));
    let query = Query {
        text: "page",
        ..query
    };
    assert_eq!(ask(&index, &query, &usage)[0], "s.page_page");
}
