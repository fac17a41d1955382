//! How much can be learned from what is kept.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::batch::mean;
use super::{Memory, check};
use crate::Result;
use crate::model::{Time, now};
use crate::store::{Facts, Filter, Page};

/// The least quality that counts as good when nothing is said.
pub const QUALITY_THRESHOLD: f64 = 0.7;
/// Episodes that a trend needs.
const TREND_MIN: usize = 10;
/// Episodes that a trend is made of, the latest.
const TREND_MAX: usize = 1_000;
/// What |Kendall's z| has to exceed for a trend to be one, at 95 %.
const SIGNIFICANT: f64 = 1.96;

/// Over which time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum QualityRange {
    /// The last day.
    #[serde(rename = "24h")]
    Day,
    /// The last week.
    #[serde(rename = "7d")]
    Week,
    /// The last 30 days.
    #[serde(rename = "30d")]
    Month,
    /// The last 90 days.
    #[serde(rename = "90d")]
    Quarter,
    /// All of it.
    #[default]
    #[serde(rename = "all")]
    All,
}

impl QualityRange {
    fn from(self, at: Time) -> Option<Time> {
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::All => return None,
        };
        at.checked_sub_signed(TimeDelta::days(days))
    }
}

/// What is asked, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AskQuality {
    /// Over which time.
    pub time_range: QualityRange,
    /// Also where it goes.
    pub include_trends: bool,
    /// From where on it counts as good.
    pub quality_threshold: f64,
}

impl Default for AskQuality {
    fn default() -> Self {
        Self {
            time_range: QualityRange::All,
            include_trends: true,
            quality_threshold: QUALITY_THRESHOLD,
        }
    }
}

/// How much can be learned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QualityMetrics {
    /// Over which time.
    pub time_range: QualityRange,
    /// Completed episodes.
    pub total_episodes: usize,
    /// The mean of their scores; none without episodes.
    pub average_quality_score: Option<f64>,
    /// How many have a score from 0 to 0.2, to 0.4, to 0.6, to 0.8, and to 1.
    pub distribution: [usize; 5],
    /// How many reach the threshold.
    pub episodes_accepted: usize,
    /// How many do not. They are kept all the same.
    pub episodes_rejected: usize,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trend: Option<QualityTrend>,
    /// In sentences.
    pub recommendations: Vec<String>,
}

/// Where the scores go.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QualityTrend {
    /// `improving`, `declining`, `stable` or `unknown`.
    pub direction: &'static str,
    /// One less the p-value of the Mann–Kendall test.
    pub confidence: f64,
}

impl Memory {
    /// How much can be learned from what is kept, in all domains that may be seen.
    ///
    /// # Errors
    /// The threshold is no share, or the store failed.
    pub async fn quality_metrics(&self, asked: AskQuality) -> Result<QualityMetrics> {
        check::share("quality_threshold", asked.quality_threshold)?;
        self.reading(move |memory, tx| {
            let filter = Filter {
                completed: Some(true),
                from: asked.time_range.from(now()),
                ..memory.filter()
            };
            let facts = tx.facts(&filter, Page::ALL)?;
            Ok(metrics(&facts, &asked))
        })
        .await
    }
}

fn metrics(facts: &[Facts], asked: &AskQuality) -> QualityMetrics {
    let scores: Vec<f64> = facts.iter().filter_map(|facts| facts.quality).collect();
    let mut distribution = [0; 5];
    for score in &scores {
        let bin = ((score * 5.0) as usize).min(4);
        if let Some(count) = distribution.get_mut(bin) {
            *count += 1;
        }
    }
    let accepted = scores
        .iter()
        .filter(|score| **score >= asked.quality_threshold)
        .count();
    QualityMetrics {
        time_range: asked.time_range,
        total_episodes: scores.len(),
        average_quality_score: mean(scores.iter().copied()),
        distribution,
        episodes_accepted: accepted,
        episodes_rejected: scores.len() - accepted,
        trend: asked.include_trends.then(|| trend(&scores)),
        recommendations: recommendations(facts, &scores, accepted),
    }
}

/// The Mann–Kendall test, without a correction for ties beyond the variance of all.
fn trend(scores: &[f64]) -> QualityTrend {
    let scores = scores
        .get(scores.len().saturating_sub(TREND_MAX)..)
        .unwrap_or_default();
    let count = scores.len();
    if count < TREND_MIN {
        return QualityTrend {
            direction: "unknown",
            confidence: 0.0,
        };
    }
    let mut sum = 0_i64;
    for (at, early) in scores.iter().enumerate() {
        for late in scores.iter().skip(at + 1) {
            sum += i64::from(late > early) - i64::from(late < early);
        }
    }
    let n = count as f64;
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let z = (sum - sum.signum()) as f64 / deviation;
    let direction = match z {
        z if z > SIGNIFICANT => "improving",
        z if z < -SIGNIFICANT => "declining",
        _ => "stable",
    };
    QualityTrend {
        direction,
        confidence: within(z.abs()),
    }
}

/// How much of a normal distribution lies within ± z, by Abramowitz and Stegun 7.1.26.
fn within(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let polynomial = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    1.0 - polynomial * (-x * x).exp()
}

fn recommendations(facts: &[Facts], scores: &[f64], accepted: usize) -> Vec<String> {
    let mut recommendations = Vec::new();
    if scores.is_empty() {
        return vec!["No episode was completed in this time; complete some.".to_owned()];
    }
    let without_steps = facts.iter().filter(|facts| facts.steps == 0).count();
    if without_steps * 5 > facts.len() {
        recommendations.push(format!(
            "{without_steps} of {} episodes have no steps; add_episode_step tells what was done.",
            facts.len()
        ));
    }
    if accepted * 2 < scores.len() {
        recommendations.push("More than half are below the threshold; results of steps, tags and a verdict of a sentence raise the score.".to_owned());
    }
    recommendations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_are_told_apart_from_noise() {
        let rising: Vec<f64> = (0..30).map(|n| f64::from(n) / 30.0).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        let noise: Vec<f64> = (0..30).map(|n| f64::from((n * 7919) % 31) / 31.0).collect();
        assert_eq!(trend(&rising).direction, "improving");
        assert!(trend(&rising).confidence > 0.99);
        assert_eq!(trend(&falling).direction, "declining");
        assert_eq!(trend(&noise).direction, "stable");
        assert_eq!(trend(&rising[..9]).direction, "unknown");
        assert!((within(1.96) - 0.95).abs() < 1e-4);
    }
}
