//! Calls of a module's tools, in sandboxes.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use vesicle_plugins::script::{BuildError, Script};
use vesicle_plugins::{Answer, CallError, Invocation, Tools};
use vesicle_sandbox::{CompileLimits, Config, ErrorType, Grants, Limits, Outcome, Sandbox};

static SHARED: OnceCell<Sandbox> = OnceCell::const_new();

pub async fn sandbox() -> &'static Sandbox {
    let made = SHARED.get_or_init(|| async {
        let config = Config {
            cache_dir: Some(
                PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vesicle-plugins-cache"),
            ),
            ..Config::default()
        };
        Sandbox::new(config).await.expect("the sandbox starts")
    });
    made.await
}

pub fn limits() -> Limits {
    Limits {
        wall_time: Duration::from_secs(60),
        cpu_percent: 100,
        ..Limits::default()
    }
}

/// A component that was made of a module, or why there is none.
pub async fn built(source: &str) -> Result<Tools, BuildError> {
    let script = Script::read("plugin.ts", source).unwrap_or_else(|error| panic!("{error}"));
    let built = script.build(sandbox().await).await?;
    let tools = Tools::load(
        sandbox().await,
        built.component.into(),
        CompileLimits::default(),
    );
    Ok(tools.await.unwrap())
}

pub async fn call_of(tools: &Tools, tool: &str, arguments: &str) -> Outcome {
    let arguments: &RawValue = serde_json::from_str(arguments).unwrap();
    let invocation = Invocation {
        tool,
        arguments,
        limits: limits(),
        grants: Grants::default(),
        session: None,
        residence: None,
    };
    let called = tools.call(sandbox().await, invocation).await;
    called.unwrap().try_map(|answer| match answer {
        Answer::Result(value) => Ok(value),
        Answer::Failure(value) | Answer::Shown(value) => panic!("{value}"),
    })
}

/// What becomes of a call, or of the building that it takes.
async fn call(source: &str, tool: &str, arguments: &str) -> Outcome {
    match built(source).await {
        Ok(tools) => call_of(&tools, tool, arguments).await,
        Err(BuildError::Failed(outcome)) => outcome.try_map(|_| panic!("no component")),
        Err(error) => panic!("{error}"),
    }
}

async fn result(source: &str, tool: &str, arguments: &str) -> String {
    match call(source, tool, arguments).await {
        Outcome::Success { output, .. } => output.get().to_owned(),
        other => panic!("{source}: {other:?}"),
    }
}

#[tokio::test]
async fn arguments_become_those_of_the_function() {
    for (source, tool, arguments, expected) in [
        (
            "export function f(a: string, b = 3) { return [a, b]; }",
            "f",
            r#"{"a":"x"}"#,
            r#"["x",3]"#,
        ),
        (
            "export function f(a: string, b = 3) { return [a, b]; }",
            "f",
            r#"{"b":1,"a":"x"}"#,
            r#"["x",1]"#,
        ),
        (
            "export const f = ({ a, b }: { a: string; b?: number }) => [a, b ?? 0]",
            "f",
            r#"{"a":"x"}"#,
            r#"["x",0]"#,
        ),
        (
            "export const f = async (...all: number[]) => all.length",
            "f",
            r#"{"all":[1,2]}"#,
            "2",
        ),
        (
            "export const f = async (a: 1, ...all: number[]) => all.length",
            "f",
            r#"{"a":1}"#,
            "0",
        ),
        ("export function f() {}", "f", "{}", "null"),
        (
            "export default function f(a: string) { return a; }\nexport const g = () => f('g');",
            "g",
            "{}",
            r#""g""#,
        ),
        (
            "export default (a: string) => a",
            "default",
            r#"{"a":"x"}"#,
            r#""x""#,
        ),
        (
            "export /* default */ default /* default */ function (a: string) { return a }\n(1)",
            "default",
            r#"{"a":"x"}"#,
            r#""x""#,
        ),
        (
            "export\ndefault\nasync (a: string) => a",
            "default",
            r#"{"a":"x"}"#,
            r#""x""#,
        ),
        (
            "function f(a: string) { return a }\nexport { f as default, f as g } // end",
            "f",
            r#"{"a":"x"}"#,
            r#""x""#,
        ),
        (
            "export default interface A { a: string }\nexport function f(given: A) { return given.a }",
            "f",
            r#"{"a":"x"}"#,
            r#""x""#,
        ),
        (
            "export default class A {}\nexport function f() { return new A() instanceof A }",
            "f",
            "{}",
            "true",
        ),
        (
            "const $$ = 1, $_ = 2; export default (a: number) => a + $$ + $_",
            "default",
            r#"{"a":1}"#,
            "4",
        ),
        (
            "enum E { A = 'a' } export const f = (e: E) => e === E.A",
            "f",
            r#"{"e":"a"}"#,
            "true",
        ),
        (
            "const waited = await Promise.resolve(7); export const f = () => waited",
            "f",
            "{}",
            "7",
        ),
        (
            "export const f = (__proto__: string) => __proto__",
            "f",
            r#"{"__proto__":"x"}"#,
            r#""x""#,
        ),
    ] {
        assert_eq!(result(source, tool, arguments).await, expected, "{source}");
    }
}

