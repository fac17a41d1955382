//! Tools as resources: `vesicle://servers/<server>/<tool>.ts`, the typed declaration of one tool. For
//! clients that would rather browse than search.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde_json::json;
use vesicle_bridge::{names::snake, typescript::first_line};

use super::Host;
use crate::tools::Granted;

const PREFIX: &str = "vesicle://servers/";
const SUFFIX: &str = ".ts";
const MIME_TYPE: &str = "text/typescript";
/// The form of all addresses.
pub const TOOL_TEMPLATE: &str = "vesicle://servers/{server}/{tool}.ts";
/// What stays as it is in an address.
pub const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

fn address(server: &str, tool: &str) -> String {
    let tool = utf8_percent_encode(tool, ENCODED);
    format!("{PREFIX}{server}/{tool}{SUFFIX}")
}

fn named(uri: &str) -> Option<String> {
    let (server, tool) = uri
        .strip_prefix(PREFIX)?
        .strip_suffix(SUFFIX)?
        .split_once('/')?;
    let tool = percent_decode_str(tool).decode_utf8().ok()?;
    Some(format!("{server}.{tool}"))
}

/// The form of all addresses.
pub fn template() -> ResourceTemplate {
    ResourceTemplate::new(TOOL_TEMPLATE, "tool")
        .with_title("Types of a tool")
        .with_description(
            "The TypeScript declaration of a tool, as `tools.server.tool(args)` calls it",
        )
        .with_mime_type(MIME_TYPE)
}

/// Whether an address is meant as one of these.
pub fn is_one(uri: &str) -> bool {
    uri.starts_with(PREFIX)
}

/// All that there are.
///
/// # Errors
/// The servers are not there.
pub async fn list(host: &Host, granted: &Granted) -> Result<Vec<Resource>, ErrorData> {
    let catalog = host.toolbox.catalog(None).await.map_err(no_bridge)?;
    let granted = catalog
        .tools()
        .filter(|(server, tool)| granted.is_granted(server, tool));
    let resources = granted.map(|(server, tool)| {
        let said = first_line(tool.definition.description.as_deref().unwrap_or_default());
        let name = format!("{}.{}", server.name, tool.name());
        Resource::new(address(server.name.as_str(), tool.name()), name)
            .with_description(said)
            .with_mime_type(MIME_TYPE)
    });
    Ok(resources.collect())
}

/// One declaration.
pub async fn read(
    host: &Host,
    granted: &Granted,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    // The protocol wants the address told apart from the words.
    let absent = |why: String| ErrorData::resource_not_found(why, Some(json!({ "uri": uri })));
    let name = named(uri).ok_or_else(|| {
        absent(format!(
            "there is no `{uri}`; addresses are {PREFIX}SERVER/TOOL{SUFFIX}"
        ))
    })?;
    let server = name.split_once('.').map(|(server, _)| server);
    let catalog = host.toolbox.catalog(server).await.map_err(no_bridge)?;
    let (server, tool) = granted
        .find(&catalog, &name)
        .map_err(|error| absent(error.to_string()))?;
    let function = snake(tool.name(), "tool");
    let typed = (host.toolbox).typed(server.name.as_str(), &tool.definition);
    let text = typed.module(&function);
    let contents = ResourceContents::text(text, uri).with_mime_type(MIME_TYPE);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn no_bridge(error: &vesicle_bridge::StartError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_back_to_names() {
        for tool in ["get_issue", "get.thing", "a/b", "ü 😀", "..", "x.ts"] {
            let uri = address("git-hub", tool);
            assert_eq!(
                named(&uri).as_deref(),
                Some(&*format!("git-hub.{tool}")),
                "{uri}"
            );
        }
        assert_eq!(
            address("git-hub", "a/b"),
            "vesicle://servers/git-hub/a%2Fb.ts"
        );
        for uri in [
            "",
            "vesicle://servers/x.ts",
            "file:///a/b.ts",
            "vesicle://servers/a/b",
        ] {
            assert_eq!(named(uri), None, "{uri}");
        }
    }
}
