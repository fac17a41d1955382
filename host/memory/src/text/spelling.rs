//! What a word that nobody wrote was probably meant to be.

/// Words of which one may be meant, at most, that are compared.
pub const COMPARED_MAX: usize = 200;

/// How many letters to change, add, leave out or swap with their neighbour to make one word of the other; none when more
/// than `max`.
pub fn distance(a: &str, b: &str, max: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > max {
        return None;
    }
    let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or(usize::MAX / 2);
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = at(&last, j) + usize::from(x != y);
            let mut least = changed.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let is_swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if is_swapped {
                least = least.min(at(&before_last, j - 1) + 1);
            }
            row.push(least);
        }
        if row.iter().min().is_none_or(|least| *least > max) {
            return None;
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= max)
}

/// Those of the known words that may be meant, the nearest first: one letter off, or two in a long word.
pub fn likely_meant(word: &str, known: Vec<String>) -> Vec<String> {
    let max = match word.chars().count() {
        0..=3 => return Vec::new(),
        4..=7 => 1,
        _ => 2,
    };
    let near = known.into_iter().filter_map(|known| {
        let distance = distance(word, &known, max)?;
        (distance > 0).then_some((distance, known))
    });
    let mut near: Vec<_> = near.collect();
    near.sort();
    near.into_iter().map(|(_, word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters() {
        for (a, b, expected) in [
            ("config", "config", Some(0)),
            ("config", "confg", Some(1)),
            ("config", "cofnig", Some(1)),
            ("kitten", "sitting", None),
            ("parseconfig", "prasecofnig", Some(2)),
            ("", "ab", Some(2)),
            ("配置文件", "配制文件", Some(1)),
        ] {
            assert_eq!(distance(a, b, 2), expected, "{a} {b}");
            assert_eq!(distance(b, a, 2), expected, "{b} {a}");
        }
    }

    #[test]
    fn short_words_are_not_corrected() {
        assert!(likely_meant("cat", vec!["car".to_owned()]).is_empty());
        assert_eq!(
            likely_meant(
                "confgi",
                vec!["config".into(), "confg".into(), "zebra".into()]
            ),
            ["confg", "config"]
        );
    }
}
