//! Maximal marginal relevance: of what fits equally well, what is unlike the rest comes first.

use super::Ranked;

/// Entries that are compared with each other; those behind keep their order.
const COMPARED_MAX: usize = 100;

/// The first `count`, each chosen by `lambda` times its relevance less `1 − lambda` times its likeness to what was chosen.
pub fn diverse(mut ranked: Vec<Ranked>, count: usize, lambda: f64) -> Vec<Ranked> {
    if lambda >= 1.0 || count < 2 {
        ranked.truncate(count);
        return ranked;
    }
    let behind = ranked.split_off(ranked.len().min(COMPARED_MAX));
    // Beside each entry its length, and its likeness to what was chosen already.
    let rest = ranked.into_iter();
    let rest = rest.map(|entry| (length(&entry.candidate.vector), 0.0, entry));
    let mut rest: Vec<(f64, f64, Ranked)> = rest.collect();
    let mut chosen: Vec<Ranked> = Vec::with_capacity(count);
    while chosen.len() < count {
        let worth = |(_, likeness, entry): &(f64, f64, Ranked)| {
            lambda * entry.relevance - (1.0 - lambda) * likeness
        };
        let mut best: Option<(usize, f64)> = None;
        for (at, entry) in rest.iter().enumerate() {
            let worth = worth(entry);
            if best.is_none_or(|(_, known)| worth > known) {
                best = Some((at, worth));
            }
        }
        let Some((at, _)) = best else {
            break;
        };
        let (next_length, _, next) = rest.remove(at);
        for (length, likeness, entry) in &mut rest {
            let cosine = dot(&entry.candidate.vector, &next.candidate.vector)
                / (*length * next_length).max(1.0);
            *likeness = likeness.max(cosine.max(0.0));
        }
        chosen.push(next);
    }
    let missing = count.saturating_sub(chosen.len());
    chosen.extend(behind.into_iter().take(missing));
    chosen
}

fn dot(a: &[i8], b: &[i8]) -> f64 {
    let products = a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b));
    f64::from(products.sum::<i32>())
}

fn length(vector: &[i8]) -> f64 {
    dot(vector, vector).sqrt()
}
