//! What numbers over time say: whether they go together, change, rise or fall, what comes next, and what is odd.
//!
//! Everything here is a function of numbers; [`crate::Memory::advanced_pattern_analysis`] takes them from the episodes where
//! none are given. Results are checked against scipy, ruptures, pymannkendall and statsmodels by `tests/reference`.

mod anomalies;
mod changes;
mod correlation;
mod forecast;
mod numbers;
mod season;
mod simplex;
mod trend;

use std::collections::BTreeMap;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use anomalies::{ANOMALIES_MIN, Anomaly, anomalies};
pub use changes::{CHANGES_MIN, Change, changes, penalty};
pub use correlation::{CORRELATION_MIN, Correlation, correlation};
pub use forecast::{FORECAST_MIN, Forecast, forecast};
pub use season::{SEASON_MAX, season_length};
pub use trend::{TREND_MIN, Trend, trend};

use crate::limits::{HORIZON_MAX, LABEL_BYTES_MAX, SERIES_MAX, SERIES_NUMBERS_MAX};
use crate::memory::check;
use crate::{Error, Result};

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisType {
    /// Correlations, changes and trends.
    Statistical,
    /// Forecasts and anomalies.
    Predictive,
    /// Both.
    Comprehensive,
}

/// How it is done.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AnalysisConfig {
    /// Below which p-value something counts; intervals hold one less this share. Between 0 and 1.
    pub significance_level: f64,
    /// How many places are forecast.
    pub forecast_horizon: usize,
    /// From 0, only what is very far, to 1.
    pub anomaly_sensitivity: f64,
}

impl Default for AnalysisConfig {
    fn default() -> Self {
        Self {
            significance_level: 0.05,
            forecast_horizon: 10,
            anomaly_sensitivity: 0.5,
        }
    }
}

/// Numbers over time, by name. Numbers of the same place belong to the same time.
pub type Series = BTreeMap<String, Vec<f64>>;

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Analysis {
    /// Unless only predictions were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistical_results: Option<Statistical>,
    /// Unless only statistics were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictive_results: Option<Predictive>,
    /// In short.
    pub summary: Summary,
    /// What it took.
    pub performance: Performance,
}

/// What is there.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Statistical {
    /// Of all pairs of series, by name.
    pub correlations: Vec<CorrelationOf>,
    /// Of all series.
    pub changepoints: Vec<Of<Change>>,
    /// Of all series.
    pub trends: Vec<Of<Trend>>,
}

/// What may come, and what should not be.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Predictive {
    /// Of all series.
    pub forecasts: Vec<Of<Forecast>>,
    /// Of all series.
    pub anomalies: Vec<Of<Anomaly>>,
}

/// A result of one series.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Of<T> {
    /// The name of the series.
    pub variable: String,
    /// The result.
    #[serde(flatten)]
    pub result: T,
}

/// How two series go together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CorrelationOf {
    /// Their names.
    pub variables: [String; 2],
    /// Whether the p-value is below the level that was asked for.
    pub significant: bool,
    /// The result.
    #[serde(flatten)]
    pub result: Correlation,
}

/// In short.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// `given` or `episodes`.
    pub source: &'static str,
    /// How many numbers each series has.
    pub series: BTreeMap<String, usize>,
    /// For each place of series from episodes its day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<String>,
    /// What counts, one sentence each.
    pub findings: Vec<String>,
    /// What could not be said, and why.
    pub notes: Vec<String>,
}

/// What it took.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Performance {
    /// From the call to the answer.
    pub total_time_ms: f64,
}

/// Whether these series and this configuration are what is taken.
///
/// # Errors
/// They name the field and the bound.
pub fn check_series(series: &Series, config: &AnalysisConfig) -> Result<()> {
    check::count("time_series_data", series.len(), SERIES_MAX)?;
    for (name, values) in series {
        check::text("the name of a series", name, LABEL_BYTES_MAX)?;
        check::count(
            &format!("the series {name}"),
            values.len(),
            SERIES_NUMBERS_MAX,
        )?;
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::Invalid(format!(
                "the series {name} has no finite number at place {at}; leave the place out in all series, or fill it"
            )));
        }
    }
    check::share("anomaly_sensitivity", config.anomaly_sensitivity)?;
    check::within("forecast_horizon", config.forecast_horizon, 1, HORIZON_MAX)?;
    let level = config.significance_level;
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::Invalid(format!(
            "significance_level is {level}; send a number between 0 and 1, such as 0.05"
        )));
    }
    Ok(())
}

