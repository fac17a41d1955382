//! Which tools a client is shown, and which one a call goes to.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
        CustomResult, ErrorCode, JsonObject, Tool,
    },
    service::RequestContext,
};
use serde_json::value::to_raw_value;
use tokio_util::sync::{CancellationToken, DropGuard};
use vesicle_bridge::discovery;

use super::{
    Host,
    consent::consent,
    discover::{call, describe, list, search},
    execute,
    logging::Wanted,
    memory::{self, Shown, operations, registry},
    plugins,
    revision::has_sessions,
    tasks::{Owner, Session, declared},
    watching::Watched,
};
use crate::{
    limits::Policy,
    plugins::{Instances, Shelf},
    tools::{Granted, Toolbox},
};

/// The handler of all requests.
pub struct Server {
    pub(super) host: Arc<Host>,
    /// The tools of the memory that the client is shown; none where there is no memory.
    pub(super) shown: Option<Arc<Shown>>,
    /// From which level on the client wants to hear what plugins and programs tell.
    pub(super) level: Arc<Wanted>,
    /// The resources that a session watches.
    pub(super) watched: Arc<Watched>,
    /// The instances of plugins that have one for each session.
    instances: Instances,
    /// Ends what tells the client of changes.
    pub(super) ending: CancellationToken,
    /// With this.
    _ended: Option<DropGuard>,
    /// The session, as long as somebody may send requests of it.
    session: Option<Arc<Session>>,
}

/// What a session keeps while nobody serves it.
#[derive(Clone)]
pub struct Kept {
    shown: Option<Arc<Shown>>,
    level: Arc<Wanted>,
    watched: Arc<Watched>,
    instances: Instances,
    session: Arc<Session>,
}

impl Kept {
    fn new(host: &Host) -> Self {
        let shown = host.memory.is_enabled();
        let shown = shown.then(|| Shown::new(host.lists_all_tools, host.memory.lazy().programs()));
        let idle_max = host.plugins.as_ref().map(|plugins| plugins.session_idle);
        Self {
            shown: shown.map(Arc::new),
            level: Arc::default(),
            watched: Arc::default(),
            instances: Instances::new(idle_max.unwrap_or_default()),
            session: Arc::new(host.tasks.session()),
        }
    }

    /// What a session keeps that chose nothing.
    #[cfg(test)]
    pub fn nothing() -> Self {
        Self {
            shown: None,
            level: Arc::default(),
            watched: Arc::default(),
            instances: Instances::new(std::time::Duration::ZERO),
            session: Arc::new(super::tasks::Tasks::default().session()),
        }
    }

    /// Whether there is nothing in it that takes much, which are instances of plugins.
    pub fn is_light(&self) -> bool {
        self.instances.is_empty()
    }
}

impl Server {
    /// A server for one client.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self::with(host, None).0
    }

    /// One for a client whose session kept this; with what it keeps from now on.
    pub(super) fn with(host: Arc<Host>, kept: Option<Kept>) -> (Self, Kept) {
        let kept = kept.unwrap_or_else(|| Kept::new(&host));
        let of_session = kept.clone();
        let ending = CancellationToken::new();
        let server = Self {
            host,
            shown: kept.shown,
            level: kept.level,
            watched: kept.watched,
            instances: kept.instances,
            _ended: Some(ending.clone().drop_guard()),
            ending,
            session: Some(kept.session),
        };
        (server, of_session)
    }

    /// The same for a call that may outlive its request: what it belongs to ends without it.
    pub(super) fn outliving(&self) -> Self {
        Self {
            host: self.host.clone(),
            shown: self.shown.clone(),
            level: self.level.clone(),
            watched: self.watched.clone(),
            instances: self.instances.clone(),
            ending: self.ending.clone(),
            _ended: None,
            session: None,
        }
    }

    /// Whose tasks this request may name.
    pub(super) fn owner(&self, context: &RequestContext<RoleServer>) -> Owner {
        match (&self.host.account, &self.session) {
            (Some(account), _) => Owner::Account(account.clone()),
            (None, Some(session)) if has_sessions(context) => Owner::Session(session.number()),
            (None, _) => Owner::Bearer,
        }
    }

    /// What other servers' tools callers get who name no profile.
    pub(super) fn granted(&self, context: &RequestContext<RoleServer>) -> Granted {
        let profile = self.host.policy.default_profile();
        let consent = consent(context, &self.host.secrets);
        self.host.toolbox.granted(profile, consent)
    }

    pub(super) fn has_servers(&self) -> bool {
        !self.host.toolbox.is_empty()
    }

    pub(super) fn tools(&self, shelf: Option<&Shelf>) -> Vec<Tool> {
        let of_plugins = self.host.plugins.as_ref().map(|plugins| OfPlugins {
            shelf,
            listed: plugins.listed_tools,
            managing: plugins.managing(),
        });
        definitions(
            &self.host.policy,
            &self.host.toolbox,
            self.shown.as_deref(),
            of_plugins,
        )
    }

    /// A request that plugins answer.
    pub(super) fn request<'r>(
        &'r self,
        context: &'r RequestContext<RoleServer>,
        before: plugins::FromBefore,
    ) -> plugins::Request<'r> {
        plugins::Request {
            context,
            level: self.level.of(context),
            instances: &self.instances,
            before,
        }
    }

    /// Calls what a client names with this, if a plugin has it or it is for plugins.
    async fn of_plugins(
        &self,
        request: &str,
        sent: &JsonObject,
        context: &RequestContext<RoleServer>,
        before: plugins::FromBefore,
    ) -> Option<Result<CallToolResponse, ErrorData>> {
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
            Some(Ok(
                CallToolResult::error(vec![ContentBlock::text(why)]).into()
            ))
        };
        let of_managing = match by_call_tool {
            true => sent.get("arguments").and_then(|sent| sent.as_object()),
            false => Some(sent),
        };
        if let Some(managed) = plugins.manage(host, name, of_managing, context).await {
            return Some(Ok(managed.into()));
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
        let request = self.request(context, before);
        Some(plugins::call(plugins, host, named, arguments, bytes_max, request).await)
    }
}

/// The names of all tools that this server may list itself.
pub fn own_names() -> impl Iterator<Item = String> {
    let own = [
        execute::NAME,
        search::NAME,
        describe::NAME,
        list::NAME,
        call::NAME,
    ];
    let own = own.into_iter().map(str::to_owned);
    let managing = plugins::managing()
        .into_iter()
        .map(|tool| tool.name.to_string());
    let of_memory = registry::all().iter().map(|tool| tool.name().to_owned());
    own.chain(managing).chain(of_memory)
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

impl Server {
    /// Calls a tool.
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let sent = request.arguments.unwrap_or_default();
        let host = &*self.host;
        let granted = || self.granted(&context);
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
                return Ok(memory::call(host, shown, tool, sent, &context).await.into());
            }
        }
        let before = (request.input_responses, request.request_state);
        let of_plugins = self.of_plugins(&request.name, &sent, &context, before);
        if let Some(result) = of_plugins.await {
            return result;
        }
        let finds = self.has_servers() || self.shown.is_some() || host.plugins.is_some();
        Ok(match (request.name.as_ref(), self.has_servers()) {
            (execute::NAME, _) => {
                let wanted = self.level.of(&context);
                execute::call(host, sent, &self.instances, context, wanted).await
            }
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
        }
        .into())
    }

    /// `batch/execute`, beside the protocol's own methods.
    pub(super) async fn custom(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if let Some(answered) = declared::custom(self, &request, &context).await {
            return answered;
        }
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
}
