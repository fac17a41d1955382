//! TOML files that people write: every problem is told at its place, and a key that is none with the nearest that is one.

mod problem;
mod section;

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use toml::de::DeTable;

pub use problem::{DocumentError, Problem};
pub use section::Section;

/// Reads one file.
#[derive(Debug)]
pub struct Reader {
    file: Arc<str>,
    text: Arc<str>,
    problems: RefCell<Vec<Problem>>,
}

impl Reader {
    /// Reads `text` with `read`. Messages name it `file`.
    ///
    /// # Errors
    /// All problems, in the order of the text, where there is one.
    pub fn read<T>(
        file: &str,
        text: &str,
        read: impl FnOnce(&mut Section<'_, '_>) -> Option<T>,
    ) -> Result<T, DocumentError> {
        let reader = Self {
            file: file.into(),
            text: text.into(),
            problems: RefCell::default(),
        };
        let mut found = None;
        match DeTable::parse(text) {
            Ok(table) => {
                let mut root = Section::new(&reader, String::new(), 0..0, table.get_ref());
                found = read(&mut root);
                root.finish();
            }
            Err(error) => reader.problem(
                error.span().unwrap_or_default(),
                "this is not TOML",
                error.message().replace('\n', ", "),
            ),
        }
        let mut problems = reader.problems.into_inner();
        problems.sort_by_key(|problem| problem.span.start);
        match found {
            Some(found) if problems.is_empty() => Ok(found),
            _ => Err(DocumentError(problems)),
        }
    }

    fn problem(&self, span: Range<usize>, what: impl Into<String>, advice: impl Into<String>) {
        self.problems.borrow_mut().push(Problem {
            file: self.file.clone(),
            text: self.text.clone(),
            span,
            what: what.into(),
            advice: advice.into(),
        });
    }
}
