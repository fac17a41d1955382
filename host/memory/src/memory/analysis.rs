//! The analysis of numbers over time, given or from the episodes themselves.

use std::collections::BTreeMap;
use std::time::Instant;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Memory;
use crate::analysis::{Analysis, AnalysisConfig, AnalysisType, Series, analyze, check_series};
use crate::limits::SERIES_NUMBERS_MAX;
use crate::store::{self, Facts, Filter, Page};
use crate::{Error, Result};

/// The call, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskAnalysis {
    /// What is wanted.
    pub analysis_type: AnalysisType,
    /// The series; from the episodes when left out. A place without a number is refused with its place.
    #[serde(default)]
    pub time_series_data: Option<BTreeMap<String, Vec<Option<f64>>>>,
    /// How it is done.
    #[serde(default)]
    pub config: AnalysisConfig,
}

/// Episodes that are read at a time.
const PAGE: usize = 10_000;

/// What one day's episodes come to.
#[derive(Debug, Default)]
struct Day {
    episodes: f64,
    successes: f64,
    seconds: f64,
    steps: f64,
    rewards: f64,
    reward: f64,
}

impl Memory {
    /// What numbers over time say. Without any, they are of the completed episodes that may be seen: for each day (UTC) with
    /// any, the success rate, and the means of seconds, steps and reward; of the latest [`SERIES_NUMBERS_MAX`] such days.
    ///
    /// # Errors
    /// A series or the configuration is not what it must be, or the store failed.
    pub async fn advanced_pattern_analysis(&self, asked: AskAnalysis) -> Result<Analysis> {
        let began = Instant::now();
        let given = asked.time_series_data.map(|given| {
            let number = |number: Option<f64>| number.unwrap_or(f64::NAN);
            let series = given.into_iter();
            series
                .map(|(name, values)| (name, values.into_iter().map(number).collect()))
                .collect::<Series>()
        });
        if given.as_ref().is_some_and(Series::is_empty) {
            return Err(Error::Invalid(
                "time_series_data is empty; send at least one series, or leave it out for those of the episodes".to_owned(),
            ));
        }
        check_series(given.as_ref().unwrap_or(&Series::new()), &asked.config)?;
        self.blocking(move |memory| {
            let (series, days) = match given {
                Some(given) => (given, Vec::new()),
                None => memory.series_of_days()?,
            };
            let mut analysis = analyze(asked.analysis_type, &series, &asked.config);
            if !days.is_empty() {
                analysis.summary.source = "episodes";
            } else if series.is_empty() {
                analysis.summary.source = "episodes";
                analysis.summary.notes.push(
                    "no episode is completed yet; complete some, or send time_series_data"
                        .to_owned(),
                );
            }
            analysis.summary.days = days;
            analysis.performance.total_time_ms = began.elapsed().as_secs_f64() * 1e3;
            Ok(analysis)
        })
        .await
    }

    fn series_of_days(&self) -> Result<(Series, Vec<String>)> {
        let filter: Filter = self.filter();
        let days = store::read(&*self.inner.store, |tx| {
            let mut days: BTreeMap<_, Day> = BTreeMap::new();
            let mut offset = 0;
            loop {
                let facts = tx.facts(
                    &filter,
                    Page {
                        limit: PAGE,
                        offset,
                    },
                )?;
                for facts in &facts {
                    if let Some(end) = facts.end_time {
                        days.entry(end.date_naive()).or_default().add(facts);
                    }
                }
                if facts.len() < PAGE {
                    return Ok(days);
                }
                offset += PAGE;
            }
        })?;
        let skipped = days.len().saturating_sub(SERIES_NUMBERS_MAX);
        let mut series = Series::new();
        let mut names = Vec::new();
        // A day without a reward would leave a hole in the series of rewards alone.
        let has_rewards = days.values().skip(skipped).all(|day| day.rewards > 0.0);
        for (date, day) in days.iter().skip(skipped) {
            names.push(date.to_string());
            let mut add = |name: &str, value: f64| {
                series.entry(name.to_owned()).or_default().push(value);
            };
            add("success_rate", day.successes / day.episodes);
            add("duration_seconds", day.seconds / day.episodes);
            add("steps", day.steps / day.episodes);
            add("episodes", day.episodes);
            if has_rewards {
                add("reward", day.reward / day.rewards);
            }
        }
        Ok((series, names))
    }
}

impl Day {
    fn add(&mut self, facts: &Facts) {
        self.episodes += 1.0;
        self.steps += f64::from(facts.steps);
        if facts.outcome.is_some_and(|kind| kind.is_successful()) {
            self.successes += 1.0;
        }
        if let Some(end) = facts.end_time {
            let duration = end.signed_duration_since(facts.start_time);
            self.seconds += duration.num_microseconds().unwrap_or_default() as f64 / 1e6;
        }
        if let Some(reward) = facts.reward {
            self.rewards += 1.0;
            self.reward += reward;
        }
    }
}
