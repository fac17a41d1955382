//! What becomes of code that a rule of the source check speaks of.

use serde::{Deserialize, Serialize};

use crate::outcome::ViolationType;

/// What one rule does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleAction {
    /// The code is not run.
    #[default]
    Deny,
    /// The code is run, and the finding is told beside its outcome.
    Warn,
    /// Nothing is looked for.
    Off,
}

impl RuleAction {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("deny", Self::Deny),
        ("warn", Self::Warn),
        ("off", Self::Off),
    ];
}

/// What each rule of the source check does; by default, all deny. The check only explains early what
/// cannot work: a rule that is off grants nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePolicy {
    actions: [RuleAction; ViolationType::ALL.len()],
}

impl SourcePolicy {
    /// What this rule does.
    pub fn action(&self, rule: ViolationType) -> RuleAction {
        self.actions[rule as usize]
    }

    /// This policy, with another action for this rule.
    #[must_use]
    pub fn with(mut self, rule: ViolationType, action: RuleAction) -> Self {
        self.actions[rule as usize] = action;
        self
    }
}
