//! Stack traces in the caller's own positions.

use std::cell::OnceCell;

use oxc_sourcemap::{SourceMap, Token};

use super::{check, typescript};
use crate::outcome::Location;

/// Leads places in the program that the engine ran back to the caller's text.
pub struct Trace<'a> {
    name: &'a str,
    code: &'a str,
    /// Needed only for errors, which are rare.
    compiled: OnceCell<Option<(String, SourceMap<'static>)>>,
}

impl<'a> Trace<'a> {
    /// For the program that [`prepare`](super::prepare) made of `code`.
    pub fn new(name: &'a str, code: &'a str) -> Self {
        Self {
            name,
            code,
            compiled: OnceCell::new(),
        }
    }

    /// The place in the caller's text, with its excerpt.
    pub fn location(&self, line: u32, column: u32) -> Option<Location> {
        let (line, column) = self.original(line, column)?;
        let code = check(self.name, self.code).ok()?;
        Some(Location::at_position(self.name, code, line, column))
    }

    /// `text` with the positions in its stack frames led back. Frames of the engine's own wrapper
    /// are left out; what is no frame stays as it is.
    pub fn rewrite(&self, text: String) -> String {
        if !text.contains(self.name) {
            return text;
        }
        let marker = format!("{}:", self.name);
        let mut rewritten = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            match self.rewrite_line(line, &marker) {
                Line::Unchanged => rewritten.push_str(line),
                Line::Changed(line) => rewritten.push_str(&line),
                Line::LeftOut { tail } => {
                    // What the console put behind the frame stays behind what is now the last.
                    if let Some(end) = rewritten.strip_suffix('\n').map(str::len) {
                        rewritten.truncate(end);
                        rewritten.push_str(tail);
                    }
                }
            }
        }
        rewritten
    }

    /// The stack of an error that is in the text itself, not in what it does: without lines that
    /// only repeat its place.
    pub fn rewrite_syntax(&self, stack: String) -> String {
        let place = format!("at {}:", self.name);
        let only_place = stack.lines().all(|line| line.trim().starts_with(&place));
        match only_place {
            true => String::new(),
            false => self.rewrite(stack),
        }
    }

    fn rewrite_line<'l>(&self, line: &'l str, marker: &str) -> Line<'l> {
        let frame = line.trim_start();
        if !frame.starts_with("at ") {
            return Line::Unchanged;
        }
        // The call of the function that the engine made of a body.
        let wrapper = frame.strip_prefix("at <eval> (");
        if let Some(place) = wrapper.and_then(|place| place.strip_prefix(self.name)) {
            let tail = place.find(')').and_then(|end| place.get(end + 1..));
            return Line::LeftOut {
                tail: tail.unwrap_or_default(),
            };
        }
        let Some(at) = line.rfind(marker).map(|at| at + marker.len()) else {
            return Line::Unchanged;
        };
        let Some((engine_line, rest)) = number(&line[at..]) else {
            return Line::Unchanged;
        };
        let Some((engine_column, rest)) = rest.strip_prefix(':').and_then(number) else {
            return Line::Unchanged;
        };
        Line::Changed(match self.original(engine_line, engine_column) {
            Some((line_number, column)) => format!("{}{line_number}:{column}{rest}", &line[..at]),
            // Its place in what the engine ran would be taken for one in the caller's text.
            None => format!("{}{rest}", &line[..at - 1]),
        })
    }

    /// Line and column in the caller's text for those in the engine's, all from 1. The engine
    /// counts columns in bytes, source maps count them in UTF-16 units, people in characters.
    fn original(&self, line: u32, column: u32) -> Option<(u32, u32)> {
        let compiled = self
            .compiled
            .get_or_init(|| typescript::compile_with_map(self.name, self.code));
        let (compiled, map) = compiled.as_ref()?;
        let line = line.checked_sub(1)?;
        let compiled_line = compiled.split('\n').nth(line as usize)?;
        let bytes = compiled_line.floor_char_boundary(column.checked_sub(1)? as usize);
        let units = compiled_line[..bytes].encode_utf16().count() as u32;

        let token = token(map, line, units)?;
        let source = check(self.name, self.code).ok()?;
        let source_line = source.split('\n').nth(token.get_src_line() as usize)?;
        let units = place_of_word(
            &compiled_line[bytes..],
            token.get_dst_col() == units,
            source_line,
            token.get_src_col(),
        );
        let characters = characters_before(source_line, units);
        Some((token.get_src_line() + 1, characters + 1))
    }
}

/// What becomes of a line of a stack.
enum Line<'a> {
    Unchanged,
    Changed(String),
    /// No line of its own; `tail` is what stood behind the frame, the end of the line included.
    LeftOut {
        tail: &'a str,
    },
}

/// What stands at a place of the compiled program, or else what is nearest: first in its line, or
/// last before it.
fn token(map: &SourceMap<'_>, line: u32, units: u32) -> Option<Token> {
    let lines = map.generate_lookup_table();
    if let Some(token) = map.lookup_token(&lines, line, units) {
        return Some(token);
    }
    let (until, _) = lines
        .split_at_checked(line as usize + 1)
        .unwrap_or((&lines, &[]));
    let (own, earlier) = match until.len() > line as usize {
        true => until
            .split_last()
            .map(|(own, earlier)| (own.first(), earlier))?,
        false => (None, until),
    };
    let nearest = own.or_else(|| earlier.iter().rev().find_map(|line| line.last()));
    nearest.copied()
}

/// Where in `source_line`, in UTF-16 units, the word is that `compiled` begins with. Not every word
/// has a mapping; one that has none is behind the word that has the nearest.
fn place_of_word(compiled: &str, exact: bool, source_line: &str, nearest: u32) -> u32 {
    let is_word = |character: char| character.is_alphanumeric() || "_$".contains(character);
    let word = compiled
        .split(|character| !is_word(character))
        .next()
        .unwrap_or("");
    if exact || word.is_empty() {
        return nearest;
    }
    let start = byte_of_unit(source_line, nearest);
    let behind = &source_line[start..];
    let found = behind.match_indices(word).map(|(at, _)| at).find(|at| {
        !behind[..*at].ends_with(is_word) && !behind[at + word.len()..].starts_with(is_word)
    });
    match found {
        Some(at) => nearest + behind[..at].encode_utf16().count() as u32,
        None => nearest,
    }
}

/// The byte at which UTF-16 unit `unit` of `line` begins.
fn byte_of_unit(line: &str, unit: u32) -> usize {
    let mut units = 0;
    line.char_indices()
        .find(|(_, character)| {
            let reached = units >= unit as usize;
            units += character.len_utf16();
            reached
        })
        .map_or(line.len(), |(byte, _)| byte)
}

/// How many characters lie before UTF-16 unit `units` of `line`.
fn characters_before(line: &str, units: u32) -> u32 {
    let mut left = units as usize;
    let before = line.chars().take_while(|character| {
        let fits = left >= character.len_utf16();
        left = left.saturating_sub(character.len_utf16());
        fits
    });
    before.count() as u32
}

/// The decimal number that `text` begins with, and what follows it.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}
