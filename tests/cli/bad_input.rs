//! Input that is wrong in every way that it can be: each has its exact message.

use insta::assert_snapshot;

use crate::{run, run_with, support::in_repository, vesicle};

/// The message, after checking that it is one and nothing else was printed.
fn refused(finished: &crate::Finished) -> String {
    assert_eq!(finished.code(), Some(2), "{finished}");
    assert_eq!(finished.stdout(), "");
    finished.stderr().to_owned()
}

#[test]
fn code_that_is_not_text() {
    assert_snapshot!(refused(&run(b"return '\xff'")), @"error: the code from standard input is not UTF-8: byte 8 does not fit; save it as UTF-8");
    assert_snapshot!(refused(&run("return 1\0")), @"error: the code from standard input has a NUL character at byte 8; is it a text file?");
}

#[test]
fn code_that_is_not_there() {
    assert_snapshot!(refused(&vesicle(&["run", "/no/such/file.ts"])), @"error: cannot read the code from `/no/such/file.ts`: No such file or directory (os error 2)");
    assert_snapshot!(refused(&vesicle(&["run", "/"])), @"error: cannot read the code from `/`: Is a directory (os error 21)");
}

#[test]
fn a_device_that_never_ends() {
    assert_snapshot!(refused(&vesicle(&["run", "/dev/zero"])), @"error: the code from `/dev/zero` is longer than 1638400 bytes, which is more than any code may have");
    assert_snapshot!(refused(&run_with(&["--input", "@/dev/zero"], "return 1")), @"error: the input from `/dev/zero` is longer than 8388608 bytes, which is more than any input may have");
}

#[test]
fn input_that_is_not_json() {
    assert_snapshot!(refused(&run_with(&["--input", "{name: 1}"], "return 1")), @r#"error: the input is not JSON: key must be a string at line 1 column 2; give JSON such as '{"name": "value"}', or @FILE to read JSON from a file, or use --input-text"#);
    assert_snapshot!(refused(&run_with(&["--input", ""], "return 1")), @r#"error: the input is not JSON: EOF while parsing a value at line 1 column 0; give JSON such as '{"name": "value"}', or @FILE to read JSON from a file, or use --input-text"#);
    assert_snapshot!(refused(&run_with(&["--input", "@/no/such.json"], "return 1")), @"error: cannot read the input from `/no/such.json`: No such file or directory (os error 2)");
}

#[test]
fn two_things_from_one_standard_input() {
    assert_snapshot!(refused(&run_with(&["--input", "@-"], "return 1")), @"error: the code and the input cannot both come from standard input; put one into a file");
}

#[test]
fn options_that_make_no_sense() {
    assert_snapshot!(
        "timeout_too_long",
        refused(&run_with(&["--timeout", "8s"], "return 1"))
    );
    assert_snapshot!(
        "timeout_zero",
        refused(&run_with(&["--timeout", "0s"], "return 1"))
    );
    assert_snapshot!(
        "timeout_without_unit",
        refused(&run_with(&["--timeout", "5"], "return 1"))
    );
    assert_snapshot!(
        "unknown_profile",
        refused(&run_with(&["--profile", "fast"], "return 1"))
    );
    assert_snapshot!("no_command", refused(&vesicle(&[])));
    assert_snapshot!("no_file", refused(&vesicle(&["run"])));
}

#[test]
fn code_that_is_no_program() {
    // The sandbox says these, so that they read the same over MCP.
    for (name, code) in [
        ("empty_code", String::new()),
        ("blank_code", " \n\t\n".to_owned()),
        (
            "code_too_long",
            format!("return 1 //{}", "x".repeat(100 * 1024 - 10)),
        ),
        ("syntax_error_at_line_1", "retrun 1 +".to_owned()),
        (
            "syntax_error_at_the_end",
            "const a = 1;\nconst b = {\n  a,\n".to_owned(),
        ),
    ] {
        let finished = run(&code);
        assert_eq!(finished.code(), Some(1), "{name}: {finished}");
        assert_eq!(finished.stdout(), "", "{name}");
        assert_snapshot!(name, finished.stderr());
    }
}

#[test]
fn code_of_exactly_the_longest_length_runs() {
    let code = format!("return 1 //{}", "x".repeat(100 * 1024 - 11));
    assert_eq!(code.len(), 100 * 1024);
    assert_eq!(run(&code).stdout(), "1\n");
}

#[test]
fn a_byte_order_mark_and_an_interpreter_line_are_no_code() {
    assert_eq!(run("\u{feff}return 1").stdout(), "1\n");
    assert_eq!(run("#!/usr/bin/env vesicle\nreturn 2").stdout(), "2\n");
    assert_eq!(
        run("\u{feff}#!/usr/bin/env vesicle\r\nreturn 3").stdout(),
        "3\n"
    );
    // Lines still count as the editor shows them.
    let finished = run("#!/usr/bin/env vesicle\nnull.x");
    assert!(finished.stderr().contains("stdin.ts:2:"), "{finished}");
}

#[test]
fn files_are_named_in_errors_without_their_directories() {
    let path = in_repository("tests/cli/programs/throws.ts");
    let finished = vesicle(&["run", path.to_str().expect("a UTF-8 path")]);
    assert_eq!(finished.code(), Some(1));
    assert_snapshot!("throws", finished.stderr());
}
