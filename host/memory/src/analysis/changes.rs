//! Where the mean of a series changes, by PELT (Killick, Fearnhead and Eckley, 2012): the best division into parts, each
//! with a mean of its own, where each part costs a penalty.

use schemars::JsonSchema;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::numbers::{mean, median, variance};

/// Numbers below which nothing is said.
pub const CHANGES_MIN: usize = 2 * PART_MIN;
/// Numbers of a part.
pub const PART_MIN: usize = 3;
/// What a part costs, in `ln n` times the variance of the noise: it has a mean and a place.
const PENALTY: f64 = 3.0;
/// A median absolute deviation is so much smaller than the standard deviation of a normal distribution.
const MAD_TO_DEVIATION: f64 = 1.482_602_218_505_602;

/// A change of the mean.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// The first number after the change, from 0.
    pub index: usize,
    /// One less the p-value of Welch's test of the two parts. The place was chosen by the same numbers, so that it is
    /// somewhat too sure.
    pub confidence: f64,
    /// `increase` or `decrease`.
    pub change_type: &'static str,
    /// The mean before.
    pub mean_before: f64,
    /// The mean after.
    pub mean_after: f64,
}

/// All changes of the mean, in order.
pub fn changes(values: &[f64]) -> Vec<Change> {
    let Some(penalty) = penalty(values) else {
        return Vec::new();
    };
    let places = divide(values, penalty);
    let mut bounds = vec![0];
    bounds.extend(&places);
    bounds.push(values.len());
    let part = |from: usize, to: usize| values.get(from..to).unwrap_or_default();
    let change = |three: &[usize]| match three {
        [from, index, to] => Some(change_at(*index, part(*from, *index), part(*index, *to))),
        _ => None,
    };
    bounds.windows(3).filter_map(change).collect()
}

/// The noise is measured by the differences of neighbours, which changes of the mean hardly move. Neighbours that depend on
/// each other make it seem less than it is, and then more changes are found.
pub fn penalty(values: &[f64]) -> Option<f64> {
    if values.len() < CHANGES_MIN {
        return None;
    }
    let differences: Vec<f64> = values
        .windows(2)
        .filter_map(|pair| Some(pair.last()? - pair.first()?))
        .collect();
    let middle = median(&differences);
    let apart: Vec<f64> = differences.iter().map(|d| (d - middle).abs()).collect();
    let robust = (MAD_TO_DEVIATION * median(&apart)).powi(2) / 2.0;
    // More than half of the neighbours are equal.
    let noise = if robust > 0.0 {
        robust
    } else {
        variance(&differences) / 2.0
    };
    (noise > 0.0 && noise.is_finite()).then(|| PENALTY * (values.len() as f64).ln() * noise)
}

/// The first places of all parts but the first.
pub fn divide(values: &[f64], penalty: f64) -> Vec<usize> {
    let count = values.len();
    let center = mean(values);
    let (mut sums, mut squares) = (vec![0.0], vec![0.0]);
    for (at, value) in values.iter().enumerate() {
        let value = value - center;
        sums.push(sums.get(at).copied().unwrap_or_default() + value);
        squares.push(squares.get(at).copied().unwrap_or_default() + value * value);
    }
    let at = |list: &[f64], at: usize| list.get(at).copied().unwrap_or_default();
    let cost = |from: usize, to: usize| {
        let sum = at(&sums, to) - at(&sums, from);
        (at(&squares, to) - at(&squares, from) - sum * sum / (to - from) as f64).max(0.0)
    };
    // The least cost of all before each place, and where the last part of it begins.
    let mut best = vec![-penalty];
    let mut last = vec![0];
    let mut candidates = vec![0];
    for to in 1..=count {
        if to < PART_MIN {
            best.push(f64::INFINITY);
            last.push(0);
            continue;
        }
        let newest = to - PART_MIN;
        if newest >= PART_MIN {
            candidates.push(newest);
        }
        let costs: Vec<(f64, usize)> = candidates
            .iter()
            .map(|from| (at(&best, *from) + cost(*from, to), *from))
            .collect();
        let (least, from) = costs
            .iter()
            .map(|(cost, from)| (cost + penalty, *from))
            .fold((f64::INFINITY, 0), |a, b| if b.0 < a.0 { b } else { a });
        best.push(least);
        last.push(from);
        // What is worse without paying for a further part stays worse.
        candidates = costs
            .into_iter()
            .filter(|(cost, _)| *cost <= least)
            .map(|(_, from)| from)
            .collect();
    }
    let mut places = Vec::new();
    let mut place = last.last().copied().unwrap_or_default();
    while place > 0 {
        places.push(place);
        place = last.get(place).copied().unwrap_or_default();
    }
    places.reverse();
    places
}

fn change_at(index: usize, before: &[f64], after: &[f64]) -> Change {
    let (mean_before, mean_after) = (mean(before), mean(after));
    Change {
        index,
        confidence: 1.0 - welch(before, after),
        change_type: if mean_after > mean_before {
            "increase"
        } else {
            "decrease"
        },
        mean_before,
        mean_after,
    }
}

/// The p-value of Welch's test, two-sided.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let part = |values: &[f64]| variance(values) / values.len() as f64;
    let (of_a, of_b) = (part(a), part(b));
    if of_a + of_b <= 0.0 {
        return 0.0;
    }
    let t = (mean(a) - mean(b)).abs() / (of_a + of_b).sqrt();
    let below = of_a.powi(2) / (a.len() as f64 - 1.0) + of_b.powi(2) / (b.len() as f64 - 1.0);
    let freedom = (of_a + of_b).powi(2) / below;
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |student| (2.0 * student.sf(t)).min(1.0))
}
