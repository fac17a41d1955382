//! Changes to a module's text that leave everything where it is: its default export becomes a name of
//! its own, so that the module can have another, by which its tools are called.

use std::collections::HashSet;
use std::ops::Range;

use oxc::ast::ast::{ExportDefaultDeclaration, ExportDefaultDeclarationKind, Program};
use oxc::span::GetSpan;

/// Names of two characters take no more room than the words that they replace.
const FIRST: &str = "$_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SECOND: &str = "$_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Words of the language with two letters, and those that mean something in some places.
const TAKEN: [&str; 7] = ["do", "if", "in", "of", "as", "is", "by"];

/// The changes to one text.
pub struct Edits<'s> {
    source: &'s str,
    /// Names that the text does not use.
    free: Vec<String>,
    changes: Vec<(Range<usize>, String)>,
}

impl<'s> Edits<'s> {
    /// None yet; `None` where the text uses all short names that there are.
    pub fn new(source: &'s str) -> Option<Self> {
        let is_word = |character: char| character.is_alphanumeric() || "_$".contains(character);
        let words: HashSet<&str> = source
            .split(|character| !is_word(character))
            .filter(|word| word.len() == 2)
            .collect();
        let names = FIRST.chars().flat_map(|first| {
            let seconds = SECOND.chars();
            seconds.map(move |second| format!("{first}{second}"))
        });
        let free =
            names.filter(|name| !words.contains(name.as_str()) && !TAKEN.contains(&name.as_str()));
        let free: Vec<_> = free.take(2).collect();
        (free.len() == 2).then_some(Self {
            source,
            free,
            changes: Vec::new(),
        })
    }

    /// The name of the default export where it has none.
    pub fn variable(&self) -> &str {
        self.free.first().map_or("", String::as_str)
    }

    /// Another that the text does not use.
    pub fn parameter(&self) -> &str {
        self.free.last().map_or("", String::as_str)
    }

    /// Puts the free name in the place of another in a list of exports.
    pub fn rename(&mut self, place: Range<usize>) {
        let width = place.len();
        self.changes
            .push((place, format!("{:width$}", self.variable())));
    }

    /// Makes a declaration of an export by default.
    pub fn without_default(
        &mut self,
        program: &Program<'_>,
        export: &ExportDefaultDeclaration<'_>,
    ) {
        for (place, _) in words(program, export) {
            let blank = " ".repeat(place.len());
            self.changes.push((place, blank));
        }
    }

    /// Makes a variable of an export by default, and gives its name.
    pub fn with_variable(
        &mut self,
        program: &Program<'_>,
        export: &ExportDefaultDeclaration<'_>,
    ) -> String {
        let name = self.variable().to_owned();
        for (place, word) in words(program, export) {
            let text = match word {
                "export" => format!("let {name}"),
                _ => format!("{:>1$}", "=", place.len()),
            };
            self.changes.push((place, text));
        }
        // A function in a declaration ends where it ends; in an expression, what follows may go on.
        if let ExportDefaultDeclarationKind::FunctionDeclaration(_)
        | ExportDefaultDeclarationKind::ClassDeclaration(_) = &export.declaration
        {
            let end = export.declaration.span().end as usize;
            self.changes.push((end..end, ";".to_owned()));
        }
        name
    }

    /// The text with its changes.
    pub fn apply(&self) -> String {
        let mut text = self.source.to_owned();
        let mut changes: Vec<_> = self.changes.iter().collect();
        changes.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        for (place, change) in changes {
            text.replace_range(place.clone(), change);
        }
        text
    }

    /// The lines that are not as they were, from 1.
    pub fn lines(&self) -> Vec<u32> {
        let before = |at: usize| self.source.get(..at).unwrap_or_default();
        let changed = self.changes.iter();
        changed
            .map(|(place, _)| before(place.start).matches('\n').count() as u32 + 1)
            .collect()
    }
}

/// Where the two words are that an export by default begins with; comments may lie between.
fn words<'w>(
    program: &Program<'_>,
    export: &ExportDefaultDeclaration<'_>,
) -> Vec<(Range<usize>, &'w str)> {
    let (start, end) = (
        export.span.start as usize,
        export.declaration.span().start as usize,
    );
    let text = program.source_text.get(start..end).unwrap_or_default();
    let is_comment = |at: usize| {
        let comments = program.comments.iter();
        let mut spans =
            comments.map(|comment| comment.span.start as usize..comment.span.end as usize);
        spans.any(|span| span.contains(&at))
    };
    let place = |word: &'w str| {
        let mut places = text.match_indices(word).map(|(at, _)| start + at);
        let place = places.find(|at| !is_comment(*at))?;
        Some((place..place + word.len(), word))
    };
    ["export", "default"]
        .into_iter()
        .filter_map(place)
        .collect()
}
