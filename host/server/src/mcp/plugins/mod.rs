//! Plugins over MCP: their tools beside those of this server, and the tools by which agents save, look at and remove
//! plugins. That anything is granted is no tool: the operator does it, or a person whom the client asks.

mod call;
mod caller;
mod definitions;
mod grant;
mod manage;
pub mod prompts;
mod questions;
pub mod resources;
pub mod suggestions;

use std::{sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolResult, ContentBlock, JsonObject, Tool},
    service::RequestContext,
};
use serde::de::DeserializeOwned;
use vesicle_bridge::Decision;
use vesicle_plugins::{content, manifest::Offers, name::PluginName};
use vesicle_sandbox::CallerLevel;

use super::Host;
use crate::{
    harmless::harmless,
    limits::Profile,
    plugins::{Dispatcher, Instances, Named, PREFIX, PluginError, Saving, Shelf, ShelfTool},
};

use call::{Asking, Came, offered};
pub use call::{FromBefore, call};
pub use caller::listen;
pub use definitions::{all as managing, remark};
pub use questions::Sent;

/// A client's request that plugins answer.
pub struct Request<'r> {
    /// Where it came from.
    pub context: &'r RequestContext<RoleServer>,
    /// From which level on the client wants to hear what plugins tell.
    pub level: Option<CallerLevel>,
    /// The instances of the session.
    pub instances: &'r Instances,
    /// What it brings along from the rounds before.
    pub before: FromBefore,
}

/// What a session has of plugins.
pub struct Service {
    /// What calls them.
    pub dispatcher: Dispatcher,
    /// How many of their tools are listed.
    pub listed_tools: usize,
    /// Whether agents save plugins.
    pub saving: Saving,
    /// How long an instance that is kept for a session may be silent.
    pub session_idle: Duration,
}

impl Service {
    /// What is installed; nothing where that cannot be read, which is told by calls.
    pub async fn shelf(&self) -> Option<Arc<Shelf>> {
        match self.dispatcher.shelf().await {
            Ok(shelf) => Some(shelf),
            Err(error) => {
                tracing::warn!(%error, "the plugins cannot be read");
                None
            }
        }
    }

    /// The tools of this server by which agents care for plugins.
    pub fn managing(&self) -> Vec<Tool> {
        match self.saving {
            Saving::Never => Vec::new(),
            Saving::Ask | Saving::Operator => definitions::all(),
        }
    }

    /// The tool of a plugin that a client calls by this name: as it is listed, `plugin.tool`, or as code has it.
    ///
    /// # Errors
    /// The plugins cannot be read, or a name that can only be a plugin's is none. Where there are no `others`, that is
    /// each name of two parts.
    pub async fn find(&self, name: &str, others: bool) -> Result<Option<Named>, PluginError> {
        if let Some(text) = name.strip_prefix(PREFIX) {
            return self.dispatcher.named(text).await.map(Some);
        }
        let is_whole = name.contains("__") || name.contains('.');
        if !is_whole && !self.dispatcher.has_bare() {
            return Ok(None);
        }
        let shelf = self.dispatcher.shelf().await?;
        let listed = shelf.by_mcp_name(name).map(|tool| Named {
            plugin: tool.plugin.clone(),
            tool: tool.tool.clone(),
        });
        if !is_whole {
            return Ok(listed);
        }
        // Tools that a component lists itself are in no manifest.
        let unlisted = || {
            let (plugin, tool) = name.split_once("__")?;
            shelf.named(&format!("{plugin}.{tool}"))
        };
        let known = listed.or_else(unlisted).or_else(|| shelf.named(name));
        match known {
            None if !others => {
                // Says which plugin is near; it may have been there when the client was listed its tools.
                let text = name.replacen("__", ".", 1);
                self.dispatcher.named(&text).await.map(Some)
            }
            known => Ok(known),
        }
    }

    /// A call of one of [`Self::managing`], if it is one.
    pub async fn manage(
        &self,
        host: &Host,
        name: &str,
        sent: Option<&JsonObject>,
        context: &RequestContext<RoleServer>,
    ) -> Option<CallToolResult> {
        match self.saving {
            Saving::Never => None,
            _ => manage::call(self, host, name, sent, context).await,
        }
    }

    /// The plugins that offer what `is_meant` says, by name.
    async fn offering(&self, host: &Host, is_meant: impl Fn(Offers) -> bool) -> Vec<PluginName> {
        let profile = host.policy.default_profile();
        let Some(shelf) = self.shelf().await else {
            return Vec::new();
        };
        let allowed = profile.plugins.grants();
        let contents = shelf
            .plugins()
            .iter()
            .map(|listed| listed.manifest.contents());
        let meant = contents.filter(|contents| {
            is_meant(contents.offers) && allowed.reaches(contents.name.as_str())
        });
        meant.map(|contents| contents.name.clone()).collect()
    }
}

/// The tools that callers of this profile may call.
pub fn allowed<'s>(shelf: &'s Shelf, profile: &Profile) -> impl Iterator<Item = &'s ShelfTool> {
    let grants = profile.plugins.grants().clone();
    let tools = shelf.tools().iter();
    tools.filter(move |tool| grants.decide(tool.plugin.as_str(), &tool.tool) != Decision::Deny)
}

/// What a plugin lists; nothing where it does not, which the operator is told.
async fn listed<T: DeserializeOwned>(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
    plugin: &PluginName,
    asked: vesicle_plugins::Request<'static>,
) -> Result<Vec<T>, ErrorData> {
    let name = plugin.clone();
    let what = [asked.name()];
    let asking = Asking::new(host, plugin, request, &what, (None, None))?;
    let ran = asking
        .run(
            host,
            request.context,
            &service.dispatcher,
            |dispatcher, behalf, stop| async move {
                dispatcher.request(&behalf, &name, asked, stop.why()).await
            },
        )
        .await?;
    let answered = match ran {
        Ok(Came::To(called)) => offered(host, called).map_err(|(why, _)| why),
        Ok(Came::Waits(_)) => Err("nobody is asked for lists".to_owned()),
        Err(why) => Err(why),
    };
    let listed = answered.and_then(|json| content::list(&json, content::OFFERED_MAX));
    Ok(listed.unwrap_or_else(|why| {
        tracing::warn!(%plugin, why, "what the plugin offers is left out");
        Vec::new()
    }))
}

/// What went wrong, for a model.
fn refused(text: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(harmless(text))])
}
