//! Completion of names: servers, tools, plugins and their like, for arguments of prompts and for templates of addresses.

use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

use super::{Host, documents, execute, plugins, prompts, resources};
use crate::tools::Granted;

/// What can be typed here, as far as it is known: nothing for what this server does not know, such as prompts of plugins.
///
/// # Errors
/// The servers are not there.
pub async fn complete(
    host: &Host,
    granted: &Granted,
    request: CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let argument = request.argument.name.as_str();
    let names = match &request.r#ref {
        Reference::Prompt(prompt) => match (prompt.name.as_str(), argument) {
            (prompts::WRITE_CODE, prompts::SERVER) => servers(host),
            (prompts::SAVE_PLUGIN, prompts::NAME) => of_plugins(host).await,
            _ => Vec::new(),
        },
        Reference::Resource(template) => match (template.uri.as_str(), argument) {
            (resources::TOOL_TEMPLATE, "server") => servers(host),
            (resources::TOOL_TEMPLATE, "tool") => {
                let context = request.context.as_ref();
                let server = context.and_then(|context| context.get_argument("server"));
                tools(host, granted, server.map(String::as_str)).await?
            }
            (documents::PLUGIN_TEMPLATE, "plugin") => of_plugins(host).await,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let all = fitting(names, &request.argument.value);
    let total = u32::try_from(all.len()).ok();
    let has_more = all.len() > CompletionInfo::MAX_VALUES;
    let shown = all.into_iter().take(CompletionInfo::MAX_VALUES).collect();
    let info = CompletionInfo::with_pagination(shown, total, has_more);
    let info = info.map_err(|why| ErrorData::internal_error(why, None))?;
    Ok(CompleteResult::new(info))
}

/// Names that begin so, and after them those that have it in them.
fn fitting(names: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.to_ascii_lowercase();
    let place = |name: &String| name.to_ascii_lowercase().find(&typed);
    let mut all: Vec<(bool, String)> = names
        .into_iter()
        .filter_map(|name| place(&name).map(|place| (place > 0, name)))
        .collect();
    all.sort();
    all.dedup();
    all.into_iter().map(|(_, name)| name).collect()
}

fn servers(host: &Host) -> Vec<String> {
    let servers = execute::servers(&host.policy, &host.toolbox);
    servers.into_iter().map(|(name, _)| name).collect()
}

async fn tools(
    host: &Host,
    granted: &Granted,
    server: Option<&str>,
) -> Result<Vec<String>, ErrorData> {
    if host.toolbox.is_empty() || server.is_some_and(|server| !host.toolbox.has_server(server)) {
        return Ok(Vec::new());
    }
    let catalog = host.toolbox.catalog(server).await;
    let catalog = catalog.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let of_server = catalog.tools().filter(|(of, tool)| {
        server.is_none_or(|server| of.name.as_str() == server) && granted.is_granted(of, tool)
    });
    Ok(of_server.map(|(_, tool)| tool.name().to_owned()).collect())
}

async fn of_plugins(host: &Host) -> Vec<String> {
    let Some(service) = &host.plugins else {
        return Vec::new();
    };
    let Some(shelf) = service.shelf().await else {
        return Vec::new();
    };
    let profile = host.policy.default_profile();
    let tools = plugins::allowed(&shelf, profile);
    tools.map(|tool| tool.plugin.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_begin_so_come_first() {
        let names = ["gitlab", "my-git", "GitHub", "jira", "gitlab"];
        let names = || names.map(str::to_owned).to_vec();
        assert_eq!(fitting(names(), "git"), ["GitHub", "gitlab", "my-git"]);
        assert_eq!(fitting(names(), "").len(), 4);
        assert_eq!(fitting(names(), "x"), Vec::<String>::new());
    }
}
