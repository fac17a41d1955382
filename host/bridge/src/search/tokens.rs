//! Words as the index knows them: in lower case, without accents, by their stems.

use bm25::{DefaultTokenizer, Language, Tokenizer as _};

use crate::names::words;

/// How much of one text is indexed, in bytes.
const TEXT_BYTES_MAX: usize = 8 << 10;

/// Makes tokens of texts. Stop words are those of NLTK for English.
pub struct Tokens(DefaultTokenizer);

impl Default for Tokens {
    fn default() -> Self {
        Self(DefaultTokenizer::new(Language::English))
    }
}

impl Tokens {
    /// The tokens of running text. Names in it (`create_issue`, `pullNumber`) fall into words.
    pub fn of(&self, text: &str) -> Vec<String> {
        let cut = text
            .get(..text.floor_char_boundary(TEXT_BYTES_MAX))
            .unwrap_or_default();
        let mut spaced = String::with_capacity(cut.len() + 16);
        for part in cut.split_whitespace() {
            // Contractions are known as a whole: "don't" is no stop word in two halves.
            if part.contains('\'') || part.contains('’') {
                spaced.push_str(&part.replace('’', "'"));
                spaced.push(' ');
                continue;
            }
            for word in words(part) {
                spaced.push_str(word);
                spaced.push(' ');
            }
        }
        self.0.tokenize(&spaced)
    }
}
