//! `vesicle config show`: what is in force, and why.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{
    Configuration, file,
    value::{Entry, Origin, Value},
};

/// A key, its value, and where that came from.
#[derive(Debug, Clone)]
pub struct Row {
    /// The key's path.
    pub key: String,
    /// What is in force.
    pub value: Value,
    /// Who said so.
    pub origin: Origin,
    /// The other key whose value or setting decided this one.
    pub follows: Option<String>,
}

impl Row {
    /// A key that somebody set.
    pub fn of(key: &str, entry: &Entry) -> Self {
        Self {
            key: key.to_owned(),
            value: entry.value.clone(),
            origin: entry.origin.clone(),
            follows: None,
        }
    }
}

impl Configuration {
    /// Every key with its value and where that came from, as TOML that says the same again.
    pub fn as_text(&self) -> String {
        let mut text = match &self.file {
            Some(file) => format!("# The configuration file is {}.\n", file.name),
            None => {
                let places = file::places();
                let places: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
                format!(
                    "# There is no configuration file; looked for {}.\n",
                    places.join(", ")
                )
            }
        };
        let settings: Vec<String> = self
            .rows
            .iter()
            .map(|row| format!("{} = {}", row.key, row.value))
            .collect();
        let longest = settings
            .iter()
            .map(|s| s.chars().count())
            .max()
            .unwrap_or(0);
        for (setting, row) in settings.iter().zip(&self.rows) {
            let follows = match &row.follows {
                Some(key) => format!(" ({key})"),
                None => String::new(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{setting:longest$}  # {}{follows}", row.origin);
        }
        text
    }

    /// The same for programs.
    pub fn as_json(&self) -> Json {
        let keys: Vec<Json> = self.rows.iter().map(row_as_json).collect();
        json!({
            "file": self.file.as_ref().map(|file| &file.name),
            "keys": keys,
        })
    }
}

fn row_as_json(row: &Row) -> Json {
    let source = match &row.origin {
        Origin::Flag(name) => json!({"kind": "flag", "name": name}),
        Origin::Environment(name) => json!({"kind": "environment", "name": name}),
        Origin::File(file, span) => {
            json!({"kind": "file", "name": file.name, "line": file.line(span.start)})
        }
        Origin::Default => json!({"kind": "default"}),
    };
    let mut object = json!({"key": row.key, "value": row.value, "source": source});
    if let Some(key) = &row.follows {
        object["follows"] = json!(key);
    }
    object
}
