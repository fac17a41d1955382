//! Which texts are computed together: few enough for memory, and for whoever comes next.

/// Tokens of a group, padding counted.
pub const GROUP_TOKENS_MAX: usize = 1_024;

/// The tokens of a text.
pub type Tokens = Vec<u32>;

/// Groups of texts that are computed together, each text with its place. Those of like length meet, so that little of a
/// group is padding.
pub fn groups(texts: Vec<Tokens>) -> Vec<Vec<(usize, Tokens)>> {
    let mut texts: Vec<_> = texts.into_iter().enumerate().collect();
    texts.sort_by_key(|(_, tokens)| tokens.len());
    let mut groups: Vec<Vec<(usize, Tokens)>> = Vec::new();
    for text in texts {
        let columns = text.1.len().max(1);
        match groups.last_mut() {
            Some(group) if (group.len() + 1) * columns <= GROUP_TOKENS_MAX => group.push(text),
            _ => groups.push(vec![text]),
        }
    }
    groups
}
