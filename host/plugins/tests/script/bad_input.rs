//! Texts that nobody meant: an error or a plugin, never a panic.

use proptest::prelude::*;
use vesicle_plugins::script::Script;

const FIXTURES: [&str; 3] = [
    include_str!("fixtures/slugify.ts"),
    include_str!("fixtures/types.ts"),
    include_str!("fixtures/jsdoc.js"),
];

/// Reads a text, and where it is a plugin, looks at all that it says.
fn read(source: &str) {
    let Ok(script) = Script::read("bad.ts", source) else {
        return;
    };
    for tool in script.tools() {
        let schemas = [Some(&tool.input_schema), tool.output_schema.as_ref()];
        for schema in schemas.into_iter().flatten() {
            jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{error}\n{source}"));
        }
    }
}

#[test]
fn odd_texts() {
    for source in [
        "\u{feff}export const f = () => 1;",
        "#!/usr/bin/env node\nexport const f = () => 1;",
        "export enum E { [`a${1}`] = 1 } export function f(e: E) {}",
        "export enum E { ['a'] = 1, `b` = 2 } export function f(e: E) {}",
        "export function f(a: 1e999, b: -1e999, c = 1e999) {}",
        "export function f(a: 1n, b: [...string], c: [...[]]) {}",
        "export function f(this: Window, a: string) {}",
        "export function f({ a: { b: [c] }, ...rest }, [d, e] = [], { g } = {}) {}",
        "export function f(a, a2, { a3 }, arg3) {}",
        "/** @param {string} */ export function f(a) {}",
        "/** @param {é} é — é */ export function f(é) {}",
        "/** @param {{a: string}= } [a={}] */ export function f(a) {}",
        "/** @param {...number} a */ export function f(...a) {}",
        "/** @param {string; } a\n * @param {string} | a */ export function f(a) {}",
        "/** @param {string}\r\n * a */\r\nexport function f(a) {}\r\n",
        "export function f(a: A.B.C, b: import('x').Y, c: typeof import('x')) {}",
        "export declare const f: () => void; export declare function g(): void;",
        "export const { f, ...g } = { f() {}, h() {} }; export let h;",
        "export default class { static f() {} } export const f = () => 1;",
        "export { f as 'default', f as 'a b', f as \"c\" }; function f() {}",
        "import type { A } from './a'; export type { A }; export const f = (a: A) => a;",
        "export interface A { a(): void; (): A; new (): A; [k: string]: any; [Symbol.iterator]: 1 } export const f = (a: A) => a;",
        "namespace N { export type A = 1 } export const f = (a: N.A) => a;",
        "export function f(a: asserts, b: a is string): asserts a is string {}",
        "export\u{2028}const f = () => 1;",
    ] {
        read(source);
    }
}

proptest! {
    #[test]
    fn texts_with_a_part_missing_or_elsewhere(
        fixture in 0..FIXTURES.len(),
        from in any::<prop::sample::Index>(),
        len in 0_usize..40,
        to in any::<prop::sample::Index>(),
    ) {
        let source = FIXTURES[fixture];
        let boundary = |at: usize| source.floor_char_boundary(at);
        let start = boundary(from.index(source.len()));
        let end = boundary(source.len().min(start + len));
        let part = &source[start..end];
        let without = format!("{}{}", &source[..start], &source[end..]);
        read(&without);
        let at = without.floor_char_boundary(to.index(without.len()));
        read(&format!("{}{part}{}", &without[..at], &without[at..]));
    }
}
