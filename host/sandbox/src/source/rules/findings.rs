//! What the rules found: of each rule the first place, which is what is told of it.

use std::borrow::Cow;

use oxc::span::Span;

use crate::outcome::ViolationType;

/// Something in a program that cannot work here.
pub enum Finding {
    /// A rule speaks of it.
    Violation {
        rule: ViolationType,
        span: Span,
        reason: Cow<'static, str>,
    },
    /// The syntax is valid and the engine does not know it.
    Unsupported { span: Span, what: &'static str },
}

impl Finding {
    fn start(&self) -> u32 {
        match self {
            Self::Violation { span, .. } | Self::Unsupported { span, .. } => span.start,
        }
    }
}

/// At most one finding a rule.
#[derive(Default)]
pub struct Findings {
    violations: [Option<(Span, Cow<'static, str>)>; ViolationType::ALL.len()],
    unsupported: Option<(Span, &'static str)>,
}

impl Findings {
    /// Notes what breaks `rule`; `reason` is only made if it is the first.
    pub fn violation<R: Into<Cow<'static, str>>>(
        &mut self,
        rule: ViolationType,
        span: Span,
        reason: impl FnOnce() -> R,
    ) {
        let first = &mut self.violations[rule as usize];
        if first
            .as_ref()
            .is_none_or(|(earlier, _)| span.start < earlier.start)
        {
            *first = Some((span, reason().into()));
        }
    }

    /// Notes syntax that the engine does not know.
    pub fn unsupported(&mut self, span: Span, what: &'static str) {
        self.unsupported.get_or_insert((span, what));
    }

    /// All of them, in the order of the text.
    pub fn in_order(self) -> Vec<Finding> {
        let violations = ViolationType::ALL.into_iter().zip(self.violations);
        let violations = violations.filter_map(|((_, rule), first)| {
            let (span, reason) = first?;
            Some(Finding::Violation { rule, span, reason })
        });
        let unsupported = self.unsupported;
        let unsupported = unsupported.map(|(span, what)| Finding::Unsupported { span, what });
        let mut all: Vec<_> = violations.chain(unsupported).collect();
        all.sort_by_key(Finding::start);
        all
    }
}
