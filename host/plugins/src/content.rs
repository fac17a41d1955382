//! What plugins show and offer beside JSON, as `wit/content.wit`, `prompts.wit` and `resources.wit` have it, read
//! from the JSON that such values are written as. What a component says of itself is bounded here.

use serde::{Deserialize, Serialize};

/// How many prompts, resources or templates one component may list.
pub const OFFERED_MAX: usize = 1_000;
/// How many things one answer, prompt or document may consist of.
pub const PARTS_MAX: usize = 1_000;

/// What a tool of `rich-tools` answers.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Shown {
    /// What is shown, in this order.
    pub content: Vec<Part>,
    /// JSON for programs.
    pub structured: Option<String>,
    /// Whether the tool says that it failed.
    pub failed: bool,
}

/// One thing that is shown.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Part {
    /// The thing.
    pub block: Block,
    /// How it is meant.
    pub annotations: Option<Annotations>,
}

/// A thing that is shown.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Text.
    Text(String),
    /// An image.
    Image(Media),
    /// A sound.
    Audio(Media),
    /// A document.
    Document(Document),
    /// Where a document is.
    Link(Link),
}

/// Who speaks, or for whom something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A person.
    User,
    /// A model.
    Assistant,
}

/// How something is meant.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Annotations {
    /// For whom; everybody where nobody is named.
    pub audience: Vec<Role>,
    /// How much it matters, from 0 to 1.
    pub priority: Option<f64>,
    /// When it was last changed.
    pub last_modified: Option<String>,
}

/// An image or a sound.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Media {
    /// Its bytes, in base64.
    pub data: String,
    /// Its type.
    pub mime_type: String,
}

/// A document, whole.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Document {
    /// Its address.
    pub uri: String,
    /// Its type.
    pub mime_type: Option<String>,
    /// What is in it.
    pub body: Body,
}

/// What a document consists of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Text.
    Text(String),
    /// Anything else, in base64.
    Bytes(String),
}

/// A document that lies elsewhere, or that can be read here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Link {
    /// Its address.
    pub uri: String,
    /// A short name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Its type.
    pub mime_type: Option<String>,
    /// How many bytes it has.
    pub size: Option<u64>,
}

/// The form of many addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Template {
    /// As RFC 6570 has it.
    pub uri_template: String,
    /// A short name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What lies there.
    pub description: Option<String>,
    /// The type of all.
    pub mime_type: Option<String>,
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Prompt {
    /// Its name within the plugin.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: String,
    /// What is filled in.
    pub arguments: Vec<PromptArgument>,
}

/// What is filled in to a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// What belongs there.
    pub description: String,
    /// Whether it has to be there.
    pub required: bool,
}

/// One message of a filled in prompt.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub part: Part,
}

/// Whether this may be an address at all.
pub fn has_scheme(uri: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && (scheme.chars()).all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(is_scheme) && !uri.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// What a list that a component gave consists of, if it is not too long.
///
/// # Errors
/// What is wrong with it, for whoever made the component.
pub fn list<T: for<'a> Deserialize<'a>>(json: &str, most: usize) -> Result<Vec<T>, String> {
    let listed: Vec<T> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    match listed.len() > most {
        true => Err(format!("{} entries, and {most} are accepted", listed.len())),
        false => Ok(listed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_written() {
        let shown: Shown = serde_json::from_str(
            r#"{"content":[
                {"block":{"text":"a"},"annotations":{"audience":["user"],"priority":0.5,"last_modified":null}},
                {"block":{"image":{"data":"AA==","mime_type":"image/png"}},"annotations":null},
                {"block":{"document":{"uri":"a:b","mime_type":null,"body":{"bytes":"AA=="}}},"annotations":null}
              ],"structured":null,"failed":false}"#,
        )
        .unwrap();
        assert_eq!(shown.content.len(), 3);
        assert_eq!(shown.content[0].block, Block::Text("a".to_owned()));
    }

    #[test]
    fn addresses_have_a_scheme() {
        for uri in ["notes:1", "test://a/b", "x-y+z.1:"] {
            assert!(has_scheme(uri), "{uri}");
        }
        for uri in ["", "notes", ":a", "1:a", "a b:c", "a:b c", "a:\n"] {
            assert!(!has_scheme(uri), "{uri}");
        }
    }

    #[test]
    fn lists_are_bounded_at_their_edge() {
        let roles = |n: usize| format!("[{}]", vec!["\"user\""; n].join(","));
        assert_eq!(list::<Role>(&roles(3), 3).map(|all| all.len()), Ok(3));
        let long = list::<Role>(&roles(4), 3).unwrap_err();
        assert_eq!(long, "4 entries, and 3 are accepted");
        assert!(list::<Role>("[\"nobody\"]", 3).is_err());
    }
}
