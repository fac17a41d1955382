//! Calls that go deep. Plain recursion goes 5 000 calls deep; endless recursion, wherever it
//! happens, is a `RangeError` that the program can catch.

use vesicle_sandbox::{ErrorType, Outcome};

use crate::support::{check, run, told, try_run};

#[tokio::test]
async fn recursion_goes_5_000_calls_deep() {
    check(&[
        ("const f = (n: number): number => n === 0 ? 0 : 1 + f(n - 1); return f(5000)", "5000"),
        ("function f(n: number): number { return n === 0 ? 0 : 1 + f(n - 1) } return f(5000)", "5000"),
        ("class A { f(n: number): number { return n === 0 ? 0 : 1 + this.f(n - 1) } } return new A().f(5000)", "5000"),
        ("const f = (n: number, ...rest: number[]): number => { const [a, b] = rest; return n === 0 ? 0 : 1 + f(n - 1, a, b) }; return f(5000, 1, 2)", "5000"),
        ("const f = (n: number): number => { try { return n === 0 ? 0 : 1 + f(n - 1) } finally {} }; return f(5000)", "5000"),
        ("const f = async (n: number): Promise<number> => n === 0 ? 0 : 1 + await f(n - 1); return f(2000)", "2000"),
        ("let deep: any = {}; for (let i = 0; i < 4999; i++) deep = { deep }; return JSON.stringify(deep).length", "44993"),
        ("return JSON.parse('['.repeat(2000) + ']'.repeat(2000)).length", "1"),
    ])
    .await;
}

