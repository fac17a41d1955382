//! Results that are too long for a model: cut at the outermost call, with a note. Within a program
//! nothing is cut, so that it can filter what is large.

/// What of a result is shown.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut<'t> {
    /// The beginning.
    pub shown: &'t str,
    /// How long the whole is, in bytes.
    pub bytes: usize,
}

/// The beginning of `text`, if it is longer than `bytes_max`.
pub fn cut(text: &str, bytes_max: usize) -> Option<Cut<'_>> {
    if text.len() <= bytes_max {
        return None;
    }
    let shown = text
        .get(..text.floor_char_boundary(bytes_max))
        .unwrap_or_default();
    Some(Cut {
        shown,
        bytes: text.len(),
    })
}

impl Cut<'_> {
    /// What the reader has to know.
    pub fn note(&self) -> String {
        note(self.shown.len(), self.bytes)
    }
}

/// What the reader of a cut text has to know.
pub fn note(shown: usize, bytes: usize) -> String {
    format!(
        "The result was cut: above are the first {shown} of {bytes} bytes. Return less: filter and count in code; \
         or ask for more with `max_result_bytes`."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_too_long_is_cut_and_never_within_a_character() {
        assert_eq!(cut("abc", 3), None);
        assert_eq!(cut("abcd", 3).unwrap().shown, "abc");
        assert_eq!(
            cut("abü", 3).unwrap(),
            Cut {
                shown: "ab",
                bytes: 4
            }
        );
        assert!(
            cut("abü", 3)
                .unwrap()
                .note()
                .contains("the first 2 of 4 bytes")
        );
    }
}
