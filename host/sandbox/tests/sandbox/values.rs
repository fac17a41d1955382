//! What results become as JSON, and how they leave the program.

use std::time::Duration;

use serde_json::json;
use vesicle_sandbox::{ErrorType, INPUT_BYTES_MAX, Limits, OUTPUT_BYTES_MAX, Outcome};

use crate::support::{
    assert_transcript, check, check_expressions, execute, execution, output_text, run, success,
    told, with_input,
};

#[tokio::test]
async fn primitives() {
    check_expressions(&[
        ("1 + 1", "2"),
        ("undefined", "null"),
        ("null", "null"),
        ("true", "true"),
        ("false", "false"),
        ("NaN", "null"),
        ("Infinity", "null"),
        ("-Infinity", "null"),
        ("-0", "0"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("1e21", "1e+21"),
        ("5e-324", "5e-324"),
        ("2 ** 53", "9007199254740992"),
        ("-2147483648", "-2147483648"),
        ("2147483648", "2147483648"),
        ("10n ** 30n", r#""1000000000000000000000000000000""#),
        ("-1n", r#""-1""#),
        ("''", r#""""#),
        (
            r#"'"\\\n\t\u0000\u2028😀'"#,
            "\"\\\"\\\\\\n\\t\\u0000\u{2028}😀\"",
        ),
        (r#""\ud83d""#, "\"\u{fffd}\""),
        (r#""a\udc00b""#, "\"a\u{fffd}b\""),
        (r#"({ "\ud83d": 1 })"#, "{\"\u{fffd}\":1}"),
    ])
    .await;
}

#[tokio::test]
async fn objects_and_arrays() {
    check_expressions(&[
        ("{ a: 1, b: undefined, c: null, d: [undefined] }", r#"{"a":1,"c":null,"d":[null]}"#),
        ("[]", "[]"),
        ("({})", "{}"),
        ("[1, , 3]", "[1,null,3]"),
        ("new Array(3)", "[null,null,null]"),
        ("({ b: 1, a: 2, 1: 3 })", r#"{"1":3,"b":1,"a":2}"#),
        ("JSON.parse('{\"__proto__\": 1}')", r#"{"__proto__":1}"#),
        ("Object.create({ inherited: 1 }, { own: { value: 1 } })", "{}"),
        ("Object.assign(Object.create(null), { a: 1 })", r#"{"a":1}"#),
        ("({ [Symbol('hidden')]: 1, shown: 1 })", r#"{"shown":1}"#),
        ("({ get a() { return 1 } })", r#"{"a":1}"#),
        ("Object.assign([1, 2], { extra: 3 })", "[1,2]"),
        ("(function () { return arguments })(1, 2)", "[1,2]"),
        ("(() => { const a = { n: 1 }; return [a, a] })()", r#"[{"n":1},{"n":1}]"#),
        ("new (class Point { x = 1; #y = 2; get z() { return 3 } })()", r#"{"x":1}"#),
        ("new Proxy({ a: 1 }, {})", r#"{"a":1}"#),
        ("new Proxy([1, 2], {})", "[1,2]"),
        ("new Proxy({}, { ownKeys: () => ['p'], get: (_, key) => key === 'p' ? 1 : undefined, getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) })", r#"{"p":1}"#),
        ("globalThis.Object === Object ? globalThis.JSON : 0", "{}"),
    ])
    .await;
}

#[tokio::test]
async fn what_json_has_no_form_for() {
    check_expressions(&[
        ("new Map([['a', 1], ['b', new Map()]])", r#"{"a":1,"b":{}}"#),
        ("new Map([['a', undefined], ['b', 1]])", r#"{"b":1}"#),
        (
            "new Map([[1, 'x'], ['b', { c: 2 }]])",
            r#"[[1,"x"],["b",{"c":2}]]"#,
        ),
        ("new Map([[{ k: 1 }, 2]])", r#"[[{"k":1},2]]"#),
        (
            "new Set([1, 'a', undefined, new Set([2])])",
            r#"[1,"a",null,[2]]"#,
        ),
        ("new Date(0)", r#""1970-01-01T00:00:00.000Z""#),
        ("new Date(NaN)", "null"),
        ("new Uint8Array([1, 2, 255])", "[1,2,255]"),
        ("new Float64Array([0.5, NaN, -0])", "[0.5,null,0]"),
        ("new BigInt64Array([-1n])", r#"["-1"]"#),
        ("new Uint8Array([1, 2, 3, 4]).subarray(1, 3)", "[2,3]"),
        ("new Uint8Array([1, 2, 3]).buffer", "[1,2,3]"),
        ("new DataView(new ArrayBuffer(2))", r#""[DataView]""#),
        ("/a\\/b/gi", r#""/a\\/b/gi""#),
        (
            "[Object(1), Object('s'), Object(true), Object(2n)]",
            r#"[1,"s",true,"2"]"#,
        ),
        (
            "new TypeError('wrong')",
            r#"{"name":"TypeError","message":"wrong"}"#,
        ),
        (
            "Object.assign(new Error('wrong'), { code: 7 })",
            r#"{"name":"Error","message":"wrong","code":7}"#,
        ),
        (
            "[new WeakMap(), new WeakSet(), (function* () {})()]",
            r#"["[WeakMap]","[WeakSet]","[Generator]"]"#,
        ),
        (
            "new URL('https://a.example/b?c')",
            r#""https://a.example/b?c""#,
        ),
        (
            "({ toJSON: () => ({ told: 1 }), hidden: 2 })",
            r#"{"told":1}"#,
        ),
        (
            "({ k: { toJSON: key => key } , a: [{ toJSON: key => key }] })",
            r#"{"k":"k","a":["0"]}"#,
        ),
        ("({ a: { toJSON: () => undefined }, b: 1 })", r#"{"b":1}"#),
        (
            "({ toJSON() { return this }, a: 1 })",
            r#"{"toJSON":"[Function: toJSON]","a":1}"#,
        ),
        ("({ toJSON: 1, a: 2 })", r#"{"toJSON":1,"a":2}"#),
    ])
    .await;
}

/// What is no data is named, so that its absence is noticed.
#[tokio::test]
async fn functions_symbols_and_promises_are_named() {
    let names = output_text(
        "return {
            declared: function f() {}, arrow: (() => () => 1)(), method: { m() {} }.m,
            async: async function g() {}, builtin: Math.max, bound: (function h() {}).bind(null),
            named: class A {}, derived: class B extends Map {}, anonymous: (() => class {})(),
            symbol: Symbol('s'), bare: Symbol(), wellKnown: Symbol.iterator,
            promise: Promise.resolve(1), inArray: [() => 1, Symbol('t')],
        }",
    )
    .await;
    let names: serde_json::Value = serde_json::from_str(&names).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&names).unwrap());
}

/// A program may break its own globals, and its data still comes out.
#[tokio::test]
async fn results_do_not_depend_on_what_the_program_left_of_the_globals() {
    check(&[
        ("JSON.stringify = JSON.parse = null; return { a: [1] }", r#"{"a":[1]}"#),
        ("Map.prototype.entries = Map.prototype.forEach = null; Map.prototype[Symbol.iterator] = null; return new Map([['a', 1]])", r#"{"a":1}"#),
        ("Set.prototype.forEach = null; return new Set([1])", "[1]"),
        ("Object.defineProperty(Array.prototype, 0, { set() {} }); return new Map([['a', 1]])", r#"{"a":1}"#),
        ("Promise.prototype.then = null; return 1", "1"),
        ("const { ownKeys, deleteProperty } = Reflect, all = globalThis; for (const key of ownKeys(all)) deleteProperty(all, key); return { a: 1 }", r#"{"a":1}"#),
        ("Object.prototype.toJSON = () => 'all'; return [{}]", r#""all""#),
    ])
    .await;
}

#[tokio::test]
async fn what_goes_wrong_while_the_result_is_read() {
    assert_transcript![
        "const a = { list: [1, {}] };\na.list[1].back = a;\nreturn a",
        "const self = [];\nself.push(self);\nreturn self",
        "const m = new Map();\nm.set('me', m);\nreturn { m }",
        "return {\n  get bad() { throw new RangeError('no value') }\n}",
        "return { toJSON() { throw 'not an error' } }",
        "return new Proxy({}, { ownKeys() { throw new Error('trapped') } })",
        "const { proxy, revoke } = Proxy.revocable({}, {});\nrevoke();\nreturn proxy",
        "const { proxy, revoke } = Proxy.revocable([], {});\nrevoke();\nreturn [proxy]",
        "const endless = () => ({ toJSON: endless });\nreturn endless()",
        "return { then: (_, reject) => reject(new Error('thenable')) }",
    ];
}

fn nested(depth: usize) -> String {
    format!("let a = 'in'; for (let i = 0; i < {depth}; i++) a = [a]; return a")
}

#[tokio::test]
async fn a_result_may_be_nested_100_deep() {
    let deepest = format!("{}\"in\"{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(output_text(&nested(100)).await, deepest);
    insta::assert_snapshot!(told(&run(&nested(101)).await), @r#"error InvalidResult "TypeError": the result cannot be told as JSON: result[0][0][0][0][0][0][0][0]… is nested more than 100 deep; flatten it, or return it as a string"#);
}

#[tokio::test]
async fn a_million_nested_arrays_are_refused() {
    insta::assert_snapshot!(told(&run(&nested(1_000_000)).await), @r#"error InvalidResult "TypeError": the result cannot be told as JSON: result[0][0][0][0][0][0][0][0]… is nested more than 100 deep; flatten it, or return it as a string"#);
}

#[tokio::test]
async fn a_result_may_be_8_mib_long() {
    // Two bytes are the quotes.
    let longest = format!("return 'x'.repeat({})", OUTPUT_BYTES_MAX - 2);
    assert_eq!(output_text(&longest).await.len(), OUTPUT_BYTES_MAX);
    for longer in [
        format!("return 'x'.repeat({})", OUTPUT_BYTES_MAX - 1),
        format!("return ['x'.repeat({})]", OUTPUT_BYTES_MAX),
        "return new Array(3e6).fill(1000)".to_owned(),
        "const sparse = []; sparse.length = 2 ** 32 - 1; return sparse".to_owned(),
        "return new Uint8Array(20 << 20)".to_owned(),
        "return new ArrayBuffer(20 << 20)".to_owned(),
        // Six bytes each, escaped.
        "return '\\u0001'.repeat(2 << 20)".to_owned(),
    ] {
        let outcome = run(&longer).await;
        let Outcome::Error {
            error_type: ErrorType::InvalidResult,
            message,
            ..
        } = &outcome
        else {
            panic!("{longer}: {}", &told(&outcome)[..80]);
        };
        assert!(
            message.contains("is longer than 8388608 bytes of JSON"),
            "{longer}: {message}"
        );
    }
}

#[tokio::test]
async fn how_a_module_gives_its_result() {
    check(&[
        ("export default 1", "1"),
        ("export default { a: 1 }", r#"{"a":1}"#),
        ("export default function () { return 2 }", "2"),
        (
            "export default function named(x: unknown) { return x }",
            "null",
        ),
        ("export default async function () { return await 3 }", "3"),
        ("export default () => 4", "4"),
        ("export default async () => { await null; return 5 }", "5"),
        ("export default Promise.resolve(6)", "6"),
        ("export default class A {}", r#""[class A]""#),
        ("const value = 7; export { value as default }", "7"),
        (
            "const value = await Promise.resolve(8); export default value",
            "8",
        ),
        (
            "export default await new Promise<number>(done => setTimeout(done, 1, 9))",
            "9",
        ),
        ("export const a = 1", "null"),
        ("export {}", "null"),
        ("console.log(1); export default undefined", "null"),
        (
            "export default () => { setTimeout(() => console.log('late'), 1); return 1 }",
            "1",
        ),
        ("export default input", "null"),
        ("export default typeof this", r#""undefined""#),
    ])
    .await;
}

#[tokio::test]
async fn how_a_body_gives_its_result() {
    check(&[
        ("return 1", "1"),
        ("1", "null"),
        ("return await Promise.resolve(2)", "2"),
        ("return Promise.resolve(3)", "3"),
        (
            "return { then(done: (n: number) => void) { done(4) } }",
            "4",
        ),
        (
            "await null; await new Promise(done => setTimeout(done, 1)); return 5",
            "5",
        ),
        ("for await (const n of [Promise.resolve(6)]) return n", "6"),
        ("if (true) { return 7 }", "7"),
        (
            "return (function () { return typeof this })()",
            r#""undefined""#,
        ),
        ("return 8 // ends in a comment", "8"),
        ("return 9 /* and another */", "9"),
        ("return `10`;;;", r#""10""#),
    ])
    .await;
}

#[tokio::test]
async fn a_module_that_goes_wrong() {
    assert_transcript![
        "export default 1;\nreturn 2",
        "export default function () {\n  throw new Error('in the function')\n}",
        "export default async () => {\n  await null;\n  throw new Error('in the async function')\n}",
        "export default Promise.reject(new Error('rejected'))",
        "await Promise.reject(new Error('at the top'));\nexport default 1",
        "export default new Promise(() => {})",
        "export default 1;\nexport default 2",
        "export { missing }",
    ];
}

#[tokio::test]
async fn input_arrives_as_it_was_sent() {
    for input in [
        json!(null),
        json!({ "b": 1, "a": [true, "ü😀", { "deep": -0.5 }] }),
        json!("\u{0}\u{2028}\"\\"),
        json!([]),
        json!(1e300),
    ] {
        for code in [
            "return input",
            "export default (given: unknown) => given",
            "export default input",
        ] {
            let output = success(execute(with_input(code, &input)).await);
            assert_eq!(output.get(), input.to_string(), "{code}");
        }
    }
    let megabyte = "ä".repeat(1 << 19);
    let output = success(execute(with_input("return [input.length, input]", &megabyte)).await);
    assert_eq!(output.get(), format!("[524288,\"{megabyte}\"]"));
}

#[tokio::test]
async fn input_is_an_ordinary_variable() {
    check(&[
        ("return typeof input", r#""object""#),
        ("input = 5; return input", "5"),
        (
            "const twice = (input: number) => input * 2; return twice(2)",
            "4",
        ),
        ("return globalThis.input === input", "true"),
        ("let input = 6; return input", "6"),
    ])
    .await;
}

#[tokio::test]
async fn input_may_be_8_mib_long() {
    let longest = "x".repeat(INPUT_BYTES_MAX - 2);
    let output = success(execute(with_input("return input.length", &longest)).await);
    assert_eq!(output.get(), (INPUT_BYTES_MAX - 2).to_string());
    let longer = "x".repeat(INPUT_BYTES_MAX - 1);
    insta::assert_snapshot!(told(&execute(with_input("return 1", &longer)).await), @r#"error InvalidInput "InputError": the input is 8388609 bytes of JSON, and at most 8388608 are accepted (`input_bytes`)"#);
}

/// Input may be nested deeper than the guest can read.
#[tokio::test]
async fn deep_input_is_an_outcome() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for depth in [1_000, 4_000_000] {
        let mut execution = execution("return 'read'");
        execution.input = serde_json::value::RawValue::from_string(deep(depth)).unwrap();
        let outcome = execute(execution).await;
        match depth {
            1_000 => assert!(outcome.is_success(), "{}", told(&outcome)),
            _ => insta::assert_snapshot!(told(&outcome)),
        }
    }
}

#[tokio::test]
async fn an_input_that_does_not_fit_into_memory_is_an_outcome() {
    let mut execution = with_input("return input.length", vec![0; 3 << 20]);
    execution.limits = Limits {
        wall_time: Duration::from_secs(60),
        memory_bytes: 16 << 20,
        ..execution.limits
    };
    let outcome = execute(execution).await;
    let Outcome::Error { error_type, .. } = &outcome else {
        panic!("{}", told(&outcome));
    };
    assert_eq!(*error_type, ErrorType::OutOfMemory, "{}", told(&outcome));
}
