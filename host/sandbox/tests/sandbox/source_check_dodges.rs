//! Ways around the source check, run: what the check does not see gains nothing, because the engine
//! and the sandbox do not have it.

use vesicle_sandbox::{RuleAction, SourcePolicy};

use crate::support::{every_rule, execute, success, told, under};

/// What an expression comes to where nothing is checked: its class, if it is thrown.
async fn unchecked(expression: &str) -> String {
    let code = format!(
        "try {{ const got = await ({expression}); return ['got', typeof got] }} catch (error) {{ return [error.name, error.message] }}"
    );
    let outcome = execute(under(every_rule(RuleAction::Off), &code)).await;
    match outcome.is_success() {
        true => success(outcome).get().to_owned(),
        false => told(&outcome),
    }
}

/// Ways to a function that makes code from text, and calls of it.
const CODE_FROM_TEXT: &[&str] = &[
    "eval('1')",
    "(0, eval)('1')",
    "eval?.('1')",
    "eval(...['1'])",
    "\\u0065val('1')",
    "globalThis['ev' + 'al']('1')",
    "globalThis.eval.call(null, '1')",
    "Reflect.apply(globalThis.eval, null, ['1'])",
    "Reflect.get(globalThis, 'eval')('1')",
    "Object.getOwnPropertyDescriptor(globalThis, 'eval').value('1')",
    "new Proxy(globalThis, {}).eval('1')",
    "new Proxy(eval, {})('1')",
    "eval.bind(null, '1')()",
    "(({ eval: run }) => run('1'))(globalThis)",
    "['1'].map(eval)",
    "'1'.replace(/1/, eval)",
    "JSON.parse('\"1\"', (_, text) => eval(text))",
    "Promise.resolve('1').then(eval)",
    "(() => { eval('var leaked = 1') })()",
    "eval('')",
    "eval('{')",
    "Function()",
    "Function('return 1')()",
    "new Function('return 1')()",
    "new Function('a', 'b', 'return a + b')(1, 2)",
    "new Function('}), (() => { return 1 }')",
    "Function`return 1`",
    "Function.call(null, 'return 1')()",
    "Function.bind(null, 'return 1')()()",
    "Reflect.construct(Function, ['return 1'])()",
    "Reflect.construct(Function, ['return 1'], Object)",
    "new Proxy(Function, {})('return 1')",
    "new (class extends Function { constructor() { super('return 1') } })()",
    "Array.from(['return 1'], Function)",
    "Function.prototype.constructor('return 1')()",
    "(() => {}).constructor('return 1')()",
    "(() => {})['const' + 'ructor']('return 1')()",
    "(class {}).constructor('return 1')()",
    "({ m() {} }).m.constructor('return 1')()",
    "(async () => {}).constructor('return 1')()",
    "(function* () {}).constructor('yield 1')()",
    "(async function* () {}).constructor('yield 1')()",
    "Object.getPrototypeOf(async () => {}).constructor('return 1')",
    "Object.getPrototypeOf(function* () {}).constructor('yield 1')",
    "Object.getPrototypeOf(async function* () {}).constructor('yield 1')",
    "Reflect.construct((function* () {}).constructor, ['yield 1'])",
    "Math.max.constructor('return 1')()",
    "Math.max.bind(null).constructor('return 1')()",
    "[].map.constructor('return 1')()",
    "[].constructor.constructor('return 1')()",
    "''.constructor.constructor('return 1')()",
    "({}).constructor.constructor('return 1')()",
    "({}).__proto__.constructor.constructor('return 1')()",
    "Symbol.iterator.constructor.constructor('return 1')()",
    "new Error().constructor.constructor('return 1')()",
    "(() => { try { null.x } catch (error) { return error.constructor.constructor('return 1')() } })()",
    "(() => { try { eval('1') } catch (error) { return error.constructor.constructor('return 1')() } })()",
    "Promise.reject(new Error()).catch((error) => error.constructor.constructor('return 1')())",
    "tools.a.b({}).catch((error) => error.constructor.constructor('return 1')())",
    "console.log.constructor('return 1')()",
    "setTimeout.constructor('return 1')()",
    "structuredClone.constructor('return 1')()",
    "crypto.randomUUID.constructor('return 1')()",
    "URL.constructor('return 1')()",
    "Object.getOwnPropertyDescriptor(URL.prototype, 'href').get.constructor('return 1')()",
    "Proxy.revocable(() => {}, {}).revoke.constructor('return 1')()",
    "new Promise((resolve) => resolve(resolve.constructor('return 1')()))",
];

