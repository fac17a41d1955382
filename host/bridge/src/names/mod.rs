//! Names of servers, tools and types: as words, as identifiers, and the nearest to a wrong one.

mod identifiers;
mod nearest;
mod words;

pub use identifiers::{call_path, is_identifier, pascal, snake};
pub use nearest::nearest;
pub use words::words;
