//! Each client's file, as that client writes it.

use std::{fs, path::Path};

use insta::assert_snapshot;

use super::*;

struct Place(tempfile::TempDir);

impl Place {
    fn with(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let path = place.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        place
    }

    fn around(&self) -> Surroundings {
        let at = |path: &str| self.0.path().join(path);
        Surroundings {
            directory: at("project"),
            with_project: true,
            home: Some(at("home")),
            config: Some(at("home/.config")),
            codex: None,
        }
    }

    /// All that was found, with the place itself taken out.
    fn told(&self) -> String {
        let mut text = String::new();
        for source in find(&self.around()) {
            let path = source.path.strip_prefix(self.0.path()).unwrap();
            text += &format!("{} {}\n", source.client.name(), path.display());
            if let Some(why) = source.unreadable {
                text += &format!("  unreadable: {why}\n");
            }
            for server in source.servers {
                let mut section = Section::default();
                section.server(&server);
                text += &section
                    .0
                    .trim_end()
                    .replace('\n', "\n  ")
                    .replacen('[', "  [", 1);
                text += "\n";
                for secret in &server.secrets {
                    text += &format!("  secret {} = {:?}\n", secret.name, secret.kept);
                }
                for rest in [server.variables, server.denied, server.notes] {
                    text += &match rest.is_empty() {
                        true => String::new(),
                        false => format!("  {rest:?}\n"),
                    };
                }
            }
            for left in source.left_out {
                text += &format!("  left out {}: {}\n", left.name, left.why);
            }
        }
        text.replace(self.0.path().to_str().unwrap(), "[PLACE]")
    }
}

#[test]
fn the_plain_shape_of_most_clients() {
    let place = Place::with(&[(
        "home/.cursor/mcp.json",
        r#"{"mcpServers": {
            "github": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-github"],
                       "env": {"GITHUB_PERSONAL_ACCESS_TOKEN": "ghp_0123456789abcdef", "LOG": "debug"}},
            "my notes": {"command": "notes", "args": ["--api-key", "kk-12345678", "--db=postgres://me:hunter22@db/x", "-v"]},
            "web": {"url": "https://mcp.example.com/mcp", "headers": {"Authorization": "Bearer abcdefgh12345678"}},
            "old": {"type": "sse", "url": "https://mcp.example.com/sse"},
            "off": {"command": "x", "disabled": true},
            "asks": {"command": "x", "env": {"A": "${VESICLE_TEST_NOT_SET}"}},
            "late": {"command": "${userHome}/bin/late", "cwd": "${workspaceFolder}", "env": {"B": "${VESICLE_TEST_NOT_SET:-b}"}},
            "vesicle": {"command": "/usr/bin/vesicle", "args": ["serve"]},
            "plugins": {"command": "x"},
            "nothing": 1
        }}"#,
    )]);
    assert_snapshot!(place.told());
}

#[test]
fn every_client_has_a_shape() {
    let place = Place::with(&[
        (
            "project/.vscode/mcp.json",
            r#"{
              // Editors allow comments.
              "inputs": [{"id": "key", "type": "promptString", "password": true}],
              "servers": {
                "docs": {"type": "http", "url": "https://docs.example.com/mcp"},
                "perplexity": {"type": "stdio", "command": "npx", "env": {"KEY": "${input:key}"}},
                "env": {"type": "stdio", "command": "npx", "envFile": "${workspaceFolder}/.env"},
              },
            }"#,
        ),
        (
            "home/.config/Claude/claude_desktop_config.json",
            r#"{"mcpServers": {"files": {"command": "files", "args": ["/home/me"]}}}"#,
        ),
        (
            "home/.codeium/windsurf/mcp_config.json",
            r#"{"mcpServers": {"wind": {"serverUrl": "https://wind.example.com/mcp", "disabledTools": ["delete"]}}}"#,
        ),
        (
            "home/.config/zed/settings.json",
            r#"{"theme": "x", "context_servers": {
                "zed-new": {"source": "custom", "command": "new", "args": ["a"], "env": {}},
                "zed-old": {"command": {"path": "old", "args": ["b"], "env": null}, "settings": {}},
                "mcp-server-github": {"settings": {"github_personal_access_token": "x"}},
            }}"#,
        ),
        (
            "home/.gemini/settings.json",
            r#"{"mcpServers": {"gem": {"httpUrl": "https://gem.example.com/$VESICLE_TEST_NOT_SET"},
                               "some": {"command": "some", "trust": true, "includeTools": ["a"]}}}"#,
        ),
        (
            "home/.codex/config.toml",
            "model = \"x\"\n[mcp_servers.context7]\ncommand = \"npx\"\nargs = [\"-y\", \"c7\"]\nstartup_timeout_sec = 20\n\
             [mcp_servers.figma]\nurl = \"https://mcp.example.com/figma\"\nhttp_headers = { X-Region = \"eu\" }\n\
             bearer_token_env_var = \"VESICLE_TEST_NOT_SET\"\n[mcp_servers.off]\ncommand = \"x\"\nenabled = false\n",
        ),
        ("project/.cursor/mcp.json", "{\"mcpServers\": "),
    ]);
    let claude = format!(
        r#"{{"numStartups": 3, "mcpServers": {{"all": {{"type": "stdio", "command": "all"}}, "docs": {{"command": "other"}}}},
             "projects": {{"{}": {{"mcpServers": {{"mine": {{"command": "mine"}}}}}}, "/other": {{"mcpServers": {{"theirs": {{"command": "x"}}}}}}}}}}"#,
        place.around().directory.display()
    );
    fs::write(place.0.path().join("home/.claude.json"), claude).unwrap();
    assert_snapshot!(place.told());
}

#[test]
fn a_file_may_have_so_many_bytes() {
    let place = Place::with(&[("home/.cursor/mcp.json", "{}")]);
    let path = place.0.path().join("home/.cursor/mcp.json");
    let filled = |bytes: u64| {
        fs::write(&path, " ".repeat(usize::try_from(bytes).unwrap())).unwrap();
        read(Path::new(&path)).map(|text| text.is_some())
    };
    assert!(filled(CLIENT_FILE_BYTES_MAX).unwrap());
    assert!(
        filled(CLIENT_FILE_BYTES_MAX + 1)
            .unwrap_err()
            .to_string()
            .contains("bytes")
    );
}

#[test]
fn a_file_may_have_so_many_servers() {
    let servers: Vec<String> = (0..=CLIENT_SERVERS_MAX)
        .map(|number| format!(r#""s{number}": {{"command": "x", "args": ["{number}"]}}"#))
        .collect();
    let text = format!(r#"{{"mcpServers": {{{}}}}}"#, servers.join(","));
    let place = Place::with(&[("home/.cursor/mcp.json", &text)]);
    let found = find(&place.around());
    assert_eq!(found[0].servers.len(), CLIENT_SERVERS_MAX);
    assert_eq!(found[0].left_out[0].name, format!("s{CLIENT_SERVERS_MAX}"));
}

#[test]
fn names_become_names_of_servers() {
    for (theirs, ours) in [
        ("a b.c", "a-b-c"),
        ("@scope/x", "scope-x"),
        ("_", "server"),
        ("é", "server"),
        ("ok_1", "ok_1"),
    ] {
        assert_eq!(fitting(theirs), ours);
        assert!(ServerName::new(fitting(theirs)).is_ok());
    }
}
