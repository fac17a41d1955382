//! The least value of a function of a few numbers, by the simplex of Nelder and Mead (1965).

/// Evaluations at most.
const EVALUATIONS_MAX: usize = 2_000;
/// It is over when the values of all corners are so near to each other.
const TOLERANCE: f64 = 1e-9;

/// The best point that was found from `start`, with steps of this size at first.
pub fn minimize(start: &[f64], steps: &[f64], value: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut corners = vec![(value(start), start.to_vec())];
    for (at, step) in steps.iter().enumerate() {
        let mut point = start.to_vec();
        if let Some(number) = point.get_mut(at) {
            *number += step;
        }
        corners.push((value(&point), point));
    }
    let mut evaluations = corners.len();
    while evaluations < EVALUATIONS_MAX {
        corners.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some((worst, (best, others))) = corners
            .split_last()
            .and_then(|(worst, rest)| Some((worst.clone(), rest.split_first()?)))
        else {
            break;
        };
        if worst.0 - best.0 <= TOLERANCE * (best.0.abs() + TOLERANCE) {
            break;
        }
        let second_worst = others.last().unwrap_or(best).0;
        let (best_value, best_point) = best.clone();
        let rest: Vec<&[f64]> = corners
            .iter()
            .take(corners.len() - 1)
            .map(|(_, point)| point.as_slice())
            .collect();
        let center = center(&rest, start.len());
        let along = |factor: f64| {
            let numbers = center.iter().zip(&worst.1);
            let point: Vec<f64> = numbers.map(|(c, w)| c + factor * (c - w)).collect();
            (value(&point), point)
        };
        let reflected = along(1.0);
        evaluations += 1;
        let next = if reflected.0 < best_value {
            evaluations += 1;
            let expanded = along(2.0);
            Some(if expanded.0 < reflected.0 {
                expanded
            } else {
                reflected
            })
        } else if reflected.0 < second_worst {
            Some(reflected)
        } else {
            evaluations += 1;
            let is_better = reflected.0 < worst.0;
            let contracted = along(if is_better { 0.5 } else { -0.5 });
            (contracted.0 < worst.0.min(reflected.0)).then_some(contracted)
        };
        match next {
            Some(next) => {
                corners.pop();
                corners.push(next);
            }
            None => {
                for (corner_value, point) in corners.iter_mut().skip(1) {
                    for (number, best) in point.iter_mut().zip(&best_point) {
                        *number = f64::midpoint(*number, *best);
                    }
                    *corner_value = value(point);
                    evaluations += 1;
                }
            }
        }
    }
    let best = corners.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or_else(|| start.to_vec(), |(_, point)| point)
}

fn center(points: &[&[f64]], dimensions: usize) -> Vec<f64> {
    let of = |at: usize| {
        let numbers = points.iter().filter_map(|point| point.get(at));
        numbers.sum::<f64>() / points.len().max(1) as f64
    };
    (0..dimensions).map(of).collect()
}
