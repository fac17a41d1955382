//! Permissions as a manifest has them.

use super::{
    Access, AskedPreopen, ENTRIES_MAX, HostPattern, LIMIT_MAX, LIMIT_NAMES, Limits, Memory,
    Pattern, Permissions, ToolPattern, guest_path,
};
use crate::document::{DocumentError, Reader, Section};

/// The longest name of a variable, in bytes.
const ENV_NAME_BYTES_MAX: usize = 128;

impl Permissions {
    /// Reads what a manifest has in its section, written as a document of its own. Messages name it `file`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, DocumentError> {
        Reader::read(file, text, Self::read)
    }

    pub(crate) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let preopens = section.sections("preopen", ENTRIES_MAX, |preopen| {
            let guest = preopen.needed(
                "guest",
                "the plugin's name for a directory, such as \"/data\"",
                guest_path,
            );
            let access = preopen.text("access", "\"read\" or \"read-write\"", Access::parse);
            Some(AskedPreopen {
                guest: guest?,
                access: access.unwrap_or(Access::Read),
            })
        });
        let twice = |preopen: &AskedPreopen| {
            preopens
                .iter()
                .filter(|other| other.guest == preopen.guest)
                .count()
                > 1
        };
        if let Some(preopen) = preopens.iter().find(|preopen| twice(preopen)) {
            let what = format!("`{}` is asked for twice", preopen.guest);
            section.problem_at("preopen", what, "leave one out");
        }
        Some(Self {
            hosts: section.texts(
                "hosts",
                "hosts with ports, such as \"api.example.com:443\"",
                ENTRIES_MAX,
                HostPattern::parse,
            ),
            env: section.texts(
                "env",
                "names of variables, such as \"CI_TOKEN\"",
                ENTRIES_MAX,
                env_name,
            ),
            tools: section.texts(
                "tools",
                "tools of servers, such as \"github.get_*\"",
                ENTRIES_MAX,
                ToolPattern::parse,
            ),
            memory: section.section("memory", memory).unwrap_or_default(),
            state: section.boolean("state"),
            questions: section.boolean("questions"),
            limits: section.section("limits", limits).unwrap_or_default(),
            preopens,
        })
    }
}

/// Reads the name of a variable.
pub(crate) fn env_name(text: &str) -> Result<String, String> {
    let is_name = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match begins && text.len() <= ENV_NAME_BYTES_MAX && text.bytes().all(is_name) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "a variable here has letters, digits and `_`, {ENV_NAME_BYTES_MAX} bytes at most"
        )),
    }
}

/// Reads `[…memory]`.
pub(crate) fn memory(section: &mut Section<'_, '_>) -> Option<Memory> {
    let domains = section.texts(
        "domains",
        "domains, such as \"web-*\"",
        ENTRIES_MAX,
        Pattern::parse,
    );
    let record = section.boolean("record");
    if domains.is_empty() {
        section.problem(
            "no domain of the memory is named",
            "add `domains`, such as [\"web-*\"] or [\"*\"]",
        );
    }
    Some(Memory { domains, record })
}

/// Reads `[…limits]`.
pub(crate) fn limits(section: &mut Section<'_, '_>) -> Option<Limits> {
    let mut limits = Limits::default();
    for name in LIMIT_NAMES {
        if let Some(value) = section.number(name, 1..=LIMIT_MAX) {
            limits.set(name, value);
        }
    }
    Some(limits)
}
