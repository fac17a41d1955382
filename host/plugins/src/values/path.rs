//! Where in the arguments something is wrong.

use std::fmt::{self, Display, Formatter};

/// A place, as a chain that lies on the stack: it costs nothing as long as nothing is wrong.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Root(&'a str),
    Property(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Display for Path<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => formatter.write_str(name),
            Self::Property(of, name) if is_plain(name) => write!(formatter, "{of}.{name}"),
            Self::Property(of, name) => write!(formatter, "{of}[{name:?}]"),
            Self::Item(of, place) => write!(formatter, "{of}[{place}]"),
        }
    }
}

/// Whether a property is told as `.name`.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
