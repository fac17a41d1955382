//! Whether a series rises or falls: the test of Mann and Kendall, and Sen's slope, neither of which asks for a straight
//! line or a normal distribution.

use schemars::JsonSchema;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal};

use super::numbers::{is_constant, median_of_sorted, ties};

/// Numbers below which nothing is said: with three, no p-value is small.
pub const TREND_MIN: usize = 4;

/// How a series moves.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Trend {
    /// `increasing`, `decreasing`, or `none` where that is not significant.
    pub direction: &'static str,
    /// Kendall's tau: the share of pairs that rise, less the share that fall.
    pub tau: f64,
    /// How likely that is without a trend (normal, with ties, continuity corrected, two-sided).
    pub p_value: f64,
    /// Whether that is less than the level that was asked for.
    pub significant: bool,
    /// Sen's slope: the median of all slopes between two numbers, for one place.
    pub slope: f64,
    /// Between what the true slope is.
    pub slope_interval: [f64; 2],
}

/// None where there are too few numbers.
pub fn trend(values: &[f64], significance_level: f64) -> Option<Trend> {
    if values.len() < TREND_MIN {
        return None;
    }
    let n = values.len() as f64;
    let mut score = 0.0;
    let mut slopes = Vec::with_capacity(values.len() * (values.len() - 1) / 2);
    for (at, first) in values.iter().enumerate() {
        for (distance, second) in (1..).zip(values.iter().skip(at + 1)) {
            let rise = second - first;
            score += if rise == 0.0 { 0.0 } else { rise.signum() };
            slopes.push(rise / f64::from(distance));
        }
    }
    slopes.sort_by(f64::total_cmp);
    let term = |count: f64| count * (count - 1.0) * (2.0 * count + 5.0);
    let tied: f64 = ties(values).iter().map(|count| term(*count as f64)).sum();
    let deviation = ((term(n) - tied) / 18.0).max(0.0).sqrt();
    let normal = Normal::standard();
    let z = if is_constant(values) || score == 0.0 {
        0.0
    } else {
        (score - score.signum()) / deviation
    };
    let p_value = (2.0 * normal.sf(z.abs())).min(1.0);
    let significant = p_value < significance_level;
    let reach = normal.inverse_cdf(1.0 - significance_level / 2.0) * deviation;
    let pairs = slopes.len() as f64;
    let slope_at = |place: f64| {
        let place = place.clamp(0.0, pairs - 1.0) as usize;
        slopes.get(place).copied().unwrap_or_default()
    };
    Some(Trend {
        direction: match (significant, score > 0.0) {
            (false, _) => "none",
            (true, true) => "increasing",
            (true, false) => "decreasing",
        },
        tau: score / pairs,
        p_value,
        significant,
        slope: median_of_sorted(&slopes),
        slope_interval: [
            slope_at(((pairs - reach) / 2.0).round_ties_even() - 1.0),
            slope_at(((pairs + reach) / 2.0).round_ties_even()),
        ],
    })
}
