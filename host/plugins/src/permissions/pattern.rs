//! Patterns of names with at most one `*`, which stands for any text. With one, what two patterns have in common is
//! again a few patterns, exactly; with more, or with `?` and `{}`, it would have to be wider or narrower than that.

use std::fmt;

/// The longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 128;

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pattern {
    /// This text.
    Exactly(String),
    /// What begins and ends so, without the two overlapping.
    Around(String, String),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.len() > PATTERN_BYTES_MAX {
            return Err(format!("it is longer than {PATTERN_BYTES_MAX} bytes"));
        }
        // Those that are patterns elsewhere would be taken for such.
        let is_plain = |c: char| c.is_ascii_graphic() && !"?[]{}\\,!\"'`".contains(c);
        if let Some(c) = text.chars().find(|c| !is_plain(*c)) {
            return Err(format!(
                "it has {c:?}, which is no part of a name; of patterns there is only `*`"
            ));
        }
        match text.split_once('*') {
            None => Ok(Self::Exactly(text.to_owned())),
            Some((_, after)) if after.contains('*') => Err("it has more than one `*`".to_owned()),
            Some((before, after)) => Ok(Self::Around(before.to_owned(), after.to_owned())),
        }
    }

    /// Whether it stands for `name`.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exactly(text) => text == name,
            Self::Around(before, after) => name
                .strip_prefix(before.as_str())
                .is_some_and(|rest| rest.ends_with(after.as_str())),
        }
    }

    /// Whether it stands for everything that `other` stands for.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Exactly(name)) => self.matches(name),
            (Self::Exactly(_), Self::Around(..)) => false,
            (Self::Around(before, after), Self::Around(other_before, other_after)) => {
                other_before.starts_with(before.as_str()) && other_after.ends_with(after.as_str())
            }
        }
    }

    /// Patterns that together stand for exactly what both stand for.
    pub fn intersect(&self, other: &Self) -> Vec<Self> {
        match (self, other) {
            (Self::Exactly(name), pattern) | (pattern, Self::Exactly(name)) => {
                match pattern.matches(name) {
                    true => vec![Self::Exactly(name.clone())],
                    false => vec![],
                }
            }
            (Self::Around(b1, a1), Self::Around(b2, a2)) => {
                let before = if b1.starts_with(b2.as_str()) {
                    b1
                } else if b2.starts_with(b1.as_str()) {
                    b2
                } else {
                    return vec![];
                };
                let after = if a1.ends_with(a2.as_str()) {
                    a1
                } else if a2.ends_with(a1.as_str()) {
                    a2
                } else {
                    return vec![];
                };
                // The beginning of one may reach into the end of the other: `ab*` and `*bc` are both `abc`.
                let least = (b1.len() + a1.len()).max(b2.len() + a2.len());
                let overlaps = 1..=before.len().min(after.len());
                let short = overlaps.filter_map(|overlap| {
                    let (head, rest) = after.split_at_checked(overlap)?;
                    let name = format!("{before}{rest}");
                    (before.ends_with(head) && name.len() >= least).then_some(Self::Exactly(name))
                });
                let long = Self::Around(before.clone(), after.clone());
                std::iter::once(long).chain(short).collect()
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(text) => f.write_str(text),
            Self::Around(before, after) => write!(f, "{before}*{after}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(pattern("*").matches(""));
        assert!(pattern("get_*").matches("get_"));
        assert!(pattern("get_*_x").matches("get_a_x"));
        assert!(!pattern("ab*ba").matches("aba"));
        assert!(!pattern("get_*").matches("Get_a"));
    }

    #[test]
    fn other_patterns_are_refused() {
        let long = "a".repeat(PATTERN_BYTES_MAX + 1);
        for text in [
            "", "a?", "[ab]", "{a,b}", "a\\*", "a*b*", "**", "a b", "\u{0430}", "!a", &long,
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
        assert!(Pattern::parse(&long[1..]).is_ok());
    }

    #[test]
    fn the_overlap_of_two_patterns_is_kept() {
        let both: Vec<String> = pattern("ab*")
            .intersect(&pattern("*bc"))
            .iter()
            .map(Pattern::to_string)
            .collect();
        assert_eq!(both, ["ab*bc", "abc"]);
    }

    proptest! {
        /// Nothing is in the intersection that is not in both, and all that is in both is in it.
        #[test]
        fn an_intersection_neither_widens_nor_narrows(
            one in "[ab]{0,3}\\*?[ab]{0,3}", other in "[ab]{0,3}\\*?[ab]{0,3}", name in "[ab]{0,7}",
        ) {
            if let (Ok(one), Ok(other)) = (Pattern::parse(&one), Pattern::parse(&other)) {
                let both = one.intersect(&other);
                let is_in_both = one.matches(&name) && other.matches(&name);
                prop_assert_eq!(both.iter().any(|pattern| pattern.matches(&name)), is_in_both);
                for pattern in &both {
                    prop_assert!(one.covers(pattern) && other.covers(pattern), "{}", pattern);
                }
            }
        }

        /// What covers a pattern stands for all names that it stands for.
        #[test]
        fn what_covers_a_pattern_is_wider(
            one in "[ab]{0,3}\\*?[ab]{0,3}", other in "[ab]{0,3}\\*?[ab]{0,3}", name in "[ab]{0,7}",
        ) {
            if let (Ok(one), Ok(other)) = (Pattern::parse(&one), Pattern::parse(&other)) {
                prop_assert!(!(one.covers(&other) && other.matches(&name)) || one.matches(&name));
            }
        }
    }
}
