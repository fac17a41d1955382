//! After how many places a series repeats itself.

use super::numbers::{is_constant, without_line};

/// Whole seasons that have to be there.
const SEASONS_MIN: usize = 3;
/// The longest season that is looked for.
pub const SEASON_MAX: usize = 60;
/// The least autocorrelation at the length of a season. Noise of 30 numbers stays below it 97 times in 100.
const LIKENESS_MIN: f64 = 0.4;

/// The length of the season that is seen best; none where none is seen.
pub fn season_length(values: &[f64]) -> Option<usize> {
    let longest = (values.len() / SEASONS_MIN).min(SEASON_MAX);
    if longest < 2 || is_constant(values) {
        return None;
    }
    let left = without_line(values);
    let all: f64 = left.iter().map(|value| value * value).sum();
    let likeness = |lag: usize| {
        let pairs = left.iter().zip(left.iter().skip(lag));
        // As if no pairs were missing at the end, or long seasons would seem weaker than they are.
        let scale = left.len() as f64 / (left.len() - lag) as f64;
        pairs.map(|(a, b)| a * b).sum::<f64>() / all * scale
    };
    let known: Vec<f64> = (1..=longest + 1).map(likeness).collect();
    let mut best: Option<(usize, f64)> = None;
    for (at, three) in known.windows(3).enumerate() {
        if let [before, here, after] = three
            && *here > LIKENESS_MIN
            && here > before
            && here >= after
            // Twice the season is as alike; the shorter one is meant.
            && best.is_none_or(|(_, most)| *here > most + 0.1)
        {
            best = Some((at + 2, *here));
        }
    }
    best.map(|(length, _)| length)
}
