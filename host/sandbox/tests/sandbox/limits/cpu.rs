//! CPU time, and the share of a processor.

use std::time::Duration;

use vesicle_sandbox::{ExecuteError, INSTANCES_MAX, LimitKind, Limits, Outcome};

use crate::support::{execute, limited, sandbox, told};

#[tokio::test]
async fn cpu_time_ends_what_computes() {
    for code in [
        "console.log('before'); for (;;);",
        "console.log('before'); for (;;) await null",
        "console.log('before'); for (;;) await new Promise(done => setTimeout(done))",
        "console.log('before'); /^(a+)+$/.test('a'.repeat(40) + 'b')",
    ] {
        let spinning = limited(code, |limits| {
            limits.cpu_time = Some(Duration::from_millis(80));
        });
        let outcome = execute(spinning).await;
        let Outcome::LimitExceeded {
            limit: LimitKind::CpuTime,
            limit_value: 80,
            resources,
            ..
        } = &outcome
        else {
            panic!("{code}: {}", told(&outcome));
        };
        assert!(resources.cpu_time_us >= 80_000, "{code}: {resources:?}");
        assert_eq!(outcome.streams().0, "before\n", "{code}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(outcome.explanation(), @"the code used its 80 ms of CPU time; compute less per call, or ask for a larger `cpu_time`");
        }
    }
}

/// Less CPU time than wall time: what only waits is not ended.
#[tokio::test]
async fn waiting_is_not_cpu_time() {
    let waiting = limited(
        "await new Promise(done => setTimeout(done, 900)); return 'waited'",
        |limits| limits.cpu_time = Some(Duration::from_millis(400)),
    );
    let outcome = execute(waiting).await;
    assert!(outcome.is_success(), "{}", told(&outcome));
}

/// 100 ms, and 20 % of a second: 300 ms.
#[tokio::test]
async fn what_spins_gets_its_share() {
    let spinning = limited("for (;;);", |limits| {
        limits.cpu_percent = 20;
        limits.wall_time = Duration::from_secs(1);
    });
    let outcome = execute(spinning).await;
    assert!(
        matches!(outcome, Outcome::Timeout { .. }),
        "{}",
        told(&outcome)
    );
    let cpu_time_us = outcome.resources().cpu_time_us;
    assert!(cpu_time_us < 400_000, "{cpu_time_us} µs");
}

/// Some 15 ms, which would take 1.5 s at 1 %.
#[tokio::test]
async fn the_beginning_is_not_slowed() {
    let short = limited(
        "const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(25)",
        |limits| {
            limits.cpu_percent = 1;
            limits.wall_time = Duration::from_millis(1_200);
        },
    );
    let outcome = execute(short).await;
    assert!(outcome.is_success(), "{}", told(&outcome));
}

#[tokio::test]
async fn limits_that_cannot_be_kept_are_refused() {
    type Change = fn(&mut Limits);
    let cases: [(&str, Change, Change); 8] = [
        ("cpu_percent", |l| l.cpu_percent = 1, |l| l.cpu_percent = 0),
        (
            "cpu_percent",
            |l| l.cpu_percent = 100,
            |l| {
                l.cpu_percent = 101;
            },
        ),
        (
            "table_elements",
            |l| l.table_elements = 20_000,
            |l| l.table_elements = 20_001,
        ),
        (
            "instances",
            |l| l.instances = INSTANCES_MAX,
            |l| l.instances = INSTANCES_MAX + 1,
        ),
        (
            "call_bytes",
            |l| l.call_bytes = 8 << 20,
            |l| l.call_bytes = (8 << 20) + 1,
        ),
        (
            "output_bytes",
            |l| l.output_bytes = 8 << 20,
            |l| l.output_bytes = (8 << 20) + 1,
        ),
        (
            "code_bytes",
            |l| l.code_bytes = 102_400,
            |l| l.code_bytes = 102_401,
        ),
        (
            "input_bytes",
            |l| l.input_bytes = 8 << 20,
            |l| l.input_bytes = (8 << 20) + 1,
        ),
    ];
    for (expected, kept, refused) in cases {
        let outcome = execute(limited("return 1", kept)).await;
        assert!(outcome.is_success(), "{expected}: {}", told(&outcome));
        let executed = sandbox().await.execute(limited("return 1", refused)).await;
        assert!(
            matches!(executed, Err(ExecuteError::Limit { name, .. }) if name == expected),
            "{expected}: {executed:?}"
        );
    }
    let executed = sandbox()
        .await
        .execute(limited("return 1", |limits| limits.cpu_percent = 101))
        .await;
    insta::assert_snapshot!(executed.unwrap_err(), @"a limit `cpu_percent` of 101 cannot be kept; ask for 1 to 100");
}
