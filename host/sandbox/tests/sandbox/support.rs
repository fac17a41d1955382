//! One sandbox for all tests, and what they say about its outcomes.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::OnceCell;
use vesicle_sandbox::{
    Config, Execution, Isolation, Limits, Location, Outcome, RuleAction, Sandbox, SourcePolicy,
    ViolationType, Workers,
};

/// Time enough for everything that ends, on a machine that has other work too. Tests of the time
/// limit set their own.
const WALL_TIME: Duration = Duration::from_secs(60);
/// How much of a long text snapshots hold.
const TOLD_CHARS_MAX: usize = 4_000;

static SHARED: OnceCell<Sandbox> = OnceCell::const_new();

/// The sandbox that most tests share.
pub async fn sandbox() -> Sandbox {
    SHARED.get_or_init(|| sandbox_for(1_000)).await.clone()
}

/// A sandbox of its own, with room for this many executions at once.
pub async fn sandbox_for(concurrency_max: u32) -> Sandbox {
    let config = Config {
        cache_dir: Some(cache_dir()),
        isolation: isolation(),
        concurrency_max,
        ..Config::default()
    };
    Sandbox::new(config).await.expect("the sandbox starts")
}

/// Says that programs are to run in worker processes; see `workers.rs`.
pub const IN_PROCESSES: &str = "VESICLE_TEST_IN_PROCESSES";

/// Where programs run in this run of the tests.
pub fn isolation() -> Isolation {
    match std::env::var_os(IN_PROCESSES) {
        Some(_) => Isolation::Process(workers()),
        None => Isolation::Thread,
    }
}

/// Worker processes, as many as have to be there at once in these tests.
pub fn workers() -> Workers {
    Workers::new(env!("CARGO_BIN_EXE_vesicle-worker").into(), vec![])
}

/// As this execution, with some of its limits changed.
pub fn limited(code: &str, change: impl FnOnce(&mut Limits)) -> Execution {
    let mut execution = execution(code);
    change(&mut execution.limits);
    execution
}

/// Kept from one run of the tests to the next, so that the engine is compiled once.
pub fn cache_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vesicle-sandbox-cache")
}

/// This code, with nothing but the default memory, much time and a whole processor. Endless loops
/// and code from text are left to the limits and to the engine, which most tests are about.
pub fn execution(code: impl Into<String>) -> Execution {
    Execution {
        code: code.into(),
        source_policy: SourcePolicy::default()
            .with(ViolationType::EndlessLoop, RuleAction::Off)
            .with(ViolationType::Eval, RuleAction::Off),
        limits: Limits {
            wall_time: WALL_TIME,
            cpu_percent: 100,
            ..Limits::default()
        },
        ..Execution::default()
    }
}

/// As [`execution`], with this input.
pub fn with_input(code: &str, input: impl serde::Serialize) -> Execution {
    Execution {
        input: to_raw_value(&input).expect("the input is JSON"),
        ..execution(code)
    }
}

/// As [`execution`], with this policy for its source.
pub fn under(source_policy: SourcePolicy, code: &str) -> Execution {
    Execution {
        source_policy,
        ..execution(code)
    }
}

/// A policy by which every rule does this.
pub fn every_rule(action: RuleAction) -> SourcePolicy {
    let rules = ViolationType::ALL.into_iter();
    rules.fold(SourcePolicy::default(), |policy, (_, rule)| {
        policy.with(rule, action)
    })
}

/// Runs an execution in the shared sandbox.
pub async fn execute(execution: Execution) -> Outcome {
    let executed = sandbox().await.execute(execution).await;
    executed.expect("the host does not fail, whatever the code does")
}

/// Runs this code in the shared sandbox; in words, where the host itself fails.
pub async fn try_run(code: &str) -> Result<Outcome, String> {
    let executed = sandbox().await.execute(execution(code)).await;
    executed.map_err(|error| format!("THE HOST FAILED: {error}"))
}

/// Runs this code in the shared sandbox.
pub async fn run(code: &str) -> Outcome {
    execute(execution(code)).await
}

/// The result of this code, which has to succeed, as the JSON text that it is.
pub async fn output_text(code: &str) -> String {
    success(run(code).await).get().to_owned()
}

/// The result of this code, which has to succeed.
pub async fn output(code: &str) -> Value {
    serde_json::from_str(&output_text(code).await).expect("a result is JSON")
}

/// The result of an outcome that has to be a success.
pub fn success(outcome: Outcome) -> Box<RawValue> {
    match outcome {
        Outcome::Success { output, .. } => output,
        other => panic!("no success: {}", told(&other)),
    }
}

