//! What the server says about itself, and which tool a call goes to.

use std::{sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, Implementation, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ServerCapabilities, ServerConfig, Tool,
    },
    service::{NotificationContext, Peer, RequestContext},
};
use vesicle_bridge::discovery;

use super::{
    Host,
    consent::consent,
    discover::{call, describe, list, search},
    execute, resources,
};
use crate::{
    limits::Policy,
    tools::{Granted, Toolbox},
};

const INSTRUCTIONS: &str = "Runs TypeScript and JavaScript in a sandbox made for each call, which \
    takes well under a millisecond to start. Prefer one program that computes, filters and \
    aggregates over many small calls: only what it returns comes back, and only \
    what it puts into `state` is kept between calls.";

/// What is added where other servers are connected.
const WITH_SERVERS: &str = " Other servers' tools are called from code, several in one program.";

/// How long changes of the servers gather before clients are told: while servers start, there are
/// many.
const CHANGES_GATHER: Duration = Duration::from_millis(100);

/// The handler of all requests.
pub struct Server {
    host: Arc<Host>,
}

impl Server {
    /// A server for one client.
    pub fn new(host: Arc<Host>) -> Self {
        Self { host }
    }

    /// What other servers' tools callers get who name no profile.
    fn granted(&self, peer: &Peer<RoleServer>) -> Granted {
        let profile = self.host.policy.default_profile();
        let consent = consent(peer, &self.host.secrets);
        self.host.toolbox.granted(profile, consent)
    }

    fn has_servers(&self) -> bool {
        !self.host.toolbox.is_empty()
    }

    fn tools(&self) -> Vec<Tool> {
        definitions(&self.host.policy, &self.host.toolbox)
    }
}

/// The tools that a client is shown.
pub fn definitions(policy: &Policy, toolbox: &Toolbox) -> Vec<Tool> {
    let servers = execute::servers(policy, toolbox);
    let mut tools = vec![execute::definition(policy, &servers)];
    if !toolbox.is_empty() {
        tools.extend([
            discovery::search_tools(),
            discovery::describe_tools(),
            discovery::call_tool(),
            discovery::list_servers(),
        ]);
    }
    tools
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools();
        let (capabilities, more) = match self.has_servers() {
            true => (
                capabilities
                    .enable_tool_list_changed()
                    .enable_resources()
                    .build(),
                WITH_SERVERS,
            ),
            false => (capabilities.build(), ""),
        };
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("vesicle", env!("CARGO_PKG_VERSION"))
                    .with_title("Vesicle code sandbox"),
            )
            .with_instructions(format!("{INSTRUCTIONS}{more}"))
    }

    /// Tells the client when the index of servers changes that it has been shown.
    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let Ok(bridge) = self.host.toolbox.bridge() else {
            return;
        };
        if !self.has_servers() {
            return;
        }
        let mut changes = bridge.changes();
        let host = Arc::clone(&self.host);
        let mut shown = execute::servers(&host.policy, &host.toolbox);
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                tokio::time::sleep(CHANGES_GATHER).await;
                let now = execute::servers(&host.policy, &host.toolbox);
                if now == shown {
                    continue;
                }
                shown = now;
                if context.peer.notify_tool_list_changed().await.is_err() {
                    return;
                }
            }
        });
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let sent = request.arguments.unwrap_or_default();
        let host = &*self.host;
        let granted = || self.granted(&context.peer);
        Ok(match (request.name.as_ref(), self.has_servers()) {
            (execute::NAME, _) => execute::call(host, sent, context).await,
            (search::NAME, true) => search::call(host, &granted(), sent).await,
            (describe::NAME, true) => describe::call(host, &granted(), sent).await,
            (list::NAME, true) => list::call(host, &granted(), &sent),
            (call::NAME, true) => {
                let granted = granted();
                call::call(host, granted, sent, context).await
            }
            (unknown, _) => {
                let names: Vec<String> = self
                    .tools()
                    .iter()
                    .map(|tool| format!("`{}`", tool.name))
                    .collect();
                return Err(ErrorData::invalid_params(
                    format!(
                        "there is no tool `{unknown}`; this server has {}",
                        names.join(", ")
                    ),
                    None,
                ));
            }
        }
        .into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        match self.has_servers() {
            true => resources::list(&self.host, &self.granted(&context.peer), request).await,
            false => Ok(ListResourcesResult::default()),
        }
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(match self.has_servers() {
            true => resources::templates(),
            false => ListResourceTemplatesResult::default(),
        })
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let granted = self.granted(&context.peer);
        let read = resources::read(&self.host, &granted, &request.uri).await?;
        Ok(read.into())
    }
}
