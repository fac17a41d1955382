//! Names of plugins and of their tools.
//!
//! A plugin's name becomes the name of a directory, a part of a tool's name in MCP and a property in JavaScript. So it is
//! small ASCII: what such a name looks like is what it is, without a table of confusable characters, and it means
//! the same on file systems that ignore case. What still looks alike within ASCII (`1` and `l`, `rn` and `m`) is compared
//! with what is installed, by [`PluginName::skeleton`].

use std::fmt;
use std::sync::Arc;

pub use crate::interface::TOOL_NAME_BYTES_MAX;

/// The longest name of a plugin, in bytes.
pub const PLUGIN_NAME_BYTES_MAX: usize = 40;

/// Names that Windows has for devices, with any extension.
const DEVICES: [&str; 6] = ["aux", "clock", "con", "nul", "prn", "conin"];
/// The same, with a digit behind.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// The name of a plugin: a small letter, then small letters and digits, with single `-` or `_` between.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginName(Arc<str>);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name for a {what}: {why}")]
pub struct NameError {
    /// The text, shortened.
    pub name: String,
    /// Of what.
    pub what: &'static str,
    /// Why not, and what to do.
    pub why: String,
}

impl PluginName {
    /// Reads a name.
    ///
    /// # Errors
    /// Says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match refusal(text) {
            None => Ok(Self(text.into())),
            Some(why) => Err(error(text, "plugin", why)),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names share that people take for one another.
    pub fn skeleton(&self) -> String {
        let mut skeleton = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            match c {
                '0' => skeleton.push('o'),
                '1' | 'i' => skeleton.push('l'),
                'm' => skeleton.push_str("rn"),
                'w' => skeleton.push_str("vv"),
                '-' | '_' => {}
                c => skeleton.push(c),
            }
        }
        skeleton
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

fn refusal(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    if text.len() > PLUGIN_NAME_BYTES_MAX {
        return Some(format!(
            "it has {} bytes, and may have {PLUGIN_NAME_BYTES_MAX}",
            text.len()
        ));
    }
    if let Some(c) = text.chars().find(|c| !c.is_ascii()) {
        return Some(format!(
            "it has U+{:04X}, which can pass for another character; use the letters a to z",
            c as u32
        ));
    }
    if let Some(c) = text
        .chars()
        .find(|c| !is_small(*c) && !matches!(c, '-' | '_'))
    {
        let small = text.to_ascii_lowercase();
        let advice = match small != text && refusal(&small).is_none() {
            true => format!("; write `{small}`"),
            false => String::new(),
        };
        return Some(format!(
            "it has {c:?}, and may have small letters, digits, `-` and `_`{advice}"
        ));
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Some("it has to begin with a letter".to_owned());
    }
    if text.split(['-', '_']).any(str::is_empty) {
        return Some("`-` and `_` stand alone, between letters or digits".to_owned());
    }
    if is_device(text) {
        return Some("Windows keeps it for a device; choose another".to_owned());
    }
    None
}

fn is_small(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_device(text: &str) -> bool {
    let is_numbered = |device: &&str| {
        let rest = text.strip_prefix(*device);
        rest.is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|c| c.is_ascii_digit()))
    };
    DEVICES.contains(&text) || text == "conout" || NUMBERED_DEVICES.iter().any(is_numbered)
}

/// Checks the name of a tool of a plugin: what MCP recommends, beginning with a letter, a digit or `_`.
///
/// # Errors
/// Says which rule it breaks.
pub fn check_tool(text: &str) -> Result<(), NameError> {
    let why = if text.is_empty() {
        "it is empty".to_owned()
    } else if text.len() > TOOL_NAME_BYTES_MAX {
        format!(
            "it has {} bytes, and may have {TOOL_NAME_BYTES_MAX}",
            text.len()
        )
    } else if let Some(c) = text.chars().find(|c| !is_of_tools(*c)) {
        format!("it has {c:?}, and may have ASCII letters, digits, `_`, `-` and `.`")
    } else if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        "it has to begin with a letter, a digit or `_`".to_owned()
    } else {
        return Ok(());
    };
    Err(error(text, "tool", why))
}

fn is_of_tools(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// A name of any length is told in a few characters, and none of them acts on a terminal.
fn error(text: &str, what: &'static str, why: String) -> NameError {
    const SHOWN_CHARS_MAX: usize = 60;
    let mut name: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if name.len() < text.len() {
        name.push('…');
    }
    NameError {
        name: name.escape_debug().to_string(),
        what,
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_the_rules_are_taken() {
        let longest = "a".repeat(PLUGIN_NAME_BYTES_MAX);
        for name in [
            "a",
            "slugify",
            "csv-query",
            "a_b-c2",
            "com10",
            "con-x",
            &longest,
        ] {
            assert_eq!(PluginName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_that_are_none_are_told_why() {
        let long = "a".repeat(300);
        let told: Vec<String> = [
            "",
            "../x",
            "..",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "a.b",
            "C:x",
            "con",
            "nul",
            "com1",
            "lpt9",
            "conout",
            &long,
            "Slugify",
            "p\u{0430}ypal",
            "\u{ff41}bc",
            "a\u{200b}b",
            "1a",
            "-a",
            "a-",
            "a--b",
            "a-_b",
            "a b",
            "a\0b",
            "a\x1b[2J",
        ]
        .into_iter()
        .map(|name| PluginName::parse(name).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn the_edges_of_the_lengths() {
        assert!(PluginName::parse(&"a".repeat(PLUGIN_NAME_BYTES_MAX + 1)).is_err());
        assert!(check_tool(&"a".repeat(TOOL_NAME_BYTES_MAX)).is_ok());
        assert!(check_tool(&"a".repeat(TOOL_NAME_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn tools_have_the_characters_of_mcp() {
        for name in ["slug", "to-html", "get_A.b", "_x9", "2d"] {
            assert_eq!(check_tool(name), Ok(()));
        }
        for name in ["", "a/b", "a b", "\u{0430}", "-a", ".a", "a\n"] {
            assert!(check_tool(name).is_err(), "{name}");
        }
    }

    #[test]
    fn what_looks_alike_has_one_skeleton() {
        let skeleton = |name: &str| PluginName::parse(name).unwrap().skeleton();
        for (one, other) in [
            ("csv-query", "csv_query"),
            ("modern", "rnodern"),
            ("lib0", "l1bo"),
            ("vvise", "wise"),
        ] {
            assert_eq!(skeleton(one), skeleton(other));
        }
        assert_ne!(skeleton("slug"), skeleton("snug"));
    }
}
