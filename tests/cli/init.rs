//! `vesicle init`: what it finds, asks, writes, and leaves alone.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{Finished, command, support::VESICLE, support::in_repository};

const CURSOR: &str = r#"{"mcpServers": {
    "notes": {"command": "notes", "env": {"NOTES_TOKEN": "hunter2hunter2"}},
    "docs": {"url": "https://docs.example.com/mcp"}}}"#;

/// A user with a project, and nobody else's files.
struct User(tempfile::TempDir);

impl User {
    fn new() -> Self {
        let user = Self(tempfile::tempdir().expect("a directory"));
        user.write("project/README", "");
        user
    }

    fn with_cursor() -> Self {
        let user = Self::new();
        user.write(".cursor/mcp.json", CURSOR);
        user
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    fn configured(&self, command: &mut Command) {
        command
            .current_dir(self.path("project"))
            .env("HOME", self.0.path())
            .env("XDG_CONFIG_HOME", self.path(".config"))
            .env("XDG_DATA_HOME", self.path(".data"))
            .env_remove("CODEX_HOME");
    }

    fn vesicle(&self, arguments: &[&str]) -> Finished {
        let mut command = command(VESICLE, arguments);
        self.configured(&mut command);
        Finished(command.output().expect("vesicle runs"))
    }

    /// The same with a terminal at which somebody types `answers`, one at each question.
    fn at_a_terminal(&self, arguments: &[&str], answers: &[&str]) -> (Option<i32>, String) {
        let script = in_repository("tests/cli/programs/answers.py");
        let mut all = vec![script.to_str().expect("a UTF-8 path"), answers[0]];
        let answers = answers.join("\n");
        all[1] = &answers;
        all.push(VESICLE);
        all.extend(arguments);
        let mut command = command("python3", &all);
        self.configured(&mut command);
        let finished = Finished(command.output().expect("python3 runs"));
        (finished.code(), finished.stdout().replace("\r\n", "\n"))
    }

    /// Every file below the user's directory.
    fn files(&self) -> Vec<String> {
        fn below(path: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(path).expect("a directory") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => below(&path, files),
                    false => files.push(path),
                }
            }
        }
        let mut files = Vec::new();
        below(self.0.path(), &mut files);
        let mut names: Vec<String> = files
            .iter()
            .map(|path| {
                path.strip_prefix(self.0.path())
                    .expect("below")
                    .display()
                    .to_string()
            })
            .collect();
        names.sort();
        names
    }
}

