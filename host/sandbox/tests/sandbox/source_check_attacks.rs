//! Programs from files, one misdeed or good deed each, which say in their first lines what must become
//! of them: checked, and, where the check stops them, with every rule off as well.

use std::fs;
use std::path::Path;

use vesicle_sandbox::{Outcome, RuleAction, SourcePolicy};

use crate::support::{every_rule, execute, under};

/// Runs the programs in a folder of `tests/programs/source-check`, which has to hold at least this many.
async fn check_folder(name: &str, at_least: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/programs/source-check")
        .join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= at_least, "{name}: {}", files.len());
    let mut wrong = String::new();
    for file in files {
        let code = fs::read_to_string(&file).unwrap();
        let said = |key: &str| {
            let line = code.lines().find_map(|line| line.strip_prefix(key));
            line.map(str::to_owned)
        };
        let checked = said("// checked: ").expect("each says what becomes of it");
        let unchecked = said("// unchecked: ");
        assert_eq!(
            checked.starts_with("violation"),
            unchecked.is_some(),
            "{file:?}"
        );
        let off = every_rule(RuleAction::Off);
        let expected = [(SourcePolicy::default(), Some(checked)), (off, unchecked)];
        for (policy, expected) in expected {
            let Some(expected) = expected else { continue };
            let came_to = summary(&execute(under(policy, &code)).await);
            if came_to != expected {
                wrong.push_str(&format!(
                    "\n{file:?}\n  expected {expected}\n  came to  {came_to}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn summary(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success { output, .. } => format!("returns {}", output.get()),
        Outcome::Error { name, message, .. } => format!("throws {name}: {message}"),
        Outcome::Timeout { .. } => "does not end".to_owned(),
        Outcome::LimitExceeded { limit, .. } => format!("meets {limit:?}"),
        Outcome::SecurityViolation { violation_type, .. } => {
            let rule = serde_json::to_value(violation_type).unwrap();
            format!("violation {}", rule.as_str().unwrap())
        }
    }
}

#[tokio::test]
async fn processes_cannot_be_reached() {
    check_folder("process", 5).await;
}

#[tokio::test]
async fn code_cannot_be_injected() {
    check_folder("code-injection", 6).await;
}

#[tokio::test]
async fn legitimate_programs_pass() {
    check_folder("legitimate", 10).await;
}
