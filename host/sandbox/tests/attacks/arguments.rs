//! The arguments of host functions are allegations: values of all kinds, where the functions expect
//! some. No panic, no trap, no failure of the host, and an answer in bounded time.
//!
//! `PROPTEST_CASES` sets the number of cases; the default is small, for each run of all tests.

mod values;

use std::sync::OnceLock;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use vesicle_sandbox::{Execution, Outcome, Sandbox};

use crate::support::{alone, execution, sandbox_without_queue};

const CASES: u32 = 64;
/// No call here has a reason to take longer, on a busy machine either.
const WALL_TIME: Duration = Duration::from_secs(20);

/// The functions through which programs reach the host, with places for three arguments.
const FUNCTIONS: &[&str] = &[
    "tools.test.echo($0, $1)",
    "tools.test.said($0)",
    "tools[$0][$1]($2)",
    "tools.$search($0, $1)",
    "tools.$search('', { limit: $0 })",
    "tools.$describe($0)",
    "tools.test.echo({}, { signal: $0 })",
    "tools.test.echo($0, { signal: AbortSignal.abort($1) })",
    "console.log($0, $1, $2)",
    "console.log('%s %d %i %f %j %o %O %c %%', $0, $1, $2)",
    "console.error($0)",
    "console.table($0, $1)",
    "console.dir($0, $1)",
    "console.group($0)",
    "console.count($0)",
    "console.time($0); console.timeLog($0, $1)",
    "console.assert($0, $1, $2)",
    "new URL($0, $1)",
    "new URL('https://a.example/').searchParams.append($0, $1)",
    "Object.assign(new URL('https://a.example/'), { host: $0, port: $1, hash: $2 })",
    "Object.assign(new URL('https://a.example/'), { protocol: $0, pathname: $1, search: $2 })",
    "new URLSearchParams($0)",
    "new TextDecoder($0, $1).decode($2)",
    "new TextDecoder().decode($0, $1)",
    "new TextEncoder().encode($0)",
    "new TextEncoder().encodeInto($0, $1)",
    "atob($0)",
    "btoa($0)",
    "structuredClone($0, $1)",
    "crypto.getRandomValues($0)",
    "crypto.randomUUID($0)",
    "clearTimeout(setTimeout(typeof $0 === 'function' ? () => {} : $0, $1, $2))",
    "clearInterval(setInterval(() => {}, $0))",
    "clearTimeout($0)",
    "queueMicrotask($0)",
    "reportError($0)",
    "performance.mark?.($0, $1)",
    "AbortSignal.any([$0, $1])",
    "AbortSignal.timeout($0)",
    "new EventTarget().addEventListener($0, $1, $2)",
    "new EventTarget().dispatchEvent($0)",
    "new CustomEvent($0, $1)",
    "new DOMException($0, $1)",
    "new ToolError($0, $1)",
];

struct World {
    runtime: Runtime,
    sandbox: Sandbox,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(sandbox_without_queue(1));
        World { runtime, sandbox }
    })
}

/// Runs a program, which has to come to an outcome.
fn run(code: String, input: &Value) -> Result<Outcome, TestCaseError> {
    let World { runtime, sandbox } = world();
    let mut execution = Execution {
        input: to_raw_value(input).unwrap(),
        ..execution(code)
    };
    execution.limits.wall_time = WALL_TIME;
    let executed = runtime.block_on(sandbox.execute(execution));
    executed.map_err(|error| TestCaseError::fail(format!("THE HOST FAILED: {error}")))
}

/// The result of a program, which has to succeed.
fn output(code: &str, input: &Value) -> Result<Value, TestCaseError> {
    match run(code.to_owned(), input)? {
        Outcome::Success { output, .. } => Ok(serde_json::from_str(output.get()).unwrap()),
        outcome => Err(TestCaseError::fail(format!("{outcome:?}"))),
    }
}

fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let _alone = world().runtime.block_on(alone());
    let mut config = Config::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    // A case that fails is printed, to become a test; no file is written for it.
    config.failure_persistence = None;
    let ran = TestRunner::new(config).run(&strategy, test);
    if let Err(error) = ran {
        panic!("{error}");
    }
}

