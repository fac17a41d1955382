//! What functions of modules answer for prompts and resources: a text, or what MCP has for it, as everything that is
//! written in JavaScript knows it. From there on it is as what any component answers.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::content::{Annotations, Block, Body, Document, Link, Media, Message, Part, Role};

/// What a prompt's function answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Conversation {
    Text(String),
    One(Said),
    Several(Vec<Line>),
    Whole { messages: Vec<Said> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Text(String),
    Said(Said),
}

#[derive(Deserialize)]
struct Said {
    role: Role,
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Shown(Shown),
}

#[derive(Deserialize)]
struct Shown {
    #[serde(flatten)]
    block: Spoken,
    annotations: Option<Meant>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Spoken {
    Text {
        text: String,
    },
    #[serde(rename_all = "camelCase")]
    Image {
        data: String,
        mime_type: String,
    },
    #[serde(rename_all = "camelCase")]
    Audio {
        data: String,
        mime_type: String,
    },
    Resource {
        resource: Written,
    },
    #[serde(rename_all = "camelCase")]
    ResourceLink {
        uri: String,
        name: String,
        title: Option<String>,
        description: Option<String>,
        mime_type: Option<String>,
        size: Option<u64>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meant {
    #[serde(default)]
    audience: Vec<Role>,
    priority: Option<f64>,
    last_modified: Option<String>,
}

/// What a resource's function answers; `null` says that nothing lies there.
#[derive(Deserialize)]
#[serde(untagged)]
enum Documents {
    Text(String),
    One(Written),
    Several(Vec<Written>),
    Whole { contents: Vec<Written> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    /// The one that was asked for, where it is left out.
    uri: Option<String>,
    mime_type: Option<String>,
    #[serde(flatten)]
    body: WrittenBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenBody {
    Text(String),
    Blob(String),
}

/// The messages that a prompt's function answered.
///
/// # Errors
/// What it may answer.
pub fn messages(result: &RawValue) -> Result<Vec<Message>, String> {
    let said: Conversation = serde_json::from_str(result.get()).map_err(|_| {
        "a prompt's function answers with a text, or with messages such as { role: \"user\", content: \"…\" }, whose content is a text or a block of content as MCP has it".to_owned()
    })?;
    Ok(match said {
        Conversation::Text(text) => vec![of_user(text)],
        Conversation::One(said) => vec![message(said)?],
        Conversation::Whole { messages } => messages
            .into_iter()
            .map(message)
            .collect::<Result<_, _>>()?,
        Conversation::Several(lines) => lines
            .into_iter()
            .map(|line| match line {
                Line::Text(text) => Ok(of_user(text)),
                Line::Said(said) => message(said),
            })
            .collect::<Result<_, _>>()?,
    })
}

/// The documents that a resource's function answered, which was asked for `uri` and says that its type is `mime_type`.
///
/// # Errors
/// What it may answer.
pub fn documents(
    result: &RawValue,
    uri: &str,
    mime_type: Option<&str>,
) -> Result<Vec<Document>, String> {
    let written: Option<Documents> = serde_json::from_str(result.get()).map_err(|_| {
        "a resource's function answers with a text, with { text } or { blob } (in base64), each with a `mimeType` and a `uri` where they are others than it says of itself, or with a list of these".to_owned()
    })?;
    let written = match written {
        None => return Ok(Vec::new()),
        Some(Documents::Text(text)) => vec![Written {
            uri: None,
            mime_type: None,
            body: WrittenBody::Text(text),
        }],
        Some(Documents::One(one)) => vec![one],
        Some(Documents::Several(all) | Documents::Whole { contents: all }) => all,
    };
    let documents = written.into_iter().map(|written| Document {
        uri: written.uri.unwrap_or_else(|| uri.to_owned()),
        mime_type: written.mime_type.or_else(|| mime_type.map(str::to_owned)),
        body: written.body.into(),
    });
    Ok(documents.collect())
}

impl From<WrittenBody> for Body {
    fn from(body: WrittenBody) -> Self {
        match body {
            WrittenBody::Text(text) => Self::Text(text),
            WrittenBody::Blob(blob) => Self::Bytes(blob),
        }
    }
}

fn of_user(text: String) -> Message {
    Message {
        role: Role::User,
        part: Part {
            block: Block::Text(text),
            annotations: None,
        },
    }
}

fn message(said: Said) -> Result<Message, String> {
    let part = match said.content {
        Content::Text(text) => Part {
            block: Block::Text(text),
            annotations: None,
        },
        Content::Shown(Shown { block, annotations }) => Part {
            block: of_spoken(block)?,
            annotations: annotations.map(|meant| Annotations {
                audience: meant.audience,
                priority: meant.priority,
                last_modified: meant.last_modified,
            }),
        },
    };
    Ok(Message {
        role: said.role,
        part,
    })
}

fn of_spoken(spoken: Spoken) -> Result<Block, String> {
    Ok(match spoken {
        Spoken::Text { text } => Block::Text(text),
        Spoken::Image { data, mime_type } => Block::Image(Media { data, mime_type }),
        Spoken::Audio { data, mime_type } => Block::Audio(Media { data, mime_type }),
        Spoken::Resource { resource } => Block::Document(Document {
            uri: resource
                .uri
                .ok_or("a document within a message has a `uri`")?,
            mime_type: resource.mime_type,
            body: resource.body.into(),
        }),
        Spoken::ResourceLink {
            uri,
            name,
            title,
            description,
            mime_type,
            size,
        } => Block::Link(Link {
            uri,
            name,
            title,
            description,
            mime_type,
            size,
        }),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    fn said(value: Value) -> Result<Value, String> {
        let messages = messages(&to_raw_value(&value).unwrap())?;
        Ok(serde_json::to_value(messages).unwrap())
    }

    fn read(value: Value) -> Result<Value, String> {
        let raw = to_raw_value(&value).unwrap();
        let documents = documents(&raw, "a:b", Some("text/markdown"))?;
        Ok(serde_json::to_value(documents).unwrap())
    }

    #[test]
    fn conversations_are_texts_or_messages() {
        let user = json!([{"role": "user", "part": {"block": {"text": "a"}, "annotations": null}}]);
        for value in [
            json!("a"),
            json!(["a"]),
            json!({"role": "user", "content": "a"}),
            json!([{"role": "user", "content": {"type": "text", "text": "a"}}]),
            json!({"messages": [{"role": "user", "content": "a"}]}),
        ] {
            assert_eq!(said(value.clone()).as_ref(), Ok(&user), "{value}");
        }
        let block = |content: Value| {
            let said = said(json!([{"role": "assistant", "content": content}])).unwrap();
            assert_eq!(said[0]["role"], "assistant");
            said[0]["part"].clone()
        };
        let image = json!({"type": "image", "data": "AA==", "mimeType": "image/png",
            "annotations": {"audience": ["user"], "priority": 0.5, "lastModified": "2026-11-21T12:00:00Z"}});
        assert_eq!(
            block(image),
            json!({"block": {"image": {"data": "AA==", "mime_type": "image/png"}},
                "annotations": {"audience": ["user"], "priority": 0.5, "last_modified": "2026-11-21T12:00:00Z"}})
        );
        let document = json!({"type": "resource", "resource": {"uri": "a:b", "blob": "AA=="}});
        assert_eq!(
            block(document)["block"]["document"]["body"],
            json!({"bytes": "AA=="})
        );
        let link = json!({"type": "resource_link", "uri": "a:b", "name": "b", "size": 3});
        assert_eq!(block(link)["block"]["link"]["size"], 3);
        let audio = json!({"type": "audio", "data": "AA==", "mimeType": "audio/wav"});
        assert_eq!(block(audio)["block"]["audio"]["mime_type"], "audio/wav");
        for wrong in [
            json!(null),
            json!(1),
            json!({"role": "system", "content": "a"}),
            json!([{"content": "a"}]),
            json!([{"role": "user", "content": {"type": "paragraph", "text": "a"}}]),
            json!([{"role": "user", "content": {"type": "resource", "resource": {"text": "a"}}}]),
        ] {
            assert!(said(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn documents_are_texts_or_bytes() {
        let text = json!([{"uri": "a:b", "mime_type": "text/markdown", "body": {"text": "a"}}]);
        for value in [
            json!("a"),
            json!({"text": "a"}),
            json!([{"text": "a"}]),
            json!({"contents": [{"uri": "a:b", "text": "a"}]}),
        ] {
            assert_eq!(read(value.clone()).as_ref(), Ok(&text), "{value}");
        }
        assert_eq!(
            read(json!({"blob": "AA==", "uri": "a:c", "mimeType": "image/png"})),
            Ok(json!([{"uri": "a:c", "mime_type": "image/png", "body": {"bytes": "AA=="}}]))
        );
        assert_eq!(read(json!(null)), Ok(json!([])), "nothing is there");
        for wrong in [json!(1), json!([1, 2]), json!({"uri": "a:c"})] {
            let why = read(wrong.clone()).unwrap_err();
            assert!(why.contains("answers with a text"), "{wrong}: {why}");
        }
    }
}
