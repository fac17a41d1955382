//! Other servers behind `vesicle serve`, from a newcomer's `.mcp.json` to what programs do with them.
//! The servers are real ones; `tests/clients/setup.sh` installs them.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    raw::RawClient,
    support::{VESICLE, in_repository, unconfigured},
};

/// How long anything is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that npm installs, as `.mcp.json` starts it.
pub fn npm(package: &str, arguments: &[&str]) -> Value {
    let path = format!("tests/servers/node_modules/@modelcontextprotocol/{package}/dist/index.js");
    let path = in_repository(&path);
    assert!(path.exists(), "run tests/clients/setup.sh");
    let mut all = vec![path.to_str().unwrap()];
    all.extend(arguments);
    json!({"command": "node", "args": all})
}

/// A server in plain Python, which starts fast.
pub fn raw(arguments: &[&str]) -> Value {
    let path = in_repository("tests/servers/raw.py");
    let mut all = vec![path.to_str().unwrap()];
    all.extend(arguments);
    json!({"command": "python3", "args": all})
}

/// A working directory with this `.mcp.json` and this `vesicle.toml`.
pub fn place(servers: &Value, configuration: &str) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let text = json!({ "mcpServers": servers }).to_string();
    fs::write(place.path().join(".mcp.json"), text).unwrap();
    fs::write(place.path().join("vesicle.toml"), configuration).unwrap();
    place
}

pub fn connected(place: &TempDir) -> RawClient {
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize();
    client
}

/// Calls one of Vesicle's tools.
pub fn tool(client: &mut RawClient, name: &str, arguments: &Value) -> Value {
    let params = json!({"name": name, "arguments": arguments});
    client.request("tools/call", &params)["result"].take()
}

