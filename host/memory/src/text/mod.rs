//! Words of texts: what an episode is found by, and what a query looks for.
//!
//! Both go the same way. Identifiers are kept whole and in parts, so that `parse_config` and `parseConfig` find each other;
//! Chinese, Japanese and Korean, which have no spaces, are taken apart into pairs of characters; English words are brought to
//! their stems.

mod document;
mod spelling;
mod words;

pub use document::{document, embedded_text};
pub use spelling::{COMPARED_MAX, distance, likely_meant};
pub use words::{Word, for_each_word, is_common, normalized};
