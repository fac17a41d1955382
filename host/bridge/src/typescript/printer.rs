//! Types, as TypeScript writes them.

use std::fmt::Write as _;

use super::{
    comments::{self, Pad},
    quoted,
};
use crate::{
    names::{is_identifier, words},
    schema::{Literal, Map, Model, Object, Property, Type},
};

/// How types are written.
#[derive(Clone, Copy)]
pub enum Form {
    /// One property a line; named types by their names.
    Lines {
        /// Whether what the schema says is told too.
        comments: Comments,
    },
    /// All on one line, without comments; named types by what they are.
    Line {
        /// How deep objects are told; deeper ones are `object`.
        depth: usize,
        /// Whether optional properties are told.
        optional: bool,
    },
}

/// Which comments are written.
#[derive(Clone, Copy, PartialEq)]
pub enum Comments {
    /// All there are.
    All,
    /// Those that say more than the names around them.
    Telling,
    /// None.
    None,
}

/// What a type stands in, which decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Within {
    Nothing,
    Union,
    All,
    Array,
}

/// Writes types of one model.
pub struct Printer<'m> {
    model: &'m Model,
    /// What each definition is called here.
    names: &'m [String],
    form: Form,
    /// What the whole is called.
    within: &'m str,
    /// How long the text may get; nothing is added beyond, and what there is is not to be used.
    bytes_max: usize,
    out: String,
    indent: usize,
    depth: usize,
}

impl<'m> Printer<'m> {
    /// For types of `model`, whose definitions are called `names`.
    pub fn new(model: &'m Model, names: &'m [String], form: Form, bytes_max: usize) -> Self {
        Self {
            model,
            names,
            form,
            within: "",
            bytes_max,
            out: String::new(),
            indent: 0,
            depth: 0,
        }
    }

    /// The same, for types of something that is called `name`.
    pub fn within(mut self, name: &'m str) -> Self {
        self.within = name;
        self
    }

    /// The text of `one`, or none if it gets too long.
    pub fn print(mut self, one: &'m Type) -> Option<String> {
        self.write(one, Within::Nothing);
        (self.out.len() <= self.bytes_max).then_some(self.out)
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn write(&mut self, one: &'m Type, within: Within) {
        if self.out.len() > self.bytes_max {
            return;
        }
        match one {
            Type::Unknown => self.push("unknown"),
            Type::Never => self.push("never"),
            Type::Null => self.push("null"),
            Type::Boolean => self.push("boolean"),
            Type::Integer | Type::Number => self.push("number"),
            Type::String => self.push("string"),
            Type::Literal(Literal::String(text)) => self.push(&quoted(text)),
            Type::Literal(Literal::Number(number)) => self.push(&number.to_string()),
            Type::Literal(Literal::Boolean(is)) => self.push(if *is { "true" } else { "false" }),
            Type::Array(items) => {
                self.write(items, Within::Array);
                self.push("[]");
            }
            Type::Tuple {
                items,
                required,
                rest,
            } => self.tuple(items, *required, rest.as_deref()),
            Type::Object(object) => self.object(object, within),
            Type::Union(members) => self.joined(members, " | ", Within::Union, within),
            Type::All(members) => self.joined(members, " & ", Within::All, within),
            Type::Named(index) => self.named(*index, within),
        }
    }

    fn joined(&mut self, members: &'m [Type], by: &str, own: Within, within: Within) {
        let in_parentheses = within > own;
        if in_parentheses {
            self.push("(");
        }
        for (index, member) in members.iter().enumerate() {
            if index > 0 {
                self.push(by);
            }
            self.write(member, own);
        }
        if in_parentheses {
            self.push(")");
        }
    }

    fn named(&mut self, index: usize, within: Within) {
        match (
            self.form,
            self.names.get(index),
            self.model.definitions.get(index),
        ) {
            (Form::Line { depth, .. }, _, Some(definition)) if self.depth < depth => {
                self.depth += 1;
                self.write(&definition.is, within);
                self.depth -= 1;
            }
            (Form::Lines { .. }, Some(name), _) => self.push(name),
            _ => self.push("unknown"),
        }
    }

    fn tuple(&mut self, items: &'m [Type], required: usize, rest: Option<&'m Type>) {
        self.push("[");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            match index < required {
                true => self.write(item, Within::Nothing),
                false => {
                    self.write(item, Within::Array);
                    self.push("?");
                }
            }
        }
        if let Some(rest) = rest {
            self.push(", ...");
            self.write(rest, Within::Array);
            self.push("[]");
        }
        self.push("]");
    }

