//! What a program may use, each bound at its edge. Here: time and memory.

mod calls;
mod cpu;
mod fuel;
mod lengths;
mod queue;
mod resources;

use std::time::Duration;

use vesicle_sandbox::{
    ErrorType, ExecuteError, Execution, Limits, MEMORY_BYTES_MAX, Outcome, Profile,
};

use crate::support::{check, execute, execution, output_text, run, sandbox, told};

/// What a sandbox has of its memory before the program asks for any, at most.
const ENGINE_BYTES_MAX: usize = 16 << 20;

pub fn within(wall_time_ms: u64, code: &str) -> Execution {
    Execution {
        limits: Limits {
            wall_time: Duration::from_millis(wall_time_ms),
            ..Limits::default()
        },
        ..execution(code)
    }
}

fn with_memory(memory_bytes: usize, code: &str) -> Execution {
    let execution = execution(code);
    Execution {
        limits: Limits {
            memory_bytes,
            ..execution.limits
        },
        ..execution
    }
}

#[tokio::test]
async fn code_that_does_not_end_is_stopped() {
    for code in [
        "console.log('before'); while (true) {}",
        "console.log('before'); for (;;) await null",
        "console.log('before'); const again = (): Promise<void> => Promise.resolve().then(again); await again()",
        "console.log('before'); const again = () => queueMicrotask(again); again()",
        "console.log('before'); const again = () => setTimeout(again); again()",
        "console.log('before'); await new Promise(done => setTimeout(done, 1e8))",
        "console.log('before'); await new Promise(() => setInterval(() => {}, 1e6))",
        "console.log('before'); await new Promise(() => setInterval(() => {}, 0))",
        "console.log('before'); /^(a+)+$/.test('a'.repeat(40) + 'b')",
        "console.log('before'); const data = Array.from({ length: 1e4 }, (_, i) => ({ i, s: 'x'.repeat(50) })); for (;;) JSON.stringify(data)",
        "console.log('before'); for (;;) try { (() => { for (;;); })() } catch {} finally { }",
        "console.log('before'); function* g() { for (;;) yield 1 } for (const x of g());",
        "console.log('before'); [1].map(() => { for (;;); })",
        "console.log('before'); new Proxy({}, { get() { for (;;); } }).x",
        "console.log('before'); let n = 3n ** 100000n; for (;;) n = n * n % 10n ** 50000n",
        "console.log('before'); 'x'.repeat(1e7).replace(/(x+x+)+y/, ''); for (;;);",
        "console.log('before'); export default { toJSON() { for (;;); } }",
        "console.log('before'); export default () => { for (;;); }",
        "console.log('before'); throw { get [Symbol.toStringTag]() { for (;;); }, toString() { for (;;); } }; for (;;);",
        "console.log('before'); const a: number[] = []; a.length = 4294967295; a.indexOf(1); for (;;);",
    ] {
        let outcome = execute(within(400, code)).await;
        if code.contains("throw {") && !matches!(outcome, Outcome::Timeout { .. }) {
            // The description does not ask the object.
            continue;
        }
        let Outcome::Timeout {
            elapsed_ms,
            limit_ms,
            ..
        } = &outcome
        else {
            panic!("{code}: {}", told(&outcome));
        };
        assert_eq!(*limit_ms, 400, "{code}");
        assert!(*elapsed_ms >= 400, "{code}: {elapsed_ms} ms");
        assert_eq!(outcome.streams().0, "before\n", "{code}");
    }
}

#[tokio::test]
async fn no_time_at_all_is_a_timeout() {
    let outcome = execute(within(0, "for (;;);")).await;
    assert!(
        matches!(outcome, Outcome::Timeout { limit_ms: 0, .. }),
        "{}",
        told(&outcome)
    );
}

#[tokio::test]
async fn what_a_timeout_says() {
    let outcome = execute(within(300, "while (true) {}")).await;
    insta::assert_snapshot!(outcome.explanation(), @"the code did not end within its 300 ms; do less per call, or ask for more time");
}

#[tokio::test]
async fn running_counts_as_cpu_time() {
    let outcome = execute(within(300, "while (true) {}")).await;
    let resources = *outcome.resources();
    // It had the thread for most of its time, on a machine that is not overloaded.
    assert!(resources.cpu_time_us > 20_000, "{resources:?}");
    assert!(resources.memory_peak_bytes > 0, "{resources:?}");
    assert_eq!(resources.host_calls, 0);
}

