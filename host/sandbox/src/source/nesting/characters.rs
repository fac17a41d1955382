//! Characters as the grammar of ECMAScript groups them.

/// Whether `byte` may be part of a name or a number. A character beyond ASCII is looked at apart.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

/// Whether `character` ends a line, and with it a comment or a regular expression.
pub fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Whether `character`, beyond ASCII, is white space.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

/// How many brackets and how many `<` there are in `bytes`, whatever they are part of.
pub fn openers(bytes: &[u8]) -> (usize, usize) {
    let count = |wanted: &[u8]| bytes.iter().filter(|byte| wanted.contains(byte)).count();
    (count(b"([{"), count(b"<"))
}

/// The length of the regular expression that `text` begins with, both slashes included, flags not.
/// `None` where there is none: oxc then reads to the end of the text and stops.
pub fn regex_len(text: &str) -> Option<usize> {
    let (mut escaped, mut in_class) = (false, false);
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            _ if ends_line(character) => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(offset + 1),
            _ => {}
        }
    }
    None
}
