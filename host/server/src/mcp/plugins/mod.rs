//! Plugins over MCP: their tools beside those of this server, and the tools by which agents save, look at and remove
//! plugins. That anything is granted is no tool: the operator does it, or a person whom the client asks.

mod call;
mod definitions;
mod grant;
mod manage;

use std::{sync::Arc, time::Duration};

use rmcp::{
    RoleServer,
    model::{CallToolResult, ContentBlock, JsonObject, Tool},
    service::{Peer, RequestContext},
};
use vesicle_bridge::Decision;

use super::Host;
use crate::{
    harmless::harmless,
    limits::Profile,
    plugins::{Dispatcher, Named, PREFIX, PluginError, Saving, Shelf, ShelfTool},
};

pub use call::call;
pub use definitions::remark;

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
        if !name.contains("__") && !name.contains('.') {
            return Ok(None);
        }
        let shelf = self.dispatcher.shelf().await?;
        let listed = shelf.by_mcp_name(name).map(|tool| Named {
            plugin: tool.plugin.clone(),
            tool: tool.tool.clone(),
        });
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

    /// Tells a client when its list of tools changed, until it is gone.
    pub async fn tell(&self, peer: Peer<RoleServer>) {
        let mut changes = self.dispatcher.changes();
        while changes.changed().await.is_ok() {
            if peer.notify_tool_list_changed().await.is_err() {
                return;
            }
        }
    }
}

/// The tools that callers of this profile may call.
pub fn allowed<'s>(shelf: &'s Shelf, profile: &Profile) -> impl Iterator<Item = &'s ShelfTool> {
    let grants = profile.plugins.grants().clone();
    let tools = shelf.tools().iter();
    tools.filter(move |tool| grants.decide(tool.plugin.as_str(), &tool.tool) != Decision::Deny)
}

/// What went wrong, for a model.
fn refused(text: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(harmless(text))])
}
