//! Each end that a program can have: what is printed, and the exit code.

use insta::assert_snapshot;
use serde_json::Value;

use crate::{run, run_with, support::in_repository};

#[test]
fn results_are_printed_as_people_read_them() {
    assert_eq!(run("return 1 + 1").stdout(), "2\n");
    assert_eq!(run("return 'two\\nlines'").stdout(), "two\nlines\n");
    assert_eq!(
        run("return { z: 1, a: [] }").stdout(),
        "{\n  \"z\": 1,\n  \"a\": []\n}\n"
    );
    assert_eq!(run("return 0.1 + 0.2").stdout(), "0.30000000000000004\n");
    assert_eq!(run("export default 'module'").stdout(), "module\n");
    for nothing in ["return null", "return undefined", "let x = 1"] {
        let finished = run(nothing);
        assert_eq!(
            (finished.code(), finished.stdout()),
            (Some(0), ""),
            "{nothing}"
        );
    }
}

#[test]
fn what_a_program_prints_goes_where_it_belongs() {
    let finished = run("console.log('out'); console.error('\\x1b[1merr'); return 'result'");
    assert_eq!(finished.code(), Some(0));
    assert_eq!(finished.stdout(), "out\nresult\n");
    // Not to a terminal, so as it is.
    assert_eq!(finished.stderr(), "\u{1b}[1merr\n");
}

#[test]
fn input_comes_in_every_form() {
    let echo = "return input";
    assert_eq!(
        run_with(&["--input", r#"{"a":[1]}"#], "return input.a[0]").stdout(),
        "1\n"
    );
    assert_eq!(
        run_with(&["--input", "-5"], "return -input").stdout(),
        "5\n"
    );
    assert_eq!(
        run_with(&["--input-text", "5"], "return typeof input").stdout(),
        "string\n"
    );
    assert_eq!(run(echo).stdout(), "");
    let file = in_repository("tests/cli/programs/input.json");
    let file = format!("@{}", file.display());
    assert_eq!(
        run_with(&["--input", &file], "return input.greeting").stdout(),
        "hello\n"
    );
    assert_eq!(
        run_with(&["--input-text", &file], "return input.length > 10").stdout(),
        "true\n"
    );
}

#[test]
fn input_comes_from_a_pipe() {
    let program = in_repository("tests/cli/programs/double.ts");
    let program = program.to_str().expect("a UTF-8 path");
    let finished = crate::vesicle_with_stdin(&["run", program, "--input", "@-"], b"21");
    assert_eq!(finished.stdout(), "42\n");
}

#[test]
fn an_error_ends_with_1() {
    let finished = run("console.log('before');\nthrow new TypeError('no such order')");
    assert_eq!(finished.code(), Some(1));
    assert_eq!(finished.stdout(), "before\n");
    assert_snapshot!("runtime_error", finished.stderr());
}

#[test]
fn time_that_is_up_ends_with_3() {
    let finished = run_with(
        &["--timeout", "200ms"],
        "console.log('before'); while (Date.now()) {}",
    );
    assert_eq!(finished.code(), Some(3));
    assert_eq!(finished.stdout(), "before\n");
    assert_snapshot!(finished.stderr(), @r"
    the code did not end within its 200 ms; do less per call, or ask for more time
    help: this call was given less than its profile; `default` has `wall_time_ms = 5000`
    ");
}

#[test]
fn a_violation_ends_with_4() {
    let finished = run("import fs from 'node:fs';\nreturn fs.readFileSync('/etc/passwd')");
    assert_eq!(finished.code(), Some(4));
    assert_eq!(finished.stdout(), "");
    assert_snapshot!("violation", finished.stderr());
}

#[test]
fn what_is_only_warned_of_is_told_and_run() {
    let config = in_repository("tests/cli/programs/warn.toml");
    let finished = run_with(
        &["--config", config.to_str().expect("UTF-8")],
        "console.log('before');\nreturn typeof (() => fetch('x'))",
    );
    assert_eq!(finished.code(), Some(0), "{finished}");
    assert_eq!(finished.stdout(), "before\nfunction\n");
    assert_snapshot!("warning", finished.stderr());
}

#[test]
fn json_is_the_whole_outcome_and_nothing_else() {
    for (name, code, exit_code) in [
        (
            "json_success",
            "console.log('hi'); return { z: 1, a: 2 }",
            0,
        ),
        ("json_error", "console.warn('careful'); null.x", 1),
        (
            "json_timeout",
            "console.log('hi'); while (Date.now()) {}",
            3,
        ),
        ("json_violation", "import 'left-pad'", 4),
    ] {
        let finished = run_with(&["--json", "--timeout", "300ms"], code);
        assert_eq!(finished.code(), Some(exit_code), "{name}: {finished}");
        assert_eq!(finished.stderr(), "", "{name}");
        assert_eq!(finished.stdout().lines().count(), 1, "{name}: {finished}");
        let mut outcome: Value = serde_json::from_str(finished.stdout()).expect("JSON");
        hide_measurements(&mut outcome);
        insta::assert_json_snapshot!(name, outcome);
    }
}

/// Replaces what differs from run to run.
fn hide_measurements(outcome: &mut Value) {
    let Value::Object(fields) = outcome else {
        panic!("an outcome is an object: {outcome}")
    };
    for (name, value) in fields {
        match name.as_str() {
            "execution_time_us" | "elapsed_ms" | "cpu_time_us" | "memory_peak_bytes" => {
                assert!(value.is_u64(), "{name}: {value}");
                *value = Value::from("[measured]");
            }
            "resources" => hide_measurements(value),
            _ => {}
        }
    }
}

#[test]
fn a_refused_call_names_the_line_that_would_allow_it() {
    let finished =
        run("await Promise.all(Array.from({ length: 3_000 }, (_, i) => state.get(`k${i}`)))");
    assert_eq!(finished.code(), Some(1));
    assert_snapshot!(finished.stderr().lines().last().expect("a line"), @"help: `host_calls_per_second = 4000` under [profiles.default] in vesicle.toml would allow twice as much");
    let memory =
        run("const all = []; for (let i = 0; Date.now(); i++) all.push(new Array(10_000).fill(i))");
    assert_snapshot!(memory.stderr().lines().last().expect("a line"), @"help: `memory_mb = 256` under [profiles.default] in vesicle.toml would allow twice as much");
}
