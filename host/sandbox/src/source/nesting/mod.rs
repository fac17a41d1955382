//! How deep a text nests, told before it is parsed.
//!
//! oxc tries several readings of what a bracket or a `<` begins, one inside of the other, so that
//! its time and memory grow with a power of the depth. Whoever writes programs stays far below
//! these limits.
//!
//! The scanner has to see every bracket that oxc sees: one that it took for part of a string would
//! hide the nesting behind it. Where it cannot know how oxc reads on, it counts everything that is
//! left as if nothing in it were ever closed.

mod characters;
mod previous;
mod scanner;
#[cfg(test)]
#[allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says where"
)]
mod tests;

use super::Rejection;
use crate::CODE_BYTES_MAX;
use crate::outcome::Location;
use scanner::Scanner;

/// How many brackets, `${` among them, may be open at once.
pub const NESTING_MAX: usize = 200;
/// How many `<` may be open at once. What compares is no type argument in the end, but is tried as
/// one.
pub const ANGLES_MAX: usize = 100;
/// How many bytes, each times what is open around it, a text may have: what is read again for each
/// bracket. Ordinary code of the greatest length is 25 deep on average before it gets there.
pub const WEIGHT_MAX: usize = 25 * CODE_BYTES_MAX;

/// Where a text goes too far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TooDeep {
    offset: usize,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Brackets,
    Angles,
    Weight,
    /// The scanner cannot tell what this character means, and the rest might nest too deep.
    Unclear,
}

/// Rejects a text that nests too deep to be parsed.
pub fn check(name: &str, source: &str) -> Result<(), Rejection> {
    let Err(TooDeep { offset, why }) = Scanner::new(source).scan() else {
        return Ok(());
    };
    let message = match why {
        Why::Brackets => format!(
            "brackets nest more than {NESTING_MAX} deep; give the inner parts names, or pass data as input"
        ),
        Why::Angles => format!(
            "more than {ANGLES_MAX} `<` are open at once; put comparisons in parentheses, or in statements of their own that end in `;`"
        ),
        Why::Weight => "the code is too long for how deep its brackets nest; give the inner parts names, or pass data as input".to_owned(),
        Why::Unclear => "it is not clear whether this begins a regular expression, and the program is too long to try; put parentheses around what comes before, or around the regular expression".to_owned(),
    };
    let location = Location::at(name, source, offset..offset + 1);
    Err(Rejection::syntax(message, Some(location)))
}

/// Whether `source` stays below the limits however it is read: even if nothing in it closes.
pub fn is_flat(source: &str) -> bool {
    let (brackets, angles) = characters::openers(source.as_bytes());
    let weight = source.len() * (brackets + angles);
    brackets <= NESTING_MAX && angles <= ANGLES_MAX && weight <= WEIGHT_MAX
}
