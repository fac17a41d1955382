//! Nothing of one execution is there in the next.

use vesicle_sandbox::Sandbox;

use crate::support::{execution, sandbox_for, success, told};

/// One place, so that every execution gets the memory that the one before had.
async fn output_in(sandbox: &Sandbox, code: &str) -> String {
    let outcome = sandbox
        .execute(execution(code))
        .await
        .expect("the host does not fail");
    success(outcome).get().to_owned()
}

#[tokio::test]
async fn what_a_program_changes_is_gone() {
    let sandbox = sandbox_for(1).await;
    let probes = [
        "return typeof globalThis.leaked",
        "return typeof leakedVar",
        "return ({} as any).polluted ?? 'clean'",
        "return [].map(x => x).length",
        "return Object.isFrozen(Array.prototype)",
        "return JSON.stringify({ a: 1 })",
        "return new Map([[1, 2]]).get(1)",
        "return typeof setTimeout + typeof console.log",
        "return Object.getOwnPropertyNames(globalThis).sort().join()",
        "return Object.keys(console).join()",
        "return Reflect.ownKeys(Array.prototype).length + Reflect.ownKeys(Object.prototype).length",
        "console.count(); console.timeEnd('leak'); return 1",
        "return /(a)/.exec('b') + (RegExp as any).$1",
        "return Symbol.keyFor(Symbol.for('leaked')) + Object.getOwnPropertySymbols(globalThis).length",
        "return input",
        "return Error.stackTraceLimit + typeof (Error as any).prepareStackTrace",
        "return setTimeout(() => {})",
    ];
    let mut before = Vec::new();
    for probe in probes {
        before.push(output_in(&sandbox, probe).await);
    }
    let vandalism = "
        globalThis.leaked = 'secret'; var leakedVar = 1;
        (Object.prototype as any).polluted = 'yes';
        Array.prototype.map = () => ['hijacked'] as any; Object.freeze(Array.prototype);
        JSON.stringify = () => 'hijacked'; Map.prototype.get = () => 'hijacked';
        for (let i = 0; i < 5; i++) setTimeout(() => {}, 0);
        (globalThis as any).setTimeout = 1; console.count(); console.time('leak'); console.group('indent');
        console.log = () => {}; console.extra = 1;
        /(leak)/.exec('leak'); Symbol.for('leaked');
        Error.stackTraceLimit = 1; (Error as any).prepareStackTrace = () => 'hijacked';
        setInterval(() => console.info('leaked'), 1);
        globalThis.input = 'leaked';
        Promise.reject(new Error('leaked'));
        return 1";
    for _ in 0..5 {
        output_in(&sandbox, vandalism).await;
        for (probe, before) in probes.iter().zip(&before) {
            assert_eq!(output_in(&sandbox, probe).await, *before, "{probe}");
        }
    }
}

#[tokio::test]
async fn nothing_of_a_failure_is_left() {
    let sandbox = sandbox_for(1).await;
    for broken in [
        "throw new Error('x')",
        "Promise.reject(new Error('left over')); throw 1",
        "const f = () => f(); f()",
        "const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1))",
        "let s = 'x'; for (;;) s += s",
        "await new Promise(() => {})",
        "syntax error",
        "import 'fs'",
        "const a: any = []; a.push(a); return a",
    ] {
        let outcome = sandbox.execute(execution(broken)).await.expect(broken);
        assert!(!outcome.is_success(), "{broken}: {}", told(&outcome));
        let outcome = sandbox
            .execute(execution(
                "console.log('out'); console.error('err'); return [1]",
            ))
            .await
            .unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(&outcome), @r"
            success: [1]
            stdout:
            out
            stderr:
            err
            ");
        }
    }
}

/// A slot of the pool is used again and again: what a program left in memory must not be found by
/// the next, in fresh buffers nor in strings.
#[tokio::test]
async fn memory_is_clean() {
    let sandbox = sandbox_for(1).await;
    // 48 MB of a pattern, in buffers, arrays and strings.
    let fill = "
        const all: unknown[] = [];
        for (let i = 0; i < 24; i++) all.push(new Uint32Array(1 << 18).fill(0xdeadbeef));
        for (let i = 0; i < 24; i++) all.push('\\u{dead}\\u{beef}'.repeat(1 << 18) + i);
        return all.length";
    // Buffers are zero by the language; what they hold would show a slot that was not cleaned only
    // if the engine relied on fresh memory being zero, so buffers that it does not clear are asked
    // as well: grown ones, sliced ones, and the slack of typed arrays.
    let look = "
        let found = 0;
        const search = (words: Uint32Array) => { for (let i = 0; i < words.length; i += 7) if (words[i] !== 0) found++ };
        for (let i = 0; i < 3; i++) search(new Uint32Array(1 << 18));
        const grown: any = new ArrayBuffer(1 << 16, { maxByteLength: 1 << 20 } as any);
        grown.resize(1 << 20);
        search(new Uint32Array(grown));
        search(new Uint32Array((new ArrayBuffer(1 << 16) as any).transfer(1 << 20)));
        const holes = new Array(1 << 16);
        for (let i = 0; i < holes.length; i += 7) if (i in holes || holes[i] !== undefined) found++;
        const decoded = new TextDecoder().decode(new Uint8Array(1 << 16));
        for (let i = 0; i < decoded.length; i += 7) if (decoded.charCodeAt(i) !== 0) found++;
        return found";
    assert_eq!(output_in(&sandbox, fill).await, "48");
    for round in 0..200 {
        assert_eq!(output_in(&sandbox, look).await, "0", "round {round}");
        if round % 50 == 49 {
            assert_eq!(output_in(&sandbox, fill).await, "48");
        }
    }
}

/// Two that run at once do not see each other either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_do_not_see_each_other() {
    let sandbox = sandbox_for(8).await;
    let mut running = tokio::task::JoinSet::new();
    for guest in 0..64 {
        let sandbox = sandbox.clone();
        running.spawn(async move {
            let code = format!(
                "globalThis.mine ??= {guest}; Array.prototype.guest = {guest};
                for (let i = 0; i < 20; i++) {{
                    await new Promise(done => setTimeout(done, i % 3));
                    for (let n = 0; n < 5000; n++) if (globalThis.mine !== {guest} || [].guest !== {guest}) return 'seen';
                }}
                return 'alone'"
            );
            output_in(&sandbox, &code).await
        });
    }
    let outputs = running.join_all().await;
    assert!(
        outputs.iter().all(|output| output == r#""alone""#),
        "{outputs:?}"
    );
}
