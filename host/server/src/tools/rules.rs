//! Which tools a profile may call: patterns, as they are written in the configuration.

use std::sync::Arc;

use vesicle_bridge::{Decision, Grants};

/// Lists of patterns. Of those that speak of a tool, the strictest holds.
#[derive(Debug, Clone)]
pub struct ToolRules {
    allow: Vec<String>,
    ask: Vec<String>,
    deny: Vec<String>,
    grants: Arc<Grants>,
}

impl ToolRules {
    /// These lists. A pattern that is none grants nothing; the configuration refuses it before.
    pub fn new(allow: Vec<String>, ask: Vec<String>, deny: Vec<String>) -> Self {
        let grants = granted([
            (&allow, Decision::Allow),
            (&ask, Decision::Ask),
            (&deny, Decision::Deny),
        ]);
        Self {
            allow,
            ask,
            deny,
            grants: Arc::new(grants),
        }
    }

    /// The same, as the bridge takes it.
    pub fn grants(&self) -> &Arc<Grants> {
        &self.grants
    }

    /// Whether `other` surely lets call whatever this lets call, with no question less. Patterns are
    /// compared as texts, so that rules which mean the same in other words count as wider.
    pub fn is_within(&self, other: &Self) -> bool {
        let covers = |list: &[String], pattern: &String| {
            list.iter()
                .any(|known| known == pattern || known == "*.*" || known == "*")
        };
        let reached = || self.allow.iter().chain(&self.ask);
        reached().all(|pattern| covers(&other.allow, pattern) || covers(&other.ask, pattern))
            && other.deny.iter().all(|pattern| covers(&self.deny, pattern))
            && (other.ask.iter())
                .all(|pattern| covers(&self.ask, pattern) || covers(&self.deny, pattern))
    }
}

fn granted(lists: [(&Vec<String>, Decision); 3]) -> Grants {
    let mut patterns = lists
        .into_iter()
        .flat_map(|(list, decision)| list.iter().map(move |pattern| (pattern, decision)));
    patterns
        .try_fold(Grants::none(), |grants, (pattern, decision)| {
            grants.with(pattern, decision)
        })
        .unwrap_or_default()
}

impl Default for ToolRules {
    /// Everything that is connected: who connects a server means it to be used, and `ask` and `deny`
    /// take away from it.
    fn default() -> Self {
        Self::new(vec!["*.*".to_owned()], vec![], vec![])
    }
}

impl PartialEq for ToolRules {
    fn eq(&self, other: &Self) -> bool {
        (&self.allow, &self.ask, &self.deny) == (&other.allow, &other.ask, &other.deny)
    }
}

impl Eq for ToolRules {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str], ask: &[&str], deny: &[&str]) -> ToolRules {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        ToolRules::new(owned(allow), owned(ask), owned(deny))
    }

    #[test]
    fn narrower_is_what_lets_call_no_more_and_asks_no_less() {
        let all = ToolRules::default();
        let some = rules(&["a.*"], &["a.b"], &["c.*"]);
        for (narrow, wide, expected) in [
            (&some, &all, true),
            (&all, &some, false),
            (&some, &some, true),
            (&rules(&["a.*"], &[], &["c.*"]), &some, false),
            (&rules(&["a.*"], &[], &["a.b", "c.*"]), &some, true),
            (&rules(&["a.*"], &["a.b"], &[]), &some, false),
            (&rules(&[], &[], &["*.*"]), &some, true),
            (&rules(&["b.*"], &["a.b"], &["c.*"]), &some, false),
        ] {
            assert_eq!(narrow.is_within(wide), expected, "{narrow:?} {wide:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_grants_nothing() {
        let wrong = rules(&["*.*", "a.["], &[], &[]);
        assert_eq!(wrong.grants().decide("a", "b"), Decision::Deny);
        let right = rules(&["*.*"], &["a.ask"], &["a.no"]);
        let decided = ["yes", "ask", "no"].map(|tool| right.grants().decide("a", tool));
        assert_eq!(decided, [Decision::Allow, Decision::Ask, Decision::Deny]);
    }
}
