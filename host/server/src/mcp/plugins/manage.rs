//! `save_plugin`, `list_plugins`, `plugin_info`, `remove_plugin`.

use std::str::FromStr;

use rmcp::{
    RoleServer,
    model::{CallToolResult, JsonObject},
    service::RequestContext,
};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::to_raw_value};
use vesicle_bridge::Decision;
use vesicle_plugins::{manifest::Reuse, name::PluginName, store::Listed};

use super::{
    Service,
    definitions::{INFO, LIST, REMOVE, SAVE},
    grant, refused,
};
use crate::{
    audit::{Begun, Ended},
    mcp::{
        Host,
        arguments::{none_left, require, take},
        execute::client,
        memory::told,
    },
    plugins::{Language, Saving, Smoke, Wanted, is_saved, rights_as_json, standing},
};

/// How much of what an agent calls itself stands in the provenance, in characters.
const CLIENT_CHARS_MAX: usize = 100;

/// A call, if `name` is one of these. It is logged as a program's would be.
pub async fn call(
    service: &Service,
    host: &Host,
    name: &str,
    sent: Option<&JsonObject>,
    context: &RequestContext<RoleServer>,
) -> Option<CallToolResult> {
    let name = [SAVE, LIST, INFO, REMOVE]
        .into_iter()
        .find(|known| *known == name)?;
    let sent = sent.cloned().unwrap_or_default();
    let input = to_raw_value(&sent).unwrap_or_default();
    let begun = Begun {
        tool: name,
        profile: &host.policy.default_profile().name,
        code: name,
        input: &input,
    };
    let recording = match host.audit.begin(begun, || client(context)) {
        Ok(recording) => recording,
        Err(error) => return Some(refused(&error.to_string())),
    };
    let work = async {
        match name {
            SAVE => save(service, host, sent, context).await,
            LIST => list(service, host, &sent).await,
            INFO => info(service, host, sent).await,
            _ => remove(service, sent).await,
        }
    };
    let (answer, ended) = tokio::select! {
        biased;
        () = context.ct.cancelled() => (Err("the client cancelled the call".to_owned()), "cancelled"),
        () = host.disconnect.settled() => (Err("the client closed the connection".to_owned()), "disconnected"),
        answer = work => {
            let ended = if answer.is_ok() { "success" } else { "error" };
            (answer, ended)
        }
    };
    if let Err(error) = recording.end(Ended::otherwise(ended)).await {
        return Some(refused(&error.to_string()));
    }
    Some(match answer {
        Ok(value) => told(value, &host.secrets),
        Err(why) => refused(&host.secrets.redact(why)),
    })
}

/// A call that the new version has to pass.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedSmoke {
    tool: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

impl AskedSmoke {
    fn read(self) -> Result<Smoke, String> {
        let arguments = to_raw_value(&self.arguments);
        Ok(Smoke {
            tool: self.tool,
            arguments: arguments.map_err(|error| format!("`smoke`: {error}"))?,
        })
    }
}

async fn save(
    service: &Service,
    host: &Host,
    mut sent: JsonObject,
    context: &RequestContext<RoleServer>,
) -> Result<Value, String> {
    let example = "{\"name\": \"slugify\", \"source\": \"export function slug(text: string) {…}\"}";
    let name: String = require(&mut sent, "name", example)?;
    let source: String = require(&mut sent, "source", example)?;
    let language: Option<String> = take(&mut sent, "language")?;
    let description: Option<String> = take(&mut sent, "description")?;
    let permissions: Option<Map<String, Value>> = take(&mut sent, "permissions")?;
    let reuse: Option<String> = take(&mut sent, "reuse")?;
    let smoke: Option<AskedSmoke> = take(&mut sent, "smoke")?;
    none_left(
        &sent,
        "`name`, `source`, `language`, `description`, `reuse`, `smoke` and `permissions`",
    )?;
    let smoke = smoke.map(AskedSmoke::read).transpose()?;
    let reuse = reuse.map(|name| Reuse::from_str(&name)).transpose();
    let reuse = reuse.map_err(|why| format!("`reuse`: {why}"))?;
    let language = match language {
        None => Language::default(),
        Some(text) => Language::parse(&text).ok_or_else(|| {
            format!(
                "`language` cannot be `{text}`; take one of {}",
                Language::NAMES.join(", ")
            )
        })?,
    };
    let who = client(context);
    let wanted = Wanted {
        name,
        source: source.clone(),
        language,
        description,
        reuse: reuse.unwrap_or_default(),
        smoke,
        permissions: permissions.unwrap_or_default(),
        from: who.client.chars().take(CLIENT_CHARS_MAX).collect(),
    };
    let dispatcher = service.dispatcher.clone();
    // On a runtime that compiles, and to its end: a client that is gone leaves no half of it.
    let saving = service
        .dispatcher
        .sandbox()
        .spawn(async move { dispatcher.save(wanted).await });
    let saved = saving.await.map_err(|error| error.to_string())?;
    let mut saved = saved.map_err(|error| error.to_string())?;
    let mut asked = None;
    if service.saving == Saving::Ask {
        asked = grant::ask(
            host,
            &service.dispatcher,
            &context.peer,
            &mut saved,
            &source,
        )
        .await;
    }
    let contents = saved.manifest.contents();
    let missing = saved.rights.missing();
    let mut value = json!({
        "name": contents.name.as_str(),
        "version": contents.version,
        "digest": contents.digest.to_string(),
        "changed": saved.changed,
        "tools": names(&saved.manifest),
        "standing": standing(&saved.rights),
        "missing": missing,
    });
    if !missing.is_empty() {
        let plugins = service.dispatcher.plugins();
        value["grant_by"] = json!(plugins.grant_by(&contents.name, &saved.rights));
    }
    if let Some(asked) = asked {
        value["asked"] = json!(asked);
    }
    if !saved.notes.is_empty() {
        value["notes"] = json!(saved.notes);
    }
    Ok(value)
}

