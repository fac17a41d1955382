//! Why a component is not loaded.

use std::time::Duration;

/// Why a component is not loaded. Texts of the component's own are cut, and may have any characters.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is larger, or consists of more, than is compiled.
    #[error(
        "the component has {count} {what}, and at most {most} are compiled (`{limit}`); make it smaller, or have the limit raised"
    )]
    TooLarge {
        /// What there is too much of, in words.
        what: &'static str,
        /// The limit's name in [`CompileLimits`](super::CompileLimits).
        limit: &'static str,
        /// How much there is; as far as it was counted.
        count: u64,
        /// How much is compiled.
        most: u64,
    },
    /// It is no component, or not a valid one.
    #[error("this is no component that can be run here: {0}")]
    Invalid(String),
    /// Nobody provides what it imports; all that is missing, by name.
    #[error("the component imports what nobody provides here: {}", .0.join(", "))]
    UnknownImports(Vec<String>),
    /// It imports a thing that is here and is another.
    #[error("the component imports something that is of another type here: {0}")]
    Import(String),
    /// Compiling it took too long.
    #[error(
        "the component was not compiled within {} s (`wall_time`); make it smaller, or have the limit raised", .0.as_secs_f64()
    )]
    TimedOut(Duration),
    /// Compiling it took too much memory, or ended the compiler.
    #[error("the compiler gave up on the component: {0}")]
    Compiler(String),
    /// Others are being compiled, and more wait than may. Answered at once.
    #[error("{0} components wait to be compiled already; try again when they are done")]
    Busy(usize),
    /// A fault of the host.
    #[error("the component could not be loaded: {0:#}")]
    Internal(wasmtime::Error),
}

/// How much of a text that has a component's names in it is told, in bytes.
const TOLD_BYTES_MAX: usize = 1_000;

/// The beginning of a text that a component may have had a part in.
pub fn told(text: &str) -> String {
    match text.len() > TOLD_BYTES_MAX {
        false => text.to_owned(),
        true => format!("{}…", &text[..text.floor_char_boundary(TOLD_BYTES_MAX)]),
    }
}
