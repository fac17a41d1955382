//! Imported servers and secrets as sections of `vesicle.toml`.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Found;
use crate::config::Value;

/// Sections of a configuration file.
#[derive(Debug, Default)]
pub struct Section(pub String);

impl Section {
    /// Says something about what follows.
    pub fn remark(&mut self, text: &str) {
        for line in text.lines() {
            // Writing to a string cannot fail.
            let _ = writeln!(self.0, "# {}", crate::harmless::harmless(line));
        }
    }

    /// Adds the server.
    pub fn server(&mut self, found: &Found) {
        let _ = writeln!(self.0, "[servers.{}]", found.name);
        for (key, value) in &found.definition {
            // How an address is spoken to is told by there being one.
            if key != "type" {
                let _ = writeln!(self.0, "{key} = {}", inline(value));
            }
        }
        self.0.push('\n');
    }

    /// Adds a secret that is in a variable, or in a file.
    pub fn secret(&mut self, name: &str, key: &str, place: &str) {
        let place = Value::Text(place.to_owned());
        let _ = writeln!(self.0, "[secrets.{name}]\n{key} = {place}\n");
    }
}

/// The value on one line; TOML has no null, and there is none where a definition was read.
fn inline(json: &Json) -> String {
    match json {
        Json::Array(values) => {
            let values: Vec<String> = values.iter().map(inline).collect();
            format!("[{}]", values.join(", "))
        }
        Json::Object(values) => {
            let pairs: Vec<String> = values
                .iter()
                .map(|(key, value)| format!("{} = {}", quoted(key), inline(value)))
                .collect();
            match pairs.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{ {} }}", pairs.join(", ")),
            }
        }
        Json::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A basic string of TOML: JSON's escapes are among TOML's, but for DEL, which JSON leaves as it is.
fn quoted(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007f")
}
