//! What each client's file looks like, brought to the keys of `[servers.NAME]`.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::{jsonc, places::Client};

/// A server as a client defines it, in our keys. Texts still have that client's references.
#[derive(Debug, Default)]
pub struct Plain {
    pub definition: Map<String, Json>,
    pub denied: Vec<String>,
    pub notes: Vec<String>,
}

/// The servers of a file by their names, as they stand there.
pub fn servers(
    client: Client,
    text: &str,
    directory: &Path,
) -> Result<Vec<(String, Json)>, String> {
    let file: Json = match client {
        Client::Codex => {
            let table: toml::Table = toml::from_str(text)
                .map_err(|error| format!("it is no TOML: {}", error.message()))?;
            serde_json::to_value(table).map_err(|error| error.to_string())?
        }
        _ if text.trim().is_empty() => return Ok(Vec::new()),
        _ => serde_json::from_str(&jsonc::plain(text))
            .map_err(|error| format!("it is no JSON: {error}"))?,
    };
    let key = match client {
        Client::VsCode => "servers",
        Client::Zed => "context_servers",
        Client::Codex => "mcp_servers",
        _ => "mcpServers",
    };
    let mut servers = Vec::new();
    if client == Client::ClaudeCode {
        // What was added for this directory alone stands before what is for all.
        let project = file
            .get("projects")
            .and_then(|all| all.get(directory.to_str()?));
        servers.extend(entries(project.and_then(|project| project.get(key))));
    }
    servers.extend(entries(file.get(key)));
    Ok(servers)
}

fn entries(servers: Option<&Json>) -> Vec<(String, Json)> {
    let servers = servers.and_then(Json::as_object);
    let entries = servers.into_iter().flatten();
    entries
        .map(|(name, entry)| (name.clone(), entry.clone()))
        .collect()
}

/// The entry in our keys.
///
/// # Errors
/// It is none that could be used here.
pub fn plain(client: Client, entry: Json) -> Result<Plain, String> {
    let Json::Object(mut entry) = entry else {
        return Err("it is no object".to_owned());
    };
    if entry.get("disabled") == Some(&Json::Bool(true))
        || entry.get("enabled") == Some(&Json::Bool(false))
    {
        return Err(format!("it is switched off in {}", client.name()));
    }
    if entry.contains_key("envFile") {
        return Err(
            "it reads variables from a file (`envFile`); write them under `env` in [servers.NAME]"
                .to_owned(),
        );
    }
    let mut plain = Plain::default();
    if let Some(Json::Object(command)) = entry.get("command").cloned() {
        // Zed had program, arguments and environment below `command` once.
        entry.remove("command");
        entry.extend(command.into_iter().map(|(key, value)| match &*key {
            "path" => ("command".to_owned(), value),
            _ => (key, value),
        }));
    }
    if client == Client::Zed && !entry.contains_key("command") && !entry.contains_key("url") {
        return Err("it comes with an extension of Zed, which starts it".to_owned());
    }
    for (theirs, ours) in [
        ("serverUrl", "url"),
        ("httpUrl", "url"),
        ("http_headers", "headers"),
    ] {
        if let Some(value) = entry.remove(theirs) {
            entry.insert(ours.to_owned(), value);
        }
    }
    if let Some(name) = entry.remove("bearer_token_env_var") {
        let name = name.as_str().unwrap_or_default();
        entry.insert("bearer".to_owned(), Json::from(format!("${{{name}}}")));
    }
    by_name(&mut entry, "env_http_headers", "headers");
    by_name(&mut entry, "env_vars", "env");
    for key in ["excludeTools", "disabledTools", "disabled_tools"] {
        let tools = entry.get(key).and_then(Json::as_array);
        let tools = tools.into_iter().flatten().filter_map(Json::as_str);
        plain.denied.extend(tools.map(str::to_owned));
    }
    for key in ["includeTools", "enabled_tools"] {
        if entry.contains_key(key) {
            plain.notes.push(format!(
                "{} has only some of its tools (`{key}`); name them in `allow` under [tools] for the same here",
                client.name()
            ));
        }
    }
    // `type` says how an address is spoken to, and the reader of definitions knows which it can.
    let ours = [
        "command", "args", "env", "cwd", "url", "headers", "bearer", "type",
    ];
    plain.definition = entry
        .into_iter()
        .filter(|(key, value)| ours.contains(&&**key) && !value.is_null())
        .collect();
    Ok(plain)
}

/// Adds what names variables under `theirs`, as texts that read them, to the table `ours`.
fn by_name(entry: &mut Map<String, Json>, theirs: &str, ours: &str) {
    let added: Vec<(String, Json)> = match entry.remove(theirs) {
        Some(Json::Object(names)) => names
            .into_iter()
            .filter_map(|(key, name)| Some((key, reading(name.as_str()?))))
            .collect(),
        Some(Json::Array(names)) => names
            .iter()
            .filter_map(|name| name.as_str().or_else(|| name.get("name")?.as_str()))
            .map(|name| (name.to_owned(), reading(name)))
            .collect(),
        _ => return,
    };
    let table = entry
        .entry(ours.to_owned())
        .or_insert_with(|| Json::Object(Map::new()));
    if let Json::Object(table) = table {
        table.extend(added);
    }
}

fn reading(name: &str) -> Json {
    Json::from(format!("${{{name}}}"))
}
