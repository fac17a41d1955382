//! Numbers that are far from where they should be, by robust z-scores: anomalies hardly move medians.

use schemars::JsonSchema;
use serde::Serialize;

use super::numbers::{is_constant, mean, median};
use super::season::season_length;
use super::trend::trend;

/// Numbers below which nothing is said.
pub const ANOMALIES_MIN: usize = 5;
/// The score from which a number is an anomaly at a sensitivity of 0.5 (Iglewicz and Hoaglin, 1993). It is twice that at 0
/// and half of it at 1.
const SCORE: f64 = 3.5;
/// From the median and the mean absolute deviation to the standard deviation of a normal distribution.
const BY_MEDIAN: f64 = 1.482_602_218_505_602;
const BY_MEAN: f64 = 1.253_314_137_315_500_3;
/// What a trend has to be at the least before it is taken away.
const TREND_LEVEL: f64 = 0.01;

/// A number that is far from where it should be.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Anomaly {
    /// Its place, from 0.
    pub index: usize,
    /// The number.
    pub value: f64,
    /// What it should be about.
    pub expected: f64,
    /// How far it is, in robust standard deviations.
    pub score: f64,
    /// What was taken away first: `robust z`, `robust z, seasonal`, …
    pub method: String,
}

/// All anomalies, in order.
pub fn anomalies(values: &[f64], sensitivity: f64) -> Vec<Anomaly> {
    if values.len() < ANOMALIES_MIN || is_constant(values) {
        return Vec::new();
    }
    let mut method = "robust z".to_owned();
    let mut expected = vec![0.0; values.len()];
    if let Some(trend) = trend(values, TREND_LEVEL).filter(|trend| trend.significant) {
        for (at, expected) in expected.iter_mut().enumerate() {
            *expected = trend.slope * at as f64;
        }
        method.push_str(", without trend");
    }
    let season = season_length(values);
    if season.is_some() {
        method.push_str(", seasonal");
    }
    let length = season.unwrap_or(1);
    for phase in 0..length {
        let left: Vec<f64> = left(values, &expected)
            .into_iter()
            .skip(phase)
            .step_by(length)
            .collect();
        let middle = median(&left);
        for expected in expected.iter_mut().skip(phase).step_by(length) {
            *expected += middle;
        }
    }
    let left = left(values, &expected);
    let Some(deviation) = deviation(&left) else {
        return Vec::new();
    };
    let threshold = SCORE * 2.0_f64.powf(1.0 - 2.0 * sensitivity);
    let scored = values.iter().zip(&expected).zip(&left).enumerate();
    scored
        .map(|(index, ((value, expected), left))| Anomaly {
            index,
            value: *value,
            expected: *expected,
            score: left / deviation,
            method: method.clone(),
        })
        .filter(|anomaly| anomaly.score.abs() > threshold)
        .collect()
}

fn left(values: &[f64], expected: &[f64]) -> Vec<f64> {
    values.iter().zip(expected).map(|(a, b)| a - b).collect()
}

/// The mean decides where more than half of all are as expected.
fn deviation(left: &[f64]) -> Option<f64> {
    let apart: Vec<f64> = left.iter().map(|value| value.abs()).collect();
    let by_median = BY_MEDIAN * median(&apart);
    let deviation = if by_median > 0.0 {
        by_median
    } else {
        BY_MEAN * mean(&apart)
    };
    (deviation > 0.0 && deviation.is_finite()).then_some(deviation)
}
