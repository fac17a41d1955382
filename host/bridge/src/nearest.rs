//! The names that somebody may have meant.

/// The three candidates that are most like a name.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
    const NEAREST: usize = 3;
    /// Comparing costs the product of both lengths.
    const COMPARED_CHARS_MAX: usize = 128;
    let name: String = name
        .chars()
        .take(COMPARED_CHARS_MAX)
        .flat_map(char::to_lowercase)
        .collect();
    let mut scored: Vec<_> = candidates
        .map(|candidate| {
            (
                strsim::jaro_winkler(&name, &candidate.to_lowercase()),
                candidate,
            )
        })
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    scored
        .into_iter()
        .take(NEAREST)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_nearest_names() {
        let names = [
            "create_issue",
            "create_pull_request",
            "get_issue",
            "list_issues",
            "search_code",
        ];
        assert_eq!(nearest("createIssue", names.into_iter())[0], "create_issue");
        assert_eq!(nearest("x", names.into_iter()).len(), 3);
        assert_eq!(nearest("x", [].into_iter()), Vec::<String>::new());
        nearest(&"x".repeat(1_000_000), names.into_iter());
    }
}