/// What a call came to is "answered" or "threw", and never a failure, a limit or time.
#[test]
fn any_value_in_any_place() {
    let arguments = (
        values::expression(),
        values::expression(),
        values::expression(),
    );
    check(arguments, |(first, second, third)| {
        let calls: String = FUNCTIONS
            .iter()
            .map(|function| {
                let call = function
                    .replace("$0", "a")
                    .replace("$1", "b")
                    .replace("$2", "c");
                // Values are made anew for each call, as calls may change them.
                format!(
                    "await attempt(({{ a, b, c }}: any) => {{ {}{call} }});\n",
                    if call.contains(';') { "" } else { "return " }
                )
            })
            .collect();
        let code = format!(
            "const make = () => ({{ a: {first}, b: {second}, c: {third} }});
            let answered = 0, threw = 0;
            const never = new Promise(done => setTimeout(done, 5));
            const attempt = async (call: (values: any) => unknown) => {{
                try {{
                    const answer: any = call(make());
                    if (answer instanceof Promise) await Promise.race([answer, never]);
                    answered++;
                }} catch {{ threw++ }}
            }};
            {calls}
            return answered + threw"
        );
        prop_assert_eq!(output(&code, &Value::Null)?, json!(FUNCTIONS.len()));
        Ok(())
    });
}

/// Whatever is thrown or returned, what is told of it is an outcome.
#[test]
fn any_value_as_the_end() {
    check((values::expression(), any::<bool>()), |(value, thrown)| {
        let end = if thrown { "throw" } else { "return" };
        let outcome = run(
            format!("const value: any = {value};\n{end} value"),
            &Value::Null,
        )?;
        prop_assert!(
            matches!(outcome, Outcome::Success { .. } | Outcome::Error { .. }),
            "{outcome:?}"
        );
        prop_assert!(outcome.explanation().len() < 64 * 1024);
        Ok(())
    });
}

#[test]
fn tools_get_what_was_sent() {
    check(values::json(), |sent| {
        let code = "return (await tools.test.echo({ sent: input })).sent";
        prop_assert_eq!(output(code, &sent)?, sent);
        Ok(())
    });
}

#[test]
fn clones_are_equal() {
    check(values::json(), |data| {
        prop_assert_eq!(output("return structuredClone(input)", &data)?, data);
        Ok(())
    });
}

/// As Rust reads UTF-8, without a mark of byte order at the beginning.
#[test]
fn bytes_are_decoded() {
    check(prop::collection::vec(any::<u8>(), 0..200), |bytes| {
        let decoded = output(
            "return new TextDecoder().decode(new Uint8Array(input))",
            &json!(bytes),
        )?;
        let read = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        prop_assert_eq!(decoded, json!(String::from_utf8_lossy(read)));
        Ok(())
    });
}

/// What a URL is printed as is the same URL again.
#[test]
fn urls_are_stable() {
    let text = prop_oneof![
        ".{0,60}",
        "(https?://|[a-z]+:|//|)[^/?#]{0,20}(:[0-9]{0,6})?([/?#].{0,30}|)",
    ];
    check(text, |text| {
        let code =
            "try { var url = new URL(input) } catch (error) { return error instanceof TypeError }
            return new URL(url.href).href === url.href";
        prop_assert_eq!(output(code, &json!(text))?, json!(true));
        Ok(())
    });
}

/// What `atob` reads, `btoa` writes, apart from spaces and padding; what it does not read is an
/// `InvalidCharacterError`.
#[test]
fn base64_there_and_back() {
    check(
        prop_oneof!["[A-Za-z0-9+/]{0,40}={0,3}", ".{0,40}"],
        |text| {
            let code = "let binary: string;
            try { binary = atob(input) } catch (error) { return error.name === 'InvalidCharacterError' }
            return atob(btoa(binary)) === binary && btoa(binary).length === Math.ceil(binary.length / 3) * 4";
            prop_assert_eq!(output(code, &json!(text))?, json!(true));
            Ok(())
        },
    );
}

/// The streams are cut where they say, and the program goes on.
#[test]
fn output_is_bounded() {
    check((values::expression(), 1_usize..400), |(value, times)| {
        let code = format!(
            "const value: any = {value};
            for (let i = 0; i < {times}; i++) try {{ console.log(value, 'x'.repeat(i)) }} catch {{ }}
            return 'done'"
        );
        let outcome = run(code, &Value::Null)?;
        prop_assert!(outcome.is_success(), "{outcome:?}");
        prop_assert!(outcome.streams().0.len() <= vesicle_sandbox::STREAM_BYTES_MAX + 1024);
        Ok(())
    });
}
