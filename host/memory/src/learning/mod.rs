//! What is made of an episode when it is completed.
//!
//! Everything here is a function of the episode and of what is kept already, so that it can run inside of the transaction
//! that completes the episode.

mod context;
mod decisions;
mod features;
mod heuristics;
mod merge;
mod quality;
mod recoveries;
mod reflection;
mod reward;
mod sequences;
mod wilson;

pub use features::features;
pub use heuristics::heuristic;
pub use merge::{Seen, adopted, merged};
pub use quality::quality;
pub use reflection::reflection;
pub use reward::{expected_steps, reward};
pub use wilson::{wilson_lower, wilson_upper};

use crate::model::{Episode, PatternBody, PatternId};

/// A pattern as one episode shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What makes it the same in another episode of the domain and task type.
    pub signature: String,
    /// What it says.
    pub body: PatternBody,
    /// In a sentence.
    pub description: String,
}

impl Observation {
    fn new(episode: &Episode, body: PatternBody, description: String) -> Self {
        let parts = match &body {
            PatternBody::ToolSequence { tools } => tools.join(" > "),
            PatternBody::DecisionPoint {
                condition, tool, ..
            } => format!("{tool}: {condition}"),
            PatternBody::ErrorRecovery {
                tool,
                error,
                recovery,
            } => format!("{tool}: {error} > {}", recovery.join(" > ")),
            PatternBody::ContextPattern { features } => features.join(", "),
        };
        let kind = body.kind().as_str();
        let (domain, task_type) = (&episode.context.domain, episode.task_type);
        Self {
            signature: format!("{kind}|{domain}|{task_type}|{parts}"),
            body,
            description,
        }
    }

    /// The id of the pattern.
    pub fn pattern_id(&self) -> PatternId {
        PatternId::of(&self.signature)
    }
}

/// All patterns that an episode shows, each once.
pub fn observe(episode: &Episode) -> Vec<Observation> {
    let mut all = sequences::observe(episode);
    all.extend(decisions::observe(episode));
    all.extend(recoveries::observe(episode));
    all.extend(context::observe(episode));
    let mut seen = std::collections::HashSet::new();
    all.retain(|observation| seen.insert(observation.signature.clone()));
    all
}

/// At most so many characters, for sentences.
fn shortened(text: &str, chars_max: usize) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(chars_max).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
