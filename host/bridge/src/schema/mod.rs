//! What the types of a tool are, read from its JSON Schema.
//!
//! A schema is a set of tests on a value; a reader wants to know the value's shape. [`read`] makes
//! one of the other: a [`Model`], from which TypeScript and Rust are written. Schemas come from
//! servers that nobody here wrote, so that reading one never fails, never recurses without end and
//! never makes more than the bounds in [`limits`] allow: what is over is told as `unknown`.

mod combine;
mod document;
pub mod limits;
mod model;
mod notes;
mod objects;
mod reader;
#[cfg(test)]
mod tests;

pub use model::{Definition, Literal, Map, Model, Notes, Object, Property, Type};
pub use reader::{read, read_object};
