//! What the program says about itself.

use insta::assert_snapshot;

use crate::vesicle;

#[test]
fn help() {
    for (name, arguments) in [
        ("help", &["--help"] as &[_]),
        ("help_run", &["run", "--help"]),
        ("help_serve", &["serve", "--help"]),
        ("help_servers", &["servers", "--help"]),
        ("help_servers_approve", &["servers", "approve", "--help"]),
        ("help_servers_login", &["servers", "login", "--help"]),
        ("help_tools", &["tools", "--help"]),
        ("help_tools_search", &["tools", "search", "--help"]),
        ("help_tools_describe", &["tools", "describe", "--help"]),
        ("help_tools_call", &["tools", "call", "--help"]),
        ("help_tokens", &["tokens", "--help"]),
        ("help_generate", &["generate", "--help"]),
        ("help_plugin", &["plugin", "--help"]),
        ("help_plugin_add", &["plugin", "add", "--help"]),
        ("help_plugin_build", &["plugin", "build", "--help"]),
        ("help_plugin_call", &["plugin", "call", "--help"]),
        ("help_plugin_grant", &["plugin", "grant", "--help"]),
        ("help_plugin_new", &["plugin", "new", "--help"]),
        ("help_plugin_pack", &["plugin", "pack", "--help"]),
        ("help_plugin_trust", &["plugin", "trust", "--help"]),
        ("help_audit", &["audit", "--help"]),
        ("help_audit_verify", &["audit", "verify", "--help"]),
        ("help_audit_tail", &["audit", "tail", "--help"]),
        ("help_bench", &["bench", "--help"]),
        ("help_config_show", &["config", "show", "--help"]),
        ("help_completions", &["completions", "--help"]),
    ] {
        let finished = vesicle(arguments);
        assert_eq!(finished.code(), Some(0));
        assert_snapshot!(name, finished.stdout());
    }
}

#[test]
fn version() {
    let expected = format!("vesicle {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(vesicle(&["--version"]).stdout(), expected);
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = vesicle(&["completions", shell]);
        assert_eq!(finished.code(), Some(0), "{shell}");
        for word in ["serve", "bench", "plugin-dir", "input-text", "log-format"] {
            assert!(finished.stdout().contains(word), "{shell} lacks {word}");
        }
    }
}
