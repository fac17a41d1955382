//! The forms in which a secret may turn up in a text.

use base64::{
    Engine as _, alphabet,
    engine::general_purpose::{GeneralPurpose, NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);
/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// What RFC 3986 leaves as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// `value` itself, in URLs, in JSON, and in Base64 wherever in the encoded bytes it stands.
pub fn of(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    for set in [COMPONENT, UNRESERVED] {
        let encoded = utf8_percent_encode(value, set).to_string();
        forms.push(encoded.replace("%20", "+"));
        forms.push(in_small_hex(&encoded));
        forms.push(encoded);
    }
    for form in forms.clone() {
        forms.extend(in_json(&form));
    }
    for engine in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| in_base64(value, before, &engine)));
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// As JSON has it within a string: with few escapes, with `\/` too, and in ASCII only.
fn in_json(text: &str) -> [String; 3] {
    let quoted = serde_json::Value::from(text).to_string();
    let plain = quoted.get(1..quoted.len() - 1).unwrap_or(text).to_owned();
    let mut ascii = String::new();
    for c in plain.chars() {
        match c.is_ascii() {
            true => ascii.push(c),
            false => {
                let mut units = [0; 2];
                let escapes = c.encode_utf16(&mut units).iter();
                ascii.extend(escapes.map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    [plain.replace('/', "\\/"), plain, ascii]
}

fn in_small_hex(encoded: &str) -> String {
    let mut small = String::with_capacity(encoded.len());
    let mut hex = 0;
    for c in encoded.chars() {
        small.push(if hex > 0 { c.to_ascii_lowercase() } else { c });
        hex = if c == '%' {
            2
        } else {
            usize::saturating_sub(hex, 1)
        };
    }
    small
}

/// The characters of Base64 that depend on nothing but `value`, where so many bytes (modulo 3) stand
/// before it.
fn in_base64(value: &str, before: usize, engine: &GeneralPurpose) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value.as_bytes());
    let encoded = engine.encode(&bytes);
    // Six bits a character: those that begin with a bit of the bytes before, and the one that ends
    // with a bit of what follows, may be others.
    let begin = (before * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    encoded.get(begin..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_wherever_it_stands() {
        let value = "hunter2!";
        for engine in [STANDARD, URL_SAFE] {
            for before in 0..7 {
                for after in 0..4 {
                    let text = format!("{}{value}{}", "\u{7f}".repeat(before), "~".repeat(after));
                    let encoded = engine.encode(text);
                    let found = of(value).iter().any(|form| encoded.contains(form.as_str()));
                    assert!(found, "{before} before, {after} after");
                }
            }
        }
        assert!(
            of(value).iter().all(|form| form.len() >= 8),
            "{:?}",
            of(value)
        );
    }

    #[test]
    fn encodings_of_urls_and_json() {
        let forms = of("a/b \"ü\"");
        for form in [
            "a/b \"ü\"",
            "a%2Fb%20%22%C3%BC%22",
            "a%2fb%20%22%c3%bc%22",
            "a%2Fb+%22%C3%BC%22",
            "a/b \\\"ü\\\"",
            "a\\/b \\\"ü\\\"",
            "a/b \\\"\\u00fc\\\"",
        ] {
            assert!(forms.iter().any(|known| known == form), "{form}");
        }
    }
}
