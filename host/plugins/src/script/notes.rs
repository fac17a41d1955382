//! What is told about a script beside its tools, and the bounds on reading its types.

use std::collections::HashSet;
use std::ops::Range;

use vesicle_sandbox::Location;

/// How many warnings of one script are told; the others are left out.
pub const WARNINGS_MAX: usize = 50;
/// How many types all schemas of one script may take.
pub const TYPES_MAX: usize = 5_000;
/// How deep types are read in one another, through names as well. A schema takes three levels of JSON
/// for each at most, and readers of JSON take 128.
pub const TYPE_DEPTH_MAX: usize = 32;

/// What was not understood of a script, and is taken for something more general.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is, and what becomes of it.
    pub message: String,
    /// Where it is.
    pub location: Location,
}

/// The notes of one script, as they are made.
pub struct Notes<'s> {
    name: &'s str,
    source: &'s str,
    told: HashSet<(usize, usize)>,
    notes: Vec<(usize, Note)>,
    types: usize,
}

impl<'s> Notes<'s> {
    /// None yet about the script of this name.
    pub fn new(name: &'s str, source: &'s str) -> Self {
        Self {
            name,
            source,
            told: HashSet::new(),
            notes: Vec::new(),
            types: 0,
        }
    }

    /// All of it.
    pub fn source(&self) -> &'s str {
        self.source
    }

    /// A place in the script.
    pub fn place(&self, span: Range<usize>) -> Location {
        // What spans lines is marked where it begins: it may be as long as the script.
        let text = self.source.get(span.clone()).unwrap_or_default();
        let line = text.find('\n').unwrap_or(text.len()).max(1);
        Location::at(self.name, self.source, span.start..span.start + line)
    }

    /// Tells of something, once.
    pub fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        if self.notes.len() < WARNINGS_MAX && self.told.insert((span.start, span.end)) {
            let note = Note {
                message: message.into(),
                location: self.place(span.clone()),
            };
            self.notes.push((span.start, note));
        }
    }

    /// Counts one more type.
    pub fn count_type(&mut self) {
        self.types += 1;
    }

    /// Whether there may be no more types.
    pub fn are_too_many(&self) -> bool {
        self.types > TYPES_MAX
    }

    /// All of them, in the order of the text.
    pub fn finish(mut self) -> Vec<Note> {
        self.notes.sort_by_key(|(at, _)| *at);
        self.notes.into_iter().map(|(_, note)| note).collect()
    }
}
