//! Vectors in one byte for each number, compared one after the other.
//!
//! The loops are over chunks of fixed size, so that the compiler makes vector instructions of them, and `pulp` takes the
//! widest that the processor has.

use super::columns::GONE;

/// Numbers that are multiplied at once.
const LANES: usize = 32;

/// Vectors of one dimension. Where an episode has none, all is zero.
#[derive(Debug, Default)]
pub struct Vectors {
    dimension: usize,
    count: usize,
    numbers: Vec<i8>,
    /// One by the length of each; 0 where there is none.
    inverse_lengths: Vec<f32>,
}

/// The numbers in one signed byte each, as multiples of a part of the greatest.
pub fn quantized(vector: &[f32]) -> impl Iterator<Item = i8> {
    let greatest = vector
        .iter()
        .fold(0.0_f32, |greatest, n| greatest.max(n.abs()));
    let scale = if greatest > 0.0 {
        127.0 / greatest
    } else {
        0.0
    };
    vector.iter().map(move |n| (n * scale).round() as i8)
}

impl Vectors {
    /// The vector of the next episode; nothing or one of another dimension counts as none.
    pub fn push(&mut self, vector: &[u8]) {
        if self.dimension == 0 && !vector.is_empty() {
            self.dimension = vector.len();
            self.numbers.resize(self.count * self.dimension, 0);
        }
        self.count += 1;
        if vector.len() == self.dimension {
            self.numbers.extend(vector.iter().map(|&n| n as i8));
        } else {
            self.numbers.resize(self.count * self.dimension, 0);
        }
        let own = self.get(self.count - 1);
        let length = (dot(own, own) as f32).sqrt();
        self.inverse_lengths
            .push(if length > 0.0 { 1.0 / length } else { 0.0 });
    }

    /// The vector of an episode, or nothing.
    pub fn get(&self, number: usize) -> &[i8] {
        let at = number * self.dimension;
        self.numbers
            .get(at..at + self.dimension)
            .unwrap_or_default()
    }

    /// The cosine of an episode's vector and this one; none where there is no vector.
    pub fn cosine(&self, number: usize, query: &Query) -> Option<f32> {
        let inverse = *self.inverse_lengths.get(number)?;
        let is_there = inverse > 0.0 && query.numbers.len() == self.dimension;
        is_there
            .then(|| dot(self.get(number), &query.numbers) as f32 * inverse * query.inverse_length)
    }

    /// Calls `found` with each episode of the mask that has a vector, and the cosine.
    pub fn scan(&self, query: &Query, mask: &[bool], mut found: impl FnMut(u32, f32)) {
        if self.dimension == 0 || query.numbers.len() != self.dimension {
            return;
        }
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let vectors = self.numbers.chunks_exact(self.dimension);
                let all = vectors.zip(&self.inverse_lengths).zip(mask);
                for (number, ((vector, inverse), fits)) in all.enumerate() {
                    if *fits && *inverse > 0.0 {
                        let cosine = dot_here(vector, &query.numbers) as f32 * inverse;
                        found(number as u32, cosine * query.inverse_length);
                    }
                }
            },
        );
    }

    /// Keeps what has a new number.
    pub fn compact(&mut self, kept: &[u32]) {
        let mut compact = Self {
            dimension: self.dimension,
            ..Self::default()
        };
        for (number, kept) in kept.iter().enumerate() {
            if *kept != GONE {
                compact.count += 1;
                compact.numbers.extend_from_slice(self.get(number));
                let inverse = self.inverse_lengths.get(number);
                compact
                    .inverse_lengths
                    .push(inverse.copied().unwrap_or_default());
            }
        }
        *self = compact;
    }

    pub fn bytes(&self) -> usize {
        self.numbers.capacity() + self.inverse_lengths.capacity() * 4
    }
}

/// A vector that is searched for.
#[derive(Debug)]
pub struct Query {
    numbers: Vec<i8>,
    inverse_length: f32,
}

impl Query {
    pub fn new(vector: &[f32]) -> Self {
        let numbers: Vec<i8> = quantized(vector).collect();
        let length = (dot(&numbers, &numbers) as f32).sqrt();
        let inverse_length = if length > 0.0 { 1.0 / length } else { 0.0 };
        Self {
            numbers,
            inverse_length,
        }
    }
}

fn dot(a: &[i8], b: &[i8]) -> i32 {
    dot_here(a, b)
}

/// Is compiled into each caller, with the instructions that are allowed there.
#[inline(always)]
fn dot_here(a: &[i8], b: &[i8]) -> i32 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sum = 0_i32;
    for (a, b) in a.iter().zip(b) {
        let mut chunk = 0_i32;
        for lane in 0..LANES {
            chunk += i32::from(i16::from(a[lane]) * i16::from(b[lane]));
        }
        sum += chunk;
    }
    let rest = a_rest.iter().zip(b_rest);
    sum + rest
        .map(|(a, b)| i32::from(*a) * i32::from(*b))
        .sum::<i32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(vector: &[f32]) -> Vec<u8> {
        quantized(vector).map(|n| n as u8).collect()
    }

    #[test]
    fn cosines_are_those_of_the_numbers() {
        let mut vectors = Vectors::default();
        let some: Vec<f32> = (0..70).map(|n| (n as f32).sin()).collect();
        let other: Vec<f32> = (0..70).map(|n| (n as f32 * 1.3).cos()).collect();
        vectors.push(&[]);
        vectors.push(&bytes(&some));
        vectors.push(&bytes(&other));
        vectors.push(&[1, 2, 3]);
        let query = Query::new(&some);
        let mut found = Vec::new();
        vectors.scan(&query, &[true; 4], |number, cosine| {
            found.push((number, cosine))
        });
        assert_eq!(found.len(), 2, "what has no vector is not found");
        assert!((found[0].1 - 1.0).abs() < 1e-3);
        let exact: f32 = some.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>()
            / (some.iter().map(|a| a * a).sum::<f32>() * other.iter().map(|b| b * b).sum::<f32>())
                .sqrt();
        assert!((found[1].1 - exact).abs() < 0.01);
        assert_eq!(vectors.cosine(2, &query), Some(found[1].1));
        assert_eq!(vectors.cosine(0, &query), None);
        vectors.compact(&[GONE, GONE, 0, 1]);
        assert_eq!(vectors.cosine(0, &query), Some(found[1].1));
    }
}
