//! Each bound, at its edge.

use vesicle_plugins::TOOLS_MAX;
use vesicle_plugins::script::{Script, ScriptError, TYPE_DEPTH_MAX, TYPES_MAX, WARNINGS_MAX};
use vesicle_sandbox::CODE_BYTES_MAX;

fn functions(count: usize) -> String {
    (0..count)
        .map(|at| format!("export let f{at}=()=>1\n"))
        .collect()
}

#[test]
fn tools() {
    let most = Script::read("plugin.ts", &functions(TOOLS_MAX)).unwrap();
    assert_eq!(most.tools().len(), TOOLS_MAX);
    assert_eq!(
        Script::read("plugin.ts", &functions(TOOLS_MAX + 1)).unwrap_err(),
        ScriptError::TooManyTools(TOOLS_MAX + 1)
    );
}

#[test]
fn length() {
    let source = "export const f = () => 1; //";
    let script =
        |bytes: usize| Script::read("plugin.ts", &format!("{source}{}", "x".repeat(bytes)));
    let Err(ScriptError::TooLong(len)) = script(CODE_BYTES_MAX - source.len()) else {
        panic!("what calls its tools takes some")
    };
    let room = CODE_BYTES_MAX - source.len() - (len - CODE_BYTES_MAX);
    script(room).unwrap();
    assert_eq!(
        script(room + 1).unwrap_err(),
        ScriptError::TooLong(CODE_BYTES_MAX + 1)
    );
}

#[test]
fn warnings() {
    let parameters: Vec<_> = (0..WARNINGS_MAX + 1).map(|at| format!("p{at}")).collect();
    let script = |parameters: &[String]| {
        let source = format!("export function f({}) {{}}", parameters.join(", "));
        Script::read("plugin.ts", &source).unwrap().notes().len()
    };
    assert_eq!(script(&parameters[1..]), WARNINGS_MAX);
    assert_eq!(script(&parameters), WARNINGS_MAX);
    assert_eq!(script(&parameters[2..]), WARNINGS_MAX - 1);
}

#[test]
fn types() {
    // A tuple is one type, and so is each in it; a second parameter keeps the first from being all.
    let script = |count: usize| {
        let types = vec!["1"; count - 2].join(",");
        Script::read(
            "plugin.ts",
            &format!("export function f(a: [{types}], b: 1) {{}}"),
        )
    };
    script(TYPES_MAX).unwrap();
    assert_eq!(
        script(TYPES_MAX + 1).unwrap_err(),
        ScriptError::TooManyTypes
    );
    // Twice as many with each line.
    let doubled: String = (0..30)
        .map(|at| format!("interface A{at} extends A{next}, B{next} {{}} interface B{at} extends A{next} {{}}\n", next = at + 1))
        .collect();
    let doubled =
        format!("{doubled}interface A30 {{}} interface B30 {{}} export function f(a: A0) {{}}");
    assert_eq!(
        Script::read("plugin.ts", &doubled).unwrap_err(),
        ScriptError::TooManyTypes
    );
}

#[test]
fn depth() {
    let script = |depth: usize| {
        let ty = format!("string{}", "[]".repeat(depth - 1));
        let source = format!("export function f(a: {ty}, b: 1) {{}}");
        let script = Script::read("plugin.ts", &source).unwrap();
        // Readers of JSON go 128 deep.
        let schema = script.tools()[0].input_schema.to_string();
        serde_json::from_str::<serde_json::Value>(&schema).unwrap();
        script.notes().len()
    };
    assert_eq!(script(TYPE_DEPTH_MAX), 0);
    assert_eq!(script(TYPE_DEPTH_MAX + 1), 1);
    script(5_000);
    let unions = |depth: usize| {
        let mut ty = "string".to_owned();
        for _ in 1..depth {
            ty = format!("{{ a: {ty} }}");
        }
        let source = format!("export function f(a: {ty}, b: 1) {{}}");
        let script = Script::read("plugin.ts", &source).unwrap();
        let schema = script.tools()[0].input_schema.to_string();
        serde_json::from_str::<serde_json::Value>(&schema).unwrap();
    };
    unions(TYPE_DEPTH_MAX * 2);
    // Names count: what they stand for may be put in their place.
    let names: String = (0..200)
        .map(|at| format!("interface A{at} {{ a: A{} }}\n", at + 1))
        .collect();
    let source = format!("{names}interface A200 {{}} export function f(a: A0, b: 1) {{}}");
    let script = Script::read("plugin.ts", &source).unwrap();
    let schema = script.tools()[0].input_schema.to_string();
    serde_json::from_str::<serde_json::Value>(&schema).unwrap();
    assert_eq!(script.notes().len(), 1);
}
