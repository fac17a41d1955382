//! What is here as resources, beside the tools of servers: plugins and episodes, as JSON.

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ContentBlock, ReadResourceResult, Resource, ResourceContents, ResourceTemplate, object,
    },
    service::RequestContext,
};
use serde_json::{Value, json};
use vesicle_plugins::name::PluginName;

use super::{Host, Shown, memory, memory::registry};
use crate::{
    harmless::harmless,
    plugins::{rights_as_json, standing},
};

/// The form of addresses of plugins.
pub const PLUGIN_TEMPLATE: &str = "vesicle://plugins/{plugin}";
const PLUGIN_PREFIX: &str = "vesicle://plugins/";
/// The form of addresses of episodes.
pub const EPISODE_TEMPLATE: &str = "vesicle://episodes/{id}";
const EPISODE_PREFIX: &str = "vesicle://episodes/";
const MIME_TYPE: &str = "application/json";
/// The tool whose answer an episode is.
const GET_EPISODE: &str = "get_episode";

/// The forms of all addresses.
pub fn templates(host: &Host, memory: Option<&Shown>) -> Vec<ResourceTemplate> {
    let mut templates = Vec::new();
    if host.plugins.is_some() {
        let about = "A plugin: its tools with schemas, what it offers, and what it may do";
        templates.push(
            ResourceTemplate::new(PLUGIN_TEMPLATE, "plugin")
                .with_title("Plugin")
                .with_description(about),
        );
    }
    if memory.is_some() {
        let about = "An episode of past work, with its steps and what was learned";
        templates.push(
            ResourceTemplate::new(EPISODE_TEMPLATE, "episode")
                .with_title("Episode")
                .with_description(about),
        );
    }
    let json = templates.into_iter();
    json.map(|template| template.with_mime_type(MIME_TYPE))
        .collect()
}

/// The plugins. Episodes are too many to be listed.
pub async fn list(host: &Host) -> Vec<Resource> {
    let Some(service) = &host.plugins else {
        return Vec::new();
    };
    let Some(shelf) = service.shelf().await else {
        return Vec::new();
    };
    let allowed = host.policy.default_profile().plugins.grants().clone();
    let plugins = shelf
        .plugins()
        .iter()
        .map(|listed| listed.manifest.contents());
    let plugins = plugins.filter(|contents| allowed.reaches(contents.name.as_str()));
    plugins
        .map(|contents| {
            let name = contents.name.as_str();
            Resource::new(format!("{PLUGIN_PREFIX}{name}"), name)
                .with_title(format!("Plugin {name}"))
                .with_description(harmless(&contents.description))
                .with_mime_type(MIME_TYPE)
        })
        .collect()
}

/// What lies at this address; nothing where it is none of these.
///
/// # Errors
/// There is nothing.
pub async fn read(
    host: &Host,
    shown: Option<&Shown>,
    uri: &str,
    context: &RequestContext<RoleServer>,
) -> Result<Option<ReadResourceResult>, ErrorData> {
    let told = if let Some(name) = uri
        .strip_prefix(PLUGIN_PREFIX)
        .filter(|name| !name.contains('/'))
    {
        plugin(host, name).await
    } else if let (Some(id), Some(shown)) = (uri.strip_prefix(EPISODE_PREFIX), shown) {
        episode(host, shown, id, context).await
    } else {
        return Ok(None);
    };
    // The protocol wants the address told apart from the words.
    let text =
        told.map_err(|why| ErrorData::resource_not_found(why, Some(json!({ "uri": uri }))))?;
    let text = host.secrets.redact(text);
    let contents = ResourceContents::text(harmless(&text), uri).with_mime_type(MIME_TYPE);
    Ok(Some(ReadResourceResult::new(vec![contents])))
}

async fn plugin(host: &Host, name: &str) -> Result<String, String> {
    let absent = || format!("there is no plugin `{name}` that may be called");
    let service = host.plugins.as_ref().ok_or_else(absent)?;
    let shelf = service.dispatcher.shelf().await;
    let shelf = shelf.map_err(|error| error.to_string())?;
    let parsed = PluginName::parse(name).map_err(|error| error.to_string())?;
    let allowed = host.policy.default_profile().plugins.grants();
    let listed = shelf.plugin(&parsed).filter(|_| allowed.reaches(name));
    let manifest = &listed.ok_or_else(absent)?.manifest;
    let rights = service.dispatcher.rights(manifest);
    let rights = rights.map_err(|error| error.to_string())?;
    let contents = manifest.contents();
    let schema = |text: &String| serde_json::from_str::<Value>(text).unwrap_or_default();
    let tools = contents.tools.iter().map(|tool| {
        json!({
            "name": tool.name,
            "description": tool.description,
            "input": schema(&tool.input),
            "output": tool.output.as_ref().map(schema),
        })
    });
    let told = json!({
        "name": contents.name.as_str(),
        "version": contents.version,
        "description": contents.description,
        "digest": contents.digest.to_string(),
        "offers": contents.offers.names(),
        "tools": tools.collect::<Vec<_>>(),
        "standing": standing(&rights),
        "rights": rights_as_json(&rights),
    });
    serde_json::to_string_pretty(&told).map_err(|error| error.to_string())
}

async fn episode(
    host: &Host,
    shown: &Shown,
    id: &str,
    context: &RequestContext<RoleServer>,
) -> Result<String, String> {
    let tool = registry::find(GET_EPISODE).ok_or("there are no episodes")?;
    let sent = object(json!({ "episode_id": id }));
    let answer = memory::call(host, shown, tool, sent, context).await;
    match (answer.is_error, answer.structured_content) {
        (Some(true), _) | (_, None) => {
            let texts = answer.content.iter().filter_map(ContentBlock::as_text);
            let texts: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
            Err(texts.join("\n"))
        }
        (_, Some(episode)) => {
            serde_json::to_string_pretty(&episode).map_err(|error| error.to_string())
        }
    }
}
