//! Sentences that speak to a model, beyond saying what a tool does. The phrases are those of
//! published attacks on MCP clients and of the usual jailbreaks. They find the careless attacker;
//! what holds the careful one is that grants, and not descriptions, decide what may be called.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{Flag, FlagKind};

/// In lower case, with single spaces.
const PHRASES: [(&str, &str); 40] = [
    ("ignore previous", OVERRIDES),
    ("ignore all previous", OVERRIDES),
    ("ignore any previous", OVERRIDES),
    ("ignore the previous", OVERRIDES),
    ("ignore your instructions", OVERRIDES),
    ("ignore all instructions", OVERRIDES),
    ("ignore prior", OVERRIDES),
    ("disregard previous", OVERRIDES),
    ("disregard all", OVERRIDES),
    ("disregard your", OVERRIDES),
    ("disregard the above", OVERRIDES),
    ("forget your instructions", OVERRIDES),
    ("forget all previous", OVERRIDES),
    ("override your", OVERRIDES),
    ("new instructions:", OVERRIDES),
    ("system prompt", POSES),
    ("system message", POSES),
    ("<important>", POSES),
    ("</important>", POSES),
    ("<system>", POSES),
    ("[system]", POSES),
    ("<|im_start|>", POSES),
    ("you are now", POSES),
    ("do not tell the user", CONCEALS),
    ("don't tell the user", CONCEALS),
    ("do not mention", CONCEALS),
    ("don't mention", CONCEALS),
    ("do not inform the user", CONCEALS),
    ("without telling the user", CONCEALS),
    ("hide this from the user", CONCEALS),
    ("do not reveal", CONCEALS),
    ("before using this tool", REDIRECTS),
    ("before using any other tool", REDIRECTS),
    ("before calling any other tool", REDIRECTS),
    ("instead of calling", REDIRECTS),
    ("read the file ~/", REACHES),
    ("~/.ssh", REACHES),
    ("id_rsa", REACHES),
    ("~/.aws", REACHES),
    (".cursor/mcp.json", REACHES),
];

const OVERRIDES: &str = "tells a model to drop its instructions";
const POSES: &str = "poses as the system";
const CONCEALS: &str = "tells a model to conceal something";
const REDIRECTS: &str = "tells a model what to do about other tools";
const REACHES: &str = "names secrets of the machine";

/// Finds all phrases in one pass.
static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(PHRASES.map(|(phrase, _)| phrase))
        .ok()
});

/// The first phrase of `text` that speaks to a model.
pub fn flag(text: &str) -> Option<Flag> {
    let finder = FINDER.as_ref()?;
    // Spaces may be doubled and lines broken anywhere.
    let is_broken = text
        .bytes()
        .zip(text.bytes().skip(1))
        .any(|(a, b)| a != b' ' && a.is_ascii_whitespace() || a == b' ' && b.is_ascii_whitespace());
    let found = match is_broken {
        true => finder.find(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
        false => finder.find(text),
    };
    let (phrase, what) = PHRASES.get(found?.pattern().as_usize())?;
    Some(Flag {
        kind: FlagKind::Instruction,
        reason: format!("“{phrase}” {what}"),
    })
}
