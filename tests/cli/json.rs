//! `--json`: what programs read is JSON, whatever the command. That every command has the option is a test of the
//! command line's definition.

use serde_json::Value;

use crate::{config::Place, support::in_repository};

fn read(place: &Place, arguments: &[&str]) -> Value {
    let finished = place.vesicle(arguments);
    let read = serde_json::from_str(finished.stdout());
    read.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {finished}"))
}

#[test]
fn what_commands_print_for_programs_is_json() {
    let place = Place::with("data_dir = \"data\"\n[audit]\nenabled = \"always\"\n");
    place.write("p.ts", "return 1");
    let raw = in_repository("tests/servers/raw.py");
    let servers = serde_json::json!({"mcpServers": {"raw": {"command": "python3", "args": [raw]}}});
    place.write(".mcp.json", &servers.to_string());
    let plugin = in_repository("plugins/csv");
    let plugin = plugin.to_str().expect("a UTF-8 path");
    for (arguments, key) in [
        (&["run", "p.ts", "--json"] as &[&str], "status"),
        (&["doctor", "--json"], "checks"),
        (&["config", "show", "--json"], "keys"),
        (&["servers", "--json"], "servers"),
        (&["servers", "approve", "raw", "--json"], "approved"),
        (&["tools", "describe", "raw.echo", "--json"], ""),
        (&["tools", "search", "echo", "--json"], ""),
        (&["tokens", "--json"], "servers"),
        (&["generate", "--json", "--dry-run"], "written"),
        (&["audit", "verify", "--json"], "intact"),
        (&["token", "create", "--name", "ci", "--json"], "token"),
        (&["token", "list", "--json"], ""),
        (&["token", "revoke", "ci", "--json"], "revoked"),
        (&["memory", "stats", "--json"], "episodes"),
        (&["memory", "search", "x", "--json"], "episodes"),
        (&["memory", "doctor", "--json"], "findings"),
        (&["memory", "prune", "--keep", "1", "--json"], "episodes"),
        (&["memory", "backup", "copy.db", "--json"], "file"),
        (&["plugin", "add", plugin, "--json"], "name"),
        (&["plugin", "list", "--json"], "plugins"),
        (&["plugin", "info", "csv", "--json"], "name"),
        (&["plugin", "verify", "--json"], "sound"),
        (&["plugin", "revoke", "csv", "--json"], "changed"),
        (&["plugin", "gc", "--json"], "bytes"),
        (&["plugin", "trust", "--json"], ""),
        (&["plugin", "remove", "csv", "--json"], "name"),
        (
            &["plugin", "new", "words", "--lang", "ts", "--json"],
            "files",
        ),
        (
            &["plugin", "build", "words/words.ts", "--json"],
            "component",
        ),
    ] {
        let told = read(&place, arguments);
        assert!(
            key.is_empty() || told.get(key).is_some(),
            "{arguments:?}: {told}"
        );
    }
    let generated = place.vesicle(&["audit", "tail", "--json"]);
    for line in generated.stdout().lines() {
        serde_json::from_str::<Value>(line).expect("a line of JSON");
    }
}

#[test]
fn the_older_spelling_is_the_same() {
    let place = Place::with("data_dir = \"data\"\n");
    let old = read(&place, &["plugin", "list", "-o", "json"]);
    assert_eq!(old, read(&place, &["plugin", "list", "--json"]));
    let old = read(&place, &["memory", "stats", "--output", "json"]);
    assert_eq!(
        old["episodes"],
        read(&place, &["memory", "stats", "--json"])["episodes"]
    );
    assert_eq!(
        place.vesicle(&["memory", "stats", "-o", "text"]).code(),
        Some(0)
    );
    let both = place.vesicle(&["plugin", "list", "--json", "-o", "pretty"]);
    assert_eq!(both.code(), Some(2), "{both}");
}