#[test]
fn without_a_terminal_it_says_what_it_would_do_and_writes_nothing() {
    let user = User::with_cursor();
    let before = user.files();
    let finished = user.vesicle(&["init"]);
    assert_eq!(
        (finished.code(), finished.stderr()),
        (Some(1), ""),
        "{finished}"
    );
    let told = finished.stdout();
    for part in [
        "Would write",
        "Cursor",
        "notes: notes",
        "docs: https://docs.example.com/mcp",
        "secret `notes_token`",
        "`vesicle init --yes` writes it",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(user.files(), before);
}

#[test]
fn with_yes_everything_is_written_and_in_force() {
    let user = User::with_cursor();
    let finished = user.vesicle(&["init", "--yes"]);
    assert_eq!(
        (finished.code(), finished.stderr()),
        (Some(0), ""),
        "{finished}"
    );
    assert!(!finished.stdout().contains("hunter2"), "{finished}");
    assert_eq!(
        user.files(),
        [
            ".cursor/mcp.json",
            ".data/vesicle/secrets/notes_token",
            "project/README",
            "project/vesicle.toml"
        ]
    );
    assert_eq!(
        fs::read_to_string(user.path(".cursor/mcp.json")).expect("a file"),
        CURSOR
    );
    let text = fs::read_to_string(user.path("project/vesicle.toml")).expect("a file");
    assert!(!text.contains("hunter2"), "{text}");
    let mode = |path: &str| {
        let metadata = fs::metadata(user.path(path)).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(".data/vesicle/secrets"), 0o700);
    assert_eq!(mode(".data/vesicle/secrets/notes_token"), 0o600);
    // What was written is read, and the last line is one that a client can have.
    let shown = user.vesicle(&["config", "show", "--json"]);
    assert_eq!(shown.code(), Some(0), "{shown}");
    let shown: Value = serde_json::from_str(shown.stdout()).expect("JSON");
    let keys = shown["keys"].as_array().expect("keys");
    let value = |key: &str| {
        let row = keys.iter().find(|row| row["key"] == key);
        row.map(|row| row["value"].clone()).unwrap_or_default()
    };
    assert_eq!(value("servers.docs")["url"], "https://docs.example.com/mcp");
    assert_eq!(
        value("servers.notes")["env"]["NOTES_TOKEN"],
        "${secret:notes_token}"
    );
    let line = finished.stdout().lines().last().expect("a line");
    let client: Value = serde_json::from_str(line).expect("JSON");
    let server = &client["mcpServers"]["vesicle"];
    assert_eq!(server["command"], VESICLE);
    let file = server["args"][2].as_str().expect("the file's path");
    assert!(
        Path::new(file).is_absolute() && Path::new(file).exists(),
        "{file}"
    );

    // A second time nothing is touched.
    let again = user.vesicle(&["init", "--yes"]);
    assert_eq!(again.code(), Some(2), "{again}");
    assert!(again.stderr().contains("stays as it is"), "{again}");
    assert_eq!(
        fs::read_to_string(user.path("project/vesicle.toml")).expect("a file"),
        text
    );
    // Nor does another configuration need the same secret twice.
    let other = user.vesicle(&["init", "--yes", "--config", "other/vesicle.toml"]);
    assert_eq!(other.code(), Some(0), "{other}");
    assert_eq!(
        user.files()
            .iter()
            .filter(|file| file.contains("secrets"))
            .count(),
        1
    );
}

#[test]
fn a_secret_of_that_name_is_not_overwritten_and_nothing_half_is_left() {
    let user = User::with_cursor();
    user.write(".data/vesicle/secrets/notes_token", "somebody else's");
    let before = user.files();
    let finished = user.vesicle(&["init", "--yes"]);
    assert_eq!(finished.code(), Some(1), "{finished}");
    assert!(finished.stderr().contains("notes_token"), "{finished}");
    assert_eq!(user.files(), before);
    let kept = fs::read_to_string(user.path(".data/vesicle/secrets/notes_token"));
    assert_eq!(kept.expect("a file"), "somebody else's");
}

#[test]
fn at_a_terminal_it_asks_and_takes_what_is_wanted() {
    let user = User::with_cursor();
    user.write(
        "project/.mcp.json",
        r#"{"mcpServers": {"mine": {"command": "mine"}}}"#,
    );
    user.write(
        ".codeium/windsurf/mcp_config.json",
        r#"{"mcpServers": {"wind": {"command": "wind"}}}"#,
    );
    let (code, seen) = user.at_a_terminal(&["init"], &["", "perhaps", "n", "y", "y"]);
    assert_eq!(code, Some(0), "{seen}");
    for part in [
        "Use it? [Y/n]",
        "Import these servers? [Y/n]",
        "Please answer y or n.",
        "Import this server? [Y/n]",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    let text = fs::read_to_string(user.path("project/vesicle.toml")).expect("a file");
    assert!(
        text.contains("[servers.wind]") && !text.contains("[servers.notes]"),
        "{text}"
    );
    assert!(text.contains("\nmcp_config = "), "{text}");
    assert!(!user.path(".data/vesicle/secrets").exists());
    assert_eq!(user.vesicle(&["config", "show"]).code(), Some(0));
}

#[test]
fn at_a_terminal_no_means_no() {
    let user = User::with_cursor();
    let before = user.files();
    let (code, seen) = user.at_a_terminal(&["init"], &["y", "no"]);
    assert_eq!(code, Some(1), "{seen}");
    assert!(
        seen.contains("1 secret is copied") && seen.contains("Nothing was written"),
        "{seen}"
    );
    assert_eq!(user.files(), before);
}

#[test]
fn for_the_user_it_takes_nothing_of_the_project() {
    let user = User::with_cursor();
    user.write(
        "project/.cursor/mcp.json",
        r#"{"mcpServers": {"here": {"command": "here"}}}"#,
    );
    user.write(
        "project/.mcp.json",
        r#"{"mcpServers": {"mine": {"command": "mine"}}}"#,
    );
    let finished = user.vesicle(&["init", "--user", "--yes"]);
    assert_eq!(finished.code(), Some(0), "{finished}");
    let text = fs::read_to_string(user.path(".config/vesicle/vesicle.toml")).expect("a file");
    assert!(
        text.contains("[servers.notes]") && !text.contains("[servers.here]"),
        "{text}"
    );
    assert!(text.contains("\n# mcp_config = "), "{text}");
    // A place that was named from here is the same wherever the configuration lies.
    let named = [
        "init",
        "--yes",
        "--data-dir",
        "mine",
        "--config",
        "below/v.toml",
    ];
    assert_eq!(user.vesicle(&named).code(), Some(0));
    assert!(user.path("project/mine/secrets/notes_token").exists());
    let servers = user.vesicle(&["run", "README", "--config", "below/v.toml"]);
    assert!(!servers.stderr().contains("notes_token"), "{servers}");
    let both = user.vesicle(&["init", "--user", "--config", "x.toml"]);
    assert_eq!(both.code(), Some(2), "{both}");
}

#[test]
fn programs_get_json_and_no_question() {
    let user = User::with_cursor();
    user.write(".gemini/settings.json", "{ no JSON");
    let finished = user.vesicle(&["init", "--json"]);
    assert_eq!(
        (finished.code(), finished.stderr()),
        (Some(1), ""),
        "{finished}"
    );
    let told: Value = serde_json::from_str(finished.stdout()).expect("JSON");
    assert_eq!(told["written"], false);
    assert_eq!(told["sources"][0]["client"], "Cursor");
    assert_eq!(
        told["sources"][0]["servers"][0]["secrets"][0]["name"],
        "notes_token"
    );
    let why = told["sources"][1]["unreadable"].as_str().expect("a reason");
    assert!(why.contains("no JSON"), "{why}");
    assert!(!finished.stdout().contains("hunter2"), "{finished}");
    let written = user.vesicle(&["init", "--json", "--yes", "--no-import"]);
    let told: Value = serde_json::from_str(written.stdout()).expect("JSON");
    assert_eq!(
        (written.code(), &told["written"]),
        (Some(0), &Value::Bool(true))
    );
    assert_eq!(told["sources"], Value::Array(vec![]));
    assert!(user.path("project/vesicle.toml").exists());
}

#[test]
fn hostile_names_of_others_do_nothing_to_a_terminal() {
    let user = User::new();
    user.write(
        ".cursor/mcp.json",
        "{\"mcpServers\": {\"a\\u001b[2Jb\": {\"command\": \"x\\u001b]0;t\\u0007\\n[secrets]\"}}}",
    );
    let (code, seen) = user.at_a_terminal(&["init"], &["y", "y"]);
    assert_eq!(code, Some(0), "{seen:?}");
    assert!(
        !seen.contains('\u{1b}') && !seen.contains('\u{7}'),
        "{seen:?}"
    );
    assert_eq!(user.vesicle(&["config", "show"]).code(), Some(0));
}
