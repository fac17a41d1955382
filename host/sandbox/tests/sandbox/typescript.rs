//! What TypeScript adds is accepted and taken away, and every place that is told is one in the
//! caller's own text.

use crate::support::{assert_transcript, check, location, run, told};

#[tokio::test]
async fn types_are_taken_away() {
    check(&[
        ("const a: number = 1; return a", "1"),
        ("interface A { a: string; readonly b?: number; [key: string]: unknown } return 1", "1"),
        ("type A<T extends object = {}> = { [K in keyof T]?: T[K] } | null; return 1", "1"),
        ("function f<T>(x: T): T { return x } return f<number>(1)", "1"),
        ("const f = <T,>(x: T): T => x; return f<string>('a')", r#""a""#),
        ("const m = new Map<string, Array<number>>([['a', [1]]]); return m", r#"{"a":[1]}"#),
        ("const x = { a: 1 } as const; return x", r#"{"a":1}"#),
        ("const x = <any>'old style'; return x", r#""old style""#),
        ("const x = { a: 1 } satisfies { a: number }; return x.a!", "1"),
        ("let x!: number; x = 2; return x", "2"),
        ("const list: number[] | undefined = [3]; return list![0]!", "3"),
        ("function f(this: Date, a?: number, ...rest: string[]): asserts a is number {} return 1", "1"),
        ("function f(a: string): string;\nfunction f(a: number): number;\nfunction f(a: any) { return a }\nreturn f(4)", "4"),
        ("abstract class A { abstract a(): number; b() { return this.a() } } class B extends A { a() { return 5 } } return new B().b()", "5"),
        ("class A { constructor(private a: number, public readonly b = 2, protected c?: string) {} sum() { return this.a + this.b } } return new A(4).sum()", "6"),
        ("class A implements Iterable<number> { private a?: number; declare b: string; static readonly c: number = 7; *[Symbol.iterator]() {} } return A.c", "7"),
        ("class A { override toString(): string { return 'a' } } return `${new A()}`", r#""a""#),
        ("import type { A } from 'a'; import type B from 'b'; export type { C } from 'c'; export default 9", "9"),
        ("declare const external: number; declare function f(): void; declare module 'm' { export const a: 1 } return 10", "10"),
        ("const f = (x: unknown): x is string => typeof x === 'string'; return f('')", "true"),
        ("type F = new (...args: any[]) => object; let t: [a: string, b?: number]; return typeof t", r#""undefined""#),
        ("const o = { m<T>(this: any, x: T) { return x } }; return o.m<number>(11)", "11"),
        ("for (const x of [1] as number[]) return x as unknown as string", "1"),
        ("const enumLike = { A: 'a' } as const; type E = typeof enumLike[keyof typeof enumLike]; const e: E = 'a'; return e", r#""a""#),
        ("try { throw 1 } catch (error: unknown) { return error as number }", "1"),
        ("label: for (;;) { break label } return 1", "1"),
        ("const satisfies = 1, as = 2, type = 3, of = 4; return [satisfies, as, type, of]", "[1,2,3,4]"),
        ("return input?.a ?? 'none'", r#""none""#),
    ])
    .await;
}

#[tokio::test]
async fn enums_and_namespaces_become_objects() {
    check(&[
        ("enum Color { Red, Green = 'green', Blue = 5, Next } return [Color.Red, Color.Green, Color.Next, Color[5]]", r#"[0,"green",6,"Blue"]"#),
        ("enum Bits { A = 1 << 0, B = 1 << 1, Both = A | B } return Bits", r#"{"1":"A","2":"B","3":"Both","A":1,"B":2,"Both":3}"#),
        ("const enum Level { Low = 1, High = Low + 1 } return [Level.Low, Level.High]", "[1,2]"),
        ("declare enum Absent { A } return 1", "1"),
        ("enum Computed { A = 'abc'.length } return Computed.A", "3"),
        ("enum Merged { A } enum Merged { B = 1 } return Merged.A + Merged.B", "1"),
        ("namespace Shapes { export const sides = 4; export namespace Inner { export function f() { return sides } } } return Shapes.Inner.f()", "4"),
        ("namespace Types { export interface A { a: string } } return 1", "1"),
        ("export enum E { A = 1 } export default E.A", "1"),
        ("export namespace N { export const a = 2 } export default N.a", "2"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_not_supported_says_so() {
    assert_transcript![
        "@sealed\nclass A {}",
        "class A {\n  @log method() {}\n}",
        "class A {\n  constructor(@inject private a: number) {}\n}",
        "class A {\n  accessor a = 8\n}",
        "export = 1",
        "return <div>JSX</div>",
    ];
}

#[tokio::test]
async fn imports_are_violations() {
    assert_transcript![
        "import fs from 'fs'",
        "import { readFile } from 'node:fs/promises';\nexport default 1",
        "import * as path from 'path'",
        "import 'side-effect'",
        "import { type A, b } from './types'",
        "import {} from 'empty'",
        "export { a } from 'a'",
        "export * from 'b'",
        "export * as c from 'c'",
        "const fs = await import('fs')",
        "const name = 'f' + 's';\nreturn import(name)",
        "function never() { return import('late') }\nreturn 1",
        "// two of them\nimport 'first';\nimport 'second'",
        "export default async () => (await import(`x`)).default",
        "import data from './data.json' with { type: 'json' }",
        "import type { T } from 't';\nimport real from 'real'",
        "import x = require('x');\nreturn x",
        "import unused = require('unused')",
    ];
}

/// What a module may know of itself is no more than its name.
#[tokio::test]
async fn modules_know_little_of_themselves() {
    assert_transcript!["return import.meta.url", "export default import.meta",];
}

/// Runs code in which `▶` marks the place that its error has to name, and is not part of it.
async fn check_place(marked: &str) -> Option<String> {
    let code = marked.replace('▶', "");
    let before = &marked[..marked.find('▶').expect("a mark")];
    let before = before.trim_start_matches('\u{feff}');
    let line = before.matches('\n').count() as u32 + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count() as u32
        + 1;
    let outcome = run(&code).await;
    let told = told(&outcome);
    match location(&outcome) {
        Some(place) if (place.line, place.column) == (line, column) => {
            // The excerpt shows the line that is meant.
            let text = code
                .trim_start_matches('\u{feff}')
                .split('\n')
                .nth(line as usize - 1)
                .unwrap()
                .trim();
            (!place.excerpt.contains(&text.replace('\t', "    ")[..])).then_some(told)
        }
        _ => Some(format!("expected {line}:{column}: {told}")),
    }
}

async fn check_places(marked: &[&str]) {
    let mut wrong = String::new();
    for marked in marked {
        if let Some(why) = check_place(marked).await {
            wrong.push_str(&format!("\n----\n{marked}\n{why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn syntax_errors_are_placed() {
    check_places(&[
        "const a: ▶= 1",
        "let a = ▶;",
        "const a = 1;\nconst b = (1 + ▶;\n",
        "interface A {\n  a: string\n}\nconst b = ▶];",
        "const s = '日本😀'; const b = ▶];",
        "const s = '日本😀';\r\nconst b = ▶];",
        "\tconst b = ▶];",
        "\u{feff}const b = ▶];",
        "// 😀\n/* 日本 */ const b = ▶];",
    ])
    .await;
}

/// Where a runtime error is placed, after types before it on the same lines are gone.
#[tokio::test]
async fn runtime_errors_are_placed() {
    check_places(&[
        "▶missing",
        "interface A {\n  a: string\n}\n▶missing()",
        "type A = 1;\n\n\n\n\n▶missing()",
        "const f = (a: number, b: Array<string>): void => { ▶missing() };\nf(1, [])",
        "const x: Map<string, Map<string, number>> = ▶missing",
        "const s: string = '日本😀'; ▶missing()",
        "const s = '日本😀'; const t: string = '日本😀' + ▶missing",
        "/* 日本 */ ▶missing()",
        "const a: number = 1;\r\ninterface B {}\r\n\r\n▶missing()",
        "\t\tconst a: string =\t▶missing",
        "\u{feff}const a: number = ▶missing",
        "enum A {\n  B,\n  C\n}\nclass D {\n  constructor(private e: number, public f = A.C) {}\n\n  g(): number {\n    return ▶missing\n  }\n}\nnew D(1).g()",
        "abstract class A {\n  abstract a(): void;\n  b(): void { ▶missing() }\n}\nclass B extends A { a() {} }\nnew B().b()",
        "namespace N {\n  export const a = 1;\n  export function f() {\n    return ▶missing\n  }\n}\nN.f()",
        "function f(a: string): string;\nfunction f(a: number): number;\nfunction f(a: any) {\n  return ▶missing\n}\nf(1)",
        "export default function (): number {\n  return ▶missing\n}",
        // In the initializer of a module's own variable the engine knows the variable's place.
        "import type { A } from 'a';\nconst ▶a: A = missing;\nexport default a",
        "export const a = 1 as const;\n▶missing",
        "const text = `line\n  ${1 as number}\n  ${▶missing}`",
        "await Promise.resolve<number>(1);\n▶missing",
        "if (true as boolean) {\n  // a comment that goes away\n  /* and\n     another */\n  ▶missing\n}",
    ])
    .await;
}

/// Where `new` is thrown, whatever its arguments are.
#[tokio::test]
async fn thrown_errors_are_placed_on_their_own_line() {
    for code in [
        "type A = 1;\nthrow new Error('a')",
        "const x = 1;\nthrow new Error('a ' + x)",
        "const x = 1;\nthrow new Error(\n  'a ' +\n  x\n)",
        "const f = (x: string) => x;\nthrow new Error(f('a') +\n  f('b') +\n  f(\n    'c'\n  ))",
        "const x = 1;\nthrow new Error(`a ${x}`, {\n  cause: x,\n})",
        "const e = class extends Error {};\nthrow new e('x')",
    ] {
        let outcome = run(code).await;
        assert_eq!(
            location(&outcome).map(|place| place.line),
            Some(2),
            "{code}: {}",
            told(&outcome)
        );
    }
}

#[tokio::test]
async fn how_places_are_shown() {
    assert_transcript![
        "interface Order {\n  id: string;\n  lines: { price: number }[];\n}\n\nfunction total(order: Order): number {\n  return order.lines.reduce((sum, line) => sum + line.price, 0)\n}\n\nconst orders = [{ id: 'a', lines: [] }, { id: 'b' }] as Order[];\nreturn orders.map(total)",
        "\tconst s = '日本😀';\tmissing",
        "const a: number = 1;\r\nreturn missing\r\n",
        "return 1 +",
        "return missing // the last line, without an end",
    ];
    let long = format!(
        "const s: string = '{}'; missing; const t = '{}'",
        "x".repeat(500),
        "y".repeat(500)
    );
    insta::assert_snapshot!("a_long_line", told(&run(&long).await));
}
