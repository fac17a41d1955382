//! The configuration, as the commands use it. What each wrong file and variable is told is in the
//! tests of `host/server/src/config`.

use std::{fs, path::Path};

use insta::assert_snapshot;
use serde_json::Value;

use crate::{Finished, command, support::VESICLE};

/// A directory of its own for each test: working directory, and the user's configuration below it.
pub struct Place(pub tempfile::TempDir);

impl Place {
    /// With this `vesicle.toml`.
    pub fn with(text: &str) -> Self {
        let place = Self::empty();
        place.write("vesicle.toml", text);
        place
    }

    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    pub fn vesicle(&self, arguments: &[&str]) -> Finished {
        self.vesicle_with(&[], arguments)
    }

    pub fn vesicle_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Finished {
        let finished = command(VESICLE, arguments)
            .current_dir(self.0.path())
            .env("XDG_CONFIG_HOME", self.0.path().join("users"))
            .env("VESICLE_SANDBOX_CACHE_DIR", crate::support::cache_dir())
            .envs(variables.iter().copied())
            .output();
        Finished(finished.expect("vesicle runs"))
    }

    /// The lines of `config show` that begin with `key`, without padding.
    fn shown(&self, variables: &[(&str, &str)], options: &[&str], key: &str) -> String {
        let arguments: Vec<&str> = ["config", "show"].iter().chain(options).copied().collect();
        let finished = self.vesicle_with(variables, &arguments);
        assert_eq!(finished.code(), Some(0), "{finished}");
        let lines = finished.stdout().lines();
        let lines = lines.filter(|line| line.starts_with(key));
        let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        words.collect::<Vec<_>>().join("\n")
    }
}

pub fn refused(finished: &Finished) -> String {
    assert_eq!(finished.code(), Some(2), "{finished}");
    assert_eq!(finished.stdout(), "");
    finished.stderr().to_owned()
}

