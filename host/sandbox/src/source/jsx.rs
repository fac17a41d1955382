//! JSX, which models write out of habit, and what the parser of TypeScript says about it: nothing
//! that helps.

use oxc::allocator::Allocator;
use oxc::ast::ast::{JSXElement, JSXFragment};
use oxc::ast_visit::Visit;
use oxc::span::{SourceType, Span};

use super::typescript::parse;
use super::{Rejection, nesting};
use crate::outcome::Location;

/// Why `source`, which is no TypeScript, is rejected, if it is TypeScript with JSX.
pub fn find(name: &str, source: &str) -> Option<Rejection> {
    // What is text to JSX was code to the check of the nesting, and the other way round.
    if !source.contains('<') || !nesting::is_flat(source) {
        return None;
    }
    let allocator = Allocator::default();
    let parsed = parse(&allocator, source, SourceType::tsx());
    if parsed.diagnostics.has_errors() {
        return None;
    }
    let mut finder = Finder { first: None };
    finder.visit_program(&parsed.program);
    let span = finder.first?;
    // The tag is enough: an element may be as long as the program.
    let start = span.start as usize;
    let len = source.get(start..)?.find('>').map_or(1, |end| end + 1);
    Some(Rejection::syntax(
        "JSX is not supported here; build strings or objects instead",
        Some(Location::at(name, source, start..start + len)),
    ))
}

struct Finder {
    first: Option<Span>,
}

impl<'a> Visit<'a> for Finder {
    fn visit_jsx_element(&mut self, element: &JSXElement<'a>) {
        self.first.get_or_insert(element.span);
    }

    fn visit_jsx_fragment(&mut self, fragment: &JSXFragment<'a>) {
        self.first.get_or_insert(fragment.span);
    }
}
