//! Names that programs for other places use as globals, and code that is made from text.
//!
//! Only what nothing in the program declares counts, and only where it is a value.

use oxc::ast::ast::{Argument, AssignmentTarget, Expression, IdentifierReference};
use oxc::semantic::Scoping;
use oxc::span::Span;

use super::findings::Findings;
use super::modules;
use crate::outcome::ViolationType;

/// A global that is not here, or not of use.
struct Global {
    name: &'static str,
    rule: ViolationType,
    reason: &'static str,
}

macro_rules! network {
    ($name:literal) => {
        Global {
            name: $name,
            rule: ViolationType::Network,
            reason: concat!(
                "the code uses `",
                $name,
                "`, and no network is granted; take data from `input`, or get it through `tools`"
            ),
        }
    };
}

const GLOBALS: [Global; 7] = [
    Global {
        name: "eval",
        rule: ViolationType::Eval,
        reason: "the code uses `eval`, and code cannot be made from text here; write the code itself, or read data with JSON.parse",
    },
    Global {
        name: "require",
        rule: ViolationType::Require,
        reason: "the code uses `require`, and no modules are granted; use the globals, or put the code in",
    },
    Global {
        name: "process",
        rule: ViolationType::Process,
        reason: "the code uses `process`, and there is no process, environment or argument here; take data from `input`, print with `console.log`, end with `return`",
    },
    Global {
        name: "child_process",
        rule: ViolationType::ChildProcess,
        reason: modules::CHILD_PROCESS,
    },
    Global {
        name: "fetch",
        rule: ViolationType::Network,
        reason: "the code uses `fetch`, and no host is granted; `allow_hosts = [\"HOST:443\"]` in vesicle.toml, or `--allow-host HOST:443`, would allow one",
    },
    network!("WebSocket"),
    network!("XMLHttpRequest"),
];

const FUNCTION: &str = "the code calls the constructor `Function`, and code cannot be made from text here; write the function itself, or read data with JSON.parse";

/// The names that a program uses.
pub struct Globals<'s> {
    scoping: &'s Scoping,
    /// Where each is used first.
    first: [Option<Span>; GLOBALS.len()],
    /// Which of them the program asks after or provides, so that it knows what to do without.
    provided: [bool; GLOBALS.len()],
}

impl<'s> Globals<'s> {
    /// None yet.
    pub fn new(scoping: &'s Scoping) -> Self {
        Self {
            scoping,
            first: [None; GLOBALS.len()],
            provided: [false; GLOBALS.len()],
        }
    }

    /// The program uses a name.
    pub fn used(&mut self, name: &IdentifierReference<'_>) {
        if let Some(index) = index(name.name.as_str())
            && self.is_global(name)
        {
            self.first[index].get_or_insert(name.span);
        }
    }

    /// The program asks `typeof name`.
    pub fn asked(&mut self, name: &IdentifierReference<'_>) {
        self.provides(name.name.as_str());
    }

    /// The program assigns to something, which may be `globalThis.name`.
    pub fn assigned(&mut self, target: &AssignmentTarget<'_>) {
        if let AssignmentTarget::StaticMemberExpression(member) = target
            && let Expression::Identifier(object) = &member.object
            && object.name == "globalThis"
        {
            self.provides(member.property.name.as_str());
        }
    }

    /// The program calls something, with or without `new`.
    pub fn called(
        &mut self,
        callee: &Expression<'_>,
        arguments: &[Argument<'_>],
        findings: &mut Findings,
    ) {
        let Expression::Identifier(name) = callee.get_inner_expression() else {
            return;
        };
        match name.name.as_str() {
            "Function" if self.is_global(name) => {
                findings.violation(ViolationType::Eval, name.span, || FUNCTION);
            }
            "require" if self.is_global(name) => {
                let module = arguments.first().and_then(Argument::as_expression);
                if let Some(module) = module.and_then(modules::literal)
                    && modules::is_child_process(module)
                {
                    modules::child_process(name.span, findings);
                }
            }
            _ => {}
        }
    }

    /// Tells what was found, now that all of the program was read.
    pub fn report(&self, findings: &mut Findings) {
        for (index, global) in GLOBALS.iter().enumerate() {
            if let Some(span) = self.first[index]
                && !self.provided[index]
            {
                findings.violation(global.rule, span, || global.reason);
            }
        }
    }

    fn provides(&mut self, name: &str) {
        // `eval` is there, so that asking after it says nothing.
        if let Some(index) = index(name)
            && name != "eval"
        {
            self.provided[index] = true;
        }
    }

    fn is_global(&self, name: &IdentifierReference<'_>) -> bool {
        name.reference_id.get().is_some_and(|id| {
            let reference = self.scoping.get_reference(id);
            reference.symbol_id().is_none() && reference.is_value()
        })
    }
}

fn index(name: &str) -> Option<usize> {
    GLOBALS.iter().position(|global| global.name == name)
}
