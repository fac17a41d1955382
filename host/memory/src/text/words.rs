//! Takes texts apart into words.

use std::cell::RefCell;

use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashMap;

/// Longer words are cut off: digests and encoded data.
const WORD_BYTES_MAX: usize = 64;
/// Shorter words are their own stems.
const STEMMED_CHARS_MIN: usize = 4;

/// Words that nearly every English text has. They tell nothing and cost the most to look up.
const COMMON: [&str; 64] = [
    "a", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by",
    "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "his",
    "i", "if", "in", "into", "is", "it", "its", "me", "my", "not", "of", "on", "or", "our", "she",
    "so", "such", "that", "the", "their", "them", "then", "there", "these", "they", "this", "to",
    "was", "we", "were", "which", "will", "with", "would", "you", "your", "yours",
];

/// The length of the longest of them: most words are told apart by that.
const COMMON_BYTES_MAX: usize = 5;

/// Whether nearly every English text has the word.
pub fn is_common(word: &str) -> bool {
    word.len() <= COMMON_BYTES_MAX && COMMON.binary_search(&word).is_ok()
}

/// A word as it stands in a text, in small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word<'a> {
    /// A word, or a part of an identifier.
    Plain(&'a str),
    /// An identifier of several parts.
    Whole(&'a str),
    /// One or two characters of a script without spaces.
    Pair(&'a str),
}

impl<'a> Word<'a> {
    /// Its letters.
    pub fn text(self) -> &'a str {
        match self {
            Self::Plain(text) | Self::Whole(text) | Self::Pair(text) => text,
        }
    }
}

/// Calls `found` with each word of the text, in their order. Common words are left out.
pub fn for_each_word(text: &str, mut found: impl FnMut(Word<'_>)) {
    let mut buffer = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        rest = rest.get(start..).unwrap_or_default();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        split_run(run, &mut buffer, &mut found);
        rest = after;
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Scripts that are written without spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' | '\u{e00}'..='\u{e7f}')
}

/// A run of letters, digits and underscores, taken apart by script.
fn split_run(run: &str, buffer: &mut String, found: &mut impl FnMut(Word<'_>)) {
    if run.is_ascii() {
        return identifier(run, buffer, found);
    }
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let unspaced = is_unspaced(first);
        let end = rest
            .find(|c| is_unspaced(c) != unspaced)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if unspaced {
            pairs(part, found);
        } else {
            identifier(part, buffer, found);
        }
        rest = after;
    }
}

/// Each two neighbours; a single character stands for itself.
fn pairs(text: &str, found: &mut impl FnMut(Word<'_>)) {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    if starts.len() == 1 {
        found(Word::Pair(text));
    }
    for (at, &start) in starts.iter().enumerate().skip(1) {
        let before = starts.get(at - 1).copied().unwrap_or_default();
        let end = starts.get(at + 1).copied().unwrap_or(text.len());
        debug_assert!(start < end);
        found(Word::Pair(text.get(before..end).unwrap_or_default()));
    }
}

/// The whole in small letters, and its parts where it has several: `parse_config`, `parseConfig`, `HTTPServer2`.
fn identifier(run: &str, buffer: &mut String, found: &mut impl FnMut(Word<'_>)) {
    let trimmed = run.trim_matches('_');
    if trimmed.is_empty() {
        return;
    }
    let mut parts = 0;
    for_each_part(trimmed, |_| parts += 1);
    if parts > 1 {
        lower(trimmed, buffer);
        buffer.retain(|c| c != '_');
        found(Word::Whole(buffer));
    }
    for_each_part(trimmed, |part| {
        lower(part, buffer);
        if !is_common(buffer) {
            found(Word::Plain(buffer));
        }
    });
}

/// In small letters, and not longer than a word can be.
fn lower(text: &str, buffer: &mut String) {
    buffer.clear();
    for c in text.chars().flat_map(char::to_lowercase) {
        if buffer.len() + c.len_utf8() > WORD_BYTES_MAX {
            break;
        }
        buffer.push(c);
    }
}

/// Parts between underscores and at capitals.
fn for_each_part(text: &str, mut part: impl FnMut(&str)) {
    for piece in text.split('_').filter(|piece| !piece.is_empty()) {
        let mut start = 0;
        let mut chars = piece.char_indices().peekable();
        let mut before: Option<char> = None;
        while let Some((at, c)) = chars.next() {
            let after = chars.peek().map(|&(_, after)| after);
            let begins = c.is_uppercase()
                && before.is_some_and(|before| {
                    !before.is_uppercase() || after.is_some_and(char::is_lowercase)
                });
            if begins {
                part(piece.get(start..at).unwrap_or_default());
                start = at;
            }
            before = Some(c);
        }
        part(piece.get(start..).unwrap_or_default());
    }
}

/// Stems that a thread remembers: making one costs ten times what finding it does, and words come again.
const STEMS_MAX: usize = 20_000;

struct Stems {
    stemmer: Stemmer,
    known: FxHashMap<Box<str>, Box<str>>,
}

thread_local! {
    static STEMS: RefCell<Option<Stems>> = const { RefCell::new(None) };
}

/// The form in which a word is kept: its stem, where it is an English word.
pub fn normalized(word: Word<'_>) -> String {
    let text = word.text();
    let is_english = matches!(word, Word::Plain(_))
        && text.len() >= STEMMED_CHARS_MIN
        && text.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_english {
        return text.to_owned();
    }
    STEMS.with_borrow_mut(|stems| {
        let stems = stems.get_or_insert_with(|| Stems {
            stemmer: Stemmer::create(Algorithm::English),
            known: FxHashMap::default(),
        });
        if let Some(stem) = stems.known.get(text) {
            return stem.to_string();
        }
        let stem = stems.stemmer.stem(text).into_owned();
        if stems.known.len() >= STEMS_MAX {
            stems.known.clear();
        }
        stems.known.insert(text.into(), stem.as_str().into());
        stem
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        for_each_word(text, |word| words.push(normalized(word)));
        words
    }

    #[test]
    fn common_words_are_in_order() {
        assert!(COMMON.is_sorted());
        assert!(COMMON.iter().all(|word| word.len() <= COMMON_BYTES_MAX));
    }

    #[test]
    fn identifiers_are_kept_whole_and_in_parts() {
        assert_eq!(words("parse_config"), ["parseconfig", "pars", "config"]);
        assert_eq!(words("parseConfig"), ["parseconfig", "pars", "config"]);
        assert_eq!(
            words("HTTPServer2 __init__"),
            ["httpserver2", "http", "server2", "init"]
        );
        assert_eq!(words("the fixes of failing tests"), ["fix", "fail", "test"]);
    }

    #[test]
    fn lines_of_stack_traces_are_words() {
        let found = words("  at Object.parseConfig (src/config.rs:42:17) E0308");
        assert_eq!(
            found,
            [
                "object",
                "parseconfig",
                "pars",
                "config",
                "src",
                "config",
                "rs",
                "42",
                "17",
                "e0308"
            ]
        );
    }

    #[test]
    fn scripts_without_spaces_are_taken_in_pairs() {
        assert_eq!(words("修复登录"), ["修复", "复登", "登录"]);
        assert_eq!(words("修 API错误"), ["修", "api", "错误"]);
        assert_eq!(words("Ärger über Straßen"), ["ärger", "über", "straßen"]);
    }

    #[test]
    fn nothing_of_any_text_is_too_long() {
        for text in [
            "",
            "___",
            "\0",
            "𝔘𝔫𝔦",
            &"x".repeat(1000),
            &"Ä".repeat(1000),
            "a_b_",
        ] {
            for_each_word(text, |word| {
                assert!((1..=WORD_BYTES_MAX).contains(&word.text().len()))
            });
        }
    }
}
