//! The source check and the way from TypeScript to JavaScript. The guest itself gets no memory, so
//! that each text ends there.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use vesicle_fuzz::{block_on, fuzz_target, sandbox};
use vesicle_sandbox::{Execution, Limits, Location, Outcome};

fuzz_target!(|code| {
    let Ok(code) = std::str::from_utf8(code) else {
        return;
    };
    let execution = Execution {
        code: code.to_owned(),
        limits: Limits {
            memory_bytes: 0,
            ..Limits::default()
        },
        ..Execution::default()
    };
    let outcome = block_on(sandbox().execute(execution)).expect("an outcome");
    for warning in outcome.warnings() {
        check(code, &warning.location);
    }
    match &outcome {
        Outcome::SecurityViolation { location, .. } => check(code, location),
        Outcome::Error {
            location: Some(location),
            ..
        } => check(code, location),
        _ => {}
    }
});

/// A place is one in the text.
fn check(code: &str, location: &Location) {
    let lines = code.split('\n').count() + code.matches(['\r', '\u{2028}', '\u{2029}']).count();
    assert!(
        (1..=lines).contains(&(location.line as usize)),
        "{location:?}"
    );
    assert!(location.column >= 1, "{location:?}");
}
