//! What callers may do with other servers, as the configuration has it.

use std::fs;

use serde_json::{Value, json};

use crate::{
    raw::RawClient,
    servers::{connected, output, place, raw, ready, text, tool},
};

/// What a refused call says to the program.
fn refused(client: &mut RawClient, call: &str) -> Value {
    let code = format!(
        "try {{ await {call} }} catch (error) {{ return [error.code, error.message, error.retryAfterMs ?? null] }}"
    );
    output(client, &code)
}

fn message(refused: &Value) -> &str {
    refused[1].as_str().unwrap_or_else(|| panic!("{refused}"))
}

#[test]
fn what_is_denied_is_denied_on_every_way() {
    let servers = json!({"raw": raw(&[])});
    let place = place(
        &servers,
        "[tools]\ndeny = [\"raw.write\"]\n[profiles.permissive.tools]\ndeny = [\"raw.count\"]\n",
    );
    let mut client = connected(&place);
    let denied = refused(&mut client, "tools.raw.write({ key: 'a' })");
    assert_eq!(denied[0], "denied");
    assert!(
        message(&denied).contains("not granted to the profile `permissive`"),
        "{denied}"
    );
    assert_eq!(
        refused(&mut client, "tools.raw.count({ key: 'a' })")[0],
        "denied"
    );
    let arguments = json!({"name": "raw.write", "arguments": {"key": "a"}});
    let called = tool(&mut client, "call_tool", &arguments);
    assert_eq!(called["isError"], true);
    assert!(text(&called).starts_with("denied: "), "{called}");
    // Of the default profile `count` is not taken away.
    let arguments = json!({"name": "raw.count", "arguments": {"key": "a"}});
    assert_eq!(
        text(&tool(&mut client, "call_tool", &arguments)),
        "{\"calls\":1}"
    );
    let described = tool(
        &mut client,
        "describe_tools",
        &json!({"names": ["raw.write"]}),
    );
    assert_eq!(described["isError"], true);
    let found = tool(
        &mut client,
        "search_tools",
        &json!({"query": "write", "limit": 50}),
    );
    assert!(!text(&found).contains("write"), "{found}");
    // The server never heard of it.
    let called = tool(
        &mut client,
        "call_tool",
        &json!({"name": "raw.uncounted", "arguments": {"key": "a"}}),
    );
    assert_eq!(text(&called), "{\"calls\":1}");
}

#[test]
fn names_that_there_are_none_of_answer_with_the_nearest() {
    let place = place(&json!({"raw": raw(&[])}), "");
    let mut client = connected(&place);
    let unknown = refused(&mut client, "tools.raw.ecko({})");
    assert_eq!(unknown[0], "invalid_input");
    assert!(
        message(&unknown).contains("the nearest are `echo`, "),
        "{unknown}"
    );
    let unknown = refused(&mut client, "tools.row.echo({})");
    assert!(
        message(&unknown).contains("no server `row`; the nearest are `raw`"),
        "{unknown}"
    );
    let wrong = refused(&mut client, "tools.raw.echo({ text: 5 })");
    assert_eq!(wrong[0], "invalid_input");
    assert!(
        message(&wrong).contains("5 is not of type \"string\""),
        "{wrong}"
    );
}

#[test]
fn calls_have_a_rate_and_arguments_a_size() {
    let policy = "[servers.raw]\ncalls_per_minute = 3\nargument_bytes = 100\nresult_bytes = 1000\n";
    let place = place(&json!({"raw": raw(&[])}), policy);
    let mut client = connected(&place);
    let code = "for (let i = 0; i < 3; i++) await tools.raw.echo({ text: String(i) })";
    output(&mut client, code);
    let limited = refused(&mut client, "tools.raw.echo({ text: 'x' })");
    assert_eq!(limited[0], "rate_limited");
    let wait = limited[2].as_u64().unwrap();
    assert!((1..=20_000).contains(&wait), "{limited}");
    let edge = "x".repeat(100 - "{\"key\":\"\"}".len());
    assert_eq!(
        output(
            &mut client,
            &format!("return tools.raw.count({{ key: '{edge}' }})")
        ),
        json!({"calls": 1})
    );
    let large = refused(
        &mut client,
        &format!("tools.raw.count({{ key: '{edge}x' }})"),
    );
    assert!(
        message(&large).contains("have 101 bytes, and 100 are allowed"),
        "{large}"
    );
    assert_eq!(
        output(
            &mut client,
            "return (await tools.raw.large({ bytes: 998 })).length"
        ),
        998
    );
    let large = refused(&mut client, "tools.raw.large({ bytes: 999 })");
    assert_eq!(large[0], "upstream");
}

