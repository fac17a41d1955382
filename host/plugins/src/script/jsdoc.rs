//! JSDoc comments: what a function does, and in JavaScript what it takes and gives.

use std::ops::Range;

/// What a comment says. Tags that say nothing about arguments or results are left out.
#[derive(Debug, Default)]
pub struct JsDoc {
    /// The text before the first tag.
    pub description: String,
    /// `@param` and its other names, in their order.
    pub params: Vec<Param>,
    /// `@returns`.
    pub returns: Option<Type>,
    /// `@title`: a name for people.
    pub title: Option<String>,
    /// `@mimeType`: the type of a document.
    pub mime_type: Option<String>,
}

/// `@param {type} [name=default] description`.
#[derive(Debug)]
pub struct Param {
    /// With dots where it is a property of a parameter.
    pub name: String,
    /// Written in braces.
    pub ty: Option<Type>,
    /// Written in brackets, or with `=` behind its type.
    pub optional: bool,
    pub description: String,
}

/// A type in braces.
#[derive(Debug, Clone)]
pub struct Type {
    /// As TypeScript has it, but for a `*` alone, a `?` before it or a `=` behind it.
    pub text: String,
    /// Where it is in the source.
    pub span: Range<usize>,
}

impl JsDoc {
    /// Reads the comment that is at `span` of `source`, from `/**` to `*/`.
    pub fn read(source: &str, span: Range<usize>) -> Self {
        let mut doc = Self::default();
        let text = Text::of(source, span);
        let mut at = 0;
        // The text before the first tag is a block as well, without a tag.
        while at < text.words.len() {
            let end = text.end_of_block(at);
            doc.block(&text, at..end);
            at = end;
        }
        doc
    }

    /// What is said about a parameter of this name.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name == name)
    }

    fn block(&mut self, text: &Text, block: Range<usize>) {
        let words = &text.words[block.clone()];
        let Some(rest) = words.strip_prefix('@') else {
            self.description = words.trim().to_owned();
            return;
        };
        let tag_len = rest
            .find(|character: char| !character.is_alphanumeric())
            .unwrap_or(rest.len());
        let (tag, rest) = rest.split_at(tag_len);
        let rest_at = block.end - rest.len();
        match tag {
            "param" | "arg" | "argument" => {
                let (ty, rest) = braces(text, rest, rest_at);
                self.params.extend(param(ty, rest.trim_start()));
            }
            "returns" | "return" => self.returns = braces(text, rest, rest_at).0,
            "title" => self.title = said(rest),
            "mimeType" => self.mime_type = said(rest),
            "description" | "desc" if self.description.is_empty() => {
                self.description = rest.trim().to_owned();
            }
            _ => {}
        }
    }
}

/// What a tag says, if it says anything.
fn said(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn param(ty: Option<Type>, text: &str) -> Option<Param> {
    let (name, optional, rest) = match text.strip_prefix('[') {
        Some(inside) => {
            let (inside, rest) = inside.split_once(']')?;
            let name = inside.split_once('=').map_or(inside, |(name, _)| name);
            (name, true, rest)
        }
        None => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            (name, false, rest)
        }
    };
    let rest = rest.trim_start();
    let description = rest.strip_prefix("- ").unwrap_or(rest).trim();
    let name = name.trim();
    (!name.is_empty()).then(|| Param {
        name: name.to_owned(),
        optional: optional || ty.as_ref().is_some_and(|ty| ty.text.ends_with('=')),
        ty,
        description: description.to_owned(),
    })
}

/// The type in braces that `text` begins with, and what follows. `at` is its place in all words.
fn braces<'t>(all: &Text, text: &'t str, at: usize) -> (Option<Type>, &'t str) {
    let trimmed = text.trim_start();
    let start = at + (text.len() - trimmed.len());
    if !trimmed.starts_with('{') {
        return (None, text);
    }
    let mut open = 0_usize;
    for (offset, character) in trimmed.char_indices() {
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            let inside = trimmed[1..offset].trim();
            let ty = (!inside.is_empty()).then(|| Type {
                text: inside.to_owned(),
                span: all.place(start)..all.place(start + offset) + 1,
            });
            return (ty, &trimmed[offset + 1..]);
        }
    }
    (None, text)
}

/// A comment without its stars.
struct Text {
    words: String,
    /// Where each line begins, in `words` and in the source.
    lines: Vec<(usize, usize)>,
}

impl Text {
    fn of(source: &str, span: Range<usize>) -> Self {
        let comment = source.get(span.clone()).unwrap_or_default();
        let inside = comment.strip_prefix("/**").unwrap_or_default();
        let inside = inside.strip_suffix("*/").unwrap_or(inside);
        let mut at = span.start + "/**".len();
        let mut text = Self {
            words: String::with_capacity(inside.len()),
            lines: Vec::new(),
        };
        for line in inside.split('\n') {
            let trimmed = line.trim_start();
            let told = trimmed.strip_prefix('*').unwrap_or(trimmed);
            let told = told.strip_prefix(' ').unwrap_or(told);
            text.lines
                .push((text.words.len(), at + line.len() - told.len()));
            text.words.push_str(told.trim_end());
            text.words.push('\n');
            at += line.len() + 1;
        }
        text
    }

    /// Where the block ends that begins at `start`: before the next line with a tag.
    fn end_of_block(&self, start: usize) -> usize {
        let behind = self
            .lines
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| *at > start);
        let mut tags = behind.filter(|at| self.words[*at..].starts_with('@'));
        tags.next().unwrap_or(self.words.len())
    }

    /// Where in the source a place in the words is.
    fn place(&self, at: usize) -> usize {
        let line = self.lines.partition_point(|(start, _)| *start <= at);
        let line = line.checked_sub(1).and_then(|line| self.lines.get(line));
        line.map_or(0, |(words, source)| source + (at - words))
    }
}

#[cfg(test)]
mod tests {
    use super::JsDoc;

    fn read(comment: &str) -> JsDoc {
        JsDoc::read(comment, 0..comment.len())
    }

    #[test]
    fn tags_are_told_from_text() {
        let comment = "/**\n * Cuts.\n *\n * Mail a@b.\n * @param {{a: {b: string}}} x - What.\n * More.\n * @param {number} [n=3] How often.\n * @returns {Promise<string>} It.\n */";
        let doc = read(comment);
        assert_eq!(doc.description, "Cuts.\n\nMail a@b.");
        let x = doc.param("x").expect("there is one");
        let ty = x.ty.as_ref().expect("it has a type");
        assert_eq!(ty.text, "{a: {b: string}}");
        assert_eq!(&comment[ty.span.clone()], "{{a: {b: string}}}");
        assert_eq!(x.description, "What.\nMore.");
        assert!(!x.optional && doc.param("n").is_some_and(|n| n.optional));
        assert_eq!(
            doc.returns.map(|ty| ty.text).as_deref(),
            Some("Promise<string>")
        );
    }

    #[test]
    fn what_is_not_closed_is_text() {
        for comment in [
            "/**",
            "/***/",
            "/** @param */",
            "/** @param {a x */",
            "/** @param [a */",
        ] {
            assert!(read(comment).params.iter().all(|param| param.ty.is_none()));
        }
    }
}
