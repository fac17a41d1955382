//! Other servers for programs of `vesicle run`, and what is said where their definitions are wrong.

use insta::assert_snapshot;
use serde_json::json;

use crate::{
    config::{Place, refused},
    support::in_repository,
};

fn definitions() -> String {
    let path = in_repository("tests/servers/raw.py");
    json!({"mcpServers": {"raw": {"command": "python3", "args": [path]}}}).to_string()
}

#[test]
fn a_program_calls_the_servers_of_the_working_directory() {
    let place = Place::with("[tools]\nask = [\"raw.write\"]\n");
    place.write(".mcp.json", &definitions());
    place.write("echo.ts", "return tools.raw.echo({ text: 'hello' })");
    let ran = place.vesicle(&["run", "echo.ts"]);
    assert_eq!((ran.code(), ran.stdout()), (Some(0), "hello\n"), "{ran}");
    place.write(
        "search.ts",
        "return (await tools.$search('echo', { limit: 1 }))[0].name",
    );
    let ran = place.vesicle(&["run", "search.ts"]);
    assert_eq!(ran.stdout(), "raw.echo\n", "{ran}");
    place.write(
        "ask.ts",
        "return tools.raw.write({ key: 'a' }).catch((error) => error.code)",
    );
    assert_eq!(place.vesicle(&["run", "ask.ts"]).stdout(), "denied\n");
    // Without a look at any server.
    place.write("plain.ts", "return 1 + 1");
    assert_eq!(place.vesicle(&["run", "plain.ts"]).stdout(), "2\n");
}

#[test]
fn code_that_has_files_has_the_declarations_too() {
    let place = Place::with("[tools]\ndeny = [\"raw.write\"]\n");
    place.write(".mcp.json", &definitions());
    place.write("files/a.txt", "a");
    place.write("list.ts", "return fs.readdir('/servers/raw')");
    place.write(
        "read.ts",
        "return fs.readFile('/servers/raw/echo.ts', 'utf8')",
    );
    let data = place.0.path().join("data");
    let data = [("VESICLE_DATA_DIR", data.to_str().unwrap())];
    let run = |program| place.vesicle_with(&data, &["run", program, "--preopen", "files:/files"]);
    // The first time, the server is asked.
    let listed = run("list.ts");
    assert!(
        listed.stdout().contains("\"echo.ts\"") && !listed.stdout().contains("write.ts"),
        "{listed}"
    );
    // Then what it said is known, also when it is not there any more.
    let gone = definitions().replace("python3", "/no/such/python3");
    let read = run("read.ts");
    assert!(read.stdout().contains("tools.raw.echo"), "{read}");
    // Nothing is left of it.
    let trees = place.0.path().join("data/bridge/trees");
    assert_eq!(std::fs::read_dir(trees).unwrap().count(), 0);
    place.write(".mcp.json", &gone);
    // A program that does not speak of it does not wait for a server that was never there.
    place.write("plain.ts", "return fs.readdir('/' + 'servers')");
    let plain = run("plain.ts");
    assert_eq!(plain.code(), Some(0), "{plain}");
    let without = place.vesicle_with(&data, &["run", "list.ts"]);
    assert_eq!(without.code(), Some(1), "{without}");
}

