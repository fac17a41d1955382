//! What plugins show beside JSON, as MCP has it: content of results, messages and documents.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rmcp::model::{
    Annotations, AudioContent, CallToolResult, ContentBlock, EmbeddedResource, ImageContent,
    Resource, ResourceContents, Role, TextContent,
};
use serde_json::{Value, value::RawValue, value::to_raw_value};
pub use vesicle_plugins::content::has_scheme;
use vesicle_plugins::content::{self, Block, Body, Document, Link, PARTS_MAX, Part, Shown};

/// What a tool's result may have beside `content`, where it is content.
const BESIDE_CONTENT: [&str; 3] = ["structuredContent", "isError", "_meta"];

/// The result that a tool of `rich-tools` showed.
///
/// # Errors
/// What is wrong with it, for whoever made the plugin.
pub fn of_shown(json: &RawValue) -> Result<CallToolResult, String> {
    let shown: Shown = serde_json::from_str(json.get()).map_err(|error| error.to_string())?;
    if shown.content.len() > PARTS_MAX {
        return Err(format!(
            "{} parts, and {PARTS_MAX} are accepted",
            shown.content.len()
        ));
    }
    let blocks: Result<Vec<_>, _> = shown.content.into_iter().map(block).collect();
    let mut result = match shown.failed {
        false => CallToolResult::success(blocks?),
        true => CallToolResult::error(blocks?),
    };
    if let Some(structured) = shown.structured {
        match serde_json::from_str(&structured) {
            Ok(object @ Value::Object(_)) => result.structured_content = Some(object),
            _ => return Err("`structured` is no JSON object".to_owned()),
        }
    }
    Ok(result)
}

/// The content that a JSON result clearly is: an object with `content`, all of whose entries are blocks that MCP knows, and
/// nothing that a result of MCP does not have. Anything else is the tool's own JSON.
pub fn recognized(json: &RawValue) -> Option<CallToolResult> {
    if !json.get().contains("\"content\"") {
        return None;
    }
    let value: Value = serde_json::from_str(json.get()).ok()?;
    let members = value.as_object()?;
    let blocks = members.get("content")?.as_array()?;
    let is_known = |name: &String| name == "content" || BESIDE_CONTENT.contains(&name.as_str());
    let fits = !blocks.is_empty() && blocks.len() <= PARTS_MAX && members.keys().all(is_known);
    let structured = members.get("structuredContent");
    if !fits || structured.is_some_and(|structured| !structured.is_object()) {
        return None;
    }
    let result: CallToolResult = serde_json::from_value(value).ok()?;
    result.content.iter().all(is_sound).then_some(result)
}

/// Whether bytes are base64 and addresses are some.
fn is_sound(block: &ContentBlock) -> bool {
    let is_base64 = |data: &str| STANDARD.decode(data).is_ok();
    match block {
        ContentBlock::Image(image) => is_base64(&image.data),
        ContentBlock::Audio(audio) => is_base64(&audio.data),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, .. } => has_scheme(uri),
            ResourceContents::BlobResourceContents { uri, blob, .. } => {
                has_scheme(uri) && is_base64(blob)
            }
            _ => false,
        },
        ContentBlock::ResourceLink(link) => has_scheme(&link.uri),
        _ => true,
    }
}

/// A result as the JSON that it is carried as.
///
/// # Errors
/// It is none.
pub fn as_json(result: &CallToolResult) -> Result<Box<RawValue>, String> {
    to_raw_value(result).map_err(|error| error.to_string())
}

/// The texts of a failure.
pub fn texts(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(ContentBlock::as_text);
    let texts: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
    texts.join("\n")
}

/// One thing that is shown.
///
/// # Errors
/// An address that is none.
pub fn block(part: Part) -> Result<ContentBlock, String> {
    let annotations = part.annotations.map(annotations);
    Ok(match part.block {
        Block::Text(text) => {
            let mut text = TextContent::new(text);
            text.annotations = annotations;
            ContentBlock::Text(text)
        }
        Block::Image(media) => {
            let mut image = ImageContent::new(media.data, media.mime_type);
            image.annotations = annotations;
            ContentBlock::Image(image)
        }
        Block::Audio(media) => {
            let mut audio = AudioContent::new(media.data, media.mime_type);
            audio.annotations = annotations;
            ContentBlock::Audio(audio)
        }
        Block::Document(document) => {
            let mut embedded = EmbeddedResource::new(contents(document)?);
            embedded.annotations = annotations;
            ContentBlock::Resource(embedded)
        }
        Block::Link(link) => {
            let mut link = resource(link)?;
            link.annotations = annotations;
            ContentBlock::ResourceLink(link)
        }
    })
}

