//! The caller's text: what is accepted, what of it the engine gets, and how places in what the
//! engine ran lead back to places in what the caller wrote.

mod enums;
mod excerpt;
mod jsx;
mod nesting;
mod policy;
mod reading;
mod rules;
mod stack_need;
mod trace;
mod typescript;

pub use policy::{RuleAction, SourcePolicy};
pub use reading::{SourceError, with_program};
pub use trace::Trace;
pub use typescript::{Form, Prepared, prepare};

use crate::outcome::{Location, ViolationType};
use crate::{CODE_BYTES_MAX, ErrorType};

/// Why a text is not run.
#[derive(Debug)]
pub enum Rejection {
    /// It is no program.
    Invalid {
        error_type: ErrorType,
        message: String,
        location: Option<Location>,
    },
    /// It asks for what it may not have.
    Violation {
        violation_type: ViolationType,
        reason: String,
        location: Location,
    },
}

impl Rejection {
    /// The text is no program.
    pub fn syntax(message: impl Into<String>, location: Option<Location>) -> Self {
        Self::Invalid {
            error_type: ErrorType::Syntax,
            message: message.into(),
            location,
        }
    }
}

/// The text without a byte order mark, if it can be a program at all.
pub fn check<'a>(name: &str, code: &'a str) -> Result<&'a str, Rejection> {
    if code.len() > CODE_BYTES_MAX {
        return Err(Rejection::syntax(
            format!(
                "the code is {} bytes long, and at most {CODE_BYTES_MAX} are accepted; pass data as input",
                code.len()
            ),
            None,
        ));
    }
    let code = code.strip_prefix('\u{feff}').unwrap_or(code);
    if code.trim().is_empty() {
        return Err(Rejection::syntax(
            "the code is empty; send the body of a function, such as `return 1 + 1`",
            None,
        ));
    }
    if let Some(offset) = code.find('\0') {
        return Err(Rejection::syntax(
            "the code holds a NUL byte; source text has none, so it is probably not text",
            Some(Location::at(name, code, offset..offset + 1)),
        ));
    }
    Ok(code)
}
