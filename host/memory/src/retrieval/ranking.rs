//! Fuses the channels: reciprocal ranks of words and vectors, and what else speaks for an episode.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{OutcomeKind, TaskType, Time};
use crate::store::Candidate;
use crate::{Error, Result};

/// Weights of what speaks for an episode. They are relative to each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ranking {
    /// The rank by words.
    pub lexical: f64,
    /// The rank by vector.
    pub semantic: f64,
    /// The same task type as preferred.
    pub task_type: f64,
    /// The same domain as preferred.
    pub domain: f64,
    /// How recent it is.
    pub recency: f64,
    /// Whether it ended in success.
    pub outcome: f64,
    /// Its reward.
    pub reward: f64,
    /// Days after which recency counts half.
    pub half_life_days: f64,
    /// How much the first ranks stand out: the smaller the more.
    pub rank_constant: f64,
    /// The least cosine that counts as a likeness.
    pub semantic_floor: f32,
    /// How much what fits counts against what is new, from 0 to 1; 1 is without diversity.
    pub diversity_lambda: f64,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            lexical: 1.0,
            semantic: 1.0,
            task_type: 0.15,
            domain: 0.15,
            recency: 0.05,
            outcome: 0.15,
            reward: 0.10,
            half_life_days: 30.0,
            rank_constant: 10.0,
            semantic_floor: 0.15,
            diversity_lambda: 0.95,
        }
    }
}

impl Ranking {
    /// With one of the numbers set by its name, such as `recency=0.2`.
    ///
    /// # Errors
    /// There is no such number, or it cannot be so much.
    pub fn with(mut self, setting: &str) -> Result<Self> {
        let (name, text) = setting.split_once('=').unwrap_or((setting, ""));
        let invalid = |wanted: &str| {
            Error::Invalid(format!(
                "{setting:?} sets no weight; send `name=number`, {wanted}"
            ))
        };
        let number: f64 = text
            .trim()
            .parse()
            .map_err(|_| invalid("such as `recency=0.2`"))?;
        let (place, range) = match name.trim() {
            "lexical" => (&mut self.lexical, WEIGHTS),
            "semantic" => (&mut self.semantic, WEIGHTS),
            "task_type" => (&mut self.task_type, WEIGHTS),
            "domain" => (&mut self.domain, WEIGHTS),
            "recency" => (&mut self.recency, WEIGHTS),
            "outcome" => (&mut self.outcome, WEIGHTS),
            "reward" => (&mut self.reward, WEIGHTS),
            "half_life_days" => (&mut self.half_life_days, 0.01..=36_500.0),
            "rank_constant" => (&mut self.rank_constant, 0.0..=1_000.0),
            "diversity_lambda" => (&mut self.diversity_lambda, 0.0..=1.0),
            _ => {
                return Err(invalid(
                    "the name being lexical, semantic, task_type, domain, recency, outcome, reward, half_life_days, \
                     rank_constant or diversity_lambda",
                ));
            }
        };
        if !range.contains(&number) {
            let (least, most) = range.into_inner();
            return Err(invalid(&format!("from {least} to {most}")));
        }
        *place = number;
        Ok(self)
    }
}

/// What a weight may be.
const WEIGHTS: std::ops::RangeInclusive<f64> = 0.0..=100.0;

/// What is preferred, without being a filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preference {
    /// This domain.
    pub domain: Option<String>,
    /// This type.
    pub task_type: Option<TaskType>,
}

/// Why an episode stands where it does: the parts of its score, which add up to its relevance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Why {
    /// By words.
    pub lexical: f64,
    /// By vector.
    pub semantic: f64,
    /// For the task type.
    pub task_type: f64,
    /// For the domain.
    pub domain: f64,
    /// For its age.
    pub recency: f64,
    /// For its outcome.
    pub outcome: f64,
    /// For its reward.
    pub reward: f64,
    /// The BM25 score itself.
    pub bm25: f64,
    /// The cosine itself.
    pub similarity: Option<f64>,
}

/// A candidate with its score.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// What was found.
    pub candidate: Candidate,
    /// From 0 to 1.
    pub relevance: f64,
    /// Its parts.
    pub why: Why,
}

/// The greatest total reward that is told apart.
const REWARD_MAX: f64 = 1.5;
const SECONDS_A_DAY: f64 = 86_400.0;

/// The candidates that fit, best first. Where only one channel was asked, the other has no say.
pub fn ranked(
    candidates: Vec<Candidate>,
    ranking: &Ranking,
    preference: &Preference,
    at: Time,
) -> Vec<Ranked> {
    let lexical = ranks(&candidates, |candidate| {
        (candidate.lexical > 0.0).then_some(candidate.lexical)
    });
    let semantic = ranks(&candidates, |candidate| {
        candidate
            .semantic
            .filter(|cosine| *cosine >= ranking.semantic_floor)
    });
    let has_semantic = candidates
        .iter()
        .any(|candidate| candidate.semantic.is_some());
    let weights = Weights::new(ranking, preference, has_semantic);
    let with_ranks = candidates.into_iter().zip(lexical).zip(semantic);
    let fitting =
        with_ranks.filter(|((_, lexical), semantic)| lexical.is_some() || semantic.is_some());
    let mut all: Vec<_> = fitting
        .map(|((candidate, lexical), semantic)| {
            let why = weights.why(&candidate, lexical, semantic, at);
            Ranked {
                relevance: why.sum(),
                candidate,
                why,
            }
        })
        .collect();
    all.sort_by(|a, b| {
        let by_relevance = b.relevance.total_cmp(&a.relevance);
        by_relevance.then_with(|| b.candidate.id.cmp(&a.candidate.id))
    });
    all
}

