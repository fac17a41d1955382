//! JSON to values of the component model and back, by types.

mod context;
mod fields;
mod name_of;
mod path;
mod reader;
mod scalars;
mod writer;

pub(crate) use fields::arguments;
pub(crate) use path::is_plain;
pub(crate) use writer::{NotWritten, write};

#[cfg(test)]
mod tests;
