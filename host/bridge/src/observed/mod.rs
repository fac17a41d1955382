//! What a tool's results looked like, for tools whose servers do not say.
//!
//! Structure only: which properties there are and what types they have, never a value. The names of
//! properties are structure as long as they are names; an object whose keys are data (identifiers,
//! paths, addresses) is told as a map, without its keys. See [`keys`] for how they are told apart.

mod keys;
mod shape;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::{Model, Notes};

pub use shape::Shape;

/// The shape of all results of one tool that were seen. Serialised, it is what a server keeps on disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    results: u64,
    shape: Shape,
}

impl Observed {
    /// Adds what `result` looks like.
    pub fn learn(&mut self, result: &Value) {
        self.results = self.results.saturating_add(1);
        self.shape.learn(result);
    }

    /// Adds what another host process saw.
    pub fn merge(&mut self, other: &Self) {
        self.results = self.results.saturating_add(other.results);
        self.shape.merge(&other.shape);
    }

    /// In how many results it was seen.
    pub fn results(&self) -> u64 {
        self.results
    }

    /// The shape as a type.
    pub fn model(&self) -> Model {
        Model {
            root: self.shape.to_type(),
            notes: Notes::default(),
            definitions: vec![],
        }
    }
}
