//! `search_tools`: tools for a task in plain words.

use rmcp::model::{CallToolResult, JsonObject, Tool};
use vesicle_bridge::{
    Decision, Source,
    discovery::{self, Detail, LIMIT_DEFAULT},
    search::Query,
    typescript::Typed,
};

use super::{refused, told};
use crate::{
    mcp::{
        Host,
        arguments::{none_left, require, take},
        memory::registry,
    },
    plugins::ShelfTool,
    tools::Granted,
};

/// The tool's name.
pub const NAME: &str = "search_tools";

/// What the tools of plugins are called together, as a server's would be.
const OF_PLUGINS: &str = "plugins";
const NOTHING_FITS: &str = "No tool fits. Try other words.";

/// One search.
pub async fn call(host: &Host, granted: &Granted, sent: JsonObject) -> CallToolResult {
    match found(host, granted, sent).await {
        Ok(text) => told(&text),
        Err(why) => refused(&why),
    }
}

async fn found(host: &Host, granted: &Granted, mut sent: JsonObject) -> Result<String, String> {
    let text: String = require(&mut sent, "query", "{\"query\": \"create an issue\"}")?;
    let server: Option<String> = take(&mut sent, "server")?;
    let limit = take(&mut sent, "limit")?.unwrap_or(LIMIT_DEFAULT);
    let detail: Option<String> = take(&mut sent, "detail")?;
    none_left(&sent, "`query`, `server`, `limit` and `detail`")?;
    let detail = match detail {
        None => Detail::default(),
        Some(name) => Detail::parse(&name).ok_or_else(|| {
            format!(
                "`detail` cannot be `{name}`; take one of {}",
                Detail::NAMES.join(", ")
            )
        })?,
    };
    let own = match &server {
        None if host.memory.is_enabled() => registry::search(&text, limit),
        _ => Vec::new(),
    };
    let own = own_tools(&own, detail);
    let of_plugins = match &server {
        Some(server) if server != OF_PLUGINS => String::new(),
        _ => of_plugins(host, &text, limit, detail).await,
    };
    if server.as_deref() == Some(OF_PLUGINS) {
        return Ok(match of_plugins.is_empty() {
            true => NOTHING_FITS.to_owned(),
            false => of_plugins,
        });
    }
    let own = match (own.is_empty(), of_plugins.is_empty()) {
        (false, false) => format!("{own}\n{of_plugins}"),
        (true, _) => of_plugins,
        (_, true) => own,
    };
    if host.toolbox.is_empty() {
        return Ok(match own.is_empty() {
            true => NOTHING_FITS.to_owned(),
            false => own,
        });
    }
    let catalog = host
        .toolbox
        .catalog(server.as_deref())
        .await
        .map_err(ToString::to_string)?;
    let reached = |name: &str| granted.caller().grants.reaches(name);
    if let Some(server) = &server
        && !(reached(server) && catalog.server(server).is_some())
    {
        let names = catalog.servers().iter().map(|server| server.name.as_str());
        let names: Vec<&str> = names.filter(|name| reached(name)).collect();
        return Err(format!(
            "there is no server `{server}`; take one of {}",
            names.join(", ")
        ));
    }
    let query = Query {
        text: &text,
        server: server.as_deref(),
        limit,
        used: &[],
    };
    let hits = host.toolbox.search(&catalog, granted.caller(), query);
    let tools: Vec<_> = hits
        .iter()
        .filter_map(|(server, tool)| catalog.find(&format!("{server}.{tool}")))
        .map(|(server, tool)| (host.toolbox).typed(server.name.as_str(), &tool.definition))
        .collect();
    let mut answer = match (tools.is_empty(), own.is_empty()) {
        (_, true) => discovery::found(&tools, detail),
        (true, false) => own,
        (false, false) => format!("{}\n{own}", discovery::found(&tools, detail)),
    };
    let starting = catalog
        .servers()
        .iter()
        .filter(|server| server.source == Source::Unknown);
    let starting: Vec<&str> = starting
        .map(|server| server.name.as_str())
        .filter(|name| reached(name))
        .collect();
    if !starting.is_empty() {
        answer.push_str(&format!("\nNot known yet: {}", starting.join(", ")));
    }
    Ok(answer)
}

/// The tools of plugins for a task, which are called as `plugins.name.tool`.
async fn of_plugins(host: &Host, text: &str, limit: usize, detail: Detail) -> String {
    let Some(plugins) = &host.plugins else {
        return String::new();
    };
    let Some(shelf) = plugins.shelf().await else {
        return String::new();
    };
    let grants = host.policy.default_profile().plugins.grants();
    let may = |tool: &ShelfTool| grants.decide(tool.plugin.as_str(), &tool.tool) != Decision::Deny;
    let found = shelf.search(text, limit, may);
    let names = found
        .iter()
        .map(|tool| format!("{}.{}", tool.plugin, tool.tool));
    match (found.as_slice(), detail) {
        ([], _) => String::new(),
        (_, Detail::Names) => {
            format!("{OF_PLUGINS}: {}", names.collect::<Vec<_>>().join(", "))
        }
        (found, Detail::Signatures) => {
            let lines = found
                .iter()
                .map(|tool| of_plugin(tool, &|typed| typed.signature()));
            lines.collect::<Vec<_>>().join("\n")
        }
        (found, Detail::Full) => {
            let lines = found
                .iter()
                .map(|tool| of_plugin(tool, &|typed| typed.declaration()));
            lines.collect::<Vec<_>>().join("\n\n")
        }
    }
}

/// A plugin's tool as code calls it.
pub fn of_plugin(tool: &ShelfTool, written: &dyn Fn(&Typed<'_>) -> String) -> String {
    let mut definition = tool.definition.clone();
    definition.name = tool.tool.clone().into();
    let text = written(&Typed::new(tool.plugin.as_str(), &definition, None));
    // The line that calls it, after what comments say.
    let call = match text.starts_with("tools") {
        true => Some(0),
        false => text.find("\ntools").map(|at| at + 1),
    };
    match call.and_then(|at| text.split_at_checked(at)) {
        Some((before, call)) => format!("{before}{}", call.replacen("tools", OF_PLUGINS, 1)),
        None => text,
    }
}

/// This server's own tools that were found, which are called by their names alone.
fn own_tools(tools: &[&Tool], detail: Detail) -> String {
    let lines = |line: &dyn Fn(&Tool) -> String| {
        let lines: Vec<String> = tools.iter().map(|tool| line(tool)).collect();
        lines.join("\n")
    };
    match (tools, detail) {
        ([], _) => String::new(),
        (_, Detail::Names) => {
            let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
            format!("this server: {}", names.join(", "))
        }
        (_, Detail::Signatures) => lines(&|tool| {
            format!(
                "{}: {}",
                tool.name,
                tool.description.as_deref().unwrap_or_default()
            )
        }),
        (_, Detail::Full) => lines(&own_tool),
    }
}

/// A definition as JSON, as `tools/list` has it.
pub fn own_tool(tool: &Tool) -> String {
    serde_json::to_string(tool).unwrap_or_default()
}
