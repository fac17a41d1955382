//! Names that a compiler takes, made of any text.

use std::fmt::Write as _;

use super::words;

/// How long an identifier may get, in characters.
const IDENTIFIER_CHARS_MAX: usize = 64;

/// Words that no declaration of TypeScript or Rust may be called, and names that TypeScript has
/// given away already. Only those that can come out of [`pascal`] or [`snake`].
const RESERVED: [&str; 96] = [
    "Array",
    "Boolean",
    "Date",
    "Error",
    "Function",
    "Map",
    "Never",
    "Null",
    "Number",
    "Object",
    "Option",
    "Partial",
    "Promise",
    "Record",
    "Result",
    "Args",
    "Box",
    "Self",
    "Set",
    "Some",
    "None",
    "Ok",
    "Err",
    "String",
    "Symbol",
    "Unknown",
    "Vec",
    "abstract",
    "arguments",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "crate",
    "debugger",
    "default",
    "delete",
    "do",
    "dyn",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "extern",
    "false",
    "final",
    "finally",
    "fn",
    "for",
    "function",
    "gen",
    "if",
    "impl",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "pub",
    "public",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "switch",
    "this",
    "throw",
    "trait",
    "true",
    "try",
    "typeof",
    "use",
    "while",
    "yield",
];

/// Further words that Rust keeps, and names that the generated modules use themselves.
const RESERVED_TOO: [&str; 16] = [
    "call",
    "override",
    "priv",
    "type",
    "unsafe",
    "unsized",
    "var",
    "virtual",
    "void",
    "where",
    "with",
    "undefined",
    "bindings",
    "tools",
    "types",
    "union",
];

/// `name` as a type is called: `git-ref` becomes `GitRef`. What has no letters becomes `fallback`.
pub fn pascal(name: &str, fallback: &str) -> String {
    let mut made = String::new();
    for word in words(name) {
        let mut characters = word.chars().filter(char::is_ascii_alphanumeric);
        made.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        match word.chars().all(char::is_uppercase) {
            true => made.extend(characters.map(|c| c.to_ascii_lowercase())),
            false => made.extend(characters),
        }
    }
    finish(made, fallback)
}

/// `name` as a function is called in Rust: `getThing` becomes `get_thing`.
pub fn snake(name: &str, fallback: &str) -> String {
    let mut made = String::new();
    for word in words(name) {
        let word = word.chars().filter(char::is_ascii_alphanumeric);
        let word: String = word.map(|c| c.to_ascii_lowercase()).collect();
        if !made.is_empty() && !word.is_empty() {
            made.push('_');
        }
        made.push_str(&word);
    }
    finish(made, fallback)
}

fn finish(mut made: String, fallback: &str) -> String {
    made.truncate(IDENTIFIER_CHARS_MAX);
    let made = made.trim_end_matches('_').to_owned();
    match made.chars().next() {
        None => fallback.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{fallback}{made}"),
        _ if is_reserved(&made) => format!("{made}_"),
        _ => made,
    }
}

/// Whether `name` is a word that some declaration may not be called.
fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_TOO.contains(&name)
}

/// Whether `name` may stand after a dot, or as a key, without quotes.
pub fn is_identifier(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    name.chars().next().is_some_and(is_start)
        && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}

/// How code calls a tool: `tools.github.create_issue`, or `tools["my-server"]["get.thing"]`.
pub fn call_path(server: &str, tool: &str) -> String {
    let mut path = String::from("tools");
    for name in [server, tool] {
        // Writing to a string cannot fail.
        let _ = match is_identifier(name) {
            true => write!(path, ".{name}"),
            false => write!(path, "[{}]", crate::typescript::quoted(name)),
        };
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_an_identifier() {
        for (name, pascal_case, snake_case) in [
            ("git-ref", "GitRef", "git_ref"),
            ("HTTPError", "HttpError", "http_error"),
            ("get.thing", "GetThing", "get_thing"),
            ("3d", "T3D", "T3_d"),
            ("🙂", "T", "T"),
            ("", "T", "T"),
            ("record", "Record_", "record"),
            ("type", "Type", "type_"),
            ("*/ alert(1)", "Alert1", "alert_1"),
            ("__proto__", "Proto", "proto"),
        ] {
            assert_eq!(pascal(name, "T"), pascal_case, "{name}");
            assert_eq!(snake(name, "T"), snake_case, "{name}");
        }
        assert_eq!(pascal(&"a".repeat(1_000), "T").len(), IDENTIFIER_CHARS_MAX);
    }

    #[test]
    fn calls_are_written_as_code_writes_them() {
        assert_eq!(
            call_path("github", "create_issue"),
            "tools.github.create_issue"
        );
        assert_eq!(
            call_path("my-server", "get.thing"),
            r#"tools["my-server"]["get.thing"]"#
        );
        assert_eq!(call_path("a", "x\"]; evil()"), r#"tools.a["x\"]; evil()"]"#);
        assert_eq!(call_path("a", "__proto__"), "tools.a.__proto__");
        assert_eq!(call_path("a", "ü\u{2028}"), r#"tools.a["ü\u2028"]"#);
    }
}
