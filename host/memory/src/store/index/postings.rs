//! For each word the episodes that have it, with BM25.

use rustc_hash::FxHashMap;

use super::columns::GONE;

/// How soon more of the same word stops counting.
const K1: f32 = 1.2;
/// How much long documents are held back.
const B: f32 = 0.6;

#[derive(Debug, Default)]
pub struct Postings {
    lists: FxHashMap<u32, List>,
    /// How many words each document has.
    lengths: Vec<u32>,
    /// What BM25 adds below the line, for each document.
    norms: Vec<f32>,
    is_settled: bool,
}

/// Numbers of documents, each as the distance from the one before in 7 bits a byte, and a byte for how often.
#[derive(Debug, Default)]
struct List {
    bytes: Vec<u8>,
    last: u32,
    count: u32,
}

/// A word as the index knows it: 32 bits, which at a million words makes one in 4 000 share a number with another.
pub fn word_hash(word: &str) -> u32 {
    // FNV-1a with 64 bits, folded.
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as u32
}

impl Postings {
    /// Takes in a document; its number is greater than all before.
    pub fn push(&mut self, number: u32, words: &[(u32, u8)]) {
        for &(hash, count) in words {
            self.lists.entry(hash).or_default().push(number, count);
        }
        let length = words.iter().map(|&(_, count)| u32::from(count)).sum();
        self.lengths.push(length);
        self.is_settled = false;
    }

    /// After changes.
    pub fn settle(&mut self) {
        if self.is_settled {
            return;
        }
        let total: u64 = self.lengths.iter().map(|&length| u64::from(length)).sum();
        let mean = (total as f32 / self.lengths.len().max(1) as f32).max(1.0);
        self.norms.clear();
        let norm = |&length: &u32| K1 * (1.0 - B + B * length as f32 / mean);
        self.norms.extend(self.lengths.iter().map(norm));
        self.is_settled = true;
    }

    /// How many documents have the word.
    pub fn count(&self, hash: u32) -> u32 {
        self.lists.get(&hash).map_or(0, |list| list.count)
    }

    /// Adds what the word is worth to the score of each document that has it.
    pub fn add(&self, hash: u32, weight: f32, scores: &mut [f32]) {
        let Some(list) = self.lists.get(&hash) else {
            return;
        };
        let documents = self.lengths.len() as f32;
        let rarity = ((documents - list.count as f32 + 0.5) / (list.count as f32 + 0.5)).ln_1p();
        let weight = weight * rarity * (K1 + 1.0);
        for (number, count) in list.iter() {
            let number = number as usize;
            if let (Some(score), Some(norm)) = (scores.get_mut(number), self.norms.get(number)) {
                let count = f32::from(count);
                *score += weight * count / (count + norm);
            }
        }
    }

    /// Keeps what has a new number.
    pub fn compact(&mut self, kept: &[u32]) {
        self.lists.retain(|_, list| {
            let mut compact = List::default();
            for (number, count) in list.iter() {
                match kept.get(number as usize) {
                    Some(&number) if number != GONE => compact.push(number, count),
                    _ => {}
                }
            }
            compact.bytes.shrink_to_fit();
            *list = compact;
            list.count > 0
        });
        let mut kept = kept.iter();
        self.lengths
            .retain(|_| kept.next().is_some_and(|&number| number != GONE));
        self.is_settled = false;
    }

    pub fn bytes(&self) -> usize {
        let lists: usize = self.lists.values().map(|list| list.bytes.capacity()).sum();
        let slots = self.lists.capacity() * (size_of::<(u32, List)>() + 1);
        lists + slots + (self.lengths.capacity() + self.norms.capacity()) * 4
    }
}

impl List {
    fn push(&mut self, number: u32, count: u8) {
        let mut distance = if self.count == 0 {
            number
        } else {
            number - self.last
        };
        while distance >= 0x80 {
            self.bytes.push(distance as u8 | 0x80);
            distance >>= 7;
        }
        self.bytes.push(distance as u8);
        self.bytes.push(count);
        self.last = number;
        self.count += 1;
    }

    fn iter(&self) -> impl Iterator<Item = (u32, u8)> {
        let mut bytes = self.bytes.iter();
        let mut number = 0;
        std::iter::from_fn(move || {
            let mut shift = 0;
            loop {
                let byte = *bytes.next()?;
                number += u32::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    break;
                }
                shift += 7;
            }
            Some((number, *bytes.next()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_give_back_what_was_pushed() {
        let mut list = List::default();
        let pushed = [
            (0, 1),
            (1, 255),
            (127, 3),
            (128, 4),
            (300, 5),
            (70_000, 6),
            (u32::MAX - 1, 7),
        ];
        for (number, count) in pushed {
            list.push(number, count);
        }
        assert_eq!(list.iter().collect::<Vec<_>>(), pushed);
    }

    #[test]
    fn what_is_gone_is_not_found_after_compaction() {
        let mut postings = Postings::default();
        for number in 0..4 {
            postings.push(number, &[(7, 1), (number + 100, 1)]);
        }
        postings.compact(&[0, GONE, GONE, 1]);
        postings.settle();
        assert_eq!(postings.count(7), 2);
        assert_eq!(postings.count(101), 0);
        let mut scores = [0.0; 2];
        postings.add(103, 1.0, &mut scores);
        assert_eq!(scores[0], 0.0);
        assert!(scores[1] > 0.0);
    }
}