#[tokio::test]
async fn results_fit_their_schemas() {
    let source = include_str!("fixtures/slugify.ts");
    let script = Script::read("slugify.ts", source).unwrap();
    for (tool, arguments) in [
        ("slugify", r#"{"text":"A Title!","options":{"joint":"_"}}"#),
        ("slugifyAll", r#"{"texts":["A b","C d"]}"#),
    ] {
        let definition = script
            .tools()
            .iter()
            .find(|known| known.name == tool)
            .unwrap();
        let given: Value = serde_json::from_str(arguments).unwrap();
        jsonschema::validate(&definition.input_schema, &given).unwrap();
        let answered: Value = serde_json::from_str(&result(source, tool, arguments).await).unwrap();
        jsonschema::validate(definition.output_schema.as_ref().unwrap(), &answered).unwrap();
    }
}

#[tokio::test]
async fn exceptions_are_in_the_plugins_own_text() {
    let mut text = String::new();
    for (arguments, source) in [
        (
            r#"{"b":"x"}"#,
            "// One.\nexport function f(a: { b: string }) {\n  return help(a);\n}\nfunction help(a: any) {\n  throw new TypeError(`no ${a.b}`);\n}",
        ),
        (
            r#"{}"#,
            "export const f = async () => {\n  await null;\n  missing();\n};",
        ),
        (
            r#"{"a":1}"#,
            "export default (a: number) => { throw new RangeError('far'); };\nexport const f = () => 1;",
        ),
        (
            r#"{}"#,
            "export const f = () => 1;\nthrow new Error('at the top');",
        ),
        (r#"{"a":null}"#, "export const f = (a: null) => a!.length;"),
        (
            r#"{}"#,
            "export const f = () => 10n ** 3n;\nexport default function () { while (true) {} }",
        ),
    ] {
        let tool = if source.contains("default (") {
            "default"
        } else {
            "f"
        };
        let outcome = call(source, tool, arguments).await;
        text += &match outcome {
            Outcome::Error {
                name,
                message,
                location,
                stack,
                ..
            } => {
                let excerpt = location
                    .map(|location| location.excerpt)
                    .unwrap_or_default();
                format!("{name}: {message}\n{excerpt}\n{stack}\n\n")
            }
            Outcome::SecurityViolation {
                reason, location, ..
            } => {
                format!("{reason}\n{}\n\n", location.excerpt)
            }
            other => format!("{other:?}\n\n"),
        };
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_call_that_loops_is_stopped() {
    let source = "let at = 0;\nexport const f = () => { while (at < 1) { at -= 1; } };";
    let tools = built(source).await.unwrap();
    let invocation = Invocation {
        tool: "f",
        arguments: serde_json::from_str("{}").unwrap(),
        limits: Limits {
            wall_time: Duration::from_millis(300),
            ..limits()
        },
        grants: Grants::default(),
        session: None,
        residence: None,
    };
    let outcome = tools.call(sandbox().await, invocation).await.unwrap();
    assert!(
        matches!(
            outcome,
            Outcome::Timeout { .. } | Outcome::LimitExceeded { .. }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_told() {
    let source = "export const shorten = () => 1;";
    for arguments in ["null", "[]", "1", "\"{}\""] {
        let outcome = call(source, "shorten", arguments).await;
        let Outcome::Error { error_type, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error_type, ErrorType::InvalidInput, "{arguments}");
    }
    let tools = built(source).await.unwrap();
    let invocation = Invocation {
        tool: "shortn",
        arguments: RawValue::NULL,
        limits: limits(),
        grants: Grants::default(),
        session: None,
        residence: None,
    };
    let error = tools.call(sandbox().await, invocation).await.err();
    let Some(CallError::UnknownTool { nearest, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(nearest.as_deref(), Some("shorten"));
}