/// Who speaks.
pub fn role(role: content::Role) -> Role {
    match role {
        content::Role::User => Role::User,
        content::Role::Assistant => Role::Assistant,
    }
}

fn annotations(said: content::Annotations) -> Annotations {
    let mut annotations = Annotations::default();
    if !said.audience.is_empty() {
        annotations.audience = Some(said.audience.into_iter().map(role).collect());
    }
    // Beyond its range it says nothing.
    let priority = said.priority.filter(|it| (0.0..=1.0).contains(it));
    annotations.priority = priority.map(|priority| priority as f32);
    annotations.last_modified = said.last_modified;
    annotations
}

/// What is in a document.
///
/// # Errors
/// Its address is none.
pub fn contents(document: Document) -> Result<ResourceContents, String> {
    let uri = addressed(document.uri)?;
    let contents = match document.body {
        Body::Text(text) => ResourceContents::text(text, uri),
        Body::Bytes(bytes) => ResourceContents::blob(bytes, uri),
    };
    Ok(match document.mime_type {
        Some(mime_type) => contents.with_mime_type(mime_type),
        None => contents,
    })
}

/// A document that can be read.
///
/// # Errors
/// Its address is none.
pub fn resource(link: Link) -> Result<Resource, String> {
    let mut resource = Resource::new(addressed(link.uri)?, link.name);
    resource.title = link.title;
    resource.description = link.description;
    resource.mime_type = link.mime_type;
    resource.size = link.size;
    Ok(resource)
}

fn addressed(uri: String) -> Result<String, String> {
    match has_scheme(&uri) {
        true => Ok(uri),
        false => Err(format!(
            "{uri:?} is no address: it begins with a scheme, such as `notes:`, and has no spaces"
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_content(value: Value) -> bool {
        recognized(&to_raw_value(&value).unwrap()).is_some()
    }

    #[test]
    fn only_what_is_clearly_content_is_taken_for_it() {
        let text = json!({"type": "text", "text": "a"});
        assert!(is_content(json!({"content": [text]})));
        assert!(is_content(
            json!({"content": [text, {"type": "image", "data": "AAEC", "mimeType": "image/png"}],
                "structuredContent": {"a": 1}, "isError": true})
        ));
        for other in [
            json!({"content": []}),
            json!({"content": "text"}),
            json!({"content": ["text"]}),
            json!({"content": [text], "title": "a page"}),
            json!({"content": [{"type": "paragraph", "text": "a"}]}),
            json!({"content": [{"type": "image", "data": "not base64!", "mimeType": "image/png"}]}),
            json!({"content": [{"type": "resource", "resource": {"uri": "no address", "text": "a"}}]}),
            json!({"content": [text], "structuredContent": 1}),
            json!([{"content": [text]}]),
        ] {
            assert!(!is_content(other.clone()), "{other}");
        }
        let parts = |count| json!({ "content": vec![text.clone(); count] });
        assert!(is_content(parts(PARTS_MAX)));
        assert!(!is_content(parts(PARTS_MAX + 1)));
    }

    #[test]
    fn what_a_component_shows_is_checked() {
        let shown = |json: Value| of_shown(&to_raw_value(&json).unwrap());
        let text = json!({"block": {"text": "a"}, "annotations": {"audience": ["user"], "priority": 2.0, "last_modified": null}});
        let result = shown(json!({"content": [text], "structured": "{\"a\":1}", "failed": true}));
        let result = result.unwrap();
        assert_eq!(
            serde_json::to_value(&result).unwrap(),
            json!({"resultType": "complete", "isError": true, "structuredContent": {"a": 1},
                "content": [{"type": "text", "text": "a", "annotations": {"audience": ["user"]}}]})
        );
        let wrong = shown(json!({"content": [], "structured": "[1]", "failed": false}));
        assert_eq!(wrong.unwrap_err(), "`structured` is no JSON object");
        let link = json!({"block": {"link": {"uri": "a b", "name": "a", "title": null, "description": null,
            "mime_type": null, "size": null}}, "annotations": null});
        let wrong = shown(json!({"content": [link], "structured": null, "failed": false}));
        assert!(wrong.unwrap_err().contains("is no address"));
    }
}
