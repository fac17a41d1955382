//! Plugins that are TypeScript or JavaScript: the functions that a module exports are its tools. What
//! they take and answer is read from the types in the text and from its comments.

mod build;
mod call;
mod declarations;
mod edits;
mod embedded;
mod exports;
mod function;
mod jsdoc;
mod notes;
mod offered;
mod offers;
mod schema;
mod spoken;
mod tools;
mod uri;

use oxc::ast::ast::Program;
use vesicle_sandbox::{CODE_BYTES_MAX, Location, SourceError, with_program};

pub use build::{BuildError, Built};
pub use embedded::Embedded;
pub use notes::{Note, TYPE_DEPTH_MAX, TYPES_MAX, WARNINGS_MAX};

use crate::content::OFFERED_MAX;
use crate::interface::{Definition, TOOL_NAME_BYTES_MAX, TOOLS_MAX};
use crate::manifest::Offers;
use declarations::Declarations;
use edits::Edits;
use exports::{Export, Exports};
use notes::Notes;
use offers::Offered;
pub(crate) use tools::ScriptTools;

/// A module whose tools are known.
#[derive(Debug, Clone)]
pub struct Script {
    name: String,
    source: String,
    /// What the engine runs: the module, and behind it what calls its tools.
    code: String,
    /// What `code` calls a default export that has no name.
    nameless: String,
    /// Lines of the module that are not the same in `code`, from 1.
    changed: Vec<u32>,
    tools: Vec<Definition>,
    offered: Offered,
    notes: Vec<Note>,
}

/// Why a text is no plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// It is no program.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It does what no plugin can.
    #[error("{message}\n{}", location.excerpt)]
    Refused {
        /// What it does, and what to do instead.
        message: String,
        /// Where.
        location: Location,
    },
    /// It exports no function, and nothing else that a plugin offers.
    #[error(
        "the module exports no function that can be a tool, no `prompts` and no `resources`; write `export` before those that are tools{}",
        told(notes)
    )]
    NoTools {
        /// What it exports instead.
        notes: Vec<Note>,
    },
    /// It has more tools than a plugin may have.
    #[error(
        "the module exports {0} functions, and a plugin has {TOOLS_MAX} tools at most; make several of it"
    )]
    TooManyTools(usize),
    /// It has more prompts or resources than a plugin may have.
    #[error(
        "the module has {0} prompts or resources, and a plugin has {OFFERED_MAX} of each at most; make several of it"
    )]
    TooManyOffered(usize),
    /// Its types are too many.
    #[error(
        "the types of the module's functions come to more than {TYPES_MAX} when they are written out; use fewer, or `unknown`"
    )]
    TooManyTypes,
    /// It is too long with what calls its tools.
    #[error(
        "the module is {0} bytes long with what calls its tools, and at most {CODE_BYTES_MAX} are accepted"
    )]
    TooLong(usize),
    /// There is no name left for what calls its tools.
    #[error("the module uses all names of two characters; give some of them longer ones")]
    NoNameLeft,
}

impl Script {
    /// Reads a module. Messages and stacks call it `name`, which is that of its file.
    ///
    /// # Errors
    /// See [`ScriptError`]. What is no more than unclear is a [`Note`].
    pub fn read(name: &str, source: &str) -> Result<Self, ScriptError> {
        if source.trim().is_empty() {
            return Err(ScriptError::NoTools { notes: Vec::new() });
        }
        let script = with_program(name, source, |program| Self::of(name, program))??;
        // The tools are called at its end, and together they are still a program.
        with_program(name, &script.code, |_| ())?;
        Ok(script)
    }

    /// The name of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its tools, in the order of the text.
    pub fn tools(&self) -> &[Definition] {
        &self.tools
    }

    /// What it offers beside tools.
    pub fn offers(&self) -> Offers {
        Offers {
            prompts: !self.offered.prompts.is_empty(),
            resources: !self.offered.documents.is_empty(),
        }
    }

    /// What was not understood, in the order of the text.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    fn of(name: &str, program: &Program<'_>) -> Result<Self, ScriptError> {
        let source = program.source_text;
        let declarations = Declarations::of(program);
        let mut notes = Notes::new(name, source);
        let mut edits = Edits::new(source).ok_or(ScriptError::NoNameLeft)?;
        let mut exports = Exports {
            declarations: &declarations,
            notes: &mut notes,
            edits: &mut edits,
            found: Vec::new(),
            offered: Vec::new(),
        };
        exports.read(program)?;
        let (mut found, objects) = (exports.found, exports.offered);
        found.retain(|export| is_name(export, &mut notes));
        let mut calls = Vec::new();
        let mut offered = Offered::default();
        for object in objects {
            let arms = offered.read(&object, &declarations, &mut notes);
            calls.extend(
                arms.iter()
                    .map(|arm| call::arm(&arm.name, &arm.reference, &arm.passing, &edits)),
            );
        }
        let most = offered.prompts.len().max(offered.documents.len());
        if most > OFFERED_MAX {
            return Err(ScriptError::TooManyOffered(most));
        }
        if found.is_empty() && most == 0 {
            return Err(ScriptError::NoTools {
                notes: notes.finish(),
            });
        }
        if found.len() > TOOLS_MAX {
            return Err(ScriptError::TooManyTools(found.len()));
        }
        let mut tools = Vec::new();
        for export in found {
            let (definition, passing) =
                export
                    .callable
                    .read(&export.name, export.start, &declarations, &mut notes);
            calls.push(call::arm(
                &definition.name,
                &export.reference,
                &passing,
                &edits,
            ));
            tools.push(definition);
        }
        if notes.are_too_many() {
            return Err(ScriptError::TooManyTypes);
        }
        let code = call::program(&edits, &calls);
        if code.len() > CODE_BYTES_MAX {
            return Err(ScriptError::TooLong(code.len()));
        }
        Ok(Self {
            name: name.to_owned(),
            source: source.to_owned(),
            code,
            nameless: edits.variable().to_owned(),
            changed: edits.lines(),
            tools,
            offered,
            notes: notes.finish(),
        })
    }
}

/// Whether an export has a name that a tool can have.
fn is_name(export: &Export<'_>, notes: &mut Notes<'_>) -> bool {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let fits = (1..=TOOL_NAME_BYTES_MAX).contains(&export.name.len())
        && export.name.chars().all(is_allowed);
    if !fits {
        let start = export.start as usize;
        notes.add(
            start..start + 1,
            format!("names of tools have letters, digits and `_`, {TOOL_NAME_BYTES_MAX} at most, so this is none; export it as another name"),
        );
    }
    fits
}

fn told(notes: &[Note]) -> String {
    let notes = notes.iter();
    let notes = notes.map(|note| format!("\n\n{}\n{}", note.message, note.location.excerpt));
    notes.collect()
}