/// Each goes on for ever in another way.
const ENDLESS: &[(&str, &str)] = &[
    ("plain calls", "const f = () => f(); f()"),
    (
        "calls that need much stack",
        "const f = (...a: number[]) => { const [b, c, d] = [...a, 1, 2, 3]; return [f(b, c, d), f(...a)] }; f(1, 2)",
    ),
    ("mutual calls", "const f = () => g(), g = () => f(); f()"),
    ("methods", "const o = { f() { return this.f() } }; o.f()"),
    ("constructors", "class A { a = new A() } new A()"),
    (
        "derived constructors",
        "class A { constructor() { new B() } } class B extends A {} new B()",
    ),
    ("apply", "function f() { return f.apply(null, []) } f()"),
    ("bind", "function f() { return f.bind(null)() } f()"),
    (
        "Reflect.construct",
        "function F() { return Reflect.construct(F, []) } F()",
    ),
    ("getters", "const o = { get a() { return this.a } }; o.a"),
    ("setters", "const o = { set a(v) { this.a = v } }; o.a = 1"),
    (
        "toString",
        "const o = { toString() { return `${o}` } }; `${o}`",
    ),
    ("valueOf", "const o: any = { valueOf() { return +o } }; +o"),
    (
        "Symbol.toPrimitive",
        "const o: any = { [Symbol.toPrimitive]() { return o + '' } }; o + ''",
    ),
    (
        "Symbol.hasInstance",
        "const o = { [Symbol.hasInstance](x) { return x instanceof o } }; 1 instanceof o",
    ),
    (
        "proxy get traps",
        "const p = new Proxy({}, { get(_, key, self) { return self[key] } }); p.a",
    ),
    (
        "proxy has traps",
        "const p = new Proxy({}, { has(_, key) { return key in p } }); 'a' in p",
    ),
    (
        "proxy apply traps",
        "const p = new Proxy(() => {}, { apply() { return p() } }); p()",
    ),
    (
        "proxy ownKeys traps",
        "const p = new Proxy({}, { ownKeys() { return Reflect.ownKeys(p) } }); Reflect.ownKeys(p)",
    ),
    (
        "a proxy of itself",
        "const target = {}; const p = new Proxy(target, {}); Object.setPrototypeOf(target, p); p.a",
    ),
    (
        "proxies of proxies",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.a",
    ),
    (
        "proxies of functions",
        "let p = () => 1; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p()",
    ),
    (
        "bound functions",
        "let f = () => 1; for (let i = 0; i < 1e5; i++) { f = f.bind(null); Object.defineProperty(f, 'name', { value: '' }) } f()",
    ),
    ("array callbacks", "const f = () => [1].map(f); f()"),
    ("sort callbacks", "const f = () => [2, 1].sort(f); f()"),
    (
        "replace callbacks",
        "const f = () => 'a'.replace('a', f); f()",
    ),
    (
        "replace callbacks of regular expressions",
        "const f = () => 'a'.replace(/a/, f); f()",
    ),
    (
        "regular expression exec",
        "const r = /a/; r.exec = () => r.test('a') as any; r.test('a')",
    ),
    (
        "Symbol.iterator",
        "const o = { [Symbol.iterator]() { return [...o] } }; [...o]",
    ),
    ("generators", "function* g() { yield* g() } [...g()]"),
    (
        "generator next",
        "function* g() { yield g().next() } g().next()",
    ),
    (
        "async functions",
        "const f = async () => { await f() }; await f()",
    ),
    (
        "async generators",
        "async function* g() { for await (const x of g()) yield x } for await (const x of g()) {}",
    ),
    ("tagged templates", "const f = () => f``; f()"),
    ("default parameters", "const f = (a = f()) => a; f()"),
    (
        "JSON.stringify with toJSON",
        "const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)",
    ),
    (
        "JSON.parse with a reviver",
        "JSON.parse('{\"a\":1}', () => JSON.parse('{\"a\":1}', function r() { return JSON.parse('1', r) }))",
    ),
    (
        "Array.prototype.flat",
        "let a: any = [1]; for (let i = 0; i < 1e6; i++) a = [a]; a.flat(Infinity)",
    ),
    (
        "Array.prototype.flat of a cycle",
        "const a: any[] = []; a.push(a); a.flat(Infinity)",
    ),
    (
        "Array.prototype.toString",
        "let a: any = [1]; for (let i = 0; i < 1e6; i++) a = [a]; `${a}`",
    ),
    (
        "Array.prototype.concat species",
        "class A extends Array { static get [Symbol.species]() { new A().concat(); return A } } new A().concat()",
    ),
    (
        "structuredClone of a deep array",
        "let a: any = []; for (let i = 0; i < 1e5; i++) a = [a]; structuredClone(a)",
    ),
    (
        "structuredClone of getters",
        "const o = { get a() { return structuredClone(o) } }; structuredClone(o)",
    ),
    (
        "Object.prototype.toString",
        "const o = { get [Symbol.toStringTag]() { return String(o) } }; String(o)",
    ),
    (
        "event listeners",
        "const t = new EventTarget(); t.addEventListener('e', () => t.dispatchEvent(new Event('e'))); t.dispatchEvent(new Event('e')); throw new RangeError('reported')",
    ),
    (
        "abort listeners",
        "const f = () => { const c = new AbortController(); c.signal.onabort = f; c.abort() }; f(); throw new RangeError('reported')",
    ),
    ("Map.groupBy", "const f = () => Map.groupBy([1], f); f()"),
    (
        "super chains",
        "class A { f() { return this.f() } } class B extends A { f() { return super.f() } } new B().f()",
    ),
    (
        "Object.assign getters",
        "const o = { get a() { return Object.assign({}, o) } }; Object.assign({}, o)",
    ),
    (
        "Error.cause of itself when thrown",
        "const f = () => { try { f() } catch (cause) { throw new RangeError('again', { cause }) } }; f()",
    ),
    (
        "Error constructors",
        "const o = { toString() { throw new Error(o as any) } }; new Error(o as any)",
    ),
    (
        "JSON.stringify of a deep array",
        "let a: any = []; for (let i = 0; i < 1e6; i++) a = [a]; JSON.stringify(a)",
    ),
    (
        "JSON.stringify of a deep object",
        "let a: any = {}; for (let i = 0; i < 1e6; i++) a = { a }; JSON.stringify(a)",
    ),
    (
        "JSON.stringify with an endless toJSON",
        "const f = () => ({ a: { toJSON: f } }); JSON.stringify(f())",
    ),
    (
        "JSON.stringify with a replacer",
        "JSON.stringify({}, (_, v) => ({ v }))",
    ),
    (
        "Error.prepareStackTrace",
        "Error.prepareStackTrace = () => new Error().stack; throw new RangeError(new Error('x').stack ?? 'none')",
    ),
];

