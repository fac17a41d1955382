//! The audit log, as people who run and check it see it.

use std::{fs, path::PathBuf};

use insta::assert_snapshot;
use serde_json::Value;

use crate::{Finished, command, support::VESICLE, vesicle};

/// A data directory of its own for each test.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn run(&self, code: &str, options: &[&str]) -> Finished {
        let file = self.0.path().join("agent.ts");
        fs::write(&file, code).expect("a file");
        let file = file.to_str().expect("a UTF-8 path").to_owned();
        self.vesicle(&[&["run", &file, "--audit"], options].concat())
    }

    fn vesicle(&self, arguments: &[&str]) -> Finished {
        let dir = self.0.path().to_str().expect("a UTF-8 path");
        vesicle(&[arguments, &["--data-dir", dir]].concat())
    }

    fn verify(&self) -> Finished {
        self.vesicle(&["audit", "verify"])
    }

    fn dir(&self) -> PathBuf {
        self.0.path().join("audit")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.dir().join("audit-00000001.jsonl")).expect("a log")
    }

    fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        lines.collect()
    }
}

#[test]
fn each_execution_is_a_line_without_what_was_in_it() {
    let place = Place::new();
    place.run(
        "return 'private ' + input",
        &["--input", "\"also private\""],
    );
    place.run(
        "throw new TypeError('private')",
        &["--profile", "restrictive"],
    );
    place.run("import 'private'", &[]);
    place.run("while (Date.now()) {}", &["--timeout", "20ms"]);
    let lines = place.lines();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            assert_eq!(line["kind"], "execution");
            assert_eq!(line["who"]["client"], "cli");
            assert_eq!(line["session"].as_str().expect("a text").len(), 32);
            assert!(line["ms"].as_f64().expect("a number") > 0.0);
            format!(
                "{} {} {} {}",
                line["seq"], line["tool"], line["profile"], line["outcome"]
            )
        })
        .collect();
    assert_snapshot!(told.join("\n"), @r#"
    1 "run" "default" {"status":"success"}
    2 "run" "restrictive" {"status":"error","error_type":"runtime"}
    3 "run" "default" {"status":"security_violation","violation_type":"import"}
    4 "run" "default" {"status":"timeout"}
    "#);
    assert_eq!(lines[0]["code"]["bytes"], 25);
    assert!(!place.text().contains("private"));
    assert_eq!(place.verify().code(), Some(0));
}

#[test]
fn host_calls_are_told_with_their_sizes_and_verdicts() {
    let place = Place::new();
    place.run(
        "try { await tools.server.name({ a: 'private' }) } catch {}",
        &[],
    );
    let line = &place.lines()[0];
    let call = &line["calls"][0];
    assert_eq!(call["name"], "server.name");
    assert_eq!(call["verdict"], "denied");
    assert_eq!(call["bytes_out"], 15);
    // What is denied is no grant.
    assert_eq!(line["grants"], serde_json::json!([]));
    assert!(!place.text().contains("private"));
}

#[test]
fn payloads_are_logged_where_that_is_asked_for() {
    let place = Place::new();
    let file = place.0.path().join("agent.ts");
    fs::write(&file, "console.log('printed'); return input + 1").expect("a file");
    let dir = place.0.path().to_str().expect("a UTF-8 path");
    let file = file.to_str().expect("a UTF-8 path");
    let run = ["run", file, "--audit", "--input", "41", "--data-dir", dir];
    let finished = command(VESICLE, &run)
        .env("VESICLE_AUDIT_PAYLOADS", "true")
        .env("VESICLE_AUDIT_SYNC", "true")
        .output()
        .expect("vesicle runs");
    assert!(finished.status.success());
    let payloads = &place.lines()[0]["payloads"];
    assert_eq!(payloads["code"], "console.log('printed'); return input + 1");
    assert_eq!(payloads["input"], "41");
    assert_eq!(payloads["output"], "42");
    assert_eq!(payloads["stdout"], "printed\n");
}

#[test]
fn run_writes_nothing_unless_asked_to() {
    let place = Place::new();
    assert_eq!(place.vesicle(&["run", "-"]).code(), Some(1));
    assert!(!place.dir().exists());
    assert_snapshot!(place.verify().stderr().replace(place.0.path().to_str().expect("UTF-8"), "DATA"), @"error: there is no audit log in `DATA/audit`; `vesicle serve` and `vesicle run --audit` write one, --dir names another");
}

#[test]
fn verify_says_where_and_what() {
    let place = Place::new();
    for _ in 0..3 {
        place.run("return 1", &[]);
    }
    let intact = place.verify();
    assert_eq!(intact.code(), Some(0), "{intact}");
    assert!(
        intact.stdout().starts_with("3 lines in 1 files\nhead 3 "),
        "{intact}"
    );
    assert!(intact.stdout().ends_with("\nintact\n"), "{intact}");
    let head = intact
        .stdout()
        .split_whitespace()
        .nth(7)
        .expect("a hash")
        .to_owned();
    let pinned = place.vesicle(&["audit", "verify", "--expect", &head]);
    assert_eq!(pinned.code(), Some(0), "{pinned}");

    let file = place.dir().join("audit-00000001.jsonl");
    let text = place.text();
    // The newest line is gone, which only the pinned hash shows.
    let two: Vec<&str> = text.lines().take(2).collect();
    fs::write(&file, two.join("\n") + "\n").expect("written");
    assert_eq!(place.verify().code(), Some(0));
    let missing = place.vesicle(&["audit", "verify", "--expect", &head]);
    assert_eq!(missing.code(), Some(1), "{missing}");
    assert!(
        missing.stdout().contains("no line has the expected hash"),
        "{missing}"
    );

    fs::write(&file, text.replacen("success", "failure", 1)).expect("written");
    let changed = place.verify();
    assert_eq!(changed.code(), Some(1));
    assert!(
        changed
            .stdout()
            .starts_with("audit-00000001.jsonl, line 1: changed or inserted"),
        "{changed}"
    );
    assert_eq!(
        place
            .vesicle(&["audit", "verify", "--expect", "abc"])
            .code(),
        Some(2)
    );
}

