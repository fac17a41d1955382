//! What a program prints, and where it goes.

use std::time::Duration;

use vesicle_sandbox::{Limits, Outcome, STREAM_BYTES_MAX};

use crate::support::{assert_transcript, execute, execution, printed, run, told};

#[tokio::test]
async fn levels_go_to_their_stream() {
    assert_transcript![
        "for (const level of ['log', 'info', 'debug', 'warn', 'error', 'trace', 'assert', 'dir', 'dirxml'] as const) console[level](level === 'assert' ? false as any : level)"
    ];
}

/// As Node prints them.
#[tokio::test]
async fn values_are_printed_as_node_prints_them() {
    let mut wrong = String::new();
    for (expression, expected) in [
        ("'text'", "text"),
        ("['text']", "[ 'text' ]"),
        ("1, -0, NaN, 10n", "1 -0 NaN 10n"),
        ("undefined, null, true", "undefined null true"),
        ("{}", "{}"),
        (
            "{ a: 1, b: 'x', c: [1, 2] }",
            "{ a: 1, b: 'x', c: [ 1, 2 ] }",
        ),
        (
            "{ 'a-b': 1, [Symbol('s')]: 2 }",
            "{ 'a-b': 1, [Symbol(s)]: 2 }",
        ),
        (
            "{ a: { b: { c: { d: 1 } } } }",
            "{ a: { b: { c: [Object] } } }",
        ),
        ("[]", "[]"),
        ("[1, , 3]", "[ 1, <1 empty item>, 3 ]"),
        ("[undefined, null]", "[ undefined, null ]"),
        (
            "Array.from({ length: 101 }, (_, i) => i).slice(0, 3)",
            "[ 0, 1, 2 ]",
        ),
        ("new Map([['a', 1]])", "Map(1) { 'a' => 1 }"),
        ("new Set([1, 'a'])", "Set(2) { 1, 'a' }"),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("new Date(NaN)", "Invalid Date"),
        ("/a/g", "/a/g"),
        ("Symbol('s')", "Symbol(s)"),
        ("() => 1", "[Function (anonymous)]"),
        ("function f() {}", "[Function: f]"),
        ("async function f() {}", "[AsyncFunction: f]"),
        ("function* f() {}", "[GeneratorFunction: f]"),
        ("class A {}", "[class A]"),
        ("class A extends Map {}", "[class A extends Map]"),
        ("new (class Point { x = 1 })()", "Point { x: 1 }"),
        ("Object.create(null)", "[Object: null prototype] {}"),
        ("new Uint8Array([1, 2])", "Uint8Array(2) [ 1, 2 ]"),
        (
            "new ArrayBuffer(2)",
            "ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }",
        ),
        ("Promise.resolve(1)", "Promise { 1 }"),
        ("new Promise(() => {})", "Promise { <pending> }"),
        ("new Proxy({ a: 1 }, {})", "{ a: 1 }"),
        ("Object(1), Object('s')", "[Number: 1] [String: 's']"),
        (
            "{ get a() { return 1 }, set b(v) {} }",
            "{ a: [Getter], b: [Setter] }",
        ),
        (
            "'it\\'s', [\"it's\", 'a\"b\\'c']",
            "it's [ \"it's\", `a\"b'c` ]",
        ),
        ("['line\\nbreak']", "[ 'line\\nbreak' ]"),
        (
            "(() => { const a = {}; a.a = a; return a })()",
            "<ref *1> { a: [Circular *1] }",
        ),
        ("new WeakMap()", "WeakMap { <items unknown> }"),
        ("globalThis === undefined", "false"),
        ("'%s is %d and %i', 'a', 1.5, 1.5", "a is 1.5 and 1"),
        ("'%j %O', { a: 1 }, { b: 2 }", "{\"a\":1} { b: 2 }"),
        ("'100%', 'of %s', '%%', 1", "100% of %s %% 1"),
        ("'%s'", "%s"),
        ("'%% %s', 1", "% 1"),
        ("'%c styled', 'color: red'", " styled"),
        ("'%s', null, undefined", "null undefined"),
        ("'%s', { a: { b: 1 } }", "{ a: [Object] }"),
        ("'%d', '12'", "12"),
        ("'%d %d', 10n, {}", "10n NaN"),
        ("'%f', '1.50'", "1.5"),
        (
            "new URL('https://a.example/')",
            "URL {\n  href: 'https://a.example/',\n  origin: 'https://a.example',\n  protocol: 'https:',\n  username: '',\n  password: '',\n  host: 'a.example',\n  hostname: 'a.example',\n  port: '',\n  pathname: '/',\n  search: '',\n  searchParams: URLSearchParams {},\n  hash: ''\n}",
        ),
        (
            "[[1, 2, [3, 4, [5, [6]]]], { f: 'g' }]",
            "[ [ 1, 2, [ 3, 4, [Array] ] ], { f: 'g' } ]",
        ),
        (
            "Array.from({ length: 7 }, (_, i) => i)",
            "[\n  0, 1, 2, 3,\n  4, 5, 6\n]",
        ),
        (
            "'x'.repeat(5), ['y'.repeat(80)]",
            "xxxxx [\n  'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'\n]",
        ),
        (
            "{ a: 'x'.repeat(40), b: 'y'.repeat(40) }",
            "{\n  a: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',\n  b: 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'\n}",
        ),
    ] {
        let text = printed(&format!("console.log({expression})")).await;
        if text != format!("{expected}\n") {
            wrong.push_str(&format!(
                "\n{expression}\n expected {expected}\n printed  {text}"
            ));
        }
    }
    let nothing = printed("console.log()").await;
    assert_eq!(nothing, "\n");
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn errors_groups_and_tables() {
    assert_transcript![
        "console.log(new Error('printed'))",
        "console.log({ error: new TypeError('within') })",
        "console.log(new Error('outer', { cause: new Error('inner') }))",
        "console.group('outer');\nconsole.log('one\\ntwo');\nconsole.group();\nconsole.error('deep');\nconsole.groupEnd();\nconsole.groupEnd();\nconsole.groupEnd();\nconsole.log('flat')",
        "console.table([{ a: 1, b: '日本' }, { a: 2, c: true }])",
        "console.table([[1, 2], [3]]);\nconsole.table(new Map([['k', { v: 1 }]]));\nconsole.table('no table');\nconsole.table([{ a: 1, b: 2 }], ['b'])",
        "console.count(); console.count(); console.count('other'); console.countReset(); console.count(); console.countReset('none')",
        "console.timeEnd('never started'); console.time('t'); console.time('t')",
        "console.assert(true, 'silent'); console.assert(false, 'told %s', 'so'); console.assert(false, { a: 1 })",
        "console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 })",
        "console.log('\\u001b[31mred\\u001b[0m', ['\\u001b[31m'])",
        "console.log('lone \\ud800 surrogate', ['\\udfff'])",
        "console.log(new Proxy({}, { get() { throw new Error('trap') }, ownKeys() { throw new Error('trap') } }))",
        "console.log({ get a() { throw new Error('not called') } })",
        "console.log({ toString() { throw new Error('not called') } })",
        "console.log('%s', { toString() { throw new Error('called') } })",
        "const { log, error } = console;\nlog('detached'); error('too')",
        "function here() {\n  console.trace('traced')\n}\nhere()",
    ];
}

#[tokio::test]
async fn output_is_kept_when_the_program_fails() {
    assert_transcript![
        "console.log('before'); console.error('also before');\nthrow new Error('after')"
    ];
}

#[tokio::test]
async fn output_is_kept_when_time_is_up() {
    let mut endless =
        execution("console.log('before'); console.error('also before'); while (true) {}");
    endless.limits = Limits {
        wall_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let outcome = execute(endless).await;
    assert!(
        matches!(outcome, Outcome::Timeout { limit_ms: 300, .. }),
        "{}",
        told(&outcome)
    );
    assert_eq!(outcome.streams(), ("before\n", "also before\n"));
}

#[tokio::test]
async fn ten_megabytes_of_output_are_cut() {
    let outcome = run(
        "for (let i = 0; i < 10 * 1024; i++) console.log('x'.repeat(1023)); console.error('short')",
    )
    .await;
    assert!(outcome.is_success(), "{}", told(&outcome));
    let (stdout, stderr) = outcome.streams();
    let line = format!("{}\n", "x".repeat(1023));
    let kept = line.repeat(STREAM_BYTES_MAX / 1024);
    assert_eq!(
        stdout,
        format!("{kept}[stdout cut: 65536 of 10485760 bytes kept]\n")
    );
    assert_eq!(stderr, "short\n");
}

#[tokio::test]
async fn one_long_line_is_cut_between_characters() {
    let outcome = run("console.error('a' + 'ä'.repeat(5 << 20))").await;
    assert!(outcome.is_success(), "{}", told(&outcome));
    // The last character would go over the edge by a byte.
    let kept = format!("a{}", "ä".repeat((STREAM_BYTES_MAX - 1) / 2));
    assert_eq!(
        outcome.streams().1,
        format!("{kept}\n[stderr cut: 65536 of 10485762 bytes kept]\n")
    );
}

#[tokio::test]
async fn exactly_64_kb_of_output_are_kept_whole() {
    let outcome = run("console.log('x'.repeat(65535))").await;
    assert_eq!(outcome.streams().0, format!("{}\n", "x".repeat(65535)));
    let outcome = run("console.log('x'.repeat(65536))").await;
    assert_eq!(
        outcome.streams().0,
        format!(
            "{}\n[stdout cut: 65536 of 65537 bytes kept]\n",
            "x".repeat(65536)
        )
    );
}
