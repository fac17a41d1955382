//! Loops whose condition is always true and that have no way out.
//!
//! A way out stands in the loop itself, not in a function inside of it: a `break` of this loop or of
//! something around it, a `continue` of a loop around it, `return`, `throw`, `await`, `yield`. That
//! something called in the loop may throw does not count: whoever wants a loop that only an error
//! ends can say so with a condition. Whether a way out is ever taken is not looked at.

use oxc::ast::ast::Expression;
use oxc::span::Span;
use oxc::syntax::operator::UnaryOperator;

use super::findings::Findings;
use crate::outcome::ViolationType;

const REASON: &str = "this loop never ends: its condition is always true, and it has no `break`, `return`, `throw`, `await` or `yield`; add one, or give it a condition (`endless_loop = \"off\"` under [source_check] in vesicle.toml lets it run until its time is up)";

/// The statements and functions around the node that is read, as far as they matter here.
#[derive(Default)]
pub struct Loops<'a> {
    frames: Vec<Frame<'a>>,
    here: Here,
}

/// What a jump without a label is seen from.
#[derive(Clone, Copy, Default)]
struct Here {
    /// The innermost frame that a plain `break` leaves.
    breakable: Option<usize>,
    /// The outermost frame of the innermost function.
    function: usize,
}

struct Frame<'a> {
    kind: Kind<'a>,
    /// The outermost frame that something in this one leaves: a way out of that, and of all between.
    leaves: usize,
    around: Here,
}

enum Kind<'a> {
    Label(&'a str),
    /// With the place of its keyword, if its condition is always true.
    Loop(Option<Span>),
    Switch,
    Function,
}

impl<'a> Loops<'a> {
    /// A loop begins; `endless` is the place of its keyword, if its condition is always true.
    pub fn enter_loop(&mut self, endless: Option<Span>) {
        self.enter(Kind::Loop(endless));
        self.here.breakable = Some(self.frames.len() - 1);
    }

    /// A `switch` begins.
    pub fn enter_switch(&mut self) {
        self.enter(Kind::Switch);
        self.here.breakable = Some(self.frames.len() - 1);
    }

    /// A label begins.
    pub fn enter_label(&mut self, name: &'a str) {
        self.enter(Kind::Label(name));
    }

    /// A function begins.
    pub fn enter_function(&mut self) {
        self.enter(Kind::Function);
        self.here = Here {
            breakable: None,
            function: self.frames.len(),
        };
    }

    /// What began last ends.
    pub fn leave(&mut self, findings: &mut Findings) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.here = frame.around;
        if let Some(parent) = self.frames.last_mut() {
            parent.leaves = parent.leaves.min(frame.leaves);
        }
        if let Kind::Loop(Some(keyword)) = frame.kind
            && frame.leaves > self.frames.len()
        {
            findings.violation(ViolationType::EndlessLoop, keyword, || REASON);
        }
    }

    /// `break`, perhaps with a label.
    pub fn breaks(&mut self, label: Option<&str>) {
        let target = match label {
            Some(label) => self.label(label),
            None => self.here.breakable,
        };
        if let Some(target) = target {
            self.leaves(target);
        }
    }

    /// `continue` with a label, which leaves what is in the loop of that label.
    pub fn continues(&mut self, label: &str) {
        let Some(label) = self.label(label) else {
            return;
        };
        let is_label = |frame: &Frame<'_>| matches!(frame.kind, Kind::Label(_));
        let labels = self.frames[label..].iter().take_while(|f| is_label(f));
        self.leaves(label + labels.count() + 1);
    }

    /// `return` or `throw`, which leave the function, or `await` or `yield`, which stop it.
    pub fn suspends_or_returns(&mut self) {
        self.leaves(self.here.function);
    }

    fn enter(&mut self, kind: Kind<'a>) {
        self.frames.push(Frame {
            kind,
            leaves: usize::MAX,
            around: self.here,
        });
    }

    fn leaves(&mut self, target: usize) {
        if let Some(innermost) = self.frames.last_mut() {
            innermost.leaves = innermost.leaves.min(target);
        }
    }

    fn label(&self, name: &str) -> Option<usize> {
        self.frames
            .iter()
            .rposition(|frame| matches!(frame.kind, Kind::Label(label) if label == name))
    }
}

/// Whether a condition is true whatever happens: literals, and `!` of them.
pub fn is_always_true(condition: &Expression<'_>) -> bool {
    constant(condition) == Some(true)
}

fn constant(condition: &Expression<'_>) -> Option<bool> {
    match condition.get_inner_expression() {
        Expression::BooleanLiteral(literal) => Some(literal.value),
        Expression::NumericLiteral(literal) => Some(literal.value != 0.0),
        Expression::StringLiteral(literal) => Some(!literal.value.is_empty()),
        Expression::NullLiteral(_) => Some(false),
        Expression::UnaryExpression(not) if not.operator == UnaryOperator::LogicalNot => {
            constant(&not.argument).map(|value| !value)
        }
        _ => None,
    }
}
