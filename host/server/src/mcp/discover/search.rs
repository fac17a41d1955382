//! `search_tools`: tools for a task in plain words.

use rmcp::model::{CallToolResult, JsonObject};
use vesicle_bridge::{
    Source,
    discovery::{self, Detail, LIMIT_DEFAULT},
    search::Query,
};

use super::{refused, told};
use crate::{
    mcp::{
        Host,
        arguments::{none_left, require, take},
    },
    tools::Granted,
};

/// The tool's name.
pub const NAME: &str = "search_tools";

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
    let mut answer = discovery::found(&tools, detail);
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
