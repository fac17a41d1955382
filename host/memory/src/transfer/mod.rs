//! Everything out of a memory and into another, as lines of JSON; and what is let go.
//!
//! The first line says what it is, the last how many lines there were: an export that was cut off is known by that. Lines
//! are read and written one at a time, so that the size does not matter.

mod export;
mod import;
mod line;
mod parse;
mod prune;
mod tau_bench;

pub use export::{ExportSummary, export};
pub use import::{ImportFormat, ImportSummary, import};
pub use prune::{Keep, Pruned, prune};