#[tokio::test]
async fn sleeping_does_not_count_as_cpu_time() {
    let outcome = run("await new Promise(done => setTimeout(done, 500)); return 1").await;
    assert!(outcome.is_success(), "{}", told(&outcome));
    let resources = *outcome.resources();
    assert!(resources.cpu_time_us < 250_000, "{resources:?}");
}

/// Each profile gives what it promises: a little less fits, and it does not.
#[tokio::test]
async fn memory_ends_where_the_profile_says() {
    for (name, profile) in Profile::ALL {
        let limit = profile.limits().memory_bytes;
        let bytes = limit - ENGINE_BYTES_MAX;
        let fits =
            format!("const a = new Uint8Array({bytes}); a[a.length - 1] = 7; return a.at(-1)");
        let outcome = execute(with_memory(limit, &fits)).await;
        assert!(outcome.is_success(), "{name}: {}", told(&outcome));
        let peak = outcome.resources().memory_peak_bytes as usize;
        assert!(bytes < peak && peak <= limit, "{name}: {peak}");

        let exceeds = format!("const a = new Uint8Array({limit}); return a.length");
        let outcome = execute(with_memory(limit, &exceeds)).await;
        assert!(
            matches!(
                &outcome,
                Outcome::Error {
                    error_type: ErrorType::OutOfMemory,
                    ..
                }
            ),
            "{name}: {}",
            told(&outcome)
        );
        assert!(
            outcome.resources().memory_peak_bytes as usize <= limit,
            "{name}"
        );
    }
}

