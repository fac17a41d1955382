//! What callers may ask for, as the configuration has it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::raw::RawClient;

fn profiles(client: &mut RawClient) -> Value {
    let tools = client.request("tools/list", &json!({}));
    tools["result"]["tools"][0]["inputSchema"]["properties"]["profile"].clone()
}

fn refused(client: &mut RawClient, arguments: Value) -> String {
    let call = json!({"name": "execute_agent_code", "arguments": arguments});
    let answer = client.request("tools/call", &call);
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let text = &answer["result"]["content"][0]["text"];
    text.as_str().expect("a text").to_owned()
}

#[test]
fn the_profile_of_the_server_is_the_ceiling() {
    let mut client = RawClient::connect(&["--profile", "restrictive"]);
    let told = profiles(&mut client);
    assert_eq!(told["enum"], json!(["restrictive"]));
    assert_eq!(told["default"], "restrictive");
    assert_snapshot!(refused(&mut client, json!({"code": "return 1", "profile": "permissive"})), @r#"`profile`: the profile `permissive` is not open to callers; take one of restrictive; `profiles = ["restrictive", "permissive"]` under [serve] in vesicle.toml would open it"#);
    assert_snapshot!(refused(&mut client, json!({"code": "return 1", "timeout_ms": 4_000})), @"`timeout_ms`: a timeout of 4000 ms is more than the 3000 ms of the profile `restrictive`; ask for at most 3000 ms; no profile that is open to you gives that much; `wall_time_ms = 4000` under [profiles.restrictive] in vesicle.toml would allow it");
    assert_snapshot!(refused(&mut client, json!({"code": "return 1", "profile": "fast"})), @r#"`profile`: there is no profile `fast`; take one of restrictive; `inherits = "default"` under [profiles.fast] and `profiles = ["restrictive", "fast"]` under [serve] in vesicle.toml would make it"#);
}

#[test]
fn profiles_of_the_file_are_offered() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = "profile = \"ci\"\n[profiles.ci]\ninherits = \"default\"\nwall_time_ms = 60\n[serve]\nprofiles = [\"default\"]\n";
    std::fs::write(&file, text).expect("written");
    let path = file.path().to_str().expect("a UTF-8 path");
    let mut client = RawClient::connect(&["--config", path]);
    let told = profiles(&mut client);
    assert_eq!(told["enum"], json!(["default", "ci"]));
    assert_eq!(told["default"], "ci");
    assert_snapshot!(told["description"].as_str().expect("a text"), @"How much the code may use: default 5 s and 128 MB, ci 0.06 s and 128 MB");
    assert_snapshot!(refused(&mut client, json!({"code": "while (Date.now());"})), @"the code did not end within its 60 ms; do less per call, or ask for more time");
}

#[test]
fn granted_directories_are_told_and_used() {
    let place = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(place.path().join("data")).expect("a directory");
    std::fs::write(place.path().join("data/hello.txt"), "hello").expect("written");
    let file = place.path().join("vesicle.toml");
    std::fs::write(&file, "[[preopen]]\nhost = \"data\"\nguest = \"/data\"\n").expect("written");
    let mut client = RawClient::connect(&["--config", file.to_str().expect("a UTF-8 path")]);
    let tools = client.request("tools/list", &json!({}));
    let told = tools["result"]["tools"][0]["description"].as_str();
    assert!(
        told.expect("a text")
            .contains("`fs` is Node's fs/promises, for /data (read).")
    );
    let call = json!({"name": "execute_agent_code", "arguments": {"code": "return fs.readFile('/data/hello.txt', 'utf8')"}});
    let answer = client.request("tools/call", &call);
    assert_eq!(
        answer["result"]["structuredContent"]["output"], "hello",
        "{answer}"
    );
    let write = json!({"code": "await fs.writeFile('/data/x', '')"});
    let refused = refused(&mut client, write);
    assert!(
        refused.contains("access = \"read-write\" of its [[preopen]] in vesicle.toml"),
        "{refused}"
    );
}
