//! What is let through, and that nothing hides behind what only looks like text.

use std::fs;
use std::path::Path;

use super::scanner::Scanner;
use super::{ANGLES_MAX, NESTING_MAX, Why};
use crate::CODE_BYTES_MAX;

fn why(source: &str) -> Option<Why> {
    Scanner::new(source).scan().err().map(|error| error.why)
}

fn repeated_to_the_limit(text: &str) -> String {
    text.repeat(CODE_BYTES_MAX / text.len())
}

/// Files of this project that are ordinary programs.
fn ordinary_files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["guests/js-engine/prelude", "examples"] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
            let path = entry.expect("the entry can be read").path();
            if path
                .extension()
                .is_some_and(|end| end == "js" || end == "ts")
            {
                files.push(fs::read_to_string(path).expect("the file is text"));
            }
        }
    }
    assert!(files.len() > 20);
    files
}

#[test]
fn ordinary_programs_pass() {
    let files = ordinary_files();
    for file in &files {
        assert_eq!(why(file), None, "{file}");
        let long = repeated_to_the_limit(&format!("{{{file}}}\n"));
        assert_eq!(why(&long), None, "{file}");
    }
    let mut all = files.join("\n");
    all.truncate(all.floor_char_boundary(CODE_BYTES_MAX));
    assert_eq!(why(&all), None);
}

#[test]
fn much_of_anything_ordinary_passes() {
    for line in [
        "for (let i = 0; i < n; i++) { if (a < b && c > d) total += i }\n",
        "const c = a < b;\n",
        "if (a < b) f(a < c, d)\n",
        "const m = new Map<string, Array<number>>([['a', [1, 2]]]);\n",
        "out += '<li class=\"x\">' + \"(\" + `{${a}[` + '</li>';\n",
        "const sql = 'select (a from b where ((c = \\'[{\\'';\n",
        "const json = '{\"a\": [{\"b\": {';\n",
        "const re = /[([{<'\"`]+/g.test(x) ? /\\/\\*/ : /\"/; // it's (\n",
        "const half = (a + b) / 2 + c[0] / 2 + `${a / b}` / 1. / 2;\n",
        "const x = (a + b)\n  / 2;\n",
        "/* it's ( [ { ` */ const y = a! / 2 + b++ / c; /* ' */\n",
        "export const f = async <T,>(x: T): Promise<Array<T>> => [x];\n",
        "const shifted = 1 << 2 >> 1 >>> 0 <= 4;\n",
        "if (x) /'/.test(x);\n",
        "const f = (s) => /'/.test(s) || !/\"/.test(s);\n",
        "const p = { if: /'/, return: 1 / 2, a: b.return / 2 };\n",
        "const tag = html`<p title=\"${a ? `'${b}'` : '}'}\">`;\n",
        "return /'/\n",
        "const cast = (x as number) / 2; const s = x as any ? 1 : 2;\n",
        "f(function(){return function(){var a=[{b:{c:[1,2,3]}}];return a}()})();\n",
    ] {
        assert_eq!(why(line), None, "{line}");
        assert_eq!(why(&repeated_to_the_limit(line)), None, "{line}");
    }
}

#[test]
fn brackets_are_counted_to_the_limit() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("`${", "}`")] {
        let nested = |count| format!("{}1{}", open.repeat(count), close.repeat(count));
        assert_eq!(why(&nested(NESTING_MAX)), None, "{open}");
        assert_eq!(why(&nested(NESTING_MAX + 1)), Some(Why::Brackets), "{open}");
    }
    assert_eq!(why(&"a<".repeat(ANGLES_MAX)), None);
    assert_eq!(why(&"a<".repeat(ANGLES_MAX + 1)), Some(Why::Angles));
    assert_eq!(why(&"f(a<".repeat(ANGLES_MAX + 1)), Some(Why::Angles));
    assert_eq!(why(&"a<b=>".repeat(ANGLES_MAX + 1)), Some(Why::Angles));
    assert_eq!(why(&"a<<".repeat(ANGLES_MAX)), Some(Why::Angles));
    assert_eq!(why(&"a<b,".repeat(ANGLES_MAX + 1)), Some(Why::Angles));
    let long = format!("{}{}", "(".repeat(100), "x,".repeat(40_000));
    assert_eq!(why(&long), Some(Why::Weight));
}

/// Each of these is read by oxc so that what follows is code.
#[test]
fn nothing_hides_nesting() {
    let nested = "(".repeat(NESTING_MAX + 1);
    for before in [
        "/'/;",
        "x = /'/;",
        "x = /[/']/;",
        "x = /\\/'/;",
        "a / b; '/';",
        "')))))))';",
        "`)))))`;",
        "// )))) '\n",
        "// '\u{2028}",
        "/* ' */",
        "#!'\n",
        "return /'/;",
        "return\u{a0}/'/;",
        "if (a) /'/;",
        "for await (const a of b) /'/;",
        "while (a) !/'/;",
        "[.../'/];",
        "a.if(b) / 1 + '/' +",
        "a?.if(b) / 1 + '/' +",
        "a.#if(b) / 1 + '/' +",
        "1.5.\nif(b) / 1 + '/' +",
        "1e5.\nif(b) / 1 + '/' +",
        "0x1.\nif(b) / 1 + '/' +",
        "1. / 1 + '/' +",
        "a! / 1 + '/' +",
        "a++ / 1 + '/' +",
        "let a\n/'/;",
        "let a: b\n/'/;",
        "let a /*\n*/ /'/;",
        "break\n/'/;",
        "{}\n/'/;",
        "x = {} / 1 + '/' +",
        "x as any ? / 1 + '/' +",
        "x as void / 1 + '/' +",
        "x as A<B> / 1 + '/' +",
        "x as const / 1 + '/' +",
        "await /'/;",
        "\\u0069f (a) /'/;",
        "a\n/ b /typeof /'/;",
        "a\n/ b //'/\n;",
        "`${'`'}`;",
        "`${`}`}`;",
        "`\\`${a}`;",
        "'\\'';",
        "'\\\n';",
        "`${{}}'`;",
        "a => /'/;",
        "a >= /'/;",
        "a <= /'/;",
        "case /'/:",
        "export default /'/;",
    ] {
        assert!(why(&format!("{before}{nested}")).is_some(), "{before}");
    }
}

/// Found by the fuzz target `source`: the scan stood still within a character.
#[test]
fn two_points_before_a_character_beyond_ascii_end() {
    for text in [
        "..\u{e9}",
        "a..\u{1f30d}",
        "[..\u{2028}]",
        "..",
        "...\u{e9}",
    ] {
        assert!(why(text).is_none(), "{text}");
    }
}