    fn object(&mut self, object: &'m Object, within: Within) {
        if object.properties.is_empty() && object.left_out == 0 {
            return match &object.others {
                Some(map) => self.map(map),
                None if object.closed => self.push("{ [key: string]: never }"),
                None => self.push("Record<string, unknown>"),
            };
        }
        let in_parentheses = object.others.is_some() && within > Within::All;
        if in_parentheses {
            self.push("(");
        }
        match self.form {
            Form::Line { depth, .. } if self.depth >= depth => self.push("object"),
            Form::Line { optional, .. } => self.on_one_line(object, optional),
            Form::Lines { comments } => self.on_lines(object, comments),
        }
        if let Some(map) = &object.others {
            self.push(" & ");
            self.map(map);
        }
        if in_parentheses {
            self.push(")");
        }
    }

    fn map(&mut self, map: &'m Map) {
        self.push("{ [key: string");
        if let (
            Form::Lines {
                comments: Comments::All | Comments::Telling,
            },
            false,
        ) = (self.form, map.patterns.is_empty())
        {
            let patterns = map.patterns.join(" or ").replace(['\n', '\r'], " ");
            let _ = write!(self.out, " /* {} */", comments::unclosed(&patterns));
        }
        self.push("]: ");
        self.write(&map.values, Within::Nothing);
        self.push(" }");
    }

    fn on_lines(&mut self, object: &'m Object, comments: Comments) {
        self.push("{\n");
        self.indent += 1;
        let known: Vec<&str> = match comments {
            Comments::Telling => {
                let names = object
                    .properties
                    .iter()
                    .map(|property| property.name.as_str());
                names.chain([self.within]).flat_map(words).collect()
            }
            _ => vec![],
        };
        for property in &object.properties {
            self.comment(property, comments, &known);
            let _ = write!(self.out, "{}", Pad(self.indent));
            self.property(property);
            self.push(";\n");
            if self.out.len() > self.bytes_max {
                break;
            }
        }
        if object.left_out > 0 {
            let _ = writeln!(
                self.out,
                "{}// {}",
                Pad(self.indent),
                left_out(object.left_out)
            );
        }
        self.indent -= 1;
        let _ = write!(self.out, "{}}}", Pad(self.indent));
    }

    fn comment(&mut self, property: &Property, comments: Comments, known: &[&str]) {
        let is_integer = property.is == Type::Integer;
        let (out, indent) = (&mut self.out, self.indent);
        match comments {
            Comments::None => {}
            Comments::All => comments::write(out, &property.notes, is_integer, indent),
            Comments::Telling => {
                let notes = comments::telling(&property.notes, known);
                comments::write(out, &notes, is_integer, indent);
            }
        }
    }

    fn on_one_line(&mut self, object: &'m Object, with_optional: bool) {
        self.push("{");
        self.depth += 1;
        let told = object
            .properties
            .iter()
            .filter(|property| with_optional || property.required);
        let mut count = 0;
        for property in told {
            self.push(if count > 0 { "; " } else { " " });
            self.property(property);
            count += 1;
            if self.out.len() > self.bytes_max {
                break;
            }
        }
        self.depth -= 1;
        let untold = object.properties.len() - count + object.left_out;
        let _ = match untold {
            0 => write!(self.out, " }}"),
            _ => write!(self.out, " /* {untold} more */ }}"),
        };
    }

    fn property(&mut self, property: &'m Property) {
        match is_identifier(&property.name) {
            true => self.push(&property.name),
            false => self.push(&quoted(&property.name)),
        }
        self.push(if property.required { ": " } else { "?: " });
        self.write(&property.is, Within::Nothing);
    }
}

fn left_out(count: usize) -> String {
    match count {
        1 => "1 more property is left out".to_owned(),
        _ => format!("{count} more properties are left out"),
    }
}