/// These recurse in the engine's native code, whose stack may end before the engine's own count: a
/// `RangeError` in any case, and one that ends the program where it cannot be caught.
const ENDLESS_IN_THE_ENGINE: &[(&str, &str)] = &[
    ("JSON.parse of deep text", "JSON.parse('['.repeat(1e6))"),
    (
        "JSON.parse of deep objects",
        "JSON.parse('{\"a\":'.repeat(1e6))",
    ),
];

/// Too deep for the engine's readers, which may say so in their own way.
const TOO_DEEP_TO_READ: &[(&str, &str)] = &[
    (
        "regular expressions of deep groups",
        "new RegExp('('.repeat(1e6) + ')'.repeat(1e6))",
    ),
    (
        "regular expressions of deep lookaheads",
        "new RegExp('(?='.repeat(1e5) + ')'.repeat(1e5)).test('a')",
    ),
    (
        "arguments that grow",
        "function f(...a) { return f(...a, 1) } f()",
    ),
];

/// Deep formatting has a limit of its own, and no error.
const SHALLOW: &[(&str, &str)] = &[
    (
        "console.log of a deep array",
        "let a: any = []; for (let i = 0; i < 1e6; i++) a = [a]; console.log(a)",
    ),
    (
        "console.log of a deep array with depth",
        "let a: any = []; for (let i = 0; i < 1e5; i++) a = [a]; console.dir(a, { depth: Infinity })",
    ),
    (
        "console.log of endless getters",
        "const f = () => ({ get a() { return f() } }); console.dir(f(), { depth: Infinity, getters: true })",
    ),
    (
        "console.log of endless proxies",
        "let p: object = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); console.log(p)",
    ),
    (
        "console.log of deep causes",
        "let e: any = new Error('x'); for (let i = 0; i < 1e5; i++) e = new Error('x', { cause: e }); console.log(e)",
    ),
    (
        "console.table of deep arrays",
        "let a: any = []; for (let i = 0; i < 1e5; i++) a = [a]; console.table(a)",
    ),
];

