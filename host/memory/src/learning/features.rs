//! What stands out in an episode.

use super::{Observation, sequences, shortened};
use crate::model::{Episode, Features, PatternBody};
use crate::text::{for_each_word, normalized};

const EACH_MAX: usize = 10;
const CHARS_MAX: usize = 200;

/// Its tools, decisions and recoveries, and the words of its description, the longest first: common words are short.
pub fn features(episode: &Episode, observations: &[Observation]) -> Features {
    let tools = sequences::tools(episode).into_iter().take(EACH_MAX);
    let mut decisions = Vec::new();
    let mut recoveries = Vec::new();
    for observation in observations {
        let into = match observation.body {
            PatternBody::DecisionPoint { .. } => &mut decisions,
            PatternBody::ErrorRecovery { .. } => &mut recoveries,
            PatternBody::ToolSequence { .. } | PatternBody::ContextPattern { .. } => continue,
        };
        into.push(shortened(&observation.description, CHARS_MAX));
    }
    decisions.truncate(EACH_MAX);
    recoveries.truncate(EACH_MAX);
    let mut terms = Vec::new();
    for_each_word(&episode.task_description, |word| {
        terms.push(normalized(word))
    });
    terms.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    terms.dedup();
    terms.truncate(EACH_MAX);
    Features {
        tools: tools.map(|(tool, _)| tool.to_owned()).collect(),
        decisions,
        recoveries,
        terms,
    }
}
