//! What programs keep outlives the server, and stays in its session.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    raw::RawClient,
    support::{VESICLE, cache_dir, unconfigured},
};

fn returned(client: &mut RawClient, code: &str) -> Value {
    let call = json!({"name": "execute_agent_code", "arguments": {"code": code}});
    let answer = client.request("tools/call", &call);
    answer["result"]["structuredContent"]["output"].clone()
}

#[test]
fn the_next_server_finds_what_the_last_one_kept_and_other_sessions_do_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("vesicle.toml");
    std::fs::write(&config, "[state]\nfile = \"kept/state.db\"\n").expect("written");
    let config = config.to_str().expect("a UTF-8 path");

    let mut first = RawClient::connect(&["--config", config]);
    let code = "state.set('seen', [1]); return state.get('seen')";
    assert_eq!(returned(&mut first, code), json!([1]));
    drop(first);

    let mut again = RawClient::connect(&["--config", config]);
    let code = "return [state.compareAndSet('seen', [1], [1, 2]), state.get('seen')]";
    assert_eq!(returned(&mut again, code), json!([true, [1, 2]]));

    // While the other one is still there.
    let mut other = RawClient::connect(&["--config", config, "--session", "other"]);
    assert_eq!(
        returned(
            &mut other,
            "return [state.keys(), state.get('seen') ?? null]"
        ),
        json!([[], null])
    );

    let run = |session: &str| {
        let ran = unconfigured(&mut Command::new(VESICLE))
            .args([
                "run",
                "--config",
                config,
                "--session",
                session,
                "--cache-dir",
            ])
            .arg(cache_dir())
            .arg("-")
            .stdin(program("return state.keys().join()"))
            .output()
            .expect("vesicle runs");
        String::from_utf8(ran.stdout).expect("UTF-8")
    };
    assert_eq!(run("default"), "seen\n");
    assert_eq!(run("third"), "\n");
}

/// A program on standard input.
fn program(code: &str) -> std::process::Stdio {
    use std::io::{Seek as _, Write as _};
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(code.as_bytes()).expect("written");
    file.rewind().expect("rewound");
    file.into()
}
