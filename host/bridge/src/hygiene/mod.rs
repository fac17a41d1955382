//! Texts of servers that nobody here wrote, before a model or a person reads them.
//!
//! A tool's description is read by a model as if its operator had written it. So characters that
//! nobody sees are taken out of it, and sentences that tell a model what to do beyond the tool are
//! reported. They are reported and not taken out: no list of phrases tells an attack from a
//! description of one, and a text that was cut here and there says something else.

mod characters;
mod instructions;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use characters::{acts, hides, strip};

/// A text, and what was found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hygiene<'t> {
    /// The text without what acts or hides.
    pub text: Cow<'t, str>,
    /// What was found, each kind once.
    pub flags: Vec<Flag>,
}

/// One thing that does not belong in a name or description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// What kind of thing.
    pub kind: FlagKind,
    /// What it was, for the operator: a phrase, or which characters and how many.
    pub reason: String,
}

/// Kinds of things that do not belong in a name or description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// Characters that nobody sees. Taken out.
    Invisible,
    /// Characters that change the order in which text reads. Taken out.
    Bidirectional,
    /// Terminal sequences and other control characters. Taken out.
    Control,
    /// Words that tell a model what to do beyond using the tool. Left in.
    Instruction,
}

/// Cleans `text` and says what was found in it.
pub fn check(text: &str) -> Hygiene<'_> {
    let clean = strip(text);
    let mut flags = vec![];
    if let Cow::Owned(_) = clean {
        flags.extend(characters::flags(text));
    }
    flags.extend(instructions::flag(&clean));
    Hygiene { text: clean, flags }
}

/// `text` as it is shown: cleaned, without space around it, and cut with an ellipsis where it is
/// longer than `bytes_max`.
pub fn shown(text: &str, bytes_max: usize) -> Cow<'_, str> {
    let text = text.trim();
    match text.get(..text.floor_char_boundary(bytes_max)) {
        Some(cut) if cut.len() < text.len() => Cow::Owned(format!("{}…", strip(cut))),
        _ => strip(text),
    }
}

#[cfg(test)]
mod tests;
