//! Goes through a text token by token, as far as brackets need it.

use super::characters::{ends_line, is_space, is_word, openers, regex_len};
use super::previous::Previous;
use super::{ANGLES_MAX, NESTING_MAX, TooDeep, WEIGHT_MAX, Why};

/// The state between two tokens.
pub struct Scanner<'a> {
    source: &'a str,
    at: usize,
    previous: Previous,
    /// Whether a line ended since the token before.
    after_line: bool,
    /// What is open, the program itself outermost.
    frames: Vec<Frame>,
    /// How many `<` are open in all frames.
    angles: usize,
    /// For each byte up to `weighed_to`, how much was open there.
    weight: usize,
    weighed_to: usize,
}

/// Something open.
struct Frame {
    closer: u8,
    /// Whether it began with `${`, so that a template goes on behind it.
    in_template: bool,
    /// What its end is to a `/`.
    end: Previous,
    /// How many `<` are open directly in it.
    angles: usize,
    /// Whether an `as` stands in it, after whose type a `?` may belong to the type.
    casts: bool,
}

impl Frame {
    fn new(closer: u8, end: Previous) -> Self {
        Self {
            closer,
            in_template: false,
            end,
            angles: 0,
            casts: false,
        }
    }
}

impl<'a> Scanner<'a> {
    /// At the beginning of `source`.
    pub fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            previous: Previous::Operator,
            after_line: false,
            frames: vec![Frame::new(0, Previous::Unclear)],
            angles: 0,
            weight: 0,
            weighed_to: 0,
        }
    }

    /// Goes to the end, or to where the parser stops at the latest.
    pub fn scan(mut self) -> Result<(), TooDeep> {
        if self.source.starts_with("#!") {
            self.skip_line();
        }
        while let Some(byte) = self.byte(0) {
            match byte {
                b' ' | b'\t' | b'\x0b' | b'\x0c' => self.at += 1,
                b'\n' | b'\r' => {
                    self.after_line = true;
                    self.at += 1;
                }
                b'\'' | b'"' => self.string(byte),
                b'`' => {
                    self.at += 1;
                    self.template()?;
                }
                b'/' => self.slash()?,
                b'(' => {
                    let end = match self.previous {
                        Previous::Control => Previous::Operator,
                        _ => Previous::Operand,
                    };
                    self.open(Frame::new(b')', end), 1)?;
                }
                b'[' => self.open(Frame::new(b']', Previous::Operand), 1)?,
                b'{' => self.open(Frame::new(b'}', Previous::Unclear), 1)?,
                b')' | b']' | b'}' => self.close(byte)?,
                b'<' => self.open_angle()?,
                b'>' => self.close_angle()?,
                b'0'..=b'9' => self.number(),
                // An escape in a name: what word it is would have to be read first.
                b'\\' => self.unclear()?,
                _ if is_word(byte) => self.word(),
                0x80.. => self.beyond_ascii(),
                _ => self.punctuation(byte)?,
            }
        }
        self.weigh()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    /// Ends a token of `len` bytes.
    fn token(&mut self, len: usize, previous: Previous) {
        self.at += len;
        self.previous = previous;
        self.after_line = false;
    }

    /// Here the parser ends with an error, so that nothing behind it counts.
    fn stop(&mut self) {
        self.at = self.source.len();
        self.weighed_to = self.at;
    }

    /// How much is open; the program itself is no bracket.
    fn depth(&self) -> usize {
        self.frames.len() - 1 + self.angles
    }

    /// Adds what was read at the same depth. To be called before the depth changes.
    fn weigh(&mut self) -> Result<(), TooDeep> {
        self.weight += (self.at - self.weighed_to) * self.depth();
        self.weighed_to = self.at;
        match self.weight > WEIGHT_MAX {
            true => Err(self.too_deep(Why::Weight)),
            false => Ok(()),
        }
    }

    fn open(&mut self, frame: Frame, len: usize) -> Result<(), TooDeep> {
        self.weigh()?;
        if self.frames.len() > NESTING_MAX {
            return Err(self.too_deep(Why::Brackets));
        }
        self.frames.push(frame);
        self.token(len, Previous::Operator);
        Ok(())
    }

    fn close(&mut self, closer: u8) -> Result<(), TooDeep> {
        self.weigh()?;
        let Some(frame) = self.frames.pop_if(|frame| frame.closer == closer) else {
            self.stop();
            return Ok(());
        };
        self.angles -= frame.angles;
        self.token(1, frame.end);
        match frame.in_template {
            true => self.template(),
            false => Ok(()),
        }
    }

    fn open_angle(&mut self) -> Result<(), TooDeep> {
        if self.byte(1) == Some(b'=') {
            self.token(2, Previous::Operator);
            return Ok(());
        }
        self.weigh()?;
        if self.angles >= ANGLES_MAX {
            return Err(self.too_deep(Why::Angles));
        }
        self.angles += 1;
        if let Some(frame) = self.frame() {
            frame.angles += 1;
        }
        self.token(1, Previous::Operator);
        Ok(())
    }

    fn close_angle(&mut self) -> Result<(), TooDeep> {
        if self.byte(1) == Some(b'=') {
            self.token(2, Previous::Operator);
            return Ok(());
        }
        self.weigh()?;
        if let Some(frame) = self.frame().filter(|frame| frame.angles > 0) {
            frame.angles -= 1;
            self.angles -= 1;
        }
        // `a > /b/`, or the end of type arguments.
        self.token(1, Previous::Unclear);
        Ok(())
    }

    /// No type argument goes on behind what stands here, so that what was open is not any more.
    fn end_angles(&mut self) -> Result<(), TooDeep> {
        self.weigh()?;
        if let Some(frame) = self.frame() {
            let angles = std::mem::take(&mut frame.angles);
            self.angles -= angles;
        }
        Ok(())
    }

    fn string(&mut self, quote: u8) {
        let mut len = 1;
        loop {
            match self.byte(len) {
                Some(b'\\') => len += 2,
                Some(byte) if byte == quote => return self.token(len + 1, Previous::Operand),
                None | Some(b'\n' | b'\r') => return self.stop(),
                Some(_) => len += 1,
            }
        }
    }

    /// From within a template to its end or the next `${`.
    fn template(&mut self) -> Result<(), TooDeep> {
        loop {
            match (self.byte(0), self.byte(1)) {
                (None, _) => return Ok(()),
                (Some(b'\\'), _) => self.at += 2,
                (Some(b'`'), _) => {
                    self.token(1, Previous::Operand);
                    return Ok(());
                }
                (Some(b'$'), Some(b'{')) => {
                    let frame = Frame {
                        in_template: true,
                        ..Frame::new(b'}', Previous::Operand)
                    };
                    return self.open(frame, 2);
                }
                _ => self.at += 1,
            }
        }
    }

    fn slash(&mut self) -> Result<(), TooDeep> {
        match (self.byte(1), self.previous) {
            (Some(b'/'), _) => self.skip_line(),
            (Some(b'*'), _) => self.comment(),
            (_, Previous::Operator) => match regex_len(self.rest()) {
                None => self.stop(),
                Some(len) => {
                    let flags = self.word_len(len);
                    self.token(len + flags, Previous::Operand);
                }
            },
            (_, Previous::Operand) if !self.after_line => self.token(1, Previous::Operator),
            _ => return self.unclear_slash(),
        }
        Ok(())
    }

    /// Most often both readings of a `/` see the same brackets.
    fn unclear_slash(&mut self) -> Result<(), TooDeep> {
        let rest = self.rest();
        let Some(len) = regex_len(rest) else {
            self.token(1, Previous::Operator);
            return Ok(());
        };
        let body = rest.get(1..len - 1).unwrap_or_default();
        let matters = |byte| b"'\"`([{}])<>/\\".contains(&byte);
        if body.bytes().any(matters) || matches!(self.byte(len), Some(b'/' | b'*')) {
            return self.unclear();
        }
        if let Some(frame) = self.frame() {
            frame.casts = true;
        }
        let flags_or_name = self.word_len(len);
        self.token(len + flags_or_name, Previous::Unclear);
        Ok(())
    }

    /// Counts the rest as if nothing in it closed, and is done if that is little enough.
    fn unclear(&mut self) -> Result<(), TooDeep> {
        self.weigh()?;
        let (brackets, angles) = openers(self.rest().as_bytes());
        let weight = self.rest().len() * (self.depth() + brackets + angles);
        if self.frames.len() + brackets > NESTING_MAX
            || self.angles + angles > ANGLES_MAX
            || self.weight + weight > WEIGHT_MAX
        {
            return Err(self.too_deep(Why::Unclear));
        }
        self.stop();
        Ok(())
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find(ends_line).unwrap_or(rest.len());
    }

    fn comment(&mut self) {
        let rest = self.rest();
        let Some(len) = rest.get(2..).and_then(|body| body.find("*/")) else {
            return self.stop();
        };
        let (comment, _) = rest.split_at(len + 4);
        self.after_line |= comment.contains(ends_line);
        self.at += comment.len();
    }

    /// How many bytes of a name or number there are `ahead`, in ASCII.
    fn word_len(&self, ahead: usize) -> usize {
        let bytes = self.source.as_bytes().get(self.at + ahead..);
        let bytes = bytes.unwrap_or_default();
        bytes.iter().take_while(|byte| is_word(**byte)).count()
    }

    fn word(&mut self) {
        let rest = self.rest();
        let end = |character: char| match character.is_ascii() {
            true => !is_word(character as u8),
            false => is_space(character),
        };
        let word = &rest[..rest.find(end).unwrap_or(rest.len())];
        if matches!(word, "as" | "satisfies")
            && let Some(frame) = self.frame()
        {
            frame.casts = true;
        }
        self.token(word.len(), self.previous.of_word(word));
    }

    fn number(&mut self) {
        let integer = self.word_len(0);
        let mut digits = self.rest().bytes().take(integer);
        let takes_point = (integer == 1 || self.byte(0) != Some(b'0'))
            && digits.all(|byte| byte.is_ascii_digit() || byte == b'_')
            && self.byte(integer) == Some(b'.');
        let len = match takes_point {
            true => integer + 1 + self.word_len(integer + 1),
            false => integer,
        };
        self.token(len, Previous::Operand);
    }

    fn beyond_ascii(&mut self) {
        match self.rest().chars().next() {
            Some(character) if is_space(character) => {
                self.after_line |= ends_line(character);
                self.at += character.len_utf8();
            }
            Some(_) => self.word(),
            // Within a character; nothing leads there, and nothing may stay there.
            None => self.at += 1,
        }
    }

    fn punctuation(&mut self, byte: u8) -> Result<(), TooDeep> {
        let next = self.byte(1);
        let doubled = next == Some(byte);
        match byte {
            // What stands behind two points that are not three may be longer than a byte.
            b'.' if doubled && self.byte(2) != Some(b'.') => self.token(2, Previous::Operator),
            b'.' if doubled => self.token(3, Previous::Operator),
            b'.' | b'#' => self.token(1, Previous::Dot),
            b'=' if next == Some(b'>') => self.token(2, Previous::Operator),
            b'+' | b'-' if doubled => {
                let previous = self.previous.of_postfix(self.after_line, Previous::Unclear);
                self.token(2, previous);
            }
            b'!' if next != Some(b'=') => {
                let previous = self
                    .previous
                    .of_postfix(self.after_line, Previous::Operator);
                self.token(1, previous);
            }
            b'?' => {
                let casts = self.frame().is_some_and(|frame| frame.casts);
                let previous = match casts {
                    true => Previous::Unclear,
                    false => Previous::Operator,
                };
                self.token(1, previous);
            }
            b';' => {
                self.end_angles()?;
                if let Some(frame) = self.frame() {
                    frame.casts = false;
                }
                self.token(1, Previous::Operator);
            }
            b'&' | b'|' if doubled => {
                self.end_angles()?;
                self.token(2, Previous::Operator);
            }
            _ => self.token(1, Previous::Operator),
        }
        Ok(())
    }

    fn too_deep(&self, why: Why) -> TooDeep {
        TooDeep {
            offset: self.at,
            why,
        }
    }
}