#[test]
fn each_source_gives_way_to_the_stronger() {
    let place = Place::with("[log]\nformat = \"text\"\n");
    let variable = [("VESICLE_LOG_FORMAT", "json")];
    let typed = ["--log-format", "text"];
    assert_snapshot!(Place::empty().shown(&[], &[], "log."), @r#"log.format = "text" # default"#);
    assert_snapshot!(place.shown(&[], &[], "log."), @r#"log.format = "text" # vesicle.toml:2"#);
    assert_snapshot!(place.shown(&variable, &[], "log."), @r#"log.format = "json" # VESICLE_LOG_FORMAT"#);
    assert_snapshot!(place.shown(&variable, &typed, "log."), @r#"log.format = "text" # --log-format"#);
}

#[test]
fn the_working_directory_comes_before_the_user() {
    let place = Place::empty();
    assert_snapshot!(place.shown(&[], &[], "profile ="), @r#"profile = "default" # default"#);
    place.write("users/vesicle/vesicle.toml", "profile = \"permissive\"");
    assert!(
        place
            .shown(&[], &[], "profile =")
            .starts_with("profile = \"permissive\" # /")
    );
    place.write("vesicle.toml", "profile = \"restrictive\"");
    assert_snapshot!(place.shown(&[], &[], "profile ="), @r#"profile = "restrictive" # vesicle.toml:1"#);
    // One file counts; the other one's keys do not show through.
    place.write("vesicle.toml", "");
    assert_snapshot!(place.shown(&[], &[], "profile ="), @r#"profile = "default" # default"#);
    place.write("other.toml", "\nprofile = \"restrictive\"");
    assert_snapshot!(place.shown(&[], &["--config", "other.toml"], "profile ="), @r#"profile = "restrictive" # other.toml:2"#);
    assert_snapshot!(place.shown(&[("VESICLE_CONFIG", "other.toml")], &[], "profile ="), @r#"profile = "restrictive" # other.toml:2"#);
}

#[test]
fn a_file_that_cannot_be_read() {
    let place = Place::empty();
    assert_snapshot!(refused(&place.vesicle(&["config", "show", "--config", "no.toml"])), @"error: cannot read the configuration from `no.toml`: No such file or directory (os error 2); name another file with --config");
    assert_snapshot!(refused(&place.vesicle(&["config", "show", "--config", "/dev/zero"])), @"error: cannot read the configuration from `/dev/zero`: it is longer than 1048576 bytes; name another file with --config");
    fs::write(place.0.path().join("vesicle.toml"), b"# \xff").expect("a file");
    assert_snapshot!(refused(&place.vesicle(&["config", "show"])), @"error: cannot read the configuration from `vesicle.toml`: it is not UTF-8; name another file with --config");
}

#[test]
fn the_longest_file_is_read() {
    const BYTES_MAX: usize = 1 << 20;
    let place = Place::with(&"#".repeat(BYTES_MAX));
    assert_eq!(place.vesicle(&["config", "show"]).code(), Some(0));
    place.write("vesicle.toml", &"#".repeat(BYTES_MAX + 1));
    assert_snapshot!(refused(&place.vesicle(&["config", "show"])), @"error: cannot read the configuration from `vesicle.toml`: it is longer than 1048576 bytes; name another file with --config");
}

#[test]
fn no_command_runs_with_a_wrong_file() {
    let place = Place::with("[profiles.default]\nmemory = 64\n");
    for arguments in [&["run", "-"] as &[_], &["serve"], &["config", "show"]] {
        assert_snapshot!("wrong_file", refused(&place.vesicle(arguments)));
    }
    // What may be needed to put it right does run.
    let defaults = place.vesicle(&["config", "show", "--defaults"]);
    assert_eq!(defaults.code(), Some(0));
    assert_eq!(place.vesicle(&["completions", "bash"]).code(), Some(0));
    // And what it prints is a file that is not wrong.
    place.write("vesicle.toml", defaults.stdout());
    assert_eq!(place.vesicle(&["config", "show"]).code(), Some(0));
}

#[test]
fn as_json() {
    let place = Place::with("[profiles.ci]\ninherits = \"default\"\n");
    let variables = [
        ("VESICLE_SANDBOX_CACHE_DIR", "/tmp/cache"),
        ("VESICLE_DATA_DIR", "/tmp/data"),
    ];
    let finished = place.vesicle_with(&variables, &["config", "show", "--json", "--no-cache"]);
    let shown: Value = serde_json::from_str(finished.stdout()).expect("JSON");
    insta::assert_json_snapshot!("as_json", shown);
}

#[test]
fn run_takes_the_profile_that_is_configured() {
    let place = Place::with(
        "profile = \"short\"\n[profiles.short]\ninherits = \"restrictive\"\nwall_time_ms = 120\n",
    );
    place.write("spin.ts", "while (true) await null");
    place.write("one.ts", "return 1");
    let timeout = |options: &[&str]| {
        let arguments: Vec<&str> = ["run", "spin.ts", "--json"]
            .iter()
            .chain(options)
            .copied()
            .collect();
        let finished = place.vesicle(&arguments);
        assert_eq!(finished.code(), Some(3), "{finished}");
        let outcome: Value = serde_json::from_str(finished.stdout()).expect("JSON");
        outcome["limit_ms"].clone()
    };
    assert_eq!(timeout(&[]), 120);
    assert_eq!(timeout(&["--timeout", "50ms"]), 50);
    assert_eq!(
        timeout(&["--profile", "default", "--timeout", "300ms"]),
        300
    );
    assert_snapshot!(refused(&place.vesicle(&["run", "one.ts", "--timeout", "121ms"])), @"error: a timeout of 121 ms is more than the 120 ms of the profile `short`; ask for at most 120 ms, or for the profile `restrictive`, which has 3000 ms; `wall_time_ms = 121` under [profiles.short] in vesicle.toml would allow it");
    assert_snapshot!(refused(&place.vesicle(&["run", "one.ts", "--profile", "shrt"])), @r#"error: there is no profile `shrt`; take one of restrictive, default, permissive, short; `inherits = "default"` under [profiles.shrt] in vesicle.toml would make it"#);
}

#[test]
fn the_least_memory_is_enough_for_the_engine() {
    let place = Place::with("[profiles.default]\nmemory_mb = 8\n");
    place.write(
        "one.ts",
        "return new Array(10_000).fill('x').join('').length",
    );
    let finished = place.vesicle(&["run", "one.ts"]);
    assert_eq!(finished.stdout(), "10000\n", "{finished}");
}

#[test]
fn a_cache_that_is_switched_off_is_not_made() {
    let place = Place::with("[sandbox]\ncache = false\n");
    place.write("one.ts", "return 1");
    let dir = place.0.path().join("cache");
    let variables = [("VESICLE_SANDBOX_CACHE_DIR", text(&dir))];
    assert_eq!(
        place.vesicle_with(&variables, &["run", "one.ts"]).stdout(),
        "1\n"
    );
    assert!(!dir.exists());
    // The option says where, and that it be used.
    let finished = place.vesicle(&["run", "one.ts", "--cache-dir", text(&dir)]);
    assert_eq!(finished.stdout(), "1\n");
    assert!(dir.exists());
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}
