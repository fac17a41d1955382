//! Calls to the host: how many, how fast, how large; and waiting for timers.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use vesicle_sandbox::{
    CapabilityError, ErrorType, Execution, HANDOVER_BYTES_MAX, LimitKind, Limits, Outcome, Tool,
    ToolCall,
};

use crate::support::{execute, limited, success, told};

/// Answers `{ n }` with a string whose JSON has `n` bytes.
struct Bytes;

#[async_trait]
impl ToolCall for Bytes {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(vec![self.describe("t.bytes").await?])
    }
    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Ok(Tool {
            name: name.to_owned(),
            description: "x".repeat(100),
            input_schema: RawValue::NULL.to_owned(),
            output_schema: None,
        })
    }
    async fn call(&self, _: &str, arguments: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        let arguments: Value = serde_json::from_str(arguments.get()).unwrap();
        let n = arguments["n"].as_u64().unwrap_or(2) as usize;
        Ok(to_raw_value(&"x".repeat(n - 2)).unwrap())
    }
}

fn calling(code: &str, change: impl FnOnce(&mut Limits)) -> Execution {
    Execution {
        tools: Arc::new(Bytes),
        ..limited(code, change)
    }
}

/// What comes of one call after the other: how often it went well, and then the first refusal.
const CALLS: &str = "
    const attempt = async (call: () => Promise<unknown>) => {
        let calls = 0;
        try {
            for (; calls < 20; calls++) await call();
            return [calls];
        } catch (error) {
            return [calls, error.name, error.code, error.message];
        }
    };";

async fn attempt(call: &str, change: impl FnOnce(&mut Limits)) -> (Value, u64) {
    let code = format!("{CALLS} return attempt(() => {call})");
    let outcome = execute(calling(&code, change)).await;
    let host_calls = outcome.resources().host_calls;
    let output = success(outcome);
    (serde_json::from_str(output.get()).unwrap(), host_calls)
}

