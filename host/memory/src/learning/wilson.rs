//! The Wilson score interval: what a share of successes says when there are few of them.

/// The 95 % quantile, two-sided.
const Z: f64 = 1.959_963_984_540_054;

/// The lower bound of the 95 % interval of the share; 0 of nothing.
pub fn wilson_lower(successes: u64, trials: u64) -> f64 {
    bounds(successes, trials).0
}

/// The upper bound of the 95 % interval of the share; 1 of nothing.
pub fn wilson_upper(successes: u64, trials: u64) -> f64 {
    bounds(successes, trials).1
}

fn bounds(successes: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let n = trials as f64;
    let share = successes.min(trials) as f64 / n;
    let below = 1.0 + Z * Z / n;
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let lower = ((middle - spread) / below).clamp(0.0, 1.0);
    let upper = ((middle + spread) / below).clamp(0.0, 1.0);
    (lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are of statsmodels: `proportion_confint(k, n, method="wilson")`.
    #[test]
    fn bounds_are_those_of_statsmodels() {
        for (successes, trials, lower, upper) in [
            (0, 1, 0.0, 0.793_450_685),
            (1, 1, 0.206_549_315, 1.0),
            (8, 10, 0.490_162_472, 0.943_317_848),
            (50, 100, 0.403_831_530, 0.596_168_470),
        ] {
            assert!(
                (wilson_lower(successes, trials) - lower).abs() < 1e-6,
                "{successes}/{trials}"
            );
            assert!(
                (wilson_upper(successes, trials) - upper).abs() < 1e-6,
                "{successes}/{trials}"
            );
        }
        assert_eq!((wilson_lower(0, 0), wilson_upper(0, 0)), (0.0, 1.0));
    }
}
