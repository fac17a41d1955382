//! The clients that the protocol's makers publish. `tests/clients/setup.sh` installs them; what they
//! check is in the scripts beside it.

use std::{ffi::OsStr, fs, path::Path, process::Command};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    http::HttpHost,
    servers::{npm, place},
    support::{VESICLE, cache_dir, in_repository, user_data_dir},
};

const PYTHON: &str = "tests/clients/python/.venv/bin/python";

fn passes(interpreter: &Path, script: &str, installed: &str, directory: &Path) {
    let cache = cache_dir();
    let arguments = [Path::new(VESICLE), &cache, directory].map(Path::as_os_str);
    passes_with(interpreter, script, installed, &arguments);
}

fn passes_with(interpreter: &Path, script: &str, installed: &str, arguments: &[&OsStr]) {
    assert!(
        in_repository(installed).exists(),
        "the client is not installed: run tests/clients/setup.sh"
    );
    let script = in_repository(script);
    let finished = Command::new(interpreter)
        .arg(&script)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", interpreter.display()));
    assert!(
        finished.status.success(),
        "{} ended with {}\n{}{}",
        script.display(),
        finished.status,
        String::from_utf8_lossy(&finished.stdout),
        String::from_utf8_lossy(&finished.stderr),
    );
}

fn typescript_client(script: &str, directory: &Path) {
    let installed = "tests/clients/typescript/node_modules/.installed-from";
    passes(Path::new("node"), script, installed, directory);
}

fn python_client(script: &str, directory: &Path) {
    let installed = "tests/clients/python/.venv/.installed-from";
    passes(&in_repository(PYTHON), script, installed, directory);
}

/// Where a newcomer starts `vesicle serve`: three servers in `.mcp.json`, and a file to read.
fn newcomer() -> TempDir {
    let place = place(&json!({}), "[tools]\nask = [\"memory.delete_*\"]\n");
    let path = place.path();
    let mut memory = npm("server-memory", &[]);
    memory["env"] = json!({"MEMORY_FILE_PATH": path.join("memory.json")});
    let servers = json!({
        "files": npm("server-filesystem", &[path.to_str().unwrap()]),
        "memory": memory,
        "everything": npm("server-everything", &["stdio"]),
    });
    let servers = json!({ "mcpServers": servers }).to_string();
    fs::write(path.join(".mcp.json"), servers).unwrap();
    let people = "name,team\nAda,blue\nBob,red\nCleo,blue\n";
    fs::write(path.join("people.csv"), people).unwrap();
    place
}

#[test]
fn typescript() {
    typescript_client("tests/clients/typescript/client.mjs", &user_data_dir());
}

/// Every tool of the memory; the script says which.
#[test]
fn typescript_with_the_memory() {
    let directory = TempDir::new().unwrap();
    typescript_client("tests/clients/typescript/memory.mjs", directory.path());
}

/// A plugin from its first line to its removal, over several sessions.
#[test]
fn typescript_with_plugins() {
    let directory = TempDir::new().unwrap();
    typescript_client("tests/clients/typescript/plugins.mjs", directory.path());
}

#[test]
fn typescript_with_tasks() {
    let directory = TempDir::new().unwrap();
    typescript_client("tests/clients/typescript/tasks.mjs", directory.path());
}

#[test]
fn typescript_with_tasks_over_http() {
    let host = HttpHost::start(&[]);
    let installed = "tests/clients/typescript/node_modules/.installed-from";
    let script = "tests/clients/typescript/tasks.mjs";
    let url = host.url("/mcp");
    passes_with(Path::new("node"), script, installed, &[url.as_ref()]);
}

#[test]
fn python() {
    python_client("tests/clients/python/client.py", &user_data_dir());
}

#[test]
fn typescript_with_other_servers() {
    typescript_client("tests/clients/typescript/servers.mjs", newcomer().path());
}

#[test]
fn python_with_other_servers() {
    python_client("tests/clients/python/servers.py", newcomer().path());
}

#[test]
fn typescript_over_http() {
    let host = HttpHost::start(&["--concurrency", "4"]);
    let installed = "tests/clients/typescript/node_modules/.installed-from";
    let script = "tests/clients/typescript/client.mjs";
    let url = host.url("/mcp");
    passes_with(Path::new("node"), script, installed, &[url.as_ref()]);
}

#[test]
fn python_over_http() {
    let host = HttpHost::start(&["--concurrency", "4"]);
    let installed = "tests/clients/python/.venv/.installed-from";
    let script = "tests/clients/python/client.py";
    let url = host.url("/mcp");
    passes_with(&in_repository(PYTHON), script, installed, &[url.as_ref()]);
}
