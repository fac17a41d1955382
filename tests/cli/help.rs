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
        ("help_init", &["init", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
        ("help_man", &["man", "--help"]),
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

#[test]
fn every_command_has_a_page_in_the_manual() {
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().join("man/man1");
    let path = directory.to_str().expect("a UTF-8 path");
    let finished = vesicle(&["man", path]);
    assert_eq!(
        (finished.code(), finished.stdout()),
        (Some(0), ""),
        "{finished}"
    );
    for (page, word) in [
        ("vesicle.1", "doctor"),
        ("vesicle-run.1", "watch"),
        ("vesicle-plugin-add.1", "json"),
        ("vesicle-servers-login.1", "browser"),
    ] {
        let text = std::fs::read_to_string(directory.join(page)).expect(page);
        assert!(
            text.contains(".TH") && text.contains(word),
            "{page}: {text}"
        );
    }
    // What is for vesicle itself has none.
    assert!(!directory.join("vesicle-compile-component.1").exists());
    let printed = vesicle(&["man"]);
    let page = std::fs::read_to_string(directory.join("vesicle.1")).expect("a page");
    assert_eq!(printed.stdout(), page);
    let nowhere = vesicle(&["man", "/proc/nowhere"]);
    assert_eq!(nowhere.code(), Some(1), "{nowhere}");
    assert!(nowhere.stderr().contains("/proc/nowhere"), "{nowhere}");
}
