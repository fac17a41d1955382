//! What is wrong with a configuration: where, what, and what to write instead.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::value::Origin;

/// A configuration that cannot be used. Its text tells everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\nerror: "))]
pub struct ConfigError(pub Vec<Problem>);

/// One thing that is wrong.
#[derive(Debug)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// What.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl Problem {
    /// A problem of the file itself, or of nothing in particular.
    pub fn general(what: String, advice: String) -> Self {
        Self {
            origin: Origin::Default,
            what,
            advice,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            origin,
            what,
            advice,
        } = self;
        match origin {
            Origin::File(file, span) => {
                let mark = AnnotationKind::Primary.span(span.clone()).label(advice);
                let snippet = Snippet::source(file.text.as_str())
                    .path(&file.name)
                    .annotation(mark);
                let excerpt = [Group::with_level(Level::ERROR).element(snippet)];
                write!(f, "{what}\n{}", Renderer::plain().render(&excerpt))
            }
            Origin::Flag(name) => write!(f, "{name}: {what}; {advice}"),
            Origin::Environment(name) => write!(f, "{name}: {what}; {advice}"),
            Origin::Default => write!(f, "{what}; {advice}"),
        }
    }
}

/// The one of `names` that `name` was most likely meant to be, if one is like it at all.
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // What clap takes for alike.
    const ALIKE: f64 = 0.7;
    names
        .into_iter()
        .map(|known| (strsim::jaro(name, known), known))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}