#[tokio::test]
async fn endless_recursion_can_be_caught() {
    let mut wrong = String::new();
    for (name, code) in ENDLESS {
        let caught = format!(
            "try {{\n{code};\nreturn 'no error' }} catch (error) {{ return error instanceof Error ? error.name : typeof error }}"
        );
        match try_run(&caught).await {
            Ok(Outcome::Success { output, .. }) if output.get() == r#""RangeError""# => {}
            Err(error) => wrong.push_str(&format!("\n{name}: {error}")),
            Ok(outcome) => wrong.push_str(&format!("\n{name}: {}", told(&outcome))),
        }
    }
    for (name, code) in ENDLESS_IN_THE_ENGINE {
        let caught =
            format!("try {{\n{code};\nreturn 'no error' }} catch (error) {{ return error.name }}");
        match try_run(&caught).await {
            Ok(Outcome::Success { output, .. }) if output.get() == r#""RangeError""# => {}
            Ok(Outcome::Error {
                error_type: ErrorType::StackOverflow,
                name,
                ..
            }) if name == "RangeError" => {}
            Err(error) => wrong.push_str(&format!("\n{name}: {error}")),
            Ok(outcome) => wrong.push_str(&format!("\n{name}: {}", told(&outcome))),
        }
    }
    for (name, code) in TOO_DEEP_TO_READ {
        let caught = format!(
            "try {{\n{code};\nreturn 'no error' }} catch (error) {{ return error instanceof Error }}"
        );
        match try_run(&caught).await {
            Ok(Outcome::Success { output, .. }) if output.get() == "true" => {}
            Err(error) => wrong.push_str(&format!("\n{name}: {error}")),
            Ok(outcome) => wrong.push_str(&format!("\n{name}: {}", told(&outcome))),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn endless_recursion_that_is_not_caught_is_an_error() {
    let mut wrong = String::new();
    for (name, code) in ENDLESS.iter().chain(ENDLESS_IN_THE_ENGINE) {
        match try_run(code).await {
            Ok(Outcome::Error { name, .. }) if name == "RangeError" => {}
            Err(error) => wrong.push_str(&format!("\n{name}: {error}")),
            Ok(outcome) => wrong.push_str(&format!("\n{name}: {}", told(&outcome))),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn deep_values_can_be_printed() {
    let mut wrong = String::new();
    for (name, code) in SHALLOW {
        match try_run(code).await {
            Ok(Outcome::Success { .. }) => {}
            Ok(Outcome::Error { name, .. }) if name == "RangeError" => {}
            Err(error) => wrong.push_str(&format!("\n{name}: {error}")),
            Ok(outcome) => wrong.push_str(&format!("\n{name}: {}", told(&outcome))),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn a_stack_overflow_is_told_with_its_place() {
    let outcome =
        run("function down(n: number): number {\n  return down(n + 1) + 1\n}\ndown(0)").await;
    let Outcome::Error {
        error_type,
        name,
        message,
        location,
        stack,
        ..
    } = &outcome
    else {
        panic!("{}", told(&outcome));
    };
    assert_eq!(*error_type, ErrorType::StackOverflow);
    assert_eq!(name, "RangeError");
    assert_eq!(message, "Maximum call stack size exceeded");
    assert_eq!(location.as_ref().map(|place| place.line), Some(2));
    assert!(stack.starts_with("    at down (agent.ts:2:"), "{stack}");
}

#[tokio::test]
async fn a_program_goes_on_after_it_caught_a_stack_overflow() {
    check(&[(
        "let depths = [];
        for (let i = 0; i < 20; i++) {
            let depth = 0;
            const f = () => { depth++; f() };
            try { f() } catch { depths.push(depth) }
        }
        return [depths.length, depths.every(depth => depth > 5000 && depth === depths[0])]",
        "[20,true]",
    )])
    .await;
}

/// The stack has its limit in the middle of a host call as well.
#[tokio::test]
async fn host_functions_at_the_end_of_the_stack() {
    let mut wrong = String::new();
    for call in [
        "console.log('deep')",
        "performance.now()",
        "Math.random()",
        "crypto.randomUUID()",
        "new URL('https://user:pass@example.com:8080/a/b?c#d')",
        "new URL('http://☃.example/')",
        "new TextEncoder().encode('deep')",
        "new TextDecoder().decode(new Uint8Array(10))",
        "structuredClone({ a: [1, new Map()] })",
        "setTimeout(() => {}, 0)",
        "console.log({ a: [1, new Map([[1, 2]]), new Error('x')] })",
        "/(a+)+b/.test('aaaaaaaaaaaaaaac')",
        "'ß'.normalize('NFD').toUpperCase()",
        "(123.456).toString(7)",
        "10n ** 1000n",
        "new Date().toLocaleString()",
        "[3, 1, 2].sort()",
        "JSON.parse('{\"a\":[1]}')",
        "JSON.stringify({ a: [1] })",
        "tools.some.tool({}).catch(() => {})",
        "new Error('x').stack",
    ] {
        // Shallower by one call each time, until it fits.
        let code = format!(
            "let overflowed = 0, fitted = false;
            const f = (): void => {{
                try {{ f() }} catch (error) {{
                    if (!(error instanceof RangeError)) throw error;
                    if (fitted) return;
                    try {{ {call}; fitted = true }} catch (error) {{
                        if (!(error instanceof RangeError)) throw error;
                        overflowed++;
                        throw error
                    }}
                }}
            }};
            f();
            return fitted"
        );
        match try_run(&code).await {
            Ok(Outcome::Success { output, .. }) if output.get() == "true" => {}
            Err(error) => wrong.push_str(&format!("\n{call}: {error}")),
            Ok(outcome) => wrong.push_str(&format!("\n{call}: {}", told(&outcome))),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
