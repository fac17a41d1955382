//! What a program throws, and what is told of it.

use vesicle_sandbox::{ErrorType, Outcome};

use crate::support::{assert_transcript, check, printed, run, told};

#[tokio::test]
async fn errors_that_are_thrown() {
    assert_transcript![
        "throw new Error('plain')",
        "throw new TypeError('of a class')",
        "throw new Error('')",
        "throw new Error('two\\nlines')",
        "class HttpError extends Error {\n  constructor(public status: number) { super(`status ${status}`) }\n}\nthrow new HttpError(404)",
        "class Named extends Error { name = 'Named' }\nthrow new Named('by its name')",
        "throw Object.assign(new Error('with a code'), { code: 'E_CODE' })",
        "try {\n  JSON.parse('{')\n} catch (error) {\n  throw new Error('cannot read', { cause: error })\n}",
        "throw new Error('cause', { cause: { reason: 'plain object' } })",
        "throw new AggregateError([new Error('one'), 'two'], 'both failed')",
        "await Promise.any([Promise.reject(new Error('one')), Promise.reject(2)])",
        "throw new DOMException('not allowed', 'NotAllowedError')",
        "throw new ToolError('of my own', { code: 'failed' })",
    ];
}

#[tokio::test]
async fn errors_that_the_engine_throws() {
    assert_transcript![
        "return missing",
        "return null.property",
        "const o = {};\nreturn o.a.b",
        "const o = {};\no.method()",
        "undefined()",
        "const c = 1; c = 2",
        "new (() => {})()",
        "return [] instanceof 1",
        "Symbol() + ''",
        "1n + 1",
        "new Array(-1)",
        "'x'.repeat(-1)",
        "(1).toFixed(101)",
        "const [a] = null",
        "for (const x of 1) {}",
        "class A { #p; static read(o) { return o.#p } }\nA.read({})",
        "x; let x = 1",
        "decodeURIComponent('%')",
        "new Date(NaN).toISOString()",
        "Object.defineProperty(Object.freeze({}), 'a', {})",
        "const a = Object.freeze([1]);\na.push(2)",
        "BigInt(1.5)",
    ];
}

#[tokio::test]
async fn anything_can_be_thrown() {
    assert_transcript![
        "throw 'a string'",
        "throw ''",
        "throw 42",
        "throw null",
        "throw undefined",
        "throw { reason: 'an object', nested: { deep: [1] } }",
        "throw [1, 2]",
        "throw Symbol('s')",
        "throw 10n",
        "throw () => 1",
        "throw class Thrown {}",
        "throw new Map([[1, 2]])",
        "await Promise.reject()",
        "throw Promise.resolve(1)",
        "throw { name: 'Error', message: 'no error', stack: 'no stack' }",
        "throw Object.create(Error.prototype)",
        "throw Object.create(null)",
    ];
}

#[tokio::test]
async fn what_is_thrown_may_fight_its_description() {
    assert_transcript![
        "throw new Proxy({}, { get() { throw new Error('trap') }, ownKeys() { throw new Error('trap') }, getPrototypeOf() { throw new Error('trap') } })",
        "throw new Proxy(new Error('behind a proxy'), { get() { throw new Error('trap') } })",
        "const { proxy, revoke } = Proxy.revocable({}, {});\nrevoke();\nthrow proxy",
        "throw Object.defineProperty(new Error('hidden'), 'message', { get() { throw 'from the getter' } })",
        "throw Object.defineProperty(new Error('hidden'), 'name', { get() { throw 'from the getter' } })",
        "throw Object.defineProperty(new Error('shown'), 'stack', { get() { throw 'from the getter' } })",
        "throw Object.defineProperty(new Error('shown'), 'cause', { get() { throw 'from the getter' } })",
        "throw Object.assign(new Error('shown'), { stack: 42 })",
        "throw Object.assign(new Error('shown'), { stack: 'agent.ts:1:1\\n    at nowhere (agent.ts:99999:99999)' })",
        "throw Object.assign(new Error('shown'), { name: 42, message: { not: 'a string' } })",
        "throw Object.assign(new Error('shown'), { name: Symbol('n'), message: Symbol('m') })",
        "throw Object.assign(new Error('shown'), { message: { toString() { throw 1 } } })",
        "throw Object.assign(new Error('shown'), { name: '' })",
        "const e = new Error('its own cause');\ne.cause = e;\nthrow e",
        "const e = new AggregateError([], 'among its own errors');\ne.errors.push(e, e);\nthrow e",
        "throw { toString() { throw 1 }, [Symbol.toPrimitive]() { throw 2 }, get a() { throw 3 } }",
        "throw { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('while inspected') } }",
        "throw new (class extends Error { get constructor() { throw 1 } get [Symbol.toStringTag]() { throw 2 } })('kept')",
        "Object.defineProperty(Error.prototype, 'name', { get() { throw 1 } });\nthrow new TypeError('x')",
        "Error.prepareStackTrace = () => { throw 1 };\nthrow new Error('x')",
        "Error.stackTraceLimit = 0;\nthrow new Error('no frames')",
        "globalThis.Error = null; Array.prototype.push = null; String.prototype.split = null; Object.prototype.get = 1;\nthrow new TypeError('after vandalism')",
        "throw new Error('lone \\ud800 surrogate')",
    ];
}

/// The outcome of a program that throws cannot be mistaken for one that met a limit, by name only.
#[tokio::test]
async fn a_long_message_is_an_outcome() {
    let outcome = run("throw new Error('x'.repeat(1 << 20))").await;
    let Outcome::Error {
        error_type: ErrorType::Runtime,
        message,
        ..
    } = &outcome
    else {
        panic!("{}", told(&outcome));
    };
    assert!(message.starts_with("xxxx"), "{}", told(&outcome));
}

