//! What is put behind a module so that its tools can be called, and outcomes without that.

use std::fmt::Write;

use serde_json::json;
use vesicle_sandbox::{Location, Outcome};

use super::Script;
use super::edits::Edits;
use super::function::Passing;
use crate::call::{CallError, unknown};

/// How the tool of this name calls its function.
pub fn arm(name: &str, reference: &str, passing: &Passing, edits: &Edits<'_>) -> String {
    let all = format!("{}.arguments", edits.parameter());
    let one = |name: &String| format!("{all}[{}]", json!(name));
    let each = |names: &[String]| names.iter().map(one).collect::<Vec<_>>();
    let given = match passing {
        Passing::Whole => all.clone(),
        Passing::Each(names) => each(names).join(","),
        Passing::EachAndRest(names, rest) => {
            let mut given = each(names);
            given.push(format!("...({}??[])", one(rest)));
            given.join(",")
        }
    };
    format!("{}:()=>{reference}({given})", json!(name))
}

/// The module with its changes, and behind its last line what calls its tools.
pub fn program(edits: &Edits<'_>, arms: &[String]) -> String {
    let mut program = edits.apply();
    let input = edits.parameter();
    // Writing to a string does not fail.
    let _ = write!(
        program,
        "\nexport default {input}=>({{{}}})[{input}.tool]()",
        arms.join(",")
    );
    program
}

impl Script {
    /// Which of the tools one is.
    pub(super) fn place(&self, tool: &str) -> Result<usize, CallError> {
        let mut tools = self.tools().iter();
        tools
            .position(|known| known.name == tool)
            .ok_or_else(|| unknown(tool, self.tools()))
    }

    /// An outcome in the module's own text: without what was put behind it.
    pub fn outcome<T>(&self, mut outcome: Outcome<T>) -> Outcome<T> {
        match &mut outcome {
            Outcome::Success {
                uncaught, warnings, ..
            } => {
                for exception in uncaught {
                    exception.stack = self.own_frames(&exception.stack);
                }
                for warning in warnings {
                    self.own_place(&mut warning.location);
                }
            }
            Outcome::Error {
                location,
                stack,
                warnings,
                ..
            } => {
                *stack = self.own_frames(stack);
                *location = location
                    .take()
                    .filter(|location| location.line <= self.lines());
                for place in location.iter_mut() {
                    self.own_place(place);
                }
                for warning in warnings {
                    self.own_place(&mut warning.location);
                }
            }
            Outcome::Timeout { warnings, .. } | Outcome::LimitExceeded { warnings, .. } => {
                for warning in warnings {
                    self.own_place(&mut warning.location);
                }
            }
            Outcome::SecurityViolation { location, .. } => self.own_place(location),
        }
        outcome
    }

    fn lines(&self) -> u32 {
        self.source.matches('\n').count() as u32 + 1
    }

    /// The frames of a stack that are in the module, with the names that it has.
    fn own_frames(&self, stack: &str) -> String {
        let marker = format!("{}:", self.name);
        let is_own = |line: &&str| {
            let place = line.rsplit_once(&marker).map(|(_, place)| place);
            let number = place.and_then(|place| place.split(':').next()?.parse().ok());
            number.is_none_or(|line: u32| line <= self.lines())
        };
        let nameless = format!("at {} (", self.nameless);
        let own = stack.lines().filter(is_own);
        let own = own.map(|line| line.replacen(&nameless, "at default (", 1));
        own.collect::<Vec<_>>().join("\n")
    }

    fn own_place(&self, location: &mut Location) {
        if self.changed.contains(&location.line) {
            *location =
                Location::at_position(&self.name, &self.source, location.line, location.column);
        }
    }
}