fn names(manifest: &vesicle_plugins::manifest::Manifest) -> Vec<String> {
    let contents = manifest.contents();
    let tools = contents.tools.iter();
    tools
        .map(|tool| format!("{}.{}", contents.name, tool.name))
        .collect()
}

async fn list(service: &Service, host: &Host, sent: &JsonObject) -> Result<Value, String> {
    none_left(sent, "none")?;
    let shelf = service.dispatcher.shelf().await;
    let shelf = shelf.map_err(|error| error.to_string())?;
    let grants = host.policy.default_profile().plugins.grants();
    let may = |listed: &&Listed| grants.reaches(listed.manifest.name().as_str());
    let mut plugins = Vec::new();
    for listed in shelf.plugins().iter().filter(may) {
        let contents = listed.manifest.contents();
        let rights = service.dispatcher.rights(&listed.manifest);
        let rights = rights.map_err(|error| error.to_string())?;
        plugins.push(json!({
            "name": contents.name.as_str(),
            "version": contents.version,
            "description": contents.description,
            "tools": names(&listed.manifest),
            "saved_by_agent": is_saved(contents),
            "standing": standing(&rights),
            "missing": rights.missing(),
        }));
    }
    let broken = shelf.broken().iter();
    let broken = broken.map(|(name, why)| json!({"name": name.as_str(), "why": why.to_string()}));
    Ok(json!({"plugins": plugins, "broken": broken.collect::<Vec<_>>()}))
}

async fn info(service: &Service, host: &Host, mut sent: JsonObject) -> Result<Value, String> {
    let name: String = require(&mut sent, "name", "{\"name\": \"slugify\"}")?;
    none_left(&sent, "`name`")?;
    let shelf = service.dispatcher.shelf().await;
    let shelf = shelf.map_err(|error| error.to_string())?;
    let name = PluginName::parse(&name).map_err(|error| error.to_string())?;
    let grants = host.policy.default_profile().plugins.grants();
    let listed = shelf.plugin(&name).filter(|_| {
        // A plugin of which no tool may be called is none for this caller.
        let tools = shelf.tools().iter().filter(|tool| tool.plugin == name);
        let mut decisions = tools.map(|tool| grants.decide(name.as_str(), &tool.tool));
        grants.reaches(name.as_str()) || decisions.any(|it| it != Decision::Deny)
    });
    let listed = listed
        .ok_or_else(|| format!("there is no plugin `{name}`; list_plugins has those there are"))?;
    let contents = listed.manifest.contents();
    let rights = service.dispatcher.rights(&listed.manifest);
    let rights = rights.map_err(|error| error.to_string())?;
    let tools = shelf.tools().iter().filter(|tool| tool.plugin == name);
    let tools = tools.map(|tool| {
        json!({
            "name": format!("{}.{}", tool.plugin, tool.tool),
            "description": tool.definition.description,
            "input_schema": tool.definition.input_schema,
            "output_schema": tool.definition.output_schema,
        })
    });
    let mut value = json!({
        "name": contents.name.as_str(),
        "version": contents.version,
        "reuse": contents.reuse.name(),
        "description": contents.description,
        "digest": contents.digest.to_string(),
        "saved_by_agent": is_saved(contents),
        "tools": tools.collect::<Vec<_>>(),
        "standing": standing(&rights),
        "rights": rights_as_json(&rights),
        "missing": rights.missing(),
    });
    if !rights.is_complete() {
        let plugins = service.dispatcher.plugins();
        value["grant_by"] = json!(plugins.grant_by(&name, &rights));
    }
    Ok(value)
}

async fn remove(service: &Service, mut sent: JsonObject) -> Result<Value, String> {
    let name: String = require(&mut sent, "name", "{\"name\": \"slugify\"}")?;
    none_left(&sent, "`name`")?;
    let removed = service.dispatcher.remove_saved(&name).await;
    removed.map_err(|error| error.to_string())?;
    Ok(json!({"name": name, "removed": true}))
}
