//! The plugins that come with Vesicle: added, granted and called with real files, a real memory and a real server.

use serde_json::{Value, json};

use crate::{
    config::Place,
    plugins::{done, json_of, plugin},
    support::in_repository,
};

/// A place with one of them.
fn with(name: &str) -> Place {
    let place = Place::with("data_dir = \"data\"\n");
    let directory = in_repository("plugins").join(name);
    done(&place, &["add", directory.to_str().expect("a UTF-8 path")]);
    place
}

fn call(place: &Place, tool: &str, arguments: &Value) -> Value {
    let finished = plugin(place, &["call", tool, &arguments.to_string(), "-o", "json"]);
    let told: Value =
        serde_json::from_str(finished.stdout()).unwrap_or_else(|_| panic!("{finished}"));
    match told.get("failure") {
        Some(failure) => json!({"failure": failure}),
        None => told["output"].clone(),
    }
}

#[test]
fn csv_is_queried_where_it_is_granted() {
    let place = with("csv");
    let columns = || call(&place, "csv.columns", &json!({"file": "/data/sales.csv"}));
    assert!(columns()["failure"]["unreadable"].is_string());
    let examples = in_repository("examples");
    let right = format!("preopen={}:/data", examples.display());
    done(&place, &["grant", "csv", &right]);
    let told = columns();
    assert_eq!(told["rows"], 12);
    let kinds = told["columns"].as_array().expect("columns").iter();
    let kinds: Vec<_> = kinds.map(|column| column["kind"].clone()).collect();
    assert_eq!(kinds, ["text", "text", "text", "number", "number"]);

    let query = |mut query: Value| {
        query["file"] = json!("/data/sales.csv");
        call(&place, "csv.query", &query)
    };
    let north = json!([{"column": "region", "is": {"equals": "North"}}, {"column": "quantity", "is": {"above": 1}}]);
    let rows = query(json!({
        "columns": ["product", "quantity"], "filter": north,
        "sort": {"column": "quantity", "descending": true}, "limit": 2,
    }));
    assert_eq!(rows["columns"], json!(["product", "quantity"]));
    assert_eq!(rows["rows"].as_array().map(Vec::len), Some(2), "{rows}");
    let quantity = |row: usize| {
        rows["rows"][row][1]
            .as_str()
            .and_then(|text| text.parse::<f64>().ok())
    };
    assert!(
        quantity(0) >= quantity(1) && quantity(1) > Some(1.0),
        "{rows}"
    );

    let grouped = query(json!({
        "group_by": ["region"], "compute": [{"summary": "count"}, {"summary": "sum", "column": "quantity"}],
        "sort": {"column": "sum(quantity)", "descending": true},
    }));
    assert_eq!(
        grouped["columns"],
        json!(["region", "count", "sum(quantity)"])
    );
    let counts = grouped["rows"].as_array().expect("rows").iter();
    let counts: u32 = counts
        .map(|row| row[1].as_str().unwrap().parse::<u32>().unwrap())
        .sum();
    assert_eq!(counts, 12);

    let sum = json!([{"summary": "sum", "column": "product"}]);
    let wrong = query(json!({"compute": sum}));
    assert_eq!(
        wrong["failure"]["no_number"],
        json!({"column": "product", "line": 2, "text": "Desk lamp"})
    );
    let missing = query(json!({"columns": ["price"]}));
    assert_eq!(missing["failure"]["missing"]["name"], "price");
    let none = query(
        json!({"filter": [{"column": "region", "is": {"equals": "Moon"}}], "compute": [{"summary": "count"}]}),
    );
    assert_eq!(none["rows"], json!([["0"]]));
    let outside = call(
        &place,
        "csv.columns",
        &json!({"file": "/data/../Cargo.toml"}),
    );
    assert!(outside["failure"]["unreadable"].is_string(), "{outside}");
}

#[test]
fn csv_that_is_none_is_told_with_its_line() {
    let place = with("csv");
    place.write("data-of-users/short.csv", "a,b\n1,2\n3\n");
    place.write("data-of-users/quoted.csv", "a;b\n\"x;\n\"\"y\"\"\";2\n");
    done(&place, &["grant", "csv", "preopen=data-of-users:/data"]);
    let short = call(&place, "csv.query", &json!({"file": "/data/short.csv"}));
    assert_eq!(short["failure"]["malformed"]["line"], 3, "{short}");
    let quoted = json!({"file": "/data/quoted.csv", "delimiter": ";"});
    assert_eq!(
        call(&place, "csv.query", &quoted)["rows"],
        json!([["x;\n\"y\"", "2"]])
    );
}

#[test]
fn markdown_is_formatted_once_and_for_all() {
    let place = with("markdown");
    let text = "Title\n=====\n* a\n* b\n    1) x\n\n|a|b|\n|-|-|\n|c|d|\n\n``` rust\nlet x;\n```\n";
    let format = |text: &Value| call(&place, "markdown.format", &json!({"text": text}));
    let once = format(&json!(text));
    let told = once.as_str().expect("a text");
    assert!(told.starts_with("# Title\n\n- a\n- b\n"), "{told}");
    assert_eq!(format(&once), once, "what is formatted stays as it is");
    let html = |within: Value| {
        let text =
            "Text <script>x</script> [a](JavaScript:x) ![b](data:x) [c](https://c) [d](e:f/../g)";
        let answer = call(
            &place,
            "markdown.html",
            &json!({"text": text, "within": within}),
        );
        answer.as_str().expect("a text").to_owned()
    };
    let safe = html(Value::Null);
    assert!(
        !safe.contains("<script") && !safe.to_lowercase().contains("javascript:"),
        "{safe}"
    );
    assert!(
        !safe.contains("data:") && safe.contains("href=\"https://c\""),
        "{safe}"
    );
    assert!(html(json!("kept")).contains("<script>"));
    let contents = json!({"text": "# A `b`\n### C\n## D\n# A b", "deepest": 2});
    let contents = call(&place, "markdown.contents", &contents);
    assert_eq!(contents, "- [A b](#a-b)\n  - [D](#d)\n- [A b](#a-b-1)\n");
}

