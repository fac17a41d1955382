//! Small statistics that the others share.

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// With `n - 1` below.
pub fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / values.len().saturating_sub(1).max(1) as f64
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    median_of_sorted(&sorted)
}

pub fn median_of_sorted(sorted: &[f64]) -> f64 {
    let at = |at: usize| sorted.get(at).copied().unwrap_or_default();
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        at(half)
    } else {
        f64::midpoint(at(half.saturating_sub(1)), at(half))
    }
}

pub fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair.first() == pair.last())
}

/// Ranks from 1; equal values have the mean of theirs.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let value = |at: &usize| values.get(*at).copied().unwrap_or_default();
    order.sort_by(|a, b| value(a).total_cmp(&value(b)));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equal in order.chunk_by(|a, b| value(a) == value(b)) {
        let rank = first as f64 + (equal.len() + 1) as f64 / 2.0;
        for at in equal {
            if let Some(place) = ranks.get_mut(*at) {
                *place = rank;
            }
        }
        first += equal.len();
    }
    ranks
}

/// How many there are of each value that is there more than once.
pub fn ties(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let groups = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len);
    groups.filter(|count| *count > 1).collect()
}

/// What is left of a series without its mean and a straight line.
pub fn without_line(values: &[f64]) -> Vec<f64> {
    let center = (values.len().saturating_sub(1)) as f64 / 2.0;
    let mean = mean(values);
    let (mut across, mut along) = (0.0, 0.0);
    for (at, value) in values.iter().enumerate() {
        let x = at as f64 - center;
        across += x * (value - mean);
        along += x * x;
    }
    let slope = if along > 0.0 { across / along } else { 0.0 };
    let line = |(at, value): (usize, &f64)| value - mean - slope * (at as f64 - center);
    values.iter().enumerate().map(line).collect()
}
