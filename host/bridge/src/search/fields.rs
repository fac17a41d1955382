//! What of a tool is searched, and how much each part of it counts.

use rmcp::model::{JsonObject, Tool};
use serde_json::Value;

use super::tokens::Tokens;
use crate::hygiene;

/// How much a word counts in each field, and how much a long field takes away from that (BM25F's
/// weights and `b`). A name is short and chosen with care; descriptions of parameters are long and
/// say the same in every tool of a server.
pub const FIELDS: [Field; 4] = [
    Field {
        weight: 3.0,
        length: 0.3,
    },
    Field {
        weight: 1.0,
        length: 0.6,
    },
    Field {
        weight: 0.6,
        length: 0.6,
    },
    Field {
        weight: 0.3,
        length: 0.75,
    },
];

/// One of [`FIELDS`].
pub struct Field {
    /// What a word in it counts.
    pub weight: f32,
    /// From 0, its length does not matter, to 1.
    pub length: f32,
}

/// How many parameters of one tool are indexed, with those inside of others.
const PARAMETERS_MAX: usize = 256;
/// How deep parameters inside of parameters are indexed.
const DEPTH_MAX: usize = 6;

/// The tokens of each of [`FIELDS`].
pub fn read(server: &str, tool: &Tool, tokens: &Tokens) -> [Vec<String>; 4] {
    let mut parameters = Parameters::default();
    parameters.read(&tool.input_schema, 0);
    let description = tool.description.as_deref().unwrap_or_default();
    let title = tool
        .title
        .as_deref()
        .or_else(|| tool.annotations.as_ref()?.title.as_deref())
        .unwrap_or_default();
    let [description, title] = [description, title].map(hygiene::strip);
    [
        tokens.of(&format!("{server} {}", tool.name)),
        tokens.of(&format!("{title}\n{description}")),
        tokens.of(&parameters.names),
        tokens.of(&parameters.descriptions),
    ]
}

#[derive(Default)]
struct Parameters {
    names: String,
    descriptions: String,
    count: usize,
}

impl Parameters {
    fn read(&mut self, schema: &JsonObject, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        for (key, inner) in schema {
            match (key.as_str(), inner) {
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties {
                        if self.count >= PARAMETERS_MAX {
                            return;
                        }
                        self.count += 1;
                        push(&mut self.names, name);
                        if let Value::Object(property) = property {
                            if let Some(Value::String(text)) = property.get("description") {
                                push(&mut self.descriptions, text);
                            }
                            self.read(property, depth + 1);
                        }
                    }
                }
                ("enum", Value::Array(values)) => values
                    .iter()
                    .take(PARAMETERS_MAX)
                    .filter_map(Value::as_str)
                    .for_each(|value| push(&mut self.names, value)),
                ("items", Value::Object(items)) => self.read(items, depth + 1),
                ("anyOf" | "oneOf" | "allOf", Value::Array(parts)) => {
                    for part in parts
                        .iter()
                        .take(PARAMETERS_MAX)
                        .filter_map(Value::as_object)
                    {
                        self.read(part, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }
}

fn push(text: &mut String, more: &str) {
    text.push(' ');
    text.push_str(more);
}
