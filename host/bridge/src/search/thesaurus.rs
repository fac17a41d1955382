//! What people say, and what tools are called. An interface has a `create_issue`, and a person opens
//! a ticket.
//!
//! Only what holds for tools of any kind: the verbs of interfaces, and things that most workplaces
//! have. It stands to the left what tools say and to the right what people say; never the other way
//! about, or everything would mean everything.

use std::{collections::HashMap, sync::LazyLock};

use super::tokens::Tokens;

const WORDS: [(&str, &str); 57] = [
    // What is done.
    (
        "create",
        "make new add open start write file register raise compose",
    ),
    ("add", "attach append put insert include leave create"),
    (
        "get",
        "show see view read fetch retrieve display look check",
    ),
    ("read", "show see view get fetch open look"),
    ("list", "show enumerate browse see view"),
    ("search", "find look locate hunt query"),
    ("find", "search look locate"),
    (
        "update",
        "change edit modify set rename adjust replace correct",
    ),
    ("write", "save store change edit put create update"),
    (
        "delete",
        "remove drop erase destroy trash discard wipe forget",
    ),
    ("store", "save keep put remember note"),
    ("remove", "delete drop detach unset"),
    ("run", "start trigger execute launch rerun invoke"),
    ("trigger", "start run launch"),
    ("stop", "cancel abort kill halt end"),
    ("send", "mail post deliver submit"),
    ("submit", "send hand file"),
    ("move", "rename transfer relocate"),
    ("fork", "copy clone duplicate"),
    ("copy", "duplicate clone"),
    ("close", "finish resolve end"),
    ("assign", "delegate give"),
    ("request", "ask invite"),
    ("approve", "accept allow"),
    // What it is done to.
    ("issue", "ticket bug problem task defect"),
    (
        "comment",
        "note reply remark answer say said discussion feedback",
    ),
    ("pull request", "pr mr"),
    ("repository", "repo project codebase"),
    ("organization", "org company"),
    (
        "user",
        "person people member account profile someone somebody",
    ),
    ("member", "person people user"),
    ("collaborator", "member contributor access"),
    ("secret", "password credential key token"),
    ("alert", "warning alarm"),
    ("advisory", "vulnerability cve"),
    ("security", "vulnerability cve"),
    ("label", "tag category"),
    ("file", "document"),
    ("content", "text"),
    ("directory", "folder dir"),
    ("event", "meeting appointment"),
    ("email", "mail"),
    ("message", "chat dm mail"),
    ("notification", "inbox alert"),
    ("log", "output trace"),
    ("error", "failure crash exception"),
    ("workflow", "pipeline ci build job deployment action"),
    ("job", "build ci run"),
    ("diff", "change changed difference"),
    ("commit", "change revision"),
    ("release", "version"),
    ("permission", "access right role"),
    ("reaction", "emoji like"),
    ("memory", "remember recall know forget"),
    ("knowledge", "know known remember fact"),
    ("entity", "thing person people somebody"),
    ("observation", "fact note"),
];

/// What tools say for a word of a person, by the stems of both.
static BY_STEM: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let tokens = Tokens::default();
    let mut by_stem: HashMap<String, Vec<String>> = HashMap::new();
    for (tool, person) in WORDS {
        let said = tokens.of(tool);
        for word in tokens.of(person) {
            let known = by_stem.entry(word).or_default();
            known.extend(said.iter().cloned());
        }
    }
    by_stem
});

/// What tools say for `stem`, as stems.
pub fn of(stem: &str) -> &'static [String] {
    BY_STEM.get(stem).map_or(&[], Vec::as_slice)
}

/// Words that a request for information begins with.
const ASKING: [&str; 36] = [
    "any",
    "are",
    "can",
    "check",
    "count",
    "did",
    "display",
    "do",
    "does",
    "fetch",
    "find",
    "get",
    "give",
    "has",
    "have",
    "how",
    "is",
    "list",
    "look",
    "query",
    "read",
    "retrieve",
    "search",
    "see",
    "show",
    "summarize",
    "tell",
    "view",
    "was",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "why",
];

/// Whether `text` asks to be told something, and not for something to be done.
pub fn asks(text: &str) -> bool {
    let first = text
        .split(|c: char| !c.is_alphanumeric())
        .find(|word| !word.is_empty());
    first.is_some_and(|word| ASKING.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_tools_meet() {
        assert!(of("ticket").contains(&"issu".to_owned()));
        assert!(of("pr").contains(&"pull".to_owned()));
        assert_eq!(of("issu"), [""; 0]);
    }

    #[test]
    fn questions_are_told_from_orders() {
        for text in [
            "what changed?",
            "Which branches",
            "  show me",
            "what's new",
            "any errors",
        ] {
            assert!(asks(text), "{text}");
        }
        for text in ["", "create an issue", "merge it", "branches", "🙂"] {
            assert!(!asks(text), "{text}");
        }
    }
}
