//! JSON to values of the component model and back, by types.

mod path;
mod reader;
mod scalars;
mod writer;

pub(crate) use reader::arguments;
pub(crate) use writer::{NotWritten, write};

#[cfg(test)]
mod tests;