/// Waits until this server is connected.
pub fn ready(client: &mut RawClient, server: &str) {
    let began = Instant::now();
    let line = format!("{server}: ready");
    while !text(&tool(client, "list_servers", &json!({}))).contains(&line) {
        assert!(began.elapsed() < PATIENCE, "{server}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The first text of a result.
pub fn text(result: &Value) -> &str {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"))
}

/// What a program returns, which has to succeed.
pub fn output(client: &mut RawClient, code: &str) -> Value {
    let result = client.call(&json!({"code": code, "profile": "permissive"}));
    assert_eq!(result["structuredContent"]["status"], "success", "{result}");
    result["structuredContent"]["output"].clone()
}

#[test]
fn one_program_reads_from_one_server_and_writes_to_another() {
    let place = place(&json!({}), "");
    let path = place.path().to_str().unwrap();
    fs::write(
        place.path().join("people.csv"),
        "name,team\nAda,blue\nBob,red\nCleo,blue\n",
    )
    .unwrap();
    let mut memory = npm("server-memory", &[]);
    memory["env"] = json!({"MEMORY_FILE_PATH": place.path().join("memory.json")});
    let servers = json!({
        "files": npm("server-filesystem", &[path]),
        "memory": memory,
        "everything": npm("server-everything", &["stdio"]),
    });
    fs::write(
        place.path().join(".mcp.json"),
        json!({"mcpServers": servers}).to_string(),
    )
    .unwrap();
    let mut client = connected(&place);
    // Node takes its time to start the first time.
    for server in ["files", "memory", "everything"] {
        ready(&mut client, server);
    }
    let code = format!(
        "const text = await tools.files.read_text_file({{ path: '{path}/people.csv' }});
         const rows = (text.content ?? text).trim().split('\\n').slice(1).map((line) => line.split(','));
         const blue = rows.filter(([, team]) => team === 'blue').map(([name]) => name);
         await tools.memory.create_entities({{
           entities: blue.map((name) => ({{ name, entityType: 'person', observations: ['is in team blue'] }})),
         }});
         const graph = await tools.memory.read_graph();
         return {{ blue, kept: graph.entities.map((entity) => entity.name) }};"
    );
    let told = output(&mut client, &code);
    assert_eq!(
        told,
        json!({"blue": ["Ada", "Cleo"], "kept": ["Ada", "Cleo"]})
    );
    let kept = fs::read_to_string(place.path().join("memory.json")).unwrap();
    assert!(kept.contains("Cleo") && !kept.contains("Bob"), "{kept}");
}

#[test]
fn a_model_finds_reads_and_calls_tools_without_their_definitions() {
    // As in a client's own file, which has Vesicle too.
    let place = place(
        &json!({"raw": raw(&[]), "vesicle": {"command": VESICLE, "args": ["serve"]}}),
        "",
    );
    let mut client = connected(&place);
    let found = tool(
        &mut client,
        "search_tools",
        &json!({"query": "echo a text", "limit": 2}),
    );
    assert!(text(&found).contains("echo"), "{found}");
    let described = tool(
        &mut client,
        "describe_tools",
        &json!({"names": ["raw.echo", "raw.ecko"]}),
    );
    assert_eq!(described["isError"], false);
    let told = text(&described);
    assert!(
        told.contains("tools.raw.echo(") && told.contains("text: string"),
        "{told}"
    );
    assert!(
        told.contains("no tool `raw.ecko`") && told.contains("`raw.echo`"),
        "{told}"
    );
    let called = tool(
        &mut client,
        "call_tool",
        &json!({"name": "raw.echo", "arguments": {"text": "hi"}}),
    );
    assert_eq!(
        (text(&called), &called["isError"]),
        ("\"hi\"", &json!(false))
    );
    let listed = tool(&mut client, "list_servers", &json!({}));
    assert_eq!(text(&listed).trim(), "raw: ready, 21 tools");

    let tools = client.request("tools/list", &json!({}));
    let names: Vec<_> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    assert_eq!(
        names,
        [
            "execute_agent_code",
            "search_tools",
            "describe_tools",
            "call_tool",
            "list_servers"
        ]
    );
    let description = tools["result"]["tools"][0]["description"].as_str().unwrap();
    assert!(description.contains("raw (21)"), "{description}");

    let code = "const [first] = await tools.$search('echo', { limit: 1 });
                const tool = await tools.$describe(first.name);
                return [first.name, Object.keys(tool.inputSchema.properties), await tools.raw['get.thing']()]";
    assert_eq!(
        output(&mut client, code),
        json!(["raw.echo", ["text"], "thing"])
    );

    let uri = "vesicle://servers/raw/get%2Ething.ts";
    let listed = client.request("resources/list", &json!({}));
    assert_eq!(listed["result"]["resources"].as_array().unwrap().len(), 21);
    let templates = client.request("resources/templates/list", &json!({}));
    assert_eq!(
        templates["result"]["resourceTemplates"][0]["uriTemplate"],
        "vesicle://servers/{server}/{tool}.ts"
    );
    let read = client.request("resources/read", &json!({ "uri": uri }));
    let module = read["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(module.contains("get.thing"), "{module}");
    let wrong = client.request(
        "resources/read",
        &json!({"uri": "vesicle://servers/raw/no.ts"}),
    );
    assert!(
        wrong["error"]["message"]
            .as_str()
            .unwrap()
            .contains("no tool `raw.no`"),
        "{wrong}"
    );
}

#[test]
fn a_server_that_is_not_there_delays_nobody() {
    let silent = json!({"command": "sleep", "args": ["600"]});
    let dead = json!({"command": "/no/such/program"});
    let place = place(
        &json!({"silent": silent, "dead": dead, "raw": raw(&[])}),
        "",
    );
    let began = Instant::now();
    let mut client = connected(&place);
    let told = output(&mut client, "return tools.raw.echo({ text: 'here' })");
    assert_eq!(told, "here");
    // `silent` would take a minute to fail.
    assert!(began.elapsed() < PATIENCE / 2);
    let code = "try { await tools.dead.anything() } catch (error) { return [error.name, error.code, error.message] }";
    let told = output(&mut client, code);
    assert_eq!(
        (&told[0], &told[1]),
        (&json!("ToolError"), &json!("unavailable")),
        "{told}"
    );
    let listed = tool(&mut client, "list_servers", &json!({}));
    assert!(text(&listed).contains("dead: down, 0 tools: "), "{listed}");
    assert!(
        text(&listed).contains("silent: starting, 0 tools"),
        "{listed}"
    );
}

#[test]
fn a_server_that_is_killed_in_a_call_is_a_typed_error_and_comes_back() {
    let place = place(&json!({"raw": raw(&[])}), "");
    let mut client = connected(&place);
    let pid = |client: &mut RawClient| {
        output(client, "return (await tools.raw.process()).pid")
            .as_u64()
            .unwrap()
    };
    let first = pid(&mut client);
    let code = "const never = tools.raw.never();
                await tools.raw.exit().catch(() => {});
                try { await never } catch (error) { return [error instanceof ToolError, error.code] }";
    assert_eq!(output(&mut client, code), json!([true, "unavailable"]));
    let began = Instant::now();
    let second = loop {
        let answer = client.call(&json!({"code": "return (await tools.raw.process()).pid"}));
        if let Some(pid) = answer["structuredContent"]["output"].as_u64() {
            break pid;
        }
        assert!(began.elapsed() < PATIENCE, "{answer}");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_ne!(first, second);
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &second.to_string()])
        .status();
    assert!(killed.unwrap().success());
    let began = Instant::now();
    while client.call(&json!({"code": "return tools.raw.echo({ text: 'again' })"}))["structuredContent"]
        ["output"]
        != "again"
    {
        assert!(began.elapsed() < PATIENCE);
    }
}

#[test]
fn calls_of_one_program_are_made_at_once() {
    let place = place(&json!({"raw": raw(&[])}), "");
    let mut client = connected(&place);
    let code = "await Promise.all(Array.from({ length: 10 }, () => tools.raw.slow({ ms: 300 })));
                return (await tools.raw.peak()).peak";
    assert_eq!(output(&mut client, code), 10);
}

#[test]
fn clients_are_told_when_the_index_of_servers_changes() {
    let place = place(&json!({"raw": raw(&[])}), "");
    let mut client = RawClient::start_in(place.path(), &[]);
    let answer = client.initialize();
    assert_eq!(
        answer["result"]["capabilities"]["tools"]["listChanged"], true,
        "{answer}"
    );
    while client.receive()["method"] != "notifications/tools/list_changed" {}
    let tools = client.request("tools/list", &json!({}));
    let description = tools["result"]["tools"][0]["description"].as_str().unwrap();
    assert!(description.contains("raw (21)"), "{description}");
}

#[test]
fn results_are_cut_at_the_outermost_call_and_nowhere_within() {
    let place = place(
        &json!({"raw": raw(&[])}),
        "[serve]\nmax_result_bytes = 1000\n",
    );
    let mut client = connected(&place);
    let large = "tools.raw.large({ bytes: 200000 })";
    assert_eq!(
        output(&mut client, &format!("return (await {large}).length")),
        200_000
    );
    let cut = client.call(&json!({"code": format!("return {large}")}));
    assert_eq!(text(&cut).len(), 1_000);
    let note = cut["content"][1]["text"].as_str().unwrap();
    assert!(note.contains("the first 1000 of 200002 bytes"), "{note}");
    assert_eq!(
        cut["structuredContent"]["output_cut"],
        json!({"bytes": 200_002, "shown": 1_000})
    );
    let more =
        client.call(&json!({"code": format!("return {large}"), "max_result_bytes": 300_000}));
    assert_eq!(text(&more).len(), 200_002);
    let arguments =
        json!({"name": "raw.large", "arguments": {"bytes": 5_000}, "max_result_bytes": 10});
    let called = tool(&mut client, "call_tool", &arguments);
    assert_eq!(text(&called), "\"xxxxxxxxx");
}

#[test]
fn the_file_of_the_working_directory_can_be_turned_off() {
    let place = place(&json!({"raw": raw(&[])}), "[tools]\nproject_file = false\n");
    let mut client = connected(&place);
    let tools = client.request("tools/list", &json!({}));
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 1);
    drop(client);
    let named = Path::new(".mcp.json").to_str().unwrap();
    let mut client = RawClient::start_in(place.path(), &["--mcp-config", named]);
    client.initialize();
    let tools = client.request("tools/list", &json!({}));
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 5);
}

#[test]
fn code_that_has_files_has_the_declarations_of_what_it_may_call() {
    let place = place(
        &json!({"raw": raw(&[])}),
        "[tools]\ndeny = [\"raw.write\"]\n[[profiles.permissive.preopen]]\nhost = \"files\"\nguest = \"/files\"\n",
    );
    fs::create_dir(place.path().join("files")).unwrap();
    let mut client = connected(&place);
    ready(&mut client, "raw");
    let began = Instant::now();
    let code = "return fs.readdir('/servers/raw').catch(() => [])";
    let names = loop {
        let names = output(&mut client, code).to_string();
        if names.contains("\"echo.ts\"") && names.contains("\"index.ts\"") {
            break names;
        }
        assert!(began.elapsed() < PATIENCE, "{names}");
    };
    assert!(!names.contains("write.ts"), "{names}");
    let read = output(
        &mut client,
        "return fs.readFile('/servers/raw/echo.ts', 'utf8')",
    );
    assert!(read.as_str().unwrap().contains("tools.raw.echo"), "{read}");
    let write = "return fs.writeFile('/servers/raw/echo.ts', '').catch((error) => error.code)";
    assert_eq!(output(&mut client, write), "EROFS");
    // A host that is killed leaves its files, and the next one removes them.
    let trees = place.path().join("data/bridge/trees");
    let places = || fs::read_dir(&trees).unwrap().count();
    client.kill();
    assert_eq!(places(), 1);
    let mut client = connected(&place);
    assert_eq!(places(), 1);
    // The default profile has no files.
    let without = client.call(&json!({"code": "return fs.readdir('/servers')"}));
    assert_eq!(without["isError"], true, "{without}");
    client.hang_up(PATIENCE).unwrap();
    assert_eq!(places(), 0);
}

#[test]
fn definitions_that_change_are_held_back_and_written_to_the_audit_log() {
    let place = place(&json!({"raw": raw(&[])}), "");
    // Where `start_in` puts it.
    let data = place.path().join("data");
    let mut client = connected(&place);
    ready(&mut client, "raw");
    // It says from now on that it wants all secrets, with a character that nobody sees.
    output(&mut client, "return tools.raw.change()");
    let began = Instant::now();
    let log = data.join("audit/audit-00000001.jsonl");
    let note = loop {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        if let Some(note) = lines.into_iter().find(|line| line["kind"] == "server") {
            break note;
        }
        assert!(began.elapsed() < PATIENCE, "{text}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(
        (&note["server"], &note["held"]),
        (&json!("raw"), &json!(["mutable"]))
    );
    let odd = note["odd"][0].as_str().unwrap();
    assert!(odd.starts_with("mutable: "), "{odd}");
    let called =
        client.call(&json!({"code": "return tools.raw.mutable().catch((error) => error.code)"}));
    assert_eq!(called["structuredContent"]["output"], "denied", "{called}");
    let listed = tool(&mut client, "list_servers", &json!({}));
    assert!(text(&listed).contains("held back"), "{listed}");
    let verified = unconfigured(&mut std::process::Command::new(VESICLE))
        .args(["audit", "verify", "--data-dir", data.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}
