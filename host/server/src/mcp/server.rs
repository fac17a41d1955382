//! What the server says about itself, and which tool a call goes to.

use std::{sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
        CustomResult, ErrorCode, Implementation, JsonObject, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ServerCapabilities, ServerConfig, Tool,
    },
    service::{NotificationContext, Peer, RequestContext},
};
use serde_json::value::to_raw_value;
use tracing::Instrument as _;
use vesicle_bridge::discovery;

use super::{
    Host,
    consent::consent,
    discover::{call, describe, list, search},
    execute,
    memory::{self, Shown, operations, registry},
    plugins, resources,
};
use crate::{
    limits::Policy,
    plugins::{Instances, Shelf},
    telemetry,
    tools::{Granted, Toolbox},
};

const INSTRUCTIONS: &str = "Runs TypeScript and JavaScript in a sandbox made for each call, which \
    takes well under a millisecond to start. Prefer one program that computes, filters and \
    aggregates over many small calls: only what it returns comes back, and only \
    what it puts into `state` is kept between calls.";

/// What is added where other servers are connected.
const WITH_SERVERS: &str = " Other servers' tools are called from code, several in one program.";

/// What is added where there is a memory.
const WITH_MEMORY: &str = " Past work is remembered: ask query_memory or recommend_playbook before a task, and keep \
    the task as an episode; search_tools finds further tools.";

/// How long changes of the servers gather before clients are told: while servers start, there are
/// many.
const CHANGES_GATHER: Duration = Duration::from_millis(100);

/// The handler of all requests.
pub struct Server {
    host: Arc<Host>,
    /// The tools of the memory that the client is shown; none where there is no memory.
    shown: Option<Shown>,
    /// The instances of plugins that have one for each session.
    instances: Instances,
}