#[test]
fn a_named_file_and_the_configuration_have_servers_too() {
    let place = Place::with("");
    place.write("elsewhere/servers.json", &definitions());
    place.write("echo.ts", "return tools.raw.echo({ text: 'hello' })");
    let ran = place.vesicle(&["run", "echo.ts", "--mcp-config", "elsewhere/servers.json"]);
    assert_eq!(ran.stdout(), "hello\n", "{ran}");
    let variable = [("VESICLE_TOOLS_MCP_CONFIG", "elsewhere/servers.json")];
    assert_eq!(
        place.vesicle_with(&variable, &["run", "echo.ts"]).stdout(),
        "hello\n"
    );
    let path = in_repository("tests/servers/raw.py");
    place.write(
        "vesicle.toml",
        &format!(
            "[servers.raw]\ncommand = \"python3\"\nargs = [\"{}\"]\n",
            path.display()
        ),
    );
    assert_eq!(place.vesicle(&["run", "echo.ts"]).stdout(), "hello\n");
    place.write("vesicle.toml", "[tools]\nallow = []\n");
    let denied = place.vesicle(&["run", "echo.ts", "--mcp-config", "elsewhere/servers.json"]);
    assert_eq!(denied.code(), Some(1), "{denied}");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let place = Place::with(
        "[servers.a]\ncommand = 5\nurl = \"x\"\nconcurency = 2\n[servers.\"b c\"]\n[tools]\nallow = [\"a.[\"]\n",
    );
    place.write("plain.ts", "return 1 + 1");
    assert_snapshot!("wrong_keys", refused(&place.vesicle(&["run", "plain.ts"])));
    place.write("vesicle.toml", "[servers.a]\ncalls_per_minute = 5\n");
    assert_snapshot!(
        "no_definition",
        refused(&place.vesicle(&["run", "plain.ts"]))
    );
    place.write(
        "vesicle.toml",
        "[servers.a]\nurl = \"https://example.com/mcp\"\nbearer = \"${secret:none}\"\n",
    );
    assert_snapshot!("no_secret", refused(&place.vesicle(&["run", "plain.ts"])));
    place.write(
        "vesicle.toml",
        "[servers.a]\ncommand = \"x\"\nconcurrency = 0\n",
    );
    assert_snapshot!(
        "out_of_range",
        refused(&place.vesicle(&["run", "plain.ts"]))
    );
    place.write("vesicle.toml", "");
    let missing = place.vesicle(&["run", "plain.ts", "--mcp-config", "none.json"]);
    assert_snapshot!("no_file", refused(&missing));
    // Nobody named this one, and the program has no need of it.
    place.write(".mcp.json", "{");
    let ran = place.vesicle(&["run", "plain.ts"]);
    assert_eq!((ran.code(), ran.stdout()), (Some(0), "2\n"));
    assert!(ran.stderr().contains(".mcp.json is no JSON"), "{ran}");
}

#[test]
fn a_definition_reads_only_the_variables_that_are_named() {
    let place = Place::with("");
    let path = in_repository("tests/servers/raw.py");
    let servers = json!({"mcpServers": {"raw": {"command": "python3", "args": [path], "env": {"TOKEN": "${MY_TOKEN}"}}}});
    place.write(".mcp.json", &servers.to_string());
    place.write("token.ts", "return (await tools.raw.environment()).TOKEN");
    let variable = [("MY_TOKEN", "value")];
    let denied = place.vesicle_with(&variable, &["run", "token.ts"]);
    assert_eq!(denied.code(), Some(1), "{denied}");
    assert!(
        denied
            .stderr()
            .contains("the variable `MY_TOKEN` may not be read"),
        "{denied}"
    );
    place.write("vesicle.toml", "[tools]\nenv_vars = [\"MY_TOKEN\"]\n");
    assert_eq!(
        place.vesicle_with(&variable, &["run", "token.ts"]).stdout(),
        "value\n"
    );
}

#[test]
fn a_refused_tool_names_the_line_that_would_allow_it() {
    let place = Place::with("");
    place.write("echo.ts", "return tools.raw.echo({ text: 'hello' })");
    for (configuration, help) in [
        ("[tools]\nproject_file = false\n", "[servers.NAME]"),
        (
            "[tools]\ndeny = [\"raw.*\"]\n",
            "`allow = [\"raw.echo\"]` under [tools]",
        ),
        ("[tools]\nask = [\"raw.*\"]\n", "`ask` under [tools]"),
    ] {
        place.write("vesicle.toml", configuration);
        place.write(".mcp.json", &definitions());
        let ran = place.vesicle(&["run", "echo.ts"]);
        assert_eq!(ran.code(), Some(1), "{ran}");
        let helps = ran
            .stderr()
            .lines()
            .any(|line| line.starts_with("help: ") && line.contains(help));
        assert!(helps, "{configuration}: {ran}");
    }
}
