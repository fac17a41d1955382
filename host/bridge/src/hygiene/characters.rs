//! Characters that do something else than showing themselves.

use std::borrow::Cow;

use super::{Flag, FlagKind};

/// Control characters: C0, DEL and C1, without line feeds and tabs.
pub fn acts(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// Characters that make text read as something it is not. The joiners U+200C and U+200D are not
/// among them: scripts and emoji are written with them.
pub fn hides(c: char) -> bool {
    reorders(c) || is_unseen(c)
}

fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Zero-width characters, fillers, tags, and the variation selectors that no emoji uses: all of them
/// carry text past a reader.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// `text` without terminal sequences, control characters and hidden ones. Line feeds and tabs stay;
/// carriage returns and Unicode's line separators become line feeds.
pub fn strip(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    // Nearly every text is plain ASCII.
    if text.bytes().all(is_plain) || !text.chars().any(|c| acts(c) || hides(c) || is_separator(c)) {
        return Cow::Borrowed(text);
    }
    // Whole sequences first, or their printable remains (`[31m`) would be left.
    let lines = text.replace("\r\n", "\n").replace(['\r', '\u{85}'], "\n");
    let text = anstream::adapter::strip_str(&lines).to_string();
    let kept = text.chars().filter(|c| !acts(*c) && !hides(*c));
    Cow::Owned(
        kept.map(|c| if is_separator(c) { '\n' } else { c })
            .collect(),
    )
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// What of it was in `text`.
pub fn flags(text: &str) -> impl Iterator<Item = Flag> {
    let count = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let is_harmless = |c: char| c == '\r' || c == '\u{85}';
    let control = text
        .chars()
        .filter(|c| acts(*c) && !is_harmless(*c))
        .count();
    [
        (FlagKind::Invisible, count(is_unseen), "nobody sees"),
        (FlagKind::Bidirectional, count(reorders), "reorder text"),
        (FlagKind::Control, control, "control a terminal"),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(kind, count, what)| Flag {
        kind,
        reason: match count {
            1 => format!("1 character of those that {what}"),
            _ => format!("{count} characters of those that {what}"),
        },
    })
}
