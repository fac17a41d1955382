//! The words among which is looked for what a misspelt one was meant to be.

use std::collections::BTreeSet;

/// Shorter words have no trigram, and longer ones are seldom words.
const VOCABULARY_BYTES: std::ops::RangeInclusive<usize> = 4..=40;

/// Whether a word is one of them.
pub fn belongs(word: &str) -> bool {
    VOCABULARY_BYTES.contains(&word.len())
        && word.chars().any(char::is_alphabetic)
        && !has_many_digits(word)
}

/// Ids, digests and amounts are not misspelt words, and there is no end of them.
fn has_many_digits(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_digit).count() > 2
}

/// The trigrams of a word, and of what it is with two neighbours swapped: a short word with such a slip shares none with
/// what was meant.
pub fn trigrams(word: &str) -> BTreeSet<String> {
    let chars: Vec<char> = word.chars().take(*VOCABULARY_BYTES.end()).collect();
    let mut trigrams = BTreeSet::new();
    for at in 0..chars.len() {
        let mut swapped = chars.clone();
        if at > 0 {
            swapped.swap(at - 1, at);
        }
        trigrams.extend(
            swapped
                .windows(3)
                .map(|trigram| trigram.iter().collect::<String>()),
        );
    }
    trigrams
}
