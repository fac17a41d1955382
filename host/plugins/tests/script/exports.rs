//! What modules export, and what of it is no tool.

use vesicle_plugins::script::{Script, ScriptError};

fn names(source: &str) -> Vec<String> {
    let script = Script::read("plugin.ts", source).unwrap_or_else(|error| panic!("{error}"));
    let tools = script.tools().iter();
    tools.map(|tool| tool.name.clone()).collect()
}

#[test]
fn functions_are_tools_however_they_are_exported() {
    for (source, tools) in [
        ("export function a() {}", &["a"][..]),
        ("export async function a() {}", &["a"]),
        (
            "export const a = () => {}, b = async function () {}",
            &["a", "b"],
        ),
        ("export const a = ((x: string) => x) as any", &["a"]),
        (
            "function a() {} const b = () => 1; export { a, b as c }",
            &["a", "c"],
        ),
        ("function a() {} export { a as default }", &["a"]),
        ("function a() {} export default a", &["a"]),
        ("export function a() {} export default a", &["a"]),
        ("export default function a() {}", &["a"]),
        ("export default async () => {}", &["default"]),
        ("export default function () {}", &["default"]),
        (
            "function a() {} export { a as b }; const f = () => 1; export { f as a }",
            &["b", "a"],
        ),
        (
            "const a = () => 1; export { a as b, a as default }",
            &["b", "a"],
        ),
        (
            "export type T = string; export interface I {} export enum E { A } export function a() {}",
            &["a"],
        ),
    ] {
        assert_eq!(names(source), tools, "{source}");
    }
}

#[test]
fn what_is_no_tool_is_told() {
    let mut text = String::new();
    for source in [
        "const a = 1;\nreturn a",
        "export const VERSION = 3;",
        "export class Greeter { hi() {} }\nexport default class {}",
        "export function* numbers() { yield 1; }",
        "export { a } from './other.js';",
        "export * from './other.js';",
        "export function f(a: string): string;\nexport function f(a: any) { return a; }",
        "export const füße = () => 1;",
        "export function f( {",
        "export const f = () => <b/>;",
        "let a; let a; export const f = () => a;",
        "",
    ] {
        let error = Script::read("plugin.ts", source).unwrap_err();
        text += &format!("{source}\n=> {error}\n\n");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_tool_beside_what_is_none_is_a_plugin() {
    let source = "export class A {}\nexport function* b() {}\nexport const c = () => 1;";
    let script = Script::read("plugin.ts", source).unwrap();
    assert_eq!(script.tools().len(), 1);
    let lines: Vec<_> = script
        .notes()
        .iter()
        .map(|note| note.location.line)
        .collect();
    assert_eq!(lines, [1, 2]);
}

#[test]
fn nothing_is_read_from_other_files() {
    let error = Script::read("plugin.ts", "export { a } from './a.js'").unwrap_err();
    assert!(matches!(error, ScriptError::Refused { .. }), "{error}");
}
