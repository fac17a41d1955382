//! What somebody meant who wrote a name that does not exist.

use std::collections::BinaryHeap;

/// How long a name may be to be compared, in bytes: comparing takes the product of both lengths.
const COMPARED_BYTES_MAX: usize = 128;

/// The `count` names most like `wrong`, best first; of equally like ones, the first by the alphabet.
/// Letters of other case count as equal.
pub fn nearest<'n>(
    wrong: &str,
    names: impl IntoIterator<Item = &'n str>,
    count: usize,
) -> Vec<&'n str> {
    let wrong = wrong
        .get(..wrong.floor_char_boundary(COMPARED_BYTES_MAX))
        .unwrap_or_default();
    let wrong = wrong.to_lowercase();
    let mut best: BinaryHeap<(u32, &str)> = BinaryHeap::new();
    for name in names {
        if name.len() > COMPARED_BYTES_MAX {
            continue;
        }
        best.push((distance(&wrong, &name.to_lowercase()), name));
        if best.len() > count {
            best.pop();
        }
    }
    best.into_sorted_vec()
        .into_iter()
        .map(|(_, name)| name)
        .collect()
}

/// From 0 for equal texts to 10 000 for those that have nothing in common. Parts in another order
/// (`issue_create`) count as near as typing errors do.
fn distance(wrong: &str, name: &str) -> u32 {
    let sorted = |text: &str| {
        let mut words: Vec<&str> = super::words(text).collect();
        words.sort_unstable();
        words.join(" ")
    };
    let typed = strsim::normalized_damerau_levenshtein(wrong, name);
    let ordered = strsim::normalized_damerau_levenshtein(&sorted(wrong), &sorted(name)) * 0.95;
    // Between 0 and 1, so that nothing is cut off.
    ((1.0 - typed.max(ordered)) * 10_000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_nearest_come_best_first() {
        let names = [
            "create_issue",
            "create_gist",
            "get_issue",
            "list_commits",
            "fork_repository",
        ];
        assert_eq!(
            nearest("createIsue", names, 3),
            ["create_issue", "create_gist", "get_issue"]
        );
        assert_eq!(nearest("issue_create", names, 1), ["create_issue"]);
        assert_eq!(nearest("CREATE_GIST", names, 1), ["create_gist"]);
        assert_eq!(nearest("x", [], 3), [""; 0]);
        assert_eq!(nearest("x", names, 0), [""; 0]);
    }

    #[test]
    fn equally_near_names_come_by_the_alphabet() {
        assert_eq!(nearest("a", ["c", "b", "d"], 2), ["b", "c"]);
    }

    #[test]
    fn long_names_are_cut_or_left_out() {
        let long = "é".repeat(100_000);
        assert_eq!(nearest(&long, ["ok", &long], 3), ["ok"]);
    }
}
