//! Timers, microtasks and promises: what runs when, and when a program is over.

use vesicle_sandbox::Outcome;

use crate::support::{check, printed, run, told};

async fn check_printed(cases: &[(&str, &str)]) {
    for (code, expected) in cases {
        assert_eq!(printed(code).await, *expected, "{code}");
    }
}

#[tokio::test]
async fn what_runs_when() {
    check_printed(&[
        (
            "setTimeout(() => console.log('timer'));
            Promise.resolve().then(() => console.log('then'));
            queueMicrotask(() => console.log('microtask'));
            (async () => { await null; console.log('await') })();
            console.log('first')",
            "first\nthen\nmicrotask\nawait\ntimer\n",
        ),
        (
            "setTimeout(() => { console.log(1); queueMicrotask(() => console.log(2)); setTimeout(() => console.log(4)) });
            setTimeout(() => console.log(3))",
            "1\n2\n3\n4\n",
        ),
        (
            "setTimeout(console.log, 30, 'c'); setTimeout(console.log, 10, 'a'); setTimeout(console.log, 20, 'b'); setTimeout(console.log, 10, 'a2')",
            "a\na2\nb\nc\n",
        ),
        (
            "await null; console.log(1); queueMicrotask(() => { console.log(2); queueMicrotask(() => console.log(3)) }); await null; console.log('between')",
            "1\n2\nbetween\n3\n",
        ),
        (
            "process: { setTimeout(() => console.log('runs after the result')) } return 1",
            "runs after the result\n",
        ),
    ])
    .await;
}

#[tokio::test]
async fn timers() {
    check(&[
        ("return await new Promise(done => setTimeout((...all) => done(all), 1, 'a', { b: 1 }))", r#"["a",{"b":1}]"#),
        ("const id = setTimeout(() => console.log('no'), 1); clearTimeout(id); await new Promise(done => setTimeout(done, 5)); return typeof id", r#""number""#),
        ("let n = 0; await new Promise<void>(done => { const id = setInterval(step => { n += step; if (n >= 6) { clearInterval(id); done() } }, 1, 2) }); return n", "6"),
        ("let n = 0; setInterval(() => n++, 1); await new Promise(done => setTimeout(done, 20)); return n > 0", "true"),
        ("setInterval(() => {}, 1); return 'intervals do not keep a program alive'", r#""intervals do not keep a program alive""#),
        ("for (const id of [undefined, null, -1, 0, 1e9, 'x', {}, NaN]) { clearTimeout(id as any); clearInterval(id as any) } return 1", "1"),
        ("const order: string[] = []; const b = setTimeout(() => order.push('b'), 2); setTimeout(() => { order.push('a'); clearTimeout(b) }, 1); await new Promise(done => setTimeout(done, 10)); return order", r#"["a"]"#),
        ("const start = performance.now(); await new Promise(done => setTimeout(done, 50)); return performance.now() - start >= 49.8", "true"),
        ("for (const delay of [-1, NaN, Infinity * 0, 'x', null, undefined, '2']) await new Promise(done => setTimeout(done, delay as any)); return 1", "1"),
        ("return await Promise.race([new Promise(done => { const id = setTimeout(done, 1e6, 'slow'); setTimeout(clearTimeout, 2, id) }), new Promise(done => setTimeout(done, 1, 'fast'))])", r#""fast""#),
        ("try { for (;;) setTimeout(() => {}, 0) } catch (e) { return [e.name, e.message] }", r#"["RangeError","at most 10000 timers may be pending"]"#),
        ("const count = { n: 0 }; for (let i = 0; i < 10000; i++) setTimeout(() => count.n++, i % 7); return count", r#"{"n":10000}"#),
        ("try { setTimeout('code' as any) } catch (e) { return [e.name, e.message] }", r#"["TypeError","setTimeout: the callback must be a function, got 'code'"]"#),
        ("let seen: unknown = 1; await new Promise<void>(done => setTimeout(function (this: unknown) { seen = this; done() })); return seen === undefined || seen === globalThis", "true"),
    ])
    .await;
}

#[tokio::test]
async fn a_program_ends_when_nothing_is_left_to_do() {
    check_printed(&[
        ("setTimeout(() => setTimeout(() => console.log('nested'), 1), 1); return 1", "nested\n"),
        ("(async () => { for (let i = 0; i < 3; i++) { await new Promise(done => setTimeout(done, 1)); console.log(i) } })(); return 1", "0\n1\n2\n"),
        ("const id = setTimeout(() => console.log('never'), 1e8); setTimeout(clearTimeout, 1, id); return 1", ""),
    ])
    .await;
}

/// A rejected program is over, and what it has left to do is not done.
#[tokio::test]
async fn a_program_that_failed_does_not_go_on() {
    let outcome = run("setTimeout(() => console.log('late'), 1); throw new Error('failed')").await;
    assert!(
        matches!(&outcome, Outcome::Error { message, .. } if message == "failed"),
        "{}",
        told(&outcome)
    );
    assert_eq!(outcome.streams().0, "");
}

#[tokio::test]
async fn the_result_is_taken_when_the_program_is_over() {
    check(&[
        (
            "const list: number[] = []; setTimeout(() => list.push(1), 1); return list",
            "[1]",
        ),
        (
            "const list: number[] = []; Promise.resolve().then(() => list.push(1)); return list",
            "[1]",
        ),
    ])
    .await;
}

#[tokio::test]
async fn many_promises_and_microtasks() {
    check(&[
        ("let n = 0; for (let i = 0; i < 100000; i++) await null, n++; return n", "100000"),
        ("return (await Promise.all(Array.from({ length: 20000 }, async (_, i) => { await null; return i }))).length", "20000"),
        ("let n = 0; await new Promise<void>(done => { const step = () => ++n === 50000 ? done() : queueMicrotask(step); step() }); return n", "50000"),
        ("let n = 0; const step = async (): Promise<void> => { if (n++ < 20000) return Promise.resolve().then(step) }; await step(); return n", "20001"),
    ])
    .await;
}
