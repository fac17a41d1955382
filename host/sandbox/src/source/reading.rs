//! A text as a tree, for those who want to know what is in it before it is ever run.

use std::fmt;

use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::semantic::SemanticBuilder;

use super::{Rejection, check, nesting, stack_need, typescript};
use crate::outcome::Location;

/// A text that is no program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// What is wrong with it, and what to do.
    pub message: String,
    /// Where, as far as that is known.
    pub location: Option<Location>,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.location {
            None => Ok(()),
            Some(location) => write!(f, "\n{}", location.excerpt),
        }
    }
}

impl std::error::Error for SourceError {}

/// Parses TypeScript or JavaScript within the bounds that programs have, and has `read` look at it, on
/// a stack that is deep enough to walk the tree. Nothing is asked of what the program may not have:
/// that is for when it runs.
///
/// # Errors
/// When the text is too long, nests too deep, or is no TypeScript.
pub fn with_program<T>(
    name: &str,
    code: &str,
    read: impl FnOnce(&Program<'_>) -> T,
) -> Result<T, SourceError> {
    let work = || {
        let source = check(name, code)?;
        nesting::check(name, source)?;
        stack_need::with_stack_for(source, || {
            let allocator = Allocator::default();
            let program = typescript::parse_whole(&allocator, name, source)?;
            let semantic = SemanticBuilder::new_compiler().build(&program);
            typescript::reject_errors(name, source, semantic.diagnostics)?;
            Ok(read(&program))
        })
    };
    work().map_err(|rejection| match rejection {
        Rejection::Invalid {
            message, location, ..
        } => SourceError { message, location },
        Rejection::Violation {
            reason, location, ..
        } => SourceError {
            message: reason,
            location: Some(location),
        },
    })
}
