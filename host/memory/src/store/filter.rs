//! Which episodes are meant, and in which order.

use crate::model::{OutcomeKind, TaskType, Time};

/// Domains that somebody may see. `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainGrant(Vec<String>);

impl DomainGrant {
    /// Domains that fit one of these, such as `web-*`.
    pub fn new(patterns: Vec<String>) -> Self {
        Self(patterns)
    }

    /// As they were given.
    pub fn patterns(&self) -> &[String] {
        &self.0
    }

    /// Whether the domain may be seen.
    pub fn allows(&self, domain: &str) -> bool {
        self.0.iter().any(|pattern| fits(pattern, domain))
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<_> = rest.split('*').collect();
    let Some(end) = parts.pop() else {
        return true;
    };
    for part in parts {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    text.ends_with(end)
}

/// Which episodes are meant. The default means all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Only what may be seen; none means all domains.
    pub granted: Option<DomainGrant>,
    /// Of this domain.
    pub domain: Option<String>,
    /// Of this type.
    pub task_type: Option<TaskType>,
    /// With all of these tags, or, with `any_tag`, with one of them. In normal form.
    pub tags: Vec<String>,
    /// One of the tags is enough.
    pub any_tag: bool,
    /// With one of these outcomes; empty means any, and open ones.
    pub outcomes: Vec<OutcomeKind>,
    /// Completed ones, or open ones.
    pub completed: Option<bool>,
    /// Created at this time or later.
    pub from: Option<Time>,
    /// Created before this time.
    pub until: Option<Time>,
}

impl Filter {
    /// Only those that ended in success, wholly or in part.
    pub fn successful(mut self) -> Self {
        self.outcomes = vec![OutcomeKind::Success, OutcomeKind::PartialSuccess];
        self
    }
}

/// In which order episodes are listed. What is equal is ordered by id, the newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By creation, the latest first.
    #[default]
    Newest,
    /// By creation, the earliest first.
    Oldest,
    /// By duration, the shortest first; open ones last.
    Duration,
    /// By reward, the greatest first; those without last.
    Reward,
}

/// Which part of a list is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// So many at most.
    pub limit: usize,
    /// After so many.
    pub offset: usize,
}

impl Page {
    /// The first so many.
    pub const fn first(limit: usize) -> Self {
        Self { limit, offset: 0 }
    }

    /// All.
    pub const ALL: Self = Self::first(usize::MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, domain, allowed) in [
            ("web", "web", true),
            ("web", "web-api", false),
            ("web-*", "web-", true),
            ("web-*", "web-api", true),
            ("web-*", "my-web-api", false),
            ("*", "", true),
            ("*-api", "web-api", true),
            ("w*b*api", "web-api", true),
            ("w*b*api", "wbap", false),
            ("a*a", "a", false),
            ("*é*", "café au lait", true),
            ("[a]%_?", "[a]%_?", true),
        ] {
            let grant = DomainGrant::new(vec![pattern.to_owned()]);
            assert_eq!(grant.allows(domain), allowed, "{pattern} {domain}");
        }
        assert!(!DomainGrant::new(Vec::new()).allows("web"));
    }
}
