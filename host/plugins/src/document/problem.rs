//! What is wrong with a file: where, what, and what to write instead.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// How many problems of a file are told.
const TOLD_MAX: usize = 20;

/// A file that cannot be used. Its text tells what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError(pub Vec<Problem>);

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as messages name it.
    pub file: Arc<str>,
    /// All of it.
    pub text: Arc<str>,
    /// Where in it, in bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = AnnotationKind::Primary
            .span(self.span.clone())
            .label(self.advice.as_str());
        let snippet = Snippet::source(&*self.text)
            .path(&*self.file)
            .annotation(mark);
        let excerpt = [Group::with_level(Level::ERROR).element(snippet)];
        write!(f, "{}\n{}", self.what, Renderer::plain().render(&excerpt))
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().take(TOLD_MAX).enumerate() {
            if index > 0 {
                f.write_str("\n\nerror: ")?;
            }
            write!(f, "{problem}")?;
        }
        match self.0.len().saturating_sub(TOLD_MAX) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more problems"),
        }
    }
}

impl std::error::Error for DocumentError {}
