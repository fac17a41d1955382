//! `describe_tools`: how tools are called, as TypeScript.

use rmcp::model::{CallToolResult, JsonObject};
use vesicle_bridge::{Decision, discovery::DESCRIBED_MAX};

use super::{
    refused,
    search::{of_plugin, own_tool},
    told,
};
use crate::{
    mcp::{
        Host,
        arguments::{none_left, require},
        memory::registry,
    },
    tools::Granted,
};

/// The tool's name.
pub const NAME: &str = "describe_tools";

/// Some descriptions. A name that is none stands among them with the nearest that are.
pub async fn call(host: &Host, granted: &Granted, sent: JsonObject) -> CallToolResult {
    match described(host, granted, sent).await {
        Ok((text, true)) => told(&text),
        Ok((text, false)) | Err(text) => refused(&text),
    }
}

async fn described(
    host: &Host,
    granted: &Granted,
    mut sent: JsonObject,
) -> Result<(String, bool), String> {
    let names: Vec<String> = require(&mut sent, "names", "{\"names\": [\"server.tool\"]}")?;
    none_left(&sent, "`names`")?;
    if names.is_empty() || names.len() > DESCRIBED_MAX {
        return Err(format!(
            "`names` has {} names; send 1 to {DESCRIBED_MAX}",
            names.len()
        ));
    }
    let mut texts = Vec::new();
    let mut any = false;
    for name in &names {
        if host.memory.is_enabled()
            && let Some(tool) = registry::find(name)
        {
            any = true;
            texts.push(own_tool(&tool.definition));
            continue;
        }
        if let Some(told) = of_plugins(host, name).await {
            any |= told.is_ok();
            texts.push(told.unwrap_or_else(|why| why));
            continue;
        }
        if host.toolbox.is_empty() {
            texts.push(format!(
                "there is no tool `{name}`; search_tools finds those there are"
            ));
            continue;
        }
        let server = name.split_once('.').map(|(server, _)| server);
        let catalog = host
            .toolbox
            .catalog(server)
            .await
            .map_err(ToString::to_string)?;
        texts.push(match granted.find(&catalog, name) {
            Ok((server, tool)) => {
                any = true;
                (host.toolbox)
                    .typed(server.name.as_str(), &tool.definition)
                    .declaration()
            }
            Err(error) => error.to_string(),
        });
    }
    Ok((texts.join("\n\n"), any))
}

/// The description of a plugin's tool, or why there is none; nothing where the name is none of a plugin's.
async fn of_plugins(host: &Host, name: &str) -> Option<Result<String, String>> {
    let plugins = host.plugins.as_ref()?;
    let server = name.split_once('.').map(|(server, _)| server);
    if server.is_some_and(|server| host.toolbox.has_server(server)) {
        return None;
    }
    let named = match plugins.find(name, !host.toolbox.is_empty()).await {
        Ok(named) => named?,
        Err(error) => return Some(Err(error.to_string())),
    };
    let shelf = plugins.shelf().await?;
    let grants = host.policy.default_profile().plugins.grants();
    let may = grants.decide(named.plugin.as_str(), &named.tool) != Decision::Deny;
    Some(match shelf.tool(&named).filter(|_| may) {
        Some(tool) => Ok(of_plugin(tool, &|typed| typed.declaration())),
        None => Err(format!(
            "`{}` has no tool `{}` that may be called; plugin_info has those it has",
            named.plugin, named.tool
        )),
    })
}
