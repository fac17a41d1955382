//! What a tag may look like.

use std::collections::BTreeSet;

use crate::limits::{TAG_CHARS_MAX, TAG_CHARS_MIN, TAGS_MAX};
use crate::{Error, Result};

/// The tags in the form in which they are kept: trimmed, lower case, sorted, each once.
///
/// # Errors
/// More than [`TAGS_MAX`], or one that is too short, too long or has other characters than `a-z 0-9 - _`.
pub fn normalized_tags(tags: &[impl AsRef<str>]) -> Result<Vec<String>> {
    if tags.len() > TAGS_MAX {
        return Err(Error::Limit(format!(
            "{} tags are too many; send at most {TAGS_MAX}",
            tags.len()
        )));
    }
    let tags = tags.iter().map(|tag| normalized(tag.as_ref()));
    Ok(tags.collect::<Result<BTreeSet<_>>>()?.into_iter().collect())
}

fn normalized(tag: &str) -> Result<String> {
    let tag = tag.trim().to_ascii_lowercase();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let length = tag.chars().count();
    if (TAG_CHARS_MIN..=TAG_CHARS_MAX).contains(&length) && tag.chars().all(allowed) {
        return Ok(tag);
    }
    let shown: String = tag.chars().take(60).collect();
    Err(Error::Invalid(format!(
        "the tag {shown:?} is not one; a tag has {TAG_CHARS_MIN} to {TAG_CHARS_MAX} of the characters a-z 0-9 - _"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_trimmed_lowered_sorted_and_once() {
        let tags = normalized_tags(&[" Rust ", "async-io", "rust", "a_1"]).unwrap();
        assert_eq!(tags, ["a_1", "async-io", "rust"]);
    }

    #[test]
    fn tags_have_bounds() {
        let longest = "a".repeat(TAG_CHARS_MAX);
        assert_eq!(normalized_tags(&["ab", &longest]).unwrap().len(), 2);
        for bad in ["a", "", "  ", "é1", "a b", "a\0b", &format!("{longest}a")] {
            assert!(normalized_tags(&[bad]).is_err(), "{bad:?}");
        }
        let many: Vec<_> = (0..TAGS_MAX).map(|n| format!("t{n}")).collect();
        assert_eq!(normalized_tags(&many).unwrap().len(), TAGS_MAX);
        let more: Vec<_> = (0..=TAGS_MAX).map(|n| format!("t{n}")).collect();
        insta::assert_snapshot!(normalized_tags(&more).unwrap_err(), @"101 tags are too many; send at most 100");
        insta::assert_snapshot!(normalized_tags(&["a b"]).unwrap_err(), @r#"the tag "a b" is not one; a tag has 2 to 100 of the characters a-z 0-9 - _"#);
    }
}
