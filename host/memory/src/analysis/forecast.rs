//! What comes next, by exponential smoothing with additive errors (Hyndman and others, 2008): level, with or without a
//! trend, damped or not, with or without a season. The least AICc decides.
//!
//! The crate augurs-ets has more models; it brings nalgebra and an older rand, which take longer to build than the memory
//! itself. These models are a recursion of four lines.

use schemars::JsonSchema;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal};

use super::numbers::{is_constant, mean};
use super::season::season_length;
use super::simplex::minimize;

/// Numbers below which nothing is said.
pub const FORECAST_MIN: usize = 6;
/// A damped trend loses at least and at most so much in a step.
const DAMPING: [f64; 2] = [0.8, 0.98];
/// Smoothing factors stay so far from 0 and 1.
const FACTOR_EDGE: f64 = 1e-4;
/// Numbers that the first level and trend are read from.
const BEGINNING: usize = 10;
/// What is left of the variance of a series that a model fits without an error.
const EXACT: f64 = 1e-12;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Forecast {
    /// One number for each place to come.
    pub point_forecasts: Vec<f64>,
    /// Below each lies the true number with half of the significance level.
    pub lower_bounds: Vec<f64>,
    /// Above each, likewise.
    pub upper_bounds: Vec<f64>,
    /// How much of the variance of the series its forecasts of one step explain, from 0 to 1.
    pub fit_quality: f64,
    /// The mean error of a step, over that of taking each number for the next; above 1 is worse than that.
    pub scaled_error: Option<f64>,
    /// The squared errors of all steps together.
    pub squared_errors: f64,
    /// The model, such as `ETS(A,Ad,N)`.
    pub method: String,
    /// The length of the season, if there is one.
    pub season_length: Option<usize>,
}

/// Which parts a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Model {
    trend: bool,
    damped: bool,
    /// The length of the season; 1 without.
    season: usize,
}

/// What a model is set to.
#[derive(Debug, Clone)]
struct Parameters {
    level_factor: f64,
    trend_factor: f64,
    season_factor: f64,
    damping: f64,
    level: f64,
    trend: f64,
    /// For each place of a season.
    seasons: Vec<f64>,
}

/// A model after it saw a series.
#[derive(Debug, Clone)]
struct Fit {
    model: Model,
    parameters: Parameters,
    /// As they are after the last number.
    level: f64,
    trend: f64,
    seasons: Vec<f64>,
    errors: Vec<f64>,
}

/// None where there are too few numbers, or they are so large that sums of them are not finite.
pub fn forecast(values: &[f64], horizon: usize, significance_level: f64) -> Option<Forecast> {
    if values.len() < FORECAST_MIN {
        return None;
    }
    if is_constant(values) {
        let same = vec![*values.first()?; horizon];
        return Some(Forecast {
            point_forecasts: same.clone(),
            lower_bounds: same.clone(),
            upper_bounds: same,
            fit_quality: 1.0,
            scaled_error: None,
            squared_errors: 0.0,
            method: "constant".to_owned(),
            season_length: None,
        });
    }
    let season = season_length(values);
    let mut seasons = vec![1];
    seasons.extend(season);
    let models = seasons.into_iter().flat_map(|season| {
        [(false, false), (true, false), (true, true)].map(|(trend, damped)| Model {
            trend,
            damped,
            season,
        })
    });
    let fits = models.filter_map(|model| {
        let fit = model.fit(values)?;
        Some((fit.aicc(values)?, fit))
    });
    let (_, best) = fits.min_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(best.forecast(values, horizon, significance_level))
}

impl Model {
    fn fit(self, values: &[f64]) -> Option<Fit> {
        let size = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
        let first = self.first(values)?;
        let spread = super::numbers::variance(values).sqrt();
        if !size.is_finite() || !spread.is_finite() {
            return None;
        }
        // Factors go through the logistic function, so that the search cannot leave their bounds.
        let mut start = vec![-1.0, first.level / spread];
        let mut steps = vec![1.0, 0.2];
        if self.trend {
            start.extend([-1.0, first.trend / spread]);
            steps.extend([1.0, 0.05]);
        }
        if self.damped {
            start.push(1.0);
            steps.push(1.0);
        }
        if self.season > 1 {
            start.push(-2.0);
            steps.push(1.0);
        }
        let read = |point: &[f64]| self.read(point, spread, &first);
        let squares = |point: &[f64]| {
            let squares = self.run(values, read(point)).squared_errors();
            if squares.is_finite() {
                squares
            } else {
                f64::MAX
            }
        };
        // From the best of the first search once more: a simplex may shrink too early.
        let found = minimize(&start, &steps, squares);
        let found = minimize(&found, &steps, squares);
        Some(self.run(values, read(&found)))
    }

    fn read(self, point: &[f64], spread: f64, first: &Parameters) -> Parameters {
        let mut numbers = point.iter().copied();
        let mut next = || numbers.next().unwrap_or_default();
        let within =
            |number: f64, [from, to]: [f64; 2]| from + (to - from) / (1.0 + (-number).exp());
        let level_factor = within(next(), [FACTOR_EDGE, 1.0 - FACTOR_EDGE]);
        let level = next() * spread;
        let (mut trend_factor, mut trend, mut damping, mut season_factor) = (0.0, 0.0, 1.0, 0.0);
        if self.trend {
            trend_factor = within(next(), [FACTOR_EDGE.min(level_factor), level_factor]);
            trend = next() * spread;
        }
        if self.damped {
            damping = within(next(), DAMPING);
        }
        if self.season > 1 {
            season_factor = within(next(), [0.0, 1.0 - level_factor]);
        }
        Parameters {
            level_factor,
            trend_factor,
            season_factor,
            damping,
            level,
            trend,
            seasons: first.seasons.clone(),
        }
    }

