//! Puts candidates in order: what fits best first, with the reasons, and not ten times the same.

mod diversity;
mod ranking;

pub use diversity::diverse;
pub use ranking::{Preference, Ranked, Ranking, Why, ranked};