#[test]
fn advice_is_of_what_was_remembered_and_calls_within_the_grant() {
    let place = with("advise");
    let server = in_repository("tests/servers/raw.py");
    let servers = json!({"mcpServers": {"raw": {"command": "python3", "args": [server]}}});
    place.write(".mcp.json", &servers.to_string());
    let deed = |worked: bool, action: &str| json!({"tool": "raw.echo", "action": action, "worked": worked, "said": "so"});
    let remember = |domain: &str| {
        let work = json!({
            "task": "repeat a text to the customer", "domain": domain, "kind": "analysis",
            "deeds": [deed(false, "sent it without quotes"), deed(true, "sent it in quotes"), deed(true, "sent it again")],
            "verdict": "done", "verdict_reason": "The customer has it.",
        });
        call(&place, "advise.remember", &work)
    };
    let advise = |domain: Option<&str>| {
        let question = json!({"task": "repeat a text", "domain": domain});
        call(&place, "advise.advise", &question)
    };
    assert!(remember("support")["failure"]["denied"].is_string());
    assert!(advise(None)["failure"]["denied"].is_string());
    done(&place, &["grant", "advise", "memory=support"]);
    assert!(
        remember("support")["failure"]["denied"].is_string(),
        "reading is granted, and not writing"
    );
    done(&place, &["grant", "advise", "record"]);
    assert!(remember("support").is_string(), "{}", remember("support"));
    assert!(remember("secrets")["failure"].is_object(), "another domain");
    let advice = advise(Some("support"));
    assert_eq!(
        advice["precedents"][0]["task"], "repeat a text to the customer",
        "{advice}"
    );
    assert_eq!(advice["tools"], json!([]), "no tools are granted");
    assert!(
        advise(Some("secrets"))["precedents"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );

    let attempt = |tool: &str| {
        let attempt =
            json!({"task": "repeat a text", "tool": tool, "arguments": r#"{"text": "hello"}"#});
        call(&place, "advise.attempt", &attempt)
    };
    assert_eq!(attempt("raw.echo")["failure"]["reason"], "denied");
    done(&place, &["grant", "advise", "tools=raw.echo"]);
    assert!(
        attempt("raw.echo").to_string().contains("hello"),
        "{}",
        attempt("raw.echo")
    );
    assert_eq!(attempt("raw.fail")["failure"]["reason"], "denied");
    assert_eq!(advise(Some("support"))["tools"][0]["name"], "raw.echo");
}

#[test]
fn notes_combine_the_tools_of_two_servers() {
    let place = Place::with("data_dir = \"data\"\n");
    place.write(
        "notes/trip.md",
        "# Trip\n\n- take the train\n- bring tea\n* bring tea\n\nText.\n",
    );
    place.write("notes/empty.md", "Text.\n");
    let node = |server: &str| {
        let server =
            format!("tests/servers/node_modules/@modelcontextprotocol/{server}/dist/index.js");
        in_repository(&server)
    };
    let servers = json!({"mcpServers": {
        "files": {"command": "node", "args": [node("server-filesystem"), place.0.path().join("notes")]},
        "graph": {"command": "node", "args": [node("server-memory")], "env": {"MEMORY_FILE_PATH": place.0.path().join("graph.jsonl")}},
    }});
    place.write(".mcp.json", &servers.to_string());
    let source = in_repository("plugins/notes/notes.ts");
    let asks = [
        "files.read_text_file",
        "graph.create_entities",
        "graph.search_nodes",
    ];
    let asks: Vec<String> = asks
        .iter()
        .map(|tool| format!("--ask=tools={tool}"))
        .collect();
    let mut add = vec!["add", source.to_str().expect("a UTF-8 path")];
    add.extend(asks.iter().map(String::as_str));
    let added = json_of(&place, &add);
    assert_eq!(added["tools"], json!(["keep", "find"]), "{added}");
    let keep = |file: &str| {
        let path = place.0.path().join("notes").join(file);
        let arguments = json!({ "path": path }).to_string();
        let call = [
            "call",
            "notes.keep",
            &arguments,
            "-o",
            "json",
            "--timeout",
            "4s",
        ];
        let finished = plugin(&place, &call);
        serde_json::from_str::<Value>(finished.stdout()).unwrap_or_else(|_| panic!("{finished}"))
    };
    assert_ne!(keep("trip.md")["status"], "success");
    done(&place, &["grant", "notes", "--all"]);
    assert_eq!(
        keep("trip.md")["output"],
        json!({"name": "Trip", "notes": 2})
    );
    assert!(keep("empty.md").to_string().contains("nothing to keep"));
    let found = call(&place, "notes.find", &json!({"question": "tea"}));
    assert_eq!(found, json!([{"name": "Trip", "notes": ["bring tea"]}]));
}

#[test]
fn manifests_are_of_their_components() {
    for name in ["advise", "csv", "markdown"] {
        let place = with(name);
        let info = json_of(&place, &["info", name]);
        assert_eq!(info["name"], name);
        assert!(
            info["component"]["bytes"]
                .as_u64()
                .is_some_and(|bytes| bytes < 512 << 10)
        );
        for tool in info["tools"].as_array().expect("tools") {
            let description = tool["description"].as_str().expect("a text");
            assert!(!description.contains("func("), "{tool} has no words");
        }
    }
}
