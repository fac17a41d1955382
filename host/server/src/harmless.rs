//! Text that shows itself and does nothing else. What a guest or a client wrote is hostile: to a
//! terminal, escape sequences move the cursor over what was printed before, set titles or, on some,
//! type. To a model, characters that nobody sees carry instructions that nobody reviewed.

use std::{borrow::Cow, fmt::Write as _};

/// `text` without escape sequences and control characters; line feeds and tabs stay. Characters that
/// reorder text or are not seen stand there as escapes, such as `\u{202e}`.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| acts(c) || hides(c)) {
        return Cow::Borrowed(text);
    }
    // Whole sequences first, or their printable remains (`[31m`) would be left.
    let text = anstream::adapter::strip_str(text).to_string();
    let mut shown = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !acts(*c)) {
        match hides(c) {
            // Writing to a string cannot fail.
            true => drop(write!(shown, "{}", c.escape_unicode())),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character shows itself and does nothing else.
pub fn is_harmless(c: char) -> bool {
    !acts(c) && !hides(c)
}

/// Control characters: C0, DEL and C1.
fn acts(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// Characters that make text read as something it is not. The joiners U+200C and U+200D are not
/// among them: scripts and emoji are written with them.
fn hides(c: char) -> bool {
    let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_unseen = matches!(
        c,
        '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    );
    reorders || is_unseen
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        assert_eq!(
            harmless("plain\ttext\nübrigens 漢字 🙂 👩\u{200d}💻"),
            "plain\ttext\nübrigens 漢字 🙂 👩\u{200d}💻"
        );
        assert_eq!(harmless("\x1b[31mred\x1b[0m"), "red");
        assert_eq!(harmless("\x1b]0;title\x07after"), "after");
        assert_eq!(harmless("a\x1b[2J\x1b[Hb"), "ab");
        assert_eq!(harmless("over\rwritten"), "overwritten");
        assert_eq!(harmless("\u{9b}31mC1"), "31mC1");
        assert_eq!(harmless("bell\x07 del\x7f nul\0"), "bell del nul");
    }

    #[test]
    fn every_control_character_is_left_out_and_every_hidden_one_is_shown() {
        for code in (0..0x20).chain(0x7f..=0x9f) {
            let c = char::from_u32(code).unwrap();
            let left = harmless(&c.to_string()).into_owned();
            let expected = if c == '\n' || c == '\t' {
                c.to_string()
            } else {
                String::new()
            };
            assert_eq!(left, expected, "{code:x}");
        }
        let hidden = (0x202a..=0x202e)
            .chain(0x2066..=0x2069)
            .chain(0xe0000..=0xe007f);
        for code in hidden.chain([0x200b, 0x2060, 0xfeff]) {
            let c = char::from_u32(code).unwrap();
            assert_eq!(harmless(&c.to_string()), format!("\\u{{{code:x}}}"));
        }
        for code in [0x2029, 0x202f, 0x2065, 0x206a, 0xdffff, 0xe0080] {
            let c = char::from_u32(code).unwrap().to_string();
            assert_eq!(harmless(&c), c, "{code:x}");
        }
    }
}