#[test]
fn without_elicitation_what_needs_consent_is_denied() {
    let place = place(
        &json!({"raw": raw(&[])}),
        "[tools]\nask = [\"raw.write\"]\n",
    );
    let mut client = connected(&place);
    let denied = refused(&mut client, "tools.raw.write({ key: 'a' })");
    assert_eq!(denied[0], "denied");
    assert!(
        message(&denied).contains("this client cannot ask"),
        "{denied}"
    );
}

#[test]
fn a_person_is_asked_and_others_do_not_wait() {
    let place = place(
        &json!({"raw": raw(&[])}),
        "[tools]\nask = [\"raw.write\"]\nconsent_timeout_ms = 1500\n",
    );
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize_with(&json!({"elicitation": {}}));
    for (action, expected) in [
        ("accept", json!({"calls": 1})),
        ("decline", json!("denied")),
        ("cancel", json!("denied")),
        ("", json!("denied")),
    ] {
        let code = "return tools.raw.write({ key: 'a' }).catch((error) => error.code)";
        let asking = client.begin(
            "tools/call",
            &json!({"name": "execute_agent_code", "arguments": {"code": code}}),
        );
        let question = loop {
            let message = client.receive();
            if message["method"] == "elicitation/create" {
                break message;
            }
        };
        let text = question["params"]["message"].as_str().unwrap();
        assert!(
            text.contains("wants to call raw.write with") && text.contains("\"key\": \"a\""),
            "{text}"
        );
        // Meanwhile.
        assert_eq!(
            output(&mut client, "return tools.raw.echo({ text: 'others' })"),
            "others"
        );
        if !action.is_empty() {
            let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": action, "content": {}}});
            client.send(&answer.to_string());
        }
        let ended = loop {
            let message = client.receive();
            if message["id"] == asking {
                break message;
            }
        };
        assert_eq!(
            ended["result"]["structuredContent"]["output"], expected,
            "{action}: {ended}"
        );
    }
}

#[test]
fn a_person_takes_longer_than_the_program_has() {
    let place = place(
        &json!({"raw": raw(&[])}),
        "[tools]\nask = [\"raw.write\"]\n[profiles.permissive]\nwall_time_ms = 1000\n",
    );
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize_with(&json!({"elicitation": {}}));
    crate::servers::ready(&mut client, "raw");
    let mut asked = |code: &str| {
        let arguments = json!({"code": code, "profile": "permissive"});
        let call = json!({"name": "execute_agent_code", "arguments": arguments});
        let asking = client.begin("tools/call", &call);
        loop {
            let message = client.receive();
            if message["method"] == "elicitation/create" {
                std::thread::sleep(std::time::Duration::from_millis(1_500));
                let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": {"action": "accept", "content": {}}});
                client.send(&answer.to_string());
            } else if message["id"] == asking {
                return message["result"]["structuredContent"].clone();
            }
        }
    };
    let twice = asked("await tools.raw.write({ key: 'a' }); return tools.raw.write({ key: 'a' })");
    assert_eq!(twice["output"], json!({"calls": 2}), "{twice}");
    // Afterwards its time goes on.
    let late = asked(
        "await tools.raw.write({ key: 'a' }); await new Promise((done) => setTimeout(done, 5_000))",
    );
    assert_eq!(
        (&late["status"], &late["limit_ms"]),
        (&json!("timeout"), &json!(1_000)),
        "{late}"
    );
    // What it computes counts, whether a person is asked or not.
    let busy = asked(
        "const writing = tools.raw.write({ key: 'a' }); for (;;) if (performance.now() < 0) break",
    );
    assert_eq!(busy["status"], "timeout", "{busy}");
    let computed = busy["resources"]["cpu_time_us"].as_u64().unwrap();
    assert!(computed < 1_400_000, "{busy}");
}

