//! Components that are made of modules.

use serde_json::Value;
use vesicle_plugins::Tools;
use vesicle_plugins::script::{BuildError, Script};
use vesicle_sandbox::{CompileLimits, ErrorType, Grants, Outcome};

use crate::calls::{built, call_of, limits, sandbox};

const SUM: &str = "let a = 1;
export const f = (b: number) => {
  if (b < 0) throw new RangeError('less than nothing');
  return a + b;
};";

async fn build(name: &str, source: &str) -> Result<Vec<u8>, BuildError> {
    let script = Script::read(name, source).unwrap_or_else(|error| panic!("{error}"));
    let built = script.build(sandbox().await).await?;
    Ok(built.component)
}

async fn result(tools: &Tools, tool: &str, arguments: &str) -> String {
    match call_of(tools, tool, arguments).await {
        Outcome::Success { output, .. } => output.get().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_module_becomes_a_component_whose_calls_find_it_ready() {
    let source = include_str!("fixtures/slugify.ts");
    let tools = built(source).await.unwrap();
    assert!(
        tools.own_bytes().unwrap() < 100_000,
        "{:?}",
        tools.own_bytes()
    );
    let names: Vec<_> = tools.definitions().iter().map(|tool| &tool.name).collect();
    assert_eq!(names, ["slugify", "slugifyAll"]);
    assert_eq!(
        result(&tools, "slugify", r#"{"text":"A Title!"}"#).await,
        r#""a-title-""#
    );
    let all = result(&tools, "slugifyAll", r#"{"texts":["A b"]}"#).await;
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all["A b"], "a-b");
}

#[tokio::test]
async fn calls_begin_where_the_module_ended() {
    let tools = built(
        "const table = new Map<string, number>(); let calls = 0;
         for (let i = 0; i < 1000; i++) table.set(`key ${i}`, i);
         const waited = await Promise.resolve(7);
         export const count = () => [++calls, table.get('key 999'), waited];",
    )
    .await
    .unwrap();
    for _ in 0..3 {
        assert_eq!(result(&tools, "count", "{}").await, "[1,999,7]");
    }
}

#[tokio::test]
async fn the_same_module_makes_the_same_bytes() {
    let source = include_str!("fixtures/slugify.ts");
    let first = build("slugify.ts", source).await.unwrap();
    let second = build("slugify.ts", source).await.unwrap();
    assert_eq!(blake3::hash(&first), blake3::hash(&second));
    let other = build("slugify.ts", &format!("{source}\n")).await.unwrap();
    assert_ne!(blake3::hash(&first), blake3::hash(&other));
}

#[tokio::test]
async fn a_component_works_without_the_engine_that_it_was_made_with() {
    let component = build("plugin.ts", SUM).await.unwrap();
    // Hosts that know nothing of modules take it for what lists its tools itself.
    let loaded = sandbox()
        .await
        .load(component.clone(), CompileLimits::default())
        .await
        .unwrap();
    let tools = Tools::read(&loaded, &component);
    assert!(tools.is_dynamic());
    assert_eq!(result(&tools, "f", r#"{"b":2}"#).await, "3");
    let listed = tools.list(sandbox().await, limits(), Grants::default(), None);
    let Outcome::Success { output, .. } = listed.await.unwrap() else {
        panic!("it lists no tools")
    };
    let script = Script::read("plugin.ts", SUM).unwrap();
    let [listed] = &output[..] else {
        panic!("{output:?}")
    };
    assert_eq!(listed.input_schema, script.tools()[0].input_schema);
}

/// The engine of another version has code of its own, and is called in the same way.
#[tokio::test]
async fn a_module_that_was_kept_in_another_engine_is_compiled_whole() {
    const NO_TYPES: [u8; 3] = [7, 1, 0];
    let component = build("plugin.ts", SUM).await.unwrap();
    let other = [component, NO_TYPES.to_vec()].concat();
    let limits = CompileLimits::default();
    let tools = Tools::load(sandbox().await, other.into(), limits)
        .await
        .unwrap();
    assert_eq!(tools.own_bytes(), None);
    assert_eq!(tools.definitions()[0].name, "f");
    assert_eq!(result(&tools, "f", r#"{"b":2}"#).await, "3");
    let Outcome::Error { location, .. } = call_of(&tools, "f", r#"{"b":-1}"#).await else {
        panic!("it throws")
    };
    assert_eq!(location.unwrap().line, 3);
}

#[tokio::test]
async fn a_component_that_only_says_that_it_is_a_module_is_refused() {
    let component = build("plugin.ts", SUM).await.unwrap();
    let section = b"\x0evesicle:script";
    let at = component
        .windows(section.len())
        .rposition(|window| window == section);
    // The section's id and length stand before its name.
    let start = (0..at.unwrap())
        .rev()
        .find(|at| component[*at] == 0)
        .unwrap();
    let text = &component[start..];
    for (wasm, expected) in [
        (wat::parse_str("(component)").unwrap(), "no function `call`"),
        (
            wat::parse_str("(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) (func $f (canon lift (core func $i \"f\"))) (instance $e (export \"call\" (func $f))) (export \"vesicle:plugin/kept@0.1.0\" (instance $e)))").unwrap(),
            "no function `call`",
        ),
    ] {
        let claims = [wasm, text.to_vec()].concat();
        let limits = CompileLimits::default();
        let refused = Tools::load(sandbox().await, claims.into(), limits).await.err();
        let refused = refused.unwrap().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}

/// Whatever is in its memory is a guest's.
#[tokio::test]
async fn memory_that_was_tampered_with_harms_nobody_else() {
    let component = build("plugin.ts", SUM).await.unwrap();
    // Where the engine's data is, roughly.
    let data = 1_500_000..2_400_000;
    let mut random = 88_172_645_463_325_252_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let (mut ended, mut answered) = (0, 0);
    for round in 0..600 {
        if round >= 60 && ended > 0 && answered > 0 {
            break;
        }
        let mut changed = component.clone();
        for _ in 0..40 {
            let byte = data.start + next(data.len());
            changed[byte] ^= 1 << next(8);
        }
        let limits = CompileLimits::default();
        let Ok(tools) = Tools::load(sandbox().await, changed.into(), limits).await else {
            continue;
        };
        match call_of(&tools, "f", r#"{"b":2}"#).await {
            Outcome::Success { .. } => answered += 1,
            _ => ended += 1,
        }
    }
    assert!(
        ended > 0 && answered > 0,
        "{ended} ended, {answered} answered"
    );
    let tools = built(SUM).await.unwrap();
    assert_eq!(result(&tools, "f", r#"{"b":2}"#).await, "3");
}

#[tokio::test]
async fn what_is_not_there_while_it_is_built_is_named() {
    let mut text = String::new();
    for statement in [
        "const t = Date.now();",
        "const t = new Date();",
        "const t = Date();",
        "const t = performance.now();",
        "setTimeout(() => {}, 1);",
        "const r = Math.random();",
        "const r = crypto.randomUUID();",
        "const s = state.get('a');",
        "const s = await tools.github.get_issue({});",
        "const s = await tools.$search('a');",
        "const s = await memory.query('a');",
        "caller.progress(1);",
        "const s = await caller.ask({ a: { roots: true } });",
        "const s = await fetch('https://example.com/');",
        "const s = await fs.readFile('/data/a', 'utf8');",
        "Promise.reject(new Error('nobody cares'));",
        "throw new TypeError('at the top');",
        "await new Promise(() => {});",
    ] {
        let source = format!("export const f = () => 1;\n{statement}");
        let error = build("plugin.ts", &source).await.unwrap_err();
        text += &format!("{error}\n\n");
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn what_was_refused_while_it_was_built_is_there_in_calls() {
    let tools = built(
        "const now = Date.now, random = Math.random; let failed = 0;
         try { Date.now(); } catch { failed++; }
         try { Math.random(); } catch { failed++; }
         console.log('built');
         export const f = async () => {
           await new Promise((resolve) => setTimeout(resolve, 1));
           console.log('called');
           return [failed, now() > 1.6e12, random() < 1, new Date().getFullYear() > 2020, performance.now() > 0];
         };",
    )
    .await
    .unwrap();
    let outcome = call_of(&tools, "f", "{}").await;
    let Outcome::Success {
        output: value,
        stdout,
        ..
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    assert_eq!(value.get(), "[2,true,true,true,true]");
    assert_eq!(stdout, "called\n");
}

#[tokio::test]
async fn top_level_code_that_does_not_end_is_stopped() {
    for (source, expected) in [
        (
            "let at = 0; while (at < 1) at -= 1; export const f = () => at;",
            "cpu_time",
        ),
        (
            "const all: string[][] = []; for (let i = 0; i < 1e6; i++) all.push(Array(1e4).fill(`${i}`)); export const f = () => all.length;",
            "memory",
        ),
    ] {
        let error = build("plugin.ts", source).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_told_with_their_path() {
    let tools = built(
        "interface Item { name: string; price: number }
         export const total = (items: Item[]) => items.reduce((sum, item) => sum + item.price, 0);",
    )
    .await
    .unwrap();
    assert_eq!(
        result(&tools, "total", r#"{"items":[{"name":"a","price":2}]}"#).await,
        "2"
    );
    for (arguments, expected) in [
        (
            r#"{"items":[{"name":"a","price":2},{"name":"b","price":"2"}]}"#,
            "arguments.items[1].price: expected number",
        ),
        ("{}", "arguments.items: is missing"),
        ("[]", "arguments: expected an object"),
    ] {
        let outcome = call_of(&tools, "total", arguments).await;
        let Outcome::Error {
            error_type: ErrorType::InvalidInput,
            message,
            ..
        } = outcome
        else {
            panic!("{outcome:?}")
        };
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn exceptions_are_at_their_place_in_the_modules_text() {
    let tools = built("interface A { b: string }\nexport function f(a: A): string {\n  return help(a);\n}\nfunction help(a: any): never {\n  throw new RangeError(`no ${a.b}`);\n}").await.unwrap();
    let outcome = call_of(&tools, "f", r#"{"b":"x"}"#).await;
    let Outcome::Error {
        name,
        message,
        location,
        stack,
        ..
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    let location = location.unwrap();
    assert_eq!((name.as_str(), message.as_str()), ("RangeError", "no x"));
    assert_eq!((location.line, location.column), (6, 9));
    insta::assert_snapshot!(stack);
}