/// What this code, which has to succeed, wrote to standard output.
pub async fn printed(code: &str) -> String {
    let outcome = run(code).await;
    assert!(outcome.is_success(), "{}", told(&outcome));
    outcome.streams().0.to_owned()
}

/// Runs each program, given with the JSON that it has to come to, and reports all that do not.
pub async fn check(cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (code, expected) in cases {
        let came_to = match try_run(code).await {
            Ok(Outcome::Success { output, .. }) => output.get().to_owned(),
            Ok(other) => told(&other),
            Err(error) => error,
        };
        if came_to != *expected {
            let _ = write!(
                wrong,
                "\n{code}\n  expected {expected}\n  came to  {came_to}"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Runs expressions, each given with the JSON that it has to come to, as [`check`] does.
pub async fn check_expressions(cases: &[(&str, &str)]) {
    let bodies: Vec<_> = cases
        .iter()
        .map(|(expression, expected)| (format!("return {expression}"), *expected))
        .collect();
    let cases: Vec<_> = bodies
        .iter()
        .map(|(body, expected)| (body.as_str(), *expected))
        .collect();
    check(&cases).await;
}

/// Compares what becomes of each of these programs with the test's snapshot.
macro_rules! assert_transcript {
    [$($program:expr),* $(,)?] => {
        let transcript = $crate::support::transcript(&[$($program),*]).await;
        insta::assert_snapshot!(transcript);
    };
}
pub(crate) use assert_transcript;

/// Runs each program and tells its outcome below its text.
pub async fn transcript(programs: &[&str]) -> String {
    let mut text = String::new();
    for program in programs {
        let told = match try_run(program).await {
            Ok(outcome) => told(&outcome),
            Err(error) => error,
        };
        let _ = write!(
            text,
            "{program}\n{}\n{}\n\n",
            "=".repeat(60),
            told.trim_end()
        );
    }
    text.replace('\0', "␀")
        .replace('\u{feff}', "<BOM>")
        .replace('\r', "␍")
}

/// An outcome as text that is the same in every run: without times and resources.
pub fn told(outcome: &Outcome) -> String {
    let mut text = match outcome {
        Outcome::Success {
            output, uncaught, ..
        } => {
            let mut text = format!("success: {}\n", abridged(output.get()));
            for thrown in uncaught {
                let _ = write!(
                    text,
                    "uncaught {:?}: {}\n{}",
                    thrown.name,
                    thrown.message,
                    ended(&thrown.stack)
                );
            }
            text
        }
        Outcome::Error {
            error_type,
            name,
            message,
            location,
            stack,
            ..
        } => format!(
            "error {error_type:?} {name:?}: {}\n{}{}",
            abridged(message),
            location.as_ref().map(place).unwrap_or_default(),
            ended(&abridged(stack)),
        ),
        Outcome::Timeout { limit_ms, .. } => format!("timeout after {limit_ms} ms\n"),
        Outcome::LimitExceeded { limit, message, .. } => {
            format!("limit {limit:?} exceeded: {message}\n")
        }
        Outcome::SecurityViolation {
            violation_type,
            reason,
            location,
            ..
        } => format!(
            "violation {violation_type:?}: {reason}\n{}",
            place(location)
        ),
    };
    for warning in outcome.warnings() {
        let _ = write!(
            text,
            "warning {:?}: {}\n{}",
            warning.violation_type,
            warning.reason,
            place(&warning.location)
        );
    }
    let (stdout, stderr) = outcome.streams();
    for (name, stream) in [("stdout", stdout), ("stderr", stderr)] {
        if !stream.is_empty() {
            let _ = write!(text, "{name}:\n{}", ended(&abridged(stream)));
        }
    }
    text
}

/// Where an error outcome says that it happened.
pub fn location(outcome: &Outcome) -> Option<&Location> {
    match outcome {
        Outcome::Error { location, .. } => location.as_ref(),
        Outcome::SecurityViolation { location, .. } => Some(location),
        Outcome::Success { .. } | Outcome::Timeout { .. } | Outcome::LimitExceeded { .. } => None,
    }
}

fn place(location: &Location) -> String {
    format!(
        "at line {} column {}\n{}\n",
        location.line,
        location.column,
        location.excerpt.trim_end()
    )
}

fn ended(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("{}\n", text.trim_end()),
    }
}

fn abridged(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= TOLD_CHARS_MAX {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(TOLD_CHARS_MAX / 2).collect();
    format!("{beginning}… ({chars} characters)")
}
