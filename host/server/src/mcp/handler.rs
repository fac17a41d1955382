//! The protocol's methods: what the server says about itself, and who answers what.
#![expect(
    deprecated,
    reason = "sessions still subscribe to resources and set a level for lines"
)]

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
        CompleteResult, CustomRequest, CustomResult, GetPromptRequestParams, GetPromptResponse,
        GetTaskParams, GetTaskResult, Implementation, InitializeRequestParams, InitializeResult,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
        ServerCapabilities, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use serde_json::json;
use tracing::Instrument as _;

use super::{
    audit_lines, complete, documents, pages::page, plugins, prompts, resources, server::Server,
    tasks, watching,
};
use crate::telemetry;

const INSTRUCTIONS: &str = "Runs TypeScript and JavaScript in a sandbox made for each call, which \
    takes well under a millisecond to start. Prefer one program that computes, filters and \
    aggregates over many small calls: only what it returns comes back, and only \
    what it puts into `state` is kept between calls.";

/// What is added where other servers are connected.
const WITH_SERVERS: &str = " Other servers' tools are called from code, several in one program.";

/// What is added where there is a memory.
const WITH_MEMORY: &str = " Past work is remembered: ask query_memory or recommend_playbook before a task, and keep \
    the task as an episode; search_tools finds further tools.";

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_completions()
            .enable_logging()
            .enable_tasks()
            .build();
        let has_plugins = self.host.plugins.is_some();
        let servers = match self.has_servers() {
            true => WITH_SERVERS,
            false => "",
        };
        let changes = self.has_servers() || has_plugins;
        if let Some(tools) = &mut capabilities.tools {
            tools.list_changed = (changes || self.shown.is_some()).then_some(true);
        }
        if let Some(prompts) = &mut capabilities.prompts {
            prompts.list_changed = has_plugins.then_some(true);
        }
        if let Some(resources) = &mut capabilities.resources {
            resources.list_changed = changes.then_some(true);
            resources.subscribe = changes.then_some(true);
        }
        let memory = self.shown.as_ref().map_or("", |_| WITH_MEMORY);
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("vesicle", env!("CARGO_PKG_VERSION"))
                    .with_title("Vesicle code sandbox"),
            )
            .with_instructions(format!("{INSTRUCTIONS}{servers}{memory}"))
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let mut opened = self.negotiate_initialize(&request)?;
        // Of the revision that has no sessions. What sessions have instead, `tasks/wire.rs` says.
        opened.capabilities.extensions = None;
        Ok(opened)
    }

    /// From here on a session is told of changes.
    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let (host, watched) = (Arc::clone(&self.host), Arc::clone(&self.watched));
        let telling = watching::tell(host, context.peer, watched);
        tokio::spawn(self.ending.clone().run_until_cancelled_owned(telling));
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        // What is left out is told in the acknowledgment.
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.truncate(watching::WATCHED_MAX);
            uris.retain(|uri| uri.len() <= watching::WATCHED_BYTES_MAX);
        }
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        watching::listen(Arc::clone(&self.host), context).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched.add(request.uri)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched.remove(&request.uri);
        Ok(())
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.level.set(request.level);
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let asked = self.request(&context, (None, None));
        complete::complete(&self.host, &self.granted(&context), &asked, request).await
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.listed_tools(request).await
    }

    /// A plugin's tool. Asked with each request of the stateless protocol, for parameters that travel in headers: no tool of the
    /// host's own has such, so that they are not made anew for it.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        // Without waiting for the disk: what is new there is listed first.
        let plugins = self.host.plugins.as_ref()?;
        let shelf = plugins.dispatcher.last_shelf()?;
        let profile = self.host.policy.default_profile();
        let mut listed = plugins::allowed(&shelf, profile).take(plugins.listed_tools);
        let tool = listed.find(|tool| tool.definition.name == name)?;
        Some(tool.definition.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        match tasks::outlives(self, &request, &context) {
            true => tasks::call(self, request, context).await,
            false => self.traced(request, context).await,
        }
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        tasks::get(self, &request.task_id, &context)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::update(self, &request.task_id, request.input_responses, &context)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::cancel(self, &request.task_id, &context)
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        self.custom(request, context).await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut all = prompts::all(&self.host);
        if let Some(service) = &self.host.plugins {
            let asked = self.request(&context, (None, None));
            let offered = plugins::prompts::all(service, &self.host, &asked, &prompts::NAMES);
            all.extend(offered.await?.into_iter().map(|offered| offered.prompt));
        }
        let page = page("prompts", all, request)?;
        let mut listed = ListPromptsResult::with_all_items(page.entries);
        listed.next_cursor = page.next;
        Ok(listed)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (host, name) = (&*self.host, request.name.as_str());
        let arguments = request.arguments.unwrap_or_default();
        let granted = self.granted(&context);
        if let Some(own) = prompts::get(host, &granted, name, &arguments).await? {
            return Ok(own.into());
        }
        let before = (request.input_responses, request.request_state);
        if let Some(service) = &host.plugins {
            let asked = self.request(&context, before);
            let taken = &prompts::NAMES;
            let offered = plugins::prompts::get(service, host, name, &arguments, taken, asked);
            if let Some(offered) = offered.await? {
                return Ok(offered);
            }
        }
        let why = format!("there is no prompt `{name}`; `prompts/list` has all names");
        Err(ErrorData::invalid_params(why, None))
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut all = match self.has_servers() {
            true => resources::list(&self.host, &self.granted(&context)).await?,
            false => Vec::new(),
        };
        all.extend(documents::list(&self.host).await);
        all.extend(audit_lines::list(&self.host));
        if let Some(service) = &self.host.plugins {
            let asked = self.request(&context, (None, None));
            all.extend(plugins::resources::all(service, &self.host, &asked).await?);
        }
        let page = page("resources", all, request)?;
        let mut listed = ListResourcesResult::with_all_items(page.entries);
        listed.next_cursor = page.next;
        Ok(listed)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let mut all = Vec::new();
        if self.has_servers() {
            all.push(resources::template());
        }
        all.extend(documents::templates(&self.host, self.shown.as_deref()));
        all.extend(audit_lines::template(&self.host));
        if let Some(service) = &self.host.plugins {
            let asked = self.request(&context, (None, None));
            all.extend(plugins::resources::templates(service, &self.host, &asked).await?);
        }
        let page = page("templates", all, request)?;
        let mut listed = ListResourceTemplatesResult::with_all_items(page.entries);
        listed.next_cursor = page.next;
        Ok(listed)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (host, uri) = (&*self.host, request.uri.as_str());
        if resources::is_one(uri) {
            let granted = self.granted(&context);
            return Ok(resources::read(host, &granted, uri).await?.into());
        }
        if let Some(own) = documents::read(host, self.shown.as_deref(), uri, &context).await? {
            return Ok(own.into());
        }
        if let Some(lines) = audit_lines::read(host, uri).await? {
            return Ok(lines.into());
        }
        let before = (request.input_responses, request.request_state);
        if let Some(service) = &host.plugins {
            let asked = self.request(&context, before);
            if let Some(read) = plugins::resources::read(service, host, uri, asked).await? {
                return Ok(read);
            }
        }
        // The protocol wants the address told apart from the words.
        let why = format!(
            "there is no `{uri}`; `resources/list` and `resources/templates/list` have what there is"
        );
        Err(ErrorData::resource_not_found(
            why,
            Some(json!({ "uri": uri })),
        ))
    }
}

impl Server {
    /// The tools, in pages.
    ///
    /// # Errors
    /// The cursor is none of this list.
    pub(super) async fn listed_tools(
        &self,
        request: Option<PaginatedRequestParams>,
    ) -> Result<ListToolsResult, ErrorData> {
        let shelf = match &self.host.plugins {
            Some(plugins) => plugins.shelf().await,
            None => None,
        };
        self.host.audit.live().listed(self.host.account.as_deref());
        let page = page("tools", self.tools(shelf.as_deref()), request)?;
        let mut listed = ListToolsResult::with_all_items(page.entries);
        listed.next_cursor = page.next;
        Ok(listed)
    }

    /// Calls a tool to its end, within a span of a trace.
    ///
    /// # Errors
    /// The call's own.
    pub(super) async fn traced(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let span = telemetry::call_span(&request.name, &context, &self.host.secrets);
        let called = self.call(request, context).instrument(span.clone()).await;
        match &called {
            Ok(CallToolResponse::Complete(result)) => telemetry::ended(&span, Ok(result)),
            Err(error) => telemetry::ended(&span, Err(error)),
            // It goes on with the next request.
            Ok(_) => {}
        }
        called
    }
}