#[tokio::test]
async fn calls_are_counted() {
    for call in [
        "tools.t.bytes()",
        "tools.$search('x')",
        "tools.$describe('t.bytes')",
    ] {
        let (enough, made) = attempt(call, |limits| limits.host_calls = 20).await;
        assert_eq!((enough, made), (json!([20]), 20), "{call}");
        let (refused, made) = attempt(call, |limits| limits.host_calls = 19).await;
        assert_eq!(made, 19, "{call}");
        assert_eq!(refused[0], 19, "{call}");
        assert_eq!(refused[2], "limit_exceeded", "{call}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused[3].as_str().unwrap(), @"the code made its 19 capability calls (`host_calls`); make fewer, with more in each");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_caught_is_an_error() {
    let outcome = execute(calling("await tools.t.bytes()", |limits| {
        limits.host_calls = 0;
    }))
    .await;
    assert!(
        matches!(
            &outcome,
            Outcome::Error { error_type: ErrorType::Runtime, name, .. } if name == "ToolError"
        ),
        "{}",
        told(&outcome)
    );
}

/// The refusal says when to come back, and then the call goes well.
#[tokio::test]
async fn calls_have_a_rate() {
    let code = "
        for (let i = 0; i < 4; i++) await tools.t.bytes();
        try {
            for (let i = 0; i < 4; i++) await tools.t.bytes();
            return 'there was no limit';
        } catch (error) {
            const ms = error.retryAfterMs;
            const said = error.message.endsWith(`; try again in ${ms} ms`);
            const again = await tools.t.bytes().catch(error => error.code);
            await new Promise(done => setTimeout(done, ms));
            await tools.t.bytes();
            return [error.code, again, said && ms > 0 && ms <= 250];
        }";
    let outcome = execute(calling(code, |limits| limits.host_calls_per_second = 4)).await;
    assert_eq!(
        success(outcome).get(),
        r#"["rate_limited","rate_limited",true]"#
    );
}

/// `t.bytes` and `{"n":300}` are 16 bytes; the answer is 300.
#[tokio::test]
async fn a_call_carries_so_much() {
    let answer = "tools.t.bytes({ n: 300 })";
    let (enough, _) = attempt(answer, |limits| limits.call_bytes = 300).await;
    assert_eq!(enough, json!([20]));
    let (refused, _) = attempt(answer, |limits| limits.call_bytes = 299).await;
    insta::assert_snapshot!(refused, @r#"[0,"ToolError","limit_exceeded","the answer has 300 bytes, and at most 299 are carried at once (`call_bytes`); ask for less, or in parts"]"#);

    let arguments = "tools.t.bytes({ n: 2, a: 'x'.repeat(179) })";
    let (enough, _) = attempt(arguments, |limits| limits.call_bytes = 200).await;
    assert_eq!(enough, json!([20]));
    let (refused, made) = attempt(arguments, |limits| limits.call_bytes = 199).await;
    insta::assert_snapshot!(refused[3].as_str().unwrap(), @"the call has 200 bytes, and at most 199 are carried at once (`call_bytes`); ask for less, or in parts");
    assert_eq!(made, 0);

    for call in ["tools.$search('x')", "tools.$describe('t.bytes')"] {
        let (enough, _) = attempt(call, |limits| limits.call_bytes = 111).await;
        assert_eq!(enough, json!([20]), "{call}");
        let (refused, _) = attempt(call, |limits| limits.call_bytes = 110).await;
        assert_eq!(refused[2], "limit_exceeded", "{call}");
    }
}

/// 20 times 16 and 300 bytes.
#[tokio::test]
async fn all_calls_carry_so_much() {
    let call = "tools.t.bytes({ n: 300 })";
    let (enough, _) = attempt(call, |limits| limits.boundary_bytes = 20 * 316).await;
    assert_eq!(enough, json!([20]));
    let (refused, _) = attempt(call, |limits| limits.boundary_bytes = 20 * 316 - 1).await;
    insta::assert_snapshot!(refused, @r#"[19,"ToolError","limit_exceeded","the answer has 300 bytes, and 299 are left of the 6319 that all calls may carry (`boundary_bytes`); carry less"]"#);
}

/// What is larger than any call is not even copied.
#[tokio::test]
async fn what_is_handed_over_at_once() {
    // `t.bytes`, `{"a":"` and `"}`.
    let most = HANDOVER_BYTES_MAX - 7 - 8;
    let code = |n: usize| {
        format!("return tools.t.bytes({{ a: 'x'.repeat({n}) }}).catch(error => error.code)")
    };
    let outcome = execute(calling(&code(most), |_| {})).await;
    assert_eq!(success(outcome).get(), r#""limit_exceeded""#);
    let outcome = execute(calling(&code(most + 1), |_| {})).await;
    assert!(
        matches!(
            &outcome,
            Outcome::LimitExceeded {
                limit: LimitKind::HandoverBytes,
                ..
            }
        ),
        "{}",
        told(&outcome)
    );
    insta::assert_snapshot!(outcome.explanation(), @"the code handed more than 16777216 bytes to the host at once; hand over less, in parts");
}

#[tokio::test]
async fn timers_are_waited_for_so_often() {
    let code =
        "for (let i = 0; i < 5; i++) await new Promise(done => setTimeout(done, 2)); return 'done'";
    let outcome = execute(limited(code, |limits| limits.timer_waits = 5)).await;
    assert_eq!(success(outcome).get(), r#""done""#);
    let outcome = execute(limited(code, |limits| limits.timer_waits = 4)).await;
    assert!(
        matches!(
            &outcome,
            Outcome::LimitExceeded {
                limit: LimitKind::TimerWaits,
                limit_value: 4,
                ..
            }
        ),
        "{}",
        told(&outcome)
    );
    let json = serde_json::to_value(&outcome).unwrap();
    assert_eq!(json["status"], "limit_exceeded");
    assert_eq!(json["limit"], "timer_waits");
    assert_eq!(json["limit_value"], 4);
    assert_eq!(json["message"], outcome.explanation());
    insta::assert_snapshot!(outcome.explanation(), @"the code waited for timers more than its 4 times; wait longer and less often, or ask for a larger `timer_waits`");
}

#[tokio::test]
async fn timers_may_be_so_many() {
    let code = "
        for (let i = 0; i < 10_000; i++) setInterval(() => {}, 1e6);
        try { setTimeout(() => {}, 1e6) } catch (error) { return [error.name, error.message] }";
    let output = success(execute(limited(code, |_| {})).await);
    assert_eq!(
        output.get(),
        r#"["RangeError","at most 10000 timers may be pending"]"#
    );
}