#[tokio::test]
async fn code_that_takes_all_memory_is_stopped() {
    let mut wrong = String::new();
    for code in [
        "const a = []; for (let i = 0; ; i++) a.push(`${i}`.padStart(1000))",
        "const a = []; for (;;) a.push({})",
        "const a = []; for (;;) a.push(new Array(1000).fill(0))",
        "let s = ['x']; for (;;) s = s.concat(s)",
        "const a = []; for (;;) a.push(new Uint8Array(1 << 20))",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })",
        "let o: any = {}; for (;;) o = { o }",
        "new Array(1e9).fill('x')",
        "'x'.repeat(2 ** 29).split('')",
        "const a: unknown[] = []; const f = () => { a.push(f.bind(a)); }; for (;;) f()",
        "for (const all = []; ;) all.push(Promise.resolve())",
        "JSON.stringify(Array.from({ length: 5e5 }, () => ({ key: 'value'.repeat(50) })))",
        "return JSON.stringify('\\u0001'.repeat(5e7))",
        "return 'x'.repeat(6e7) + 'y'.repeat(6e7)",
        "structuredClone(new Array(3e6).fill(0).map(() => ({})))",
        "console.log(new Array(2e6).fill(0).map(String).join('ä').repeat(10))",
        "const b = new TextEncoder().encode('ä'.repeat(4e7)); return new TextDecoder().decode(b).length",
        "btoa('x'.repeat(1e8))",
        "/(?:x(y)?)*/.exec('x'.repeat(1e8))",
        "new URLSearchParams('a=1&'.repeat(1e7))",
    ] {
        let code = format!("console.log('before'); {code}");
        match crate::support::try_run(&code).await {
            Ok(Outcome::Error {
                error_type: ErrorType::OutOfMemory,
                ..
            }) => {}
            Ok(outcome) => {
                let told: String = told(&outcome).chars().take(600).collect();
                wrong.push_str(&format!("\n{code}: {told}"));
            }
            Err(error) => wrong.push_str(&format!("\n{code}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn what_out_of_memory_says() {
    let outcome = run("console.log('before');\nconst all: Uint8Array[] = [];\nfor (;;) all.push(new Uint8Array(1 << 20))").await;
    assert_eq!(
        outcome.streams(),
        ("before\n", ""),
        "nothing of the engine's own shows"
    );
    insta::assert_snapshot!("out_of_memory_in_a_buffer", told(&outcome));
    // Strings have a limit of their own, which doubling meets before they take the memory.
    let outcome = run("let s = 'x';\nfor (;;) s += s").await;
    insta::assert_snapshot!("a_string_that_is_too_long", told(&outcome));
    let outcome = run("return new ArrayBuffer(60 << 20)").await;
    assert_eq!(
        outcome.streams(),
        ("", ""),
        "nothing of the engine's own shows"
    );
    let outcome = run("const a = [];\nfor (;;) a.push({})").await;
    assert_eq!(
        outcome.streams(),
        ("", ""),
        "nothing of the engine's own shows"
    );
    insta::assert_snapshot!("out_of_memory_in_an_array", told(&outcome));
}

#[tokio::test]
async fn a_program_goes_on_after_it_caught_out_of_memory() {
    check(&[
        ("try { new Uint8Array(2 ** 30) } catch (error) { return [error.name, 'goes on'] }", r#"["InternalError","goes on"]"#),
        ("for (let i = 0; i < 50; i++) { try { new Uint8Array(2 ** 30) } catch { } } return new Uint8Array(1 << 20).length", "1048576"),
        ("for (let i = 0; i < 200; i++) { const a = new Uint8Array(50 << 20); a[i] = 1 } return 'freed again'", r#""freed again""#),
    ])
    .await;
}

/// An error that has nothing to do with memory keeps its name, although memory was refused before.
#[tokio::test]
async fn a_later_error_is_not_blamed_on_memory() {
    let outcome = run("try { new Uint8Array(2 ** 30) } catch {}\nnull.x").await;
    assert!(
        matches!(&outcome, Outcome::Error { error_type: ErrorType::Runtime, name, .. } if name == "TypeError"),
        "{}",
        told(&outcome)
    );
    let outcome = execute(within(
        400,
        "try { new Uint8Array(2 ** 30) } catch {}\nfor (;;);",
    ))
    .await;
    assert!(
        matches!(outcome, Outcome::Timeout { .. }),
        "{}",
        told(&outcome)
    );
}

/// Cycles too, which counting references does not free.
#[tokio::test]
async fn garbage_is_collected() {
    check(&[
        ("for (let i = 0; i < 300000; i++) { const a: any = { data: new Array(100) }; a.self = a } return 'collected'", r#""collected""#),
        ("let s = ''; for (let i = 0; i < 100000; i++) s = 'x'.repeat(1000) + i; return s.length", "1005"),
    ])
    .await;
}

#[tokio::test]
async fn more_memory_than_the_pool_has_is_refused() {
    let sandbox = sandbox().await;
    let executed = sandbox
        .execute(with_memory(MEMORY_BYTES_MAX + 1, "return 1"))
        .await;
    assert!(
        matches!(executed, Err(ExecuteError::MemoryLimit { asked }) if asked == MEMORY_BYTES_MAX + 1)
    );
    insta::assert_snapshot!(executed.unwrap_err(), @"a memory limit of 268435457 bytes is more than the 268435456 that a sandbox can have");
    let executed = sandbox
        .execute(with_memory(MEMORY_BYTES_MAX, "return 1"))
        .await;
    assert!(executed.unwrap().is_success());
}

/// Less than the engine itself needs.
#[tokio::test]
async fn too_little_memory_to_start_is_an_outcome() {
    for memory_bytes in [0, 65_536, 1 << 20, 4 << 20] {
        let executed = sandbox()
            .await
            .execute(with_memory(memory_bytes, "return 1"))
            .await;
        let outcome = executed.unwrap_or_else(|error| panic!("{memory_bytes}: {error}"));
        assert!(
            outcome.is_success()
                || matches!(
                    &outcome,
                    Outcome::Error {
                        error_type: ErrorType::OutOfMemory,
                        ..
                    }
                ),
            "{memory_bytes}: {}",
            told(&outcome)
        );
    }
}

#[tokio::test]
async fn the_profiles_are_what_the_documentation_says() {
    let limits = Profile::ALL.map(|(name, profile)| {
        let Limits {
            wall_time,
            cpu_percent,
            memory_bytes,
            ..
        } = profile.limits();
        (name, wall_time.as_secs(), memory_bytes >> 20, cpu_percent)
    });
    assert_eq!(
        limits,
        [
            ("restrictive", 3, 64, 30),
            ("default", 5, 128, 50),
            ("permissive", 10, 256, 80)
        ]
    );
    assert_eq!(Limits::default(), Profile::Default.limits());
    assert_eq!(output_text("return 1").await, "1");
}