impl Server {
    /// A server for one client.
    pub(super) fn new(host: Arc<Host>) -> Self {
        let shown = host.memory.is_enabled();
        let shown = shown.then(|| Shown::new(host.lists_all_tools, host.memory.lazy().programs()));
        let idle_max = host.plugins.as_ref().map(|plugins| plugins.session_idle);
        Self {
            instances: Instances::new(idle_max.unwrap_or_default()),
            host,
            shown,
        }
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

    fn tools(&self, shelf: Option<&Shelf>) -> Vec<Tool> {
        let of_plugins = self.host.plugins.as_ref().map(|plugins| OfPlugins {
            shelf,
            listed: plugins.listed_tools,
            managing: plugins.managing(),
        });
        definitions(
            &self.host.policy,
            &self.host.toolbox,
            self.shown.as_ref(),
            of_plugins,
        )
    }

    /// Calls what a client names with this, if a plugin has it or it is for plugins.
    async fn of_plugins(
        &self,
        request: &str,
        sent: &JsonObject,
        context: &RequestContext<RoleServer>,
    ) -> Option<CallToolResult> {
        const OTHERS: [&str; 4] = [execute::NAME, search::NAME, describe::NAME, list::NAME];
        let host = &*self.host;
        let plugins = host.plugins.as_ref()?;
        let by_call_tool = request == call::NAME;
        let name = match by_call_tool {
            true => sent.get("name")?.as_str()?,
            false => request,
        };
        let server = name.split_once('.').map(|(server, _)| server);
        let is_servers = |name: &str| by_call_tool && host.toolbox.has_server(name);
        if OTHERS.contains(&name) || server.is_some_and(is_servers) {
            return None;
        }
        let refused = |why: String| {
            let why = host.secrets.redact(why);
            Some(CallToolResult::error(vec![ContentBlock::text(why)]))
        };
        let of_managing = match by_call_tool {
            true => sent.get("arguments").and_then(|sent| sent.as_object()),
            false => Some(sent),
        };
        if let Some(managed) = plugins.manage(host, name, of_managing, context).await {
            return Some(managed);
        }
        let others = by_call_tool && self.has_servers();
        let named = match plugins.find(name, others).await {
            Ok(named) => named?,
            Err(error) => return refused(error.to_string()),
        };
        let (arguments, bytes_max) = match by_call_tool {
            false => (
                to_raw_value(sent).unwrap_or_default(),
                host.result_bytes_max,
            ),
            true => match call::read(sent.clone(), host.result_bytes_max) {
                Ok(call) => (call.arguments, call.result_bytes_max),
                Err(why) => return refused(why),
            },
        };
        Some(
            plugins::call(
                plugins,
                host,
                named,
                arguments,
                bytes_max,
                &self.instances,
                context,
            )
            .await,
        )
    }

    /// Calls a tool, whosever it is.
    async fn called(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let sent = request.arguments.unwrap_or_default();
        let host = &*self.host;
        let granted = || self.granted(&context.peer);
        if let Some(shown) = &self.shown {
            // By its name alone, or as `call_tool` has it.
            let (name, arguments) = match request.name.as_ref() {
                call::NAME => (
                    sent.get("name").and_then(|name| name.as_str()),
                    sent.get("arguments"),
                ),
                name => (Some(name), None),
            };
            if let Some(tool) = name.and_then(registry::find) {
                let sent = match request.name == call::NAME {
                    true => arguments
                        .and_then(|sent| sent.as_object())
                        .cloned()
                        .unwrap_or_default(),
                    false => sent,
                };
                return Ok(memory::call(host, shown, tool, sent, &context).await);
            }
        }
        if let Some(result) = self.of_plugins(&request.name, &sent, &context).await {
            return Ok(result);
        }
        let finds = self.has_servers() || self.shown.is_some() || host.plugins.is_some();
        Ok(match (request.name.as_ref(), self.has_servers()) {
            (execute::NAME, _) => execute::call(host, sent, &self.instances, context).await,
            (search::NAME, _) if finds => search::call(host, &granted(), sent).await,
            (describe::NAME, _) if finds => describe::call(host, &granted(), sent).await,
            (list::NAME, true) => list::call(host, &granted(), &sent),
            (call::NAME, _) if finds => {
                let granted = granted();
                call::call(host, granted, sent, context).await
            }
            (unknown, _) => {
                let shelf = match &host.plugins {
                    Some(plugins) => plugins.shelf().await,
                    None => None,
                };
                let names: Vec<String> = self
                    .tools(shelf.as_deref())
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
        })
    }
}

/// What there is of plugins, for lists.
pub struct OfPlugins<'s> {
    /// What is installed, as far as it is known.
    pub shelf: Option<&'s Shelf>,
    /// How many tools are listed.
    pub listed: usize,
    /// The tools by which agents care for plugins.
    pub managing: Vec<Tool>,
}

/// The tools that a client is shown.
pub fn definitions(
    policy: &Policy,
    toolbox: &Toolbox,
    memory: Option<&Shown>,
    plugins: Option<OfPlugins<'_>>,
) -> Vec<Tool> {
    let shelf = plugins.as_ref().and_then(|plugins| plugins.shelf);
    let profile = policy.default_profile();
    let callable = || {
        shelf
            .into_iter()
            .flat_map(|shelf| plugins::allowed(shelf, profile))
    };
    let servers = execute::servers(policy, toolbox);
    let execute = execute::definition(policy, &servers);
    let execute = execute::with_plugins(execute, &plugins::remark(callable()));
    let mut tools = vec![match memory {
        Some(shown) => execute::remembering(execute, shown.programs()),
        None => execute,
    }];
    if !toolbox.is_empty() || memory.is_some() || callable().next().is_some() {
        tools.extend([
            discovery::search_tools(),
            discovery::describe_tools(),
            discovery::call_tool(),
        ]);
    }
    if !toolbox.is_empty() {
        tools.push(discovery::list_servers());
    }
    tools.extend(memory.into_iter().flat_map(Shown::definitions));
    let listed = plugins.as_ref().map_or(0, |plugins| plugins.listed);
    tools.extend(callable().take(listed).map(|tool| tool.definition.clone()));
    tools.extend(plugins.into_iter().flat_map(|plugins| plugins.managing));
    tools
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools();
        let (capabilities, servers) = match (
            self.has_servers(),
            self.shown.is_some(),
            self.host.plugins.is_some(),
        ) {
            (true, _, _) => (
                capabilities
                    .enable_tool_list_changed()
                    .enable_resources()
                    .build(),
                WITH_SERVERS,
            ),
            (false, true, _) | (false, _, true) => {
                (capabilities.enable_tool_list_changed().build(), "")
            }
            (false, false, false) => (capabilities.build(), ""),
        };
        let memory = self.shown.as_ref().map_or("", |_| WITH_MEMORY);
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("vesicle", env!("CARGO_PKG_VERSION"))
                    .with_title("Vesicle code sandbox"),
            )
            .with_instructions(format!("{INSTRUCTIONS}{servers}{memory}"))
    }

    /// Tells the client when the index of servers changes that it has been shown.
    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.host.plugins.is_some() {
            let (host, peer) = (Arc::clone(&self.host), context.peer.clone());
            tokio::spawn(async move {
                if let Some(plugins) = &host.plugins {
                    plugins.tell(peer).await;
                }
            });
        }
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
        let shelf = match &self.host.plugins {
            Some(plugins) => plugins.shelf().await,
            None => None,
        };
        Ok(ListToolsResult::with_all_items(
            self.tools(shelf.as_deref()),
        ))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        // Without waiting for the disk: what is new there is listed first.
        let plugins = self.host.plugins.as_ref();
        let shelf = plugins.and_then(|plugins| plugins.dispatcher.last_shelf());
        let tools = self.tools(shelf.as_deref()).into_iter();
        tools.into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let span = telemetry::call_span(&request.name, &context, &self.host.secrets);
        let called = self.called(request, context);
        let called = called.instrument(span.clone()).await;
        telemetry::ended(&span, called.as_ref());
        called.map(Into::into)
    }

    /// `batch/execute`, beside the protocol's own methods.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if request.method != operations::METHOD || self.shown.is_none() {
            return Err(ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                request.method,
                None,
            ));
        }
        let host = &*self.host;
        let work = async |sent| operations::by_method(&host.memory, sent).await;
        let sent = request.params.unwrap_or_default();
        let answer = memory::audited(host, operations::NAME, sent, &context, work).await;
        answer
            .map(|value| CustomResult::new(memory::redacted(value, &host.secrets)))
            .map_err(|failure| {
                let message = host.secrets.redact(failure.to_string());
                match operations::is_callers(failure.code()) {
                    true => ErrorData::invalid_params(message, None),
                    false => ErrorData::internal_error(message, None),
                }
            })
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
