//! Places in a text, and the lines around them as compilers print them.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::outcome::Location;

impl Location {
    /// The place of `span`, a byte range of `code`. A range that does not fit is moved to where it does.
    pub fn at(name: &str, code: &str, span: Range<usize>) -> Self {
        let start = floor_char_boundary(code, span.start);
        let end = floor_char_boundary(code, span.end).max(start);
        let line_start = code[..start].rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: code[..start].matches('\n').count() as u32 + 1,
            column: code[line_start..start].chars().count() as u32 + 1,
            excerpt: excerpt(name, code, start..end),
        }
    }

    /// The place at a line and a column, both from 1, the column in Unicode characters, marked to
    /// the end of the word that begins there.
    pub fn at_position(name: &str, code: &str, line: u32, column: u32) -> Self {
        let line_start = code
            .split_inclusive('\n')
            .take(line.saturating_sub(1) as usize)
            .map(str::len)
            .sum::<usize>();
        let rest = &code[line_start..];
        let start = rest
            .char_indices()
            .take_while(|(_, character)| *character != '\n')
            .nth(column.saturating_sub(1) as usize)
            .map_or_else(
                || line_start + rest.find('\n').unwrap_or(rest.len()),
                |(offset, _)| line_start + offset,
            );
        let word = code[start..]
            .find(|character: char| !(character.is_alphanumeric() || "_$".contains(character)))
            .unwrap_or(code.len() - start);
        Self::at(name, code, start..start + word.max(1))
    }
}

fn floor_char_boundary(code: &str, offset: usize) -> usize {
    code.floor_char_boundary(offset.min(code.len()))
}

fn excerpt(name: &str, code: &str, span: Range<usize>) -> String {
    let snippet = Snippet::source(code)
        .path(name)
        .annotation(AnnotationKind::Primary.span(span));
    Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)])
}