#[test]
fn secrets_reach_servers_and_nobody_else() {
    const SECRET: &str = "swordfish-4711-abcdef";
    let place = place(&json!({}), "");
    fs::write(place.path().join("secret.txt"), SECRET).unwrap();
    let mut server = toml::Table::new();
    let of_raw = raw(&[]);
    server.insert("command".to_owned(), "python3".into());
    server.insert(
        "args".to_owned(),
        toml::Value::try_from(&of_raw["args"]).unwrap(),
    );
    let server = toml::to_string(&server).unwrap();
    let text_of = format!(
        "[secrets]\nkey = {{ file = \"secret.txt\" }}\n[servers.raw]\n{server}env = {{ KEY = \"${{secret:key}}\" }}\n"
    );
    fs::write(place.path().join("vesicle.toml"), text_of).unwrap();
    let mut client = connected(&place);
    let length = output(
        &mut client,
        "return (await tools.raw.environment()).KEY.length",
    );
    assert_eq!(length, SECRET.len());
    let returned = client.call(&json!({"code": "const { KEY } = await tools.raw.environment(); console.log(KEY); return KEY"}));
    assert!(!returned.to_string().contains(SECRET), "{returned}");
    assert_eq!(returned["structuredContent"]["output"], "[secret key]");
    let called = tool(
        &mut client,
        "call_tool",
        &json!({"name": "raw.environment"}),
    );
    assert!(
        text(&called).contains("[secret key]") && !text(&called).contains(SECRET),
        "{called}"
    );
    let failed = refused(
        &mut client,
        &format!(
            "tools.raw.fail({{ message: '{}' + '{}' }})",
            &SECRET[..8],
            &SECRET[8..]
        ),
    );
    assert!(message(&failed).contains("[secret key]"), "{failed}");
    client.hang_up(std::time::Duration::from_secs(20)).unwrap();
    let log = all_of(&place.path().join("data/audit")).unwrap();
    assert!(
        log.contains("raw.environment") && !log.contains(SECRET),
        "{log}"
    );
}

fn all_of(directory: &std::path::Path) -> std::io::Result<String> {
    let files = fs::read_dir(directory)?.map(|entry| fs::read_to_string(entry?.path()));
    files
        .collect::<std::io::Result<Vec<_>>>()
        .map(|all| all.concat())
}

#[test]
fn what_stands_in_for_a_server_that_is_down_is_marked() {
    let place = place(&json!({}), "");
    let state = place.path().join("state");
    let state = state.to_str().unwrap();
    let servers = json!({"mcpServers": {"raw": raw(&[state, "down"])}});
    fs::write(place.path().join(".mcp.json"), servers.to_string()).unwrap();
    let policy = "[servers.raw]\nretries = 0\nwait_ms = 200\ncache_ttl_ms = 1\nfallback = \"stale\"\n\
                  [servers.raw.tools.peak]\nfallback = \"static\"\nstatic = { peak = 0 }\n\
                  [servers.raw.tools.write]\nfallback = \"static\"\nstatic = [1]\n";
    fs::write(place.path().join("vesicle.toml"), policy).unwrap();
    let mut client = connected(&place);
    ready(&mut client, "raw");
    let calls = "[await tools.raw.count({ key: 'a' }), await tools.raw.echo({ text: 'x' })]";
    assert_eq!(
        output(&mut client, &format!("return {calls}")),
        json!([{"calls": 1}, "x"])
    );
    output(&mut client, "await tools.raw.stay_down().catch(() => {})");
    let stale = json!([{"calls": 1, "stale": true}, {"stale": true, "value": "x"}]);
    assert_eq!(output(&mut client, &format!("return {calls}")), stale);
    let code = "return [await tools.raw.peak(), await tools.raw.write({ key: 'a' })]";
    let fallback = json!([{"peak": 0, "fallback": true}, {"fallback": true, "value": [1]}]);
    assert_eq!(output(&mut client, code), fallback);
    assert_eq!(
        refused(&mut client, "tools.raw.process()")[0],
        "unavailable"
    );
}
