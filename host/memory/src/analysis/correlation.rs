//! Whether two series go together.

use schemars::JsonSchema;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

use super::numbers::{is_constant, mean, ranks};

/// Pairs of numbers below which nothing is said: the interval needs more than three.
pub const CORRELATION_MIN: usize = 4;

/// How two series go together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Correlation {
    /// Pearson's r, from -1 to 1.
    pub coefficient: f64,
    /// How likely a coefficient so far from 0 is without any connection (t, two-sided).
    pub p_value: f64,
    /// Between what the true coefficient is, by Fisher's z.
    pub confidence_interval: [f64; 2],
    /// Spearman's coefficient: the same of the ranks, which a few far values do not move.
    pub rank_coefficient: f64,
    /// Its p-value.
    pub rank_p_value: f64,
}

/// Of two series of the same length; none where one is constant or both are short.
pub fn correlation(a: &[f64], b: &[f64], significance_level: f64) -> Option<Correlation> {
    if a.len() != b.len() || a.len() < CORRELATION_MIN || is_constant(a) || is_constant(b) {
        return None;
    }
    let coefficient = pearson(a, b)?;
    let rank_coefficient = pearson(&ranks(a), &ranks(b))?;
    let normal = Normal::standard();
    let n = a.len() as f64;
    let reach = normal.inverse_cdf(1.0 - significance_level / 2.0) / (n - 3.0).sqrt();
    let z = coefficient.atanh();
    Some(Correlation {
        coefficient,
        p_value: p_value(coefficient, n)?,
        confidence_interval: [(z - reach).tanh(), (z + reach).tanh()],
        rank_coefficient,
        rank_p_value: p_value(rank_coefficient, n)?,
    })
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    // Scaled first, so that squares of large numbers do not overflow.
    let scaled = |values: &[f64]| {
        let mean = mean(values);
        let most = values.iter().map(|v| (v - mean).abs()).fold(0.0, f64::max);
        let scaled = values.iter().map(|value| (value - mean) / most);
        scaled.collect::<Vec<f64>>()
    };
    let (a, b) = (scaled(a), scaled(b));
    let product: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
    let squares = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
    let coefficient = product / (squares(&a) * squares(&b)).sqrt();
    coefficient
        .is_finite()
        .then_some(coefficient.clamp(-1.0, 1.0))
}

fn p_value(coefficient: f64, n: f64) -> Option<f64> {
    let unexplained = 1.0 - coefficient * coefficient;
    if unexplained <= 0.0 {
        return Some(0.0);
    }
    let t = coefficient.abs() * ((n - 2.0) / unexplained).sqrt();
    let student = StudentsT::new(0.0, 1.0, n - 2.0).ok()?;
    Some((2.0 * student.sf(t)).min(1.0))
}
