use super::*;

fn parse(text: &str) -> Definitions {
    let variables = Variables::new(["TOKEN".to_owned()], |_| Some("secret".to_owned()));
    Definitions::parse(text, ".mcp.json", &variables).unwrap()
}

#[test]
fn servers_as_other_clients_write_them() {
    let definitions = parse(
        r#"{
        "mcpServers": {
            "files": {"command": "npx", "args": ["-y", "server-filesystem", 7], "env": {"A": "${TOKEN}", "B": true}, "cwd": "/tmp"},
            "web": {"type": "http", "url": "https://example.com/mcp", "headers": {"X-Key": "Bearer ${TOKEN}"}, "timeout": 5},
            "bearer": {"url": "http://localhost:1/mcp", "bearer": "${TOKEN}"},
            "off": {"command": "x", "disabled": true}
        },
        "permissions": {}
    }"#,
    );
    let transports: Vec<_> = definitions
        .servers
        .iter()
        .map(|server| (&server.name, &server.transport))
        .collect();
    insta::assert_debug_snapshot!((transports, &definitions.problems, &definitions.notes));
    let Transport::Stdio { env, .. } = &definitions.servers[0].transport else {
        panic!("{definitions:?}");
    };
    assert_eq!(env["A"], "secret");
}

#[test]
fn problems_name_the_server_and_the_key() {
    let definitions = parse(
        r#"{"mcpServers": {
            "good": {"command": "x"},
            "GOOD": {"command": "y"},
            "good": {"command": "z"},
            "a.b": {"command": "x"},
            "neither": {},
            "both": {"command": "x", "url": "http://a"},
            "list": [],
            "empty": {"command": ""},
            "args": {"command": "x", "args": ["a", null]},
            "argument": {"command": "x", "args": "a"},
            "env": {"command": "x", "env": {"HOME_TOKEN": "${HOME}"}},
            "sse": {"type": "sse", "url": "https://a/sse"},
            "kind": {"type": "stdio", "url": "https://a"},
            "relative": {"url": "/mcp"},
            "file": {"url": "file:///etc/passwd"},
            "headers": {"url": "https://a", "headers": []},
            "zero": {"command": "a\u0000b"}
        }}"#,
    );
    let problems = definitions
        .problems
        .iter()
        .map(|problem| problem.to_string() + "\n")
        .collect::<String>();
    insta::assert_snapshot!(problems);
    assert_eq!(definitions.servers.len(), 1);
}

#[test]
fn files_that_are_none() {
    let error = |text: &str| {
        Definitions::parse(text, "f", &Variables::none())
            .unwrap_err()
            .to_string()
    };
    assert!(error("{").contains("no JSON"));
    assert!(error("[]").contains("no JSON"));
    assert!(error("{}").contains("no object `mcpServers`"));
    assert!(error(r#"{"mcpServers": []}"#).contains("no object `mcpServers`"));
    assert!(error(&" ".repeat(MCP_SERVERS_BYTES_MAX + 1)).contains("more than"));
    let at_the_edge = format!(
        r#"{{"mcpServers": {{}}{}}}"#,
        " ".repeat(MCP_SERVERS_BYTES_MAX - 18)
    );
    assert_eq!(at_the_edge.len(), MCP_SERVERS_BYTES_MAX);
    assert!(Definitions::parse(&at_the_edge, "f", &Variables::none()).is_ok());
}

#[test]
fn of_two_files_the_first_wins() {
    let mut first = parse(r#"{"mcpServers": {"a": {"command": "one"}}}"#);
    first.merge(
        parse(r#"{"mcpServers": {"A": {"command": "two"}, "b": {"command": "three"}}}"#),
        "second",
    );
    assert_eq!(first.servers.len(), 2);
    assert!(
        first.problems[0]
            .to_string()
            .starts_with("second: server `A`: there is a server `a` already")
    );
}