#[tokio::test]
async fn stacks_name_the_callers() {
    assert_transcript![
        "function outer(n: number): never {\n  return inner(n)\n}\n\nfunction inner(n: number): never {\n  throw new Error('deep')\n}\n\nconst run = () => outer(1);\nrun()",
        "class Stack {\n  push(x: number) { return this.check(x) }\n  private check(x: number) { throw new Error('full') }\n}\nnew Stack().push(1)",
        "async function later() {\n  await null;\n  throw new Error('later')\n}\nasync function caller() {\n  await later()\n}\nawait caller()",
        "[3, 1].sort(() => { throw new Error('in a callback') })",
        "const o = { get x(): number { throw new Error('in a getter') } };\nreturn o.x",
        "function* g() { throw new Error('in a generator') }\n[...g()]",
        "class A { static x = (() => { throw new Error('in a static field') })() }",
        "new URL('not a url')",
        "setTimeout('not a function')",
        "structuredClone(() => 1)",
        "export function helper() {\n  throw new Error('in a module')\n}\nhelper()",
    ];
}

#[tokio::test]
async fn stacks_that_are_printed_have_the_same_positions() {
    let text = printed(
        "interface Removed {\n  a: string\n}\ntry {\n  throw new Error('caught')\n} catch (error) {\n  console.log(error.stack);\n  console.log(error)\n}",
    )
    .await;
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn rejections_that_nobody_handles_are_reported() {
    assert_transcript![
        "Promise.reject(new Error('nobody handles me'));\nreturn 'done'",
        "Promise.reject('a string');\nPromise.reject();\nreturn 'done'",
        "(async () => { await null; throw new TypeError('later') })();\nreturn 'done'",
        "new Promise((_, reject) => setTimeout(reject, 1, new Error('much later')));\nreturn 'done'",
        "Promise.resolve().then(() => { throw new Error('in then') });\nreturn 'done'",
        "Promise.reject(new Error('one')).finally(() => {});\nreturn 'done'",
        "export default 1;\nPromise.reject(new Error('in a module'))",
        "export default () => { Promise.reject(new Error('in the function')); return 1 }",
    ];
}

#[tokio::test]
async fn rejections_that_are_handled_are_not_reported() {
    assert_transcript![
        "const p = Promise.reject(new Error('handled later'));\nsetTimeout(() => p.catch(() => {}), 1);\nreturn 'done'",
        "const p = Promise.reject(new Error('handled at once'));\ntry { await p } catch { return 'caught' }",
        "Promise.reject(1).catch(() => {});\nreturn 'done'",
        "await Promise.allSettled([Promise.reject(1), Promise.reject(2)]);\nreturn 'done'",
        "await Promise.race([1, Promise.reject(2)]);\nreturn 'done'",
    ];
}

#[tokio::test]
async fn errors_in_callbacks_are_reported() {
    assert_transcript![
        "setTimeout(() => { throw new Error('in a timer') });\nreturn 'done'",
        "queueMicrotask(() => { throw new Error('in a microtask') });\nreturn 'done'",
        "let n = 0;\nconst id = setInterval(() => {\n  if (++n === 2) clearInterval(id);\n  throw new Error(`tick ${n}`)\n}, 1);\nawait new Promise(done => setTimeout(done, 20));\nreturn n",
        "setTimeout(() => { throw 'first' });\nawait new Promise(done => setTimeout(done, 5));\nreturn 'goes on'",
        "reportError(new Error('reported by hand'));\nreturn 'done'",
        "setTimeout(async () => { throw new Error('in an async timer') });\nreturn 'done'",
        "const target = new EventTarget();\ntarget.addEventListener('e', () => { throw new Error('in a listener') });\ntarget.dispatchEvent(new Event('e'));\nreturn 'done'",
    ];
}

#[tokio::test]
async fn many_uncaught_errors_are_counted() {
    let outcome =
        run("for (let i = 0; i < 1000; i++) Promise.reject(new Error(`number ${i}`)); return 1")
            .await;
    let Outcome::Success { uncaught, .. } = &outcome else {
        panic!("{}", told(&outcome));
    };
    assert_eq!(uncaught.len(), 16);
    assert_eq!(uncaught[0].message, "number 0");
    assert_eq!(
        uncaught[15].message,
        "number 15 (and 984 more uncaught errors)"
    );
}

#[tokio::test]
async fn a_promise_that_nothing_settles_is_an_error_at_once() {
    for code in [
        "await new Promise(() => {})",
        "return new Promise(() => {})",
        "export default new Promise(() => {})",
        "export default () => new Promise(() => {})",
        "await new Promise(() => {});\nexport default 1",
        "await { then() {} }",
        "for await (const x of { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }) {}",
        "await new Promise(done => { const id = setTimeout(done, 1e9); clearTimeout(id) })",
    ] {
        let outcome = run(code).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(&outcome), @r#"error NeverSettles "Error": the code awaits a promise that nothing can settle: no timer, call or microtask is left"#);
        }
    }
}

#[tokio::test]
async fn errors_that_are_caught_are_no_errors() {
    check(&[
        (
            "try { null.x } catch (error) { return error.name }",
            r#""TypeError""#,
        ),
        (
            "try { await Promise.reject(1) } catch (error) { return error }",
            "1",
        ),
        (
            "try { throw 1 } catch { return 'caught' } finally { console.log('finally') }",
            r#""caught""#,
        ),
        (
            "return (() => { try { throw 1 } finally { return 'overridden' } })()",
            r#""overridden""#,
        ),
    ])
    .await;
}
