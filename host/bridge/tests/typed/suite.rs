//! Every schema of the official test suite, for both drafts.

use serde::Deserialize;
use serde_json::Value;

use crate::parse;

#[derive(Deserialize)]
struct Case {
    file: String,
    description: String,
    schema: Value,
}

fn check(lines: &str, count: usize) {
    let cases: Vec<Case> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(cases.len(), count);
    for case in cases {
        println!("{}: {}", case.file, case.description);
        let tool = parse::tool("it", &case.schema);
        parse::everything("suite", &tool);
        parse::rust("suite", &tool);
    }
}

#[test]
fn draft_07() {
    check(
        include_str!("../../../../tests/data/json-schema-suite/draft7.jsonl"),
        311,
    );
}

#[test]
fn draft_2020_12() {
    check(
        include_str!("../../../../tests/data/json-schema-suite/draft2020-12.jsonl"),
        438,
    );
}