#[test]
fn tail_shows_the_newest_lines() {
    let place = Place::new();
    for code in ["return 1", "return 2", "throw 3"] {
        place.run(code, &[]);
    }
    let two = place.vesicle(&["audit", "tail", "-n", "2"]);
    let lines: Vec<&str> = two.stdout().lines().collect();
    assert_eq!(lines.len(), 2, "{two}");
    assert!(
        lines[0].contains(" success ") && lines[1].contains(" error (runtime) "),
        "{two}"
    );
    assert!(
        lines[0].contains(", cli ") && !two.stdout().contains('\u{1b}'),
        "{two}"
    );
    let json = place.vesicle(&["audit", "tail", "--json"]);
    assert_eq!(json.stdout(), place.text());
    assert_eq!(place.vesicle(&["audit", "tail", "-n", "0"]).stdout(), "");
    assert_eq!(
        place.vesicle(&["audit", "tail", "-n", "100000"]).code(),
        Some(0)
    );
    assert_eq!(
        place.vesicle(&["audit", "tail", "-n", "100001"]).code(),
        Some(2)
    );
}

#[test]
fn processes_that_write_at_once_make_one_chain() {
    let place = Place::new();
    let dir = place.0.path().to_str().expect("a UTF-8 path").to_owned();
    let run = ["run", "-", "--audit", "--data-dir", &dir];
    let started: Vec<_> = (0..8)
        .map(|_| command(VESICLE, &run).spawn().expect("vesicle starts"))
        .collect();
    for child in started {
        child.wait_with_output().expect("vesicle ends");
    }
    assert_eq!(place.lines().len(), 8);
    let verified = place.verify();
    assert_eq!(verified.code(), Some(0), "{verified}");
}

#[test]
fn what_cannot_be_logged_is_not_run_where_the_operator_says_so() {
    let place = Place::new();
    fs::write(place.dir(), "no directory").expect("a file");
    let warned = place.run("return 1", &[]);
    assert_eq!(warned.stdout(), "1\n");
    assert!(
        warned.stderr().contains("the audit log cannot be written"),
        "{warned}"
    );
    let config = place.0.path().join("vesicle.toml");
    fs::write(&config, "[audit]\non_failure = \"refuse\"").expect("a file");
    let refused = place.run(
        "return 1",
        &["--config", config.to_str().expect("a UTF-8 path")],
    );
    assert_eq!((refused.code(), refused.stdout()), (Some(1), ""));
    assert!(
        refused
            .stderr()
            .contains("the code was not run, because the audit log in `"),
        "{refused}"
    );
}

#[test]
fn a_secret_is_nowhere_but_on_the_hosts_side() {
    let place = Place::new();
    let file = place.0.path().join("agent.ts");
    let code = "console.log('so hunter22-and-more it is', btoa('hunter22-and-more')); throw new Error('hunter22-and-more')";
    fs::write(&file, code).expect("a file");
    let dir = place.0.path().to_str().expect("a UTF-8 path");
    let file = file.to_str().expect("a UTF-8 path");
    for options in [&["--json"][..], &[]] {
        let run = [&["run", file, "--audit", "--data-dir", dir], options].concat();
        let finished = command(VESICLE, &run)
            .env("VESICLE_AUDIT_PAYLOADS", "true")
            .env("VESICLE_SECRETS_API_KEY_ENV", "THE_KEY")
            .env("THE_KEY", "hunter22-and-more")
            .env("RUST_LOG", "trace")
            .output()
            .expect("vesicle runs");
        let finished = Finished(finished);
        assert_eq!(finished.code(), Some(1), "{finished}");
        assert!(
            finished
                .stdout()
                .contains("so [secret api_key] it is [secret api_key]"),
            "{finished}"
        );
        assert!(!finished.to_string().contains("hunter22-and"), "{finished}");
    }
    let text = place.text();
    assert!(
        text.contains("[secret api_key]") && !text.contains("hunter22-and"),
        "{text}"
    );
    assert_eq!(place.verify().code(), Some(0));
}

#[test]
fn a_secret_that_cannot_be_used_stops_what_needs_it() {
    let place = Place::new();
    let config = place.0.path().join("vesicle.toml");
    fs::write(&config, "[secrets]\nkey = { env = \"NO_SUCH_VARIABLE\" }").expect("a file");
    let config = config.to_str().expect("a UTF-8 path");
    for arguments in [&["run", "-"][..], &["serve"]] {
        let refused = vesicle(&[arguments, &["--config", config]].concat());
        assert_eq!(refused.code(), Some(2), "{refused}");
        assert!(
            refused
                .stderr()
                .contains("the secret `key` cannot be used: the variable NO_SUCH_VARIABLE"),
            "{refused}"
        );
    }
    let shown = vesicle(&["config", "show", "--config", config]);
    assert!(
        shown
            .stdout()
            .contains("secrets.key.env = \"NO_SUCH_VARIABLE\""),
        "{shown}"
    );
}
