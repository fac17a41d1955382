//! Tools that follow each other.
//!
//! Of every completed episode all sub-sequences of two to five calls are counted, wherever they begin. Which of them are
//! frequent shows over episodes: each is a pattern of its own, with successes and failures.

use std::collections::HashMap;

use super::Observation;
use crate::model::{Episode, PatternBody};

/// Calls of a sequence.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=5;
/// Sequences that are counted of one episode. The most frequent in it come first, then the longest.
const PER_EPISODE_MAX: usize = 24;

/// The tools of an episode in their order. Calls of one tool in a row count as one.
pub fn collapsed(episode: &Episode) -> Vec<&str> {
    let mut tools: Vec<&str> = episode
        .steps
        .iter()
        .map(|step| step.tool.as_str())
        .collect();
    tools.dedup();
    tools
}

/// The tools of an episode, each with how often, the most used first.
pub fn tools(episode: &Episode) -> Vec<(&str, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for step in &episode.steps {
        *counts.entry(&step.tool).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts
}

pub fn observe(episode: &Episode) -> Vec<Observation> {
    let tools = collapsed(episode);
    let mut counts: HashMap<&[&str], (usize, usize)> = HashMap::new();
    for length in LENGTHS {
        for (at, sequence) in tools.windows(length).enumerate() {
            counts.entry(sequence).or_insert((0, at)).0 += 1;
        }
    }
    let mut sequences: Vec<_> = counts.into_iter().collect();
    sequences.sort_unstable_by(|(a, (a_count, a_at)), (b, (b_count, b_at))| {
        let by_count = b_count.cmp(a_count);
        by_count.then(b.len().cmp(&a.len())).then(a_at.cmp(b_at))
    });
    let sequences = sequences.into_iter().take(PER_EPISODE_MAX);
    let observed = sequences.map(|(tools, _)| {
        let tools: Vec<String> = tools.iter().map(|&tool| tool.to_owned()).collect();
        let description = format!("{} follow each other", tools.join(" → "));
        Observation::new(episode, PatternBody::ToolSequence { tools }, description)
    });
    observed.collect()
}
