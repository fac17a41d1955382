//! JSON with comments and trailing commas, as editors have it in their settings.

/// The same as plain JSON: comments and commas before a closing bracket become spaces.
pub fn plain(text: &str) -> String {
    let mut plain = without_comments(text);
    let mut comma = None;
    let mut in_string = false;
    let mut escaped = false;
    let mut spare = Vec::new();
    for (at, byte) in plain.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b',' => comma = Some(at),
            b']' | b'}' => spare.extend(comma.take()),
            byte if byte.is_ascii_whitespace() => {}
            byte => {
                in_string = byte == b'"';
                comma = None;
            }
        }
    }
    for at in spare {
        plain.replace_range(at..=at, " ");
    }
    plain
}

fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while let Some(at) = rest.find(['"', '/']) {
        let (before, here) = rest.split_at(at);
        plain.push_str(before);
        let length = if here.starts_with('"') {
            string_end(here)
        } else if here.starts_with("//") {
            here.find('\n').unwrap_or(here.len())
        } else if here.starts_with("/*") {
            here.find("*/").map_or(here.len(), |end| end + 2)
        } else {
            1
        };
        let (token, after) = here.split_at(length);
        match token.starts_with('/') && token.len() > 1 {
            true => plain.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
            false => plain.push_str(token),
        }
        rest = after;
    }
    plain + rest
}

/// Where the string that `text` begins with is over.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn comments_and_trailing_commas_go_and_strings_stay() {
        let text = r#"{
            // a server, "quoted"
            "a": ["https://x/y", "/* no comment */", "a,]", "\"//", ], /* two
            lines */ "b": {"c": 1,
            },
        }"#;
        let read: Value = serde_json::from_str(&plain(text)).unwrap();
        assert_eq!(
            read,
            json!({"a": ["https://x/y", "/* no comment */", "a,]", "\"//"], "b": {"c": 1}})
        );
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in ["", "{", "\"", "/*", "//", "{\"a\": /", "[,]x", "\u{feff}"] {
            assert!(
                serde_json::from_str::<Value>(&plain(text)).is_err(),
                "{text:?}"
            );
        }
        assert_eq!(plain("\u{feff}[1,]"), "[1 ]");
        assert_eq!(plain("1//ü"), "1   ");
    }
}