/// The place of each by its score, from 0; those with equal scores share one.
fn ranks(
    candidates: &[Candidate],
    score: impl Fn(&Candidate) -> Option<f32>,
) -> Vec<Option<usize>> {
    let scores: Vec<_> = candidates.iter().map(score).collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let score_at = |at: usize| scores.get(at).copied().flatten();
    order.retain(|&at| score_at(at).is_some());
    order.sort_by(|&a, &b| {
        let key = |at| score_at(at).unwrap_or_default();
        key(b).total_cmp(&key(a))
    });
    let mut ranks = vec![None; scores.len()];
    let mut before: Option<(f32, usize)> = None;
    for (place, &at) in order.iter().enumerate() {
        let score = score_at(at).unwrap_or_default();
        let rank = match before {
            Some((known, rank)) if known == score => rank,
            _ => place,
        };
        before = Some((score, rank));
        if let Some(slot) = ranks.get_mut(at) {
            *slot = Some(rank);
        }
    }
    ranks
}

struct Weights<'a> {
    ranking: &'a Ranking,
    preference: &'a Preference,
    /// One by the sum of all weights that have a say.
    unit: f64,
    semantic: f64,
}

impl<'a> Weights<'a> {
    fn new(ranking: &'a Ranking, preference: &'a Preference, has_semantic: bool) -> Self {
        let part = |is_asked: bool, weight: f64| if is_asked { weight } else { 0.0 };
        let semantic = part(has_semantic, ranking.semantic);
        let sum = ranking.lexical
            + semantic
            + part(preference.task_type.is_some(), ranking.task_type)
            + part(preference.domain.is_some(), ranking.domain)
            + ranking.recency
            + ranking.outcome
            + ranking.reward;
        Self {
            ranking,
            preference,
            unit: if sum > 0.0 { 1.0 / sum } else { 0.0 },
            semantic,
        }
    }

    fn why(
        &self,
        candidate: &Candidate,
        lexical: Option<usize>,
        semantic: Option<usize>,
        at: Time,
    ) -> Why {
        let (ranking, facts) = (self.ranking, &candidate.facts);
        let by_rank = |rank: Option<usize>, weight: f64| {
            let share = |rank: usize| {
                (ranking.rank_constant + 1.0) / (ranking.rank_constant + 1.0 + rank as f64)
            };
            rank.map_or(0.0, share) * weight * self.unit
        };
        let if_same = |is_same: bool, weight: f64| if is_same { weight * self.unit } else { 0.0 };
        let days = (at - facts.start_time).as_seconds_f64().max(0.0) / SECONDS_A_DAY;
        let recency = 0.5_f64.powf(days / ranking.half_life_days.max(1e-9));
        let outcome = match facts.outcome {
            Some(OutcomeKind::Success) => 1.0,
            Some(OutcomeKind::PartialSuccess) => 0.6,
            None => 0.3,
            Some(OutcomeKind::Abstained | OutcomeKind::Failure) => 0.0,
        };
        let reward = facts.reward.unwrap_or_default().clamp(0.0, REWARD_MAX) / REWARD_MAX;
        Why {
            lexical: by_rank(lexical, ranking.lexical),
            semantic: by_rank(semantic, self.semantic),
            task_type: if_same(
                self.preference.task_type == Some(facts.task_type),
                ranking.task_type,
            ),
            domain: if_same(
                self.preference.domain.as_ref() == Some(&facts.domain),
                ranking.domain,
            ),
            recency: recency * ranking.recency * self.unit,
            outcome: outcome * ranking.outcome * self.unit,
            reward: reward * ranking.reward * self.unit,
            bm25: f64::from(candidate.lexical),
            similarity: candidate.semantic.map(f64::from),
        }
    }
}

impl Why {
    fn sum(&self) -> f64 {
        self.lexical
            + self.semantic
            + self.task_type
            + self.domain
            + self.recency
            + self.outcome
            + self.reward
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_by_their_names_within_their_ranges() {
        let set = |settings: &[&str]| {
            let mut settings = settings.iter();
            settings.try_fold(Ranking::default(), |ranking, setting| ranking.with(setting))
        };
        let ranking = set(&["recency=0", "semantic = 100", "half_life_days=0.01"]).unwrap();
        assert_eq!(
            (ranking.recency, ranking.semantic, ranking.half_life_days),
            (0.0, 100.0, 0.01)
        );
        for (wrong, said) in [
            ("recency", "such as `recency=0.2`"),
            ("recency=much", "such as `recency=0.2`"),
            ("recency=-0.1", "from 0 to 100"),
            ("recency=100.1", "from 0 to 100"),
            ("recency=NaN", "from 0 to 100"),
            ("diversity_lambda=1.1", "from 0 to 1"),
            ("age=1", "the name being lexical"),
        ] {
            let error = set(&[wrong]).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
