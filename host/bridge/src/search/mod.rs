//! Finding the tool for a task told in a person's words.
//!
//! BM25 over four fields of a tool, each with its weight (BM25F): the words of its name, its
//! description, the names of its parameters with the values they may take, and their descriptions.
//! How often tools were used decides only between tools that fit about equally well.

mod fields;
mod index;
#[cfg(test)]
mod tests;
mod thesaurus;
mod tokens;
mod usage;

pub use index::{Hit, Index, Query};
pub use usage::Usage;