/// What these series say. They were checked.
pub fn analyze(kind: AnalysisType, series: &Series, config: &AnalysisConfig) -> Analysis {
    let began = Instant::now();
    let mut summary = Summary {
        source: "given",
        series: series
            .iter()
            .map(|(name, values)| (name.clone(), values.len()))
            .collect(),
        ..Summary::default()
    };
    for (name, values) in series {
        if values.len() > 1 && numbers::is_constant(values) {
            summary.notes.push(format!("{name} is constant: it goes together with nothing, and has no changes, trend or anomalies"));
        }
    }
    let statistical = kind != AnalysisType::Predictive;
    let predictive = kind != AnalysisType::Statistical;
    Analysis {
        statistical_results: statistical.then(|| statistics(series, config, &mut summary)),
        predictive_results: predictive.then(|| predictions(series, config, &mut summary)),
        summary,
        performance: Performance {
            total_time_ms: began.elapsed().as_secs_f64() * 1e3,
        },
    }
}

fn statistics(series: &Series, config: &AnalysisConfig, summary: &mut Summary) -> Statistical {
    let level = config.significance_level;
    let mut found = Statistical::default();
    for (at, (first, a)) in series.iter().enumerate() {
        for (second, b) in series.iter().skip(at + 1) {
            if a.len() != b.len() {
                summary.notes.push(format!("{first} and {second} have {} and {} numbers; only series of the same length are correlated", a.len(), b.len()));
                continue;
            }
            let Some(result) = correlation(a, b, level) else {
                continue;
            };
            let significant = result.p_value < level;
            if significant {
                let sign = if result.coefficient > 0.0 {
                    "together"
                } else {
                    "against each other"
                };
                summary.findings.push(format!(
                    "{first} and {second} move {sign} (r = {:.2}, p = {:.2e})",
                    result.coefficient, result.p_value
                ));
            }
            found.correlations.push(CorrelationOf {
                variables: [first.clone(), second.clone()],
                significant,
                result,
            });
        }
    }
    for (variable, values) in series {
        let of = |what, min| too_short(variable, values, what, min);
        summary.notes.extend(of("correlations", CORRELATION_MIN));
        summary.notes.extend(of("changes", CHANGES_MIN));
        summary.notes.extend(of("a trend", TREND_MIN));
        for change in changes(values) {
            summary.findings.push(format!(
                "{variable} changes at {} from {:.4} to {:.4}",
                change.index, change.mean_before, change.mean_after
            ));
            found.changepoints.push(of_variable(variable, change));
        }
        if let Some(trend) = trend(values, level) {
            if trend.significant {
                summary.findings.push(format!(
                    "{variable} is {} by {:.4} a place (p = {:.2e})",
                    trend.direction, trend.slope, trend.p_value
                ));
            }
            found.trends.push(of_variable(variable, trend));
        }
    }
    found
}

fn predictions(series: &Series, config: &AnalysisConfig, summary: &mut Summary) -> Predictive {
    let mut found = Predictive::default();
    for (variable, values) in series {
        let of = |what, min| too_short(variable, values, what, min);
        summary.notes.extend(of("a forecast", FORECAST_MIN));
        summary.notes.extend(of("anomalies", ANOMALIES_MIN));
        let forecast = forecast(values, config.forecast_horizon, config.significance_level);
        match forecast {
            Some(forecast) => found.forecasts.push(of_variable(variable, forecast)),
            None if values.len() >= FORECAST_MIN => summary.notes.push(format!("no model fits {variable}: its numbers are too large to be squared; send them in a larger unit")),
            None => {}
        }
        for anomaly in anomalies(values, config.anomaly_sensitivity) {
            summary.findings.push(format!(
                "{variable} is {:.4} at {}, where about {:.4} was to be expected",
                anomaly.value, anomaly.index, anomaly.expected
            ));
            found.anomalies.push(of_variable(variable, anomaly));
        }
    }
    found
}

fn of_variable<T>(variable: &str, result: T) -> Of<T> {
    Of {
        variable: variable.to_owned(),
        result,
    }
}

fn too_short(variable: &str, values: &[f64], what: &str, min: usize) -> Option<String> {
    (values.len() < min).then(|| {
        format!(
            "{variable} has {} numbers; for {what} at least {min} are needed",
            values.len()
        )
    })
}