#[tokio::test]
async fn no_code_is_made_from_text() {
    let expected = r#"["EvalError","code cannot be made from text here; write the code itself, or read data with JSON.parse"]"#;
    let mut wrong = String::new();
    for expression in CODE_FROM_TEXT {
        let came_to = unchecked(expression).await;
        if came_to != expected {
            wrong.push_str(&format!("\n{expression}\n  {came_to}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What `fetch` comes to without a grant, however it is reached.
const FETCH_DENIED: &str = r#"["TypeError","fetch failed: example.com:443 is not granted; `allow_hosts = [\"example.com:443\"]` in vesicle.toml, or `--allow-host example.com:443`, would allow it"]"#;

/// What is no text is no code: `eval` gives it back, as it has to.
#[tokio::test]
async fn other_ways_come_to_nothing() {
    let cases = [
        ("eval(1)", r#"["got","number"]"#),
        ("eval()", r#"["got","undefined"]"#),
        (
            "globalThis['fe' + 'tch']('https://example.com')",
            FETCH_DENIED,
        ),
        ("globalThis['pro' + 'cess']", r#"["got","undefined"]"#),
        ("globalThis['re' + 'quire']", r#"["got","undefined"]"#),
        (
            "globalThis.constructor.constructor.prototype.fetch",
            r#"["got","undefined"]"#,
        ),
        ("fetch('https://example.com')", FETCH_DENIED),
        ("f\\u0065tch('https://example.com')", FETCH_DENIED),
        (
            "process.exit(1)",
            r#"["ReferenceError","process is not defined"]"#,
        ),
        (
            "require('fs')",
            r#"["ReferenceError","require is not defined"]"#,
        ),
        (
            "new WebSocket('wss://example.com')",
            r#"["ReferenceError","WebSocket is not defined"]"#,
        ),
        (
            "new XMLHttpRequest()",
            r#"["ReferenceError","XMLHttpRequest is not defined"]"#,
        ),
        (
            "child_process.exec('id')",
            r#"["ReferenceError","child_process is not defined"]"#,
        ),
        (
            "new Worker('data:text/javascript,1')",
            r#"["ReferenceError","Worker is not defined"]"#,
        ),
        (
            "new ShadowRealm().evaluate('1')",
            r#"["ReferenceError","ShadowRealm is not defined"]"#,
        ),
        (
            "importScripts('a.js')",
            r#"["ReferenceError","importScripts is not defined"]"#,
        ),
    ];
    let mut wrong = String::new();
    for (expression, expected) in cases {
        let came_to = unchecked(expression).await;
        if came_to != expected {
            wrong.push_str(&format!("\n{expression}\n  {came_to}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn what_only_fails_in_its_own_words() {
    let mut text = String::new();
    for expression in [
        "import('node:' + 'fs')",
        "import('node:child_process')",
        "import('data:text/javascript,export default 1')",
        "import('https://example.com/a.js')",
        "import('vesicle:primordials')",
        "setTimeout('code', 0)",
        "setInterval('code', 0)",
        "queueMicrotask('code')",
    ] {
        text.push_str(&format!(
            "{expression}\n  {}\n",
            unchecked(expression).await
        ));
    }
    for module in [
        "import fs from 'node:fs';\nexport default fs",
        "export * from 'https://example.com/a.js'",
        "import x = require('x');\nreturn x",
        "await import('agent.ts');\nexport default 1",
    ] {
        let outcome = execute(under(every_rule(RuleAction::Off), module)).await;
        text.push_str(&format!("{module}\n{}\n", told(&outcome)));
    }
    insta::assert_snapshot!(text);
}

/// The message says where, as every error does.
#[tokio::test]
async fn code_from_text_is_refused_where_it_stands() {
    let code = "const make = (() => {}).constructor;\nconst twice = make('n', 'return n * 2');\nreturn twice(2)";
    let outcome = execute(under(SourcePolicy::default(), code)).await;
    insta::assert_snapshot!(told(&outcome));
}
