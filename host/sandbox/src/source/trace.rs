//! Stack traces in the caller's own positions.

use std::cell::OnceCell;

use oxc_sourcemap::SourceMap;

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
        let marker = format!("{}:", self.name);
        if !text.contains(&marker) {
            return text;
        }
        let lines = text
            .split_inclusive('\n')
            .filter_map(|line| self.rewrite_line(line, &marker));
        lines.collect()
    }

    fn rewrite_line(&self, line: &str, marker: &str) -> Option<String> {
        let unchanged = || Some(line.to_owned());
        let frame = line.trim_start();
        if !frame.starts_with("at ") {
            return unchanged();
        }
        let Some(at) = line.rfind(marker).map(|at| at + marker.len()) else {
            return unchanged();
        };
        // The call of the function that the engine made of a body.
        if frame.starts_with("at <eval> (") {
            return None;
        }
        let Some((engine_line, rest)) = number(&line[at..]) else {
            return unchanged();
        };
        let Some((engine_column, rest)) = rest.strip_prefix(':').and_then(number) else {
            return unchanged();
        };
        match self.original(engine_line, engine_column) {
            Some((line_number, column)) => {
                Some(format!("{}{line_number}:{column}{rest}", &line[..at]))
            }
            None => unchanged(),
        }
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

        let token = map.lookup_token(&map.generate_lookup_table(), line, units)?;
        let source = check(self.name, self.code).ok()?;
        let source_line = source.split('\n').nth(token.get_src_line() as usize)?;
        let characters = characters_before(source_line, token.get_src_col());
        Some((token.get_src_line() + 1, characters + 1))
    }
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