    /// Where the search begins: seasons by the means of each place, level and trend by a line through the beginning.
    fn first(self, values: &[f64]) -> Option<Parameters> {
        let mut seasons = vec![0.0; self.season];
        if self.season > 1 {
            let left = super::numbers::without_line(values);
            for (phase, season) in seasons.iter_mut().enumerate() {
                let of_phase: Vec<f64> = left
                    .iter()
                    .skip(phase)
                    .step_by(self.season)
                    .copied()
                    .collect();
                *season = mean(&of_phase);
            }
            let middle = mean(&seasons);
            seasons.iter_mut().for_each(|season| *season -= middle);
        }
        let count = values.len().min(BEGINNING.max(2 * self.season));
        let beginning: Vec<f64> = values
            .iter()
            .take(count)
            .zip(seasons.iter().cycle())
            .map(|(value, season)| value - season)
            .collect();
        let left = super::numbers::without_line(&beginning);
        let line = |at: usize| Some(beginning.get(at)? - left.get(at)?);
        let slope = line(1)? - line(0)?;
        Some(Parameters {
            level_factor: 0.0,
            trend_factor: 0.0,
            season_factor: 0.0,
            damping: 1.0,
            level: if self.trend {
                line(0)? - slope
            } else {
                mean(&beginning)
            },
            trend: slope,
            seasons,
        })
    }

    fn run(self, values: &[f64], parameters: Parameters) -> Fit {
        let (mut level, mut trend) = (parameters.level, parameters.trend);
        let mut seasons = parameters.seasons.clone();
        let mut errors = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            let damped = parameters.damping * trend;
            let phase = at % self.season;
            let season = seasons.get(phase).copied().unwrap_or_default();
            let error = value - (level + damped + season);
            errors.push(error);
            level += damped + parameters.level_factor * error;
            trend = damped + parameters.trend_factor * error;
            if let Some(season) = seasons.get_mut(phase) {
                *season += parameters.season_factor * error;
            }
        }
        Fit {
            model: self,
            parameters,
            level,
            trend,
            seasons,
            errors,
        }
    }

    /// How many numbers are chosen by the series, its variance among them.
    fn chosen(self) -> usize {
        3 + 2 * usize::from(self.trend)
            + usize::from(self.damped)
            + if self.season > 1 { self.season } else { 0 }
    }
}

impl Fit {
    fn squared_errors(&self) -> f64 {
        self.errors.iter().map(|error| error * error).sum()
    }

    /// Akaike's criterion, corrected for short series; none where the series is too short for the model.
    fn aicc(&self, values: &[f64]) -> Option<f64> {
        let n = values.len() as f64;
        let chosen = self.model.chosen() as f64;
        let left = n - chosen - 1.0;
        if left <= 0.0 {
            return None;
        }
        let least = EXACT * super::numbers::variance(values) * n;
        let squares = self.squared_errors().max(least);
        let aicc = n * (squares / n).ln() + 2.0 * chosen + 2.0 * chosen * (chosen + 1.0) / left;
        aicc.is_finite().then_some(aicc)
    }

    fn forecast(&self, values: &[f64], horizon: usize, significance_level: f64) -> Forecast {
        let n = values.len();
        let squares = self.squared_errors();
        let parameters = &self.parameters;
        // The variance of the errors, by what is left of the numbers after those that were chosen.
        let freedom = n.saturating_sub(self.model.chosen() - 1).max(1);
        let reach = Normal::standard().inverse_cdf(1.0 - significance_level / 2.0);
        let deviation = (squares / freedom as f64).sqrt() * reach;
        let (mut point, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
        let (mut damping, mut share, mut width) = (0.0, 1.0, 1.0_f64);
        for step in 1..=horizon {
            share *= parameters.damping;
            damping += share;
            let phase = (n + step - 1) % self.model.season;
            let season = self.seasons.get(phase).copied().unwrap_or_default();
            let trend = if self.model.trend {
                damping * self.trend
            } else {
                0.0
            };
            let expected = self.level + trend + season;
            point.push(expected);
            lower.push(expected - deviation * width.sqrt());
            upper.push(expected + deviation * width.sqrt());
            let mut moved = parameters.level_factor + parameters.trend_factor * damping;
            if self.model.season > 1 && step % self.model.season == 0 {
                moved += parameters.season_factor;
            }
            width += moved * moved;
        }
        let all = super::numbers::variance(values) * (n as f64 - 1.0);
        Forecast {
            point_forecasts: point,
            lower_bounds: lower,
            upper_bounds: upper,
            fit_quality: (1.0 - squares / all).clamp(0.0, 1.0),
            scaled_error: scaled_error(values, &self.errors),
            squared_errors: squares,
            method: self.method(),
            season_length: (self.model.season > 1).then_some(self.model.season),
        }
    }

    fn method(&self) -> String {
        let trend = match (self.model.trend, self.model.damped) {
            (false, _) => "N",
            (true, false) => "A",
            (true, true) => "Ad",
        };
        let season = if self.model.season > 1 { "A" } else { "N" };
        format!("ETS(A,{trend},{season})")
    }
}

fn scaled_error(values: &[f64], errors: &[f64]) -> Option<f64> {
    let moves: Vec<f64> = values
        .windows(2)
        .filter_map(|pair| Some((pair.last()? - pair.first()?).abs()))
        .collect();
    let errors: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let scaled = mean(&errors) / mean(&moves);
    scaled.is_finite().then_some(scaled)
}
