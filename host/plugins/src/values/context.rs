//! What all readers of one call's arguments share: how much they may still read, and why they failed.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::Error;

use super::path::Path;

/// Of how many values the arguments of one call may consist; a byte is one. Each takes some 40 bytes
/// on the host, and some of them two in the text.
pub(crate) const VALUES_MAX: usize = 2 << 20;

#[derive(Debug)]
pub(super) struct Context {
    left: Cell<usize>,
    /// What serde's own errors would put a line and a column to.
    failure: RefCell<Option<String>>,
}

impl Context {
    pub fn new() -> Self {
        Self {
            left: Cell::new(VALUES_MAX),
            failure: RefCell::new(None),
        }
    }

    /// Why reading failed, unless it is serde that says so.
    pub fn failure(&self) -> Option<String> {
        self.failure.take()
    }

    /// The error for a place, of which the first counts.
    pub fn fail<E: Error>(&self, path: Path<'_>, why: impl fmt::Display) -> E {
        self.failure
            .borrow_mut()
            .get_or_insert_with(|| format!("{path}: {why}"));
        E::custom("")
    }

    /// Counts a value.
    pub fn count<E: Error>(&self, path: Path<'_>) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.fail(
                path,
                format_args!("the arguments have more than {VALUES_MAX} values; pass less at once"),
            )),
        }
    }
}
