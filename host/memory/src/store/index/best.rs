//! The best of many, without sorting all.

/// Keeps the entries with the greatest scores.
#[derive(Debug)]
pub struct Best {
    count: usize,
    entries: Vec<(f32, u32)>,
    /// What a score must exceed to be kept.
    threshold: f32,
}

impl Best {
    pub fn new(count: usize) -> Self {
        Self {
            count,
            entries: Vec::with_capacity(2 * count.min(4_096)),
            threshold: 0.0,
        }
    }

    /// Whether an entry with this score would be kept now.
    pub fn takes(&self, score: f32) -> bool {
        score > self.threshold && self.count > 0
    }

    pub fn push(&mut self, score: f32, number: u32) {
        if !self.takes(score) {
            return;
        }
        self.entries.push((score, number));
        if self.entries.len() >= 2 * self.count {
            self.cut();
        }
    }

    pub fn into_numbers(mut self) -> impl Iterator<Item = u32> {
        if self.entries.len() > self.count {
            self.cut();
        }
        self.entries.into_iter().map(|(_, number)| number)
    }

    fn cut(&mut self) {
        let last = self.count - 1;
        let (_, least, _) = self
            .entries
            .select_nth_unstable_by(last, |a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        self.threshold = least.0;
        self.entries.truncate(self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_are_kept() {
        let mut best = Best::new(3);
        for number in 0..1000_u32 {
            best.push(((number * 7919) % 1000) as f32, number);
        }
        let mut kept: Vec<_> = best.into_numbers().map(|n| (n * 7919) % 1000).collect();
        kept.sort_unstable();
        assert_eq!(kept, [997, 998, 999]);
        assert_eq!(Best::new(0).into_numbers().count(), 0);
    }
}
