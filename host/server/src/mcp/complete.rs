//! Completion of names: servers, tools, plugins and their like, for arguments of prompts and for templates of addresses.

use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

use super::{
    Host, audit_lines, documents, execute,
    plugins::{self, suggestions},
    prompts, resources,
};
use crate::tools::Granted;

/// What can be typed here, as far as it is known: by this server for what is its own, and by plugins for theirs.
///
/// # Errors
/// The servers are not there.
pub async fn complete(
    host: &Host,
    granted: &Granted,
    asked: &plugins::Request<'_>,
    request: CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let argument = request.argument.name.as_str();
    let own = match &request.r#ref {
        Reference::Prompt(prompt) => match (prompt.name.as_str(), argument) {
            (prompts::WRITE_CODE, prompts::SERVER) => Some(servers(host)),
            (prompts::SAVE_PLUGIN, prompts::NAME) => Some(of_plugins(host).await),
            _ => None,
        },
        Reference::Resource(template) => match (template.uri.as_str(), argument) {
            (resources::TOOL_TEMPLATE, "server") => Some(servers(host)),
            (resources::TOOL_TEMPLATE, "tool") => {
                let context = request.context.as_ref();
                let server = context.and_then(|context| context.get_argument("server"));
                Some(tools(host, granted, server.map(String::as_str)).await?)
            }
            (documents::PLUGIN_TEMPLATE, "plugin") => Some(of_plugins(host).await),
            (audit_lines::TEMPLATE, "kind") if audit_lines::may_read(host) => {
                Some(audit_lines::KINDS.map(str::to_owned).to_vec())
            }
            _ => None,
        },
        _ => Some(Vec::new()),
    };
    let all = match own {
        Some(names) => fitting(names, &request.argument.value),
        None => of_their_plugins(host, asked, &request).await?,
    };
    let total = u32::try_from(all.len()).ok();
    let has_more = all.len() > CompletionInfo::MAX_VALUES;
    let shown = all.into_iter().take(CompletionInfo::MAX_VALUES).collect();
    let info = CompletionInfo::with_pagination(shown, total, has_more);
    let info = info.map_err(|why| ErrorData::internal_error(why, None))?;
    Ok(CompleteResult::new(info))
}

/// What fits by the word of the plugin whose prompt or template it is, in its order.
async fn of_their_plugins(
    host: &Host,
    asked: &plugins::Request<'_>,
    request: &CompleteRequestParams,
) -> Result<Vec<String>, ErrorData> {
    let place = match &request.r#ref {
        Reference::Prompt(prompt) => suggestions::Place::Prompt(&prompt.name),
        Reference::Resource(template) => suggestions::Place::Template(&template.uri),
        _ => return Ok(Vec::new()),
    };
    let Some(service) = &host.plugins else {
        return Ok(Vec::new());
    };
    let filled_in = request
        .context
        .clone()
        .and_then(|context| context.arguments);
    let filled_in = filled_in.unwrap_or_default().into_iter().collect();
    let blank = (
        request.argument.name.as_str(),
        request.argument.value.as_str(),
    );
    suggestions::suggested(service, host, asked, place, blank, filled_in).await
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
