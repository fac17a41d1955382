//! Calls of plugins, each within the rights that hold now and with a line of the log.

use std::{
    future,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::value::RawValue;
use tracing::{Instrument as _, field::Empty, info_span};
use vesicle_bridge::Decision;
use vesicle_plugins::{
    Invocation,
    grants::Rights,
    manifest::{Manifest, Reuse},
    name::PluginName,
};
use vesicle_sandbox::{
    Caller, Execution, Grants, NoCaller, NoTools, OffClock, Residence, Sandbox, TRACE, ToolCall,
};

use super::Dispatcher;
use crate::{
    audit::{Begun, Ended, Recording, Who},
    limits::Profile,
    plugins::{
        self, Called, Chain, Named, NotCalled, PluginError, WithPlugins, as_limits,
        call::{Ready, broken, ready},
        instances::{Instances, MadeFor, Whose},
        narrowed::Narrowed,
        shelf::is_of_object,
        unasked::Unasked,
    },
};

/// For whom plugins are called.
#[derive(Clone)]
pub struct OnBehalf {
    /// The profile that bounds calls where no right says otherwise.
    pub profile: Arc<Profile>,
    /// The tools of other servers that the profile has.
    pub tools: Arc<dyn ToolCall>,
    /// What stops the time while a person is asked.
    pub off_clock: Option<OffClock>,
    /// Who asked first, for the log.
    pub who: Who,
    /// Who is told how far a call is, and asked what it needs to know.
    pub caller: Arc<dyn Caller>,
    /// Which calls wait for what is called now.
    pub chain: Chain,
    /// The instances of the session; `None` where calls are of no session.
    pub instances: Option<Instances>,
}

/// A call to be made.
pub struct Asked<'a> {
    /// The tool.
    pub named: &'a Named,
    /// Its arguments.
    pub arguments: &'a RawValue,
    /// The longest time, where the profile's is not enough of a bound.
    pub timeout: Option<Duration>,
}

impl Dispatcher {
    /// Calls a tool to its end.
    ///
    /// # Errors
    /// See [`NotCalled`].
    pub async fn call(&self, behalf: &OnBehalf, asked: Asked<'_>) -> Result<Called, NotCalled> {
        self.call_until(behalf, asked, future::pending()).await
    }

    /// Calls a tool to its end, or until `stop` says why nobody waits for it any more.
    ///
    /// # Errors
    /// See [`NotCalled`].
    pub async fn call_until(
        &self,
        behalf: &OnBehalf,
        asked: Asked<'_>,
        stop: impl Future<Output = &'static str>,
    ) -> Result<Called, NotCalled> {
        let span = info_span!(
            target: TRACE,
            "plugin",
            vesicle.plugin = asked.named.plugin.as_str(),
            gen_ai.tool.name = asked.named.tool.as_str(),
            otel.status_code = Empty,
        );
        let called = self.called(behalf, asked, stop);
        let called = called.instrument(span.clone()).await;
        if !matches!(&called, Ok(called) if !called.failed && called.outcome.is_success()) {
            span.record("otel.status_code", "ERROR");
        }
        called
    }

    async fn called(
        &self,
        behalf: &OnBehalf,
        asked: Asked<'_>,
        stop: impl Future<Output = &'static str>,
    ) -> Result<Called, NotCalled> {
        let Asked {
            named, arguments, ..
        } = asked;
        let profile = &behalf.profile;
        let allowed = profile.plugins.grants();
        if allowed.decide(named.plugin.as_str(), &named.tool) == Decision::Deny {
            return Err(NotCalled::NotAllowed {
                name: named.text(),
                profile: profile.name.clone(),
            });
        }
        let chain = behalf.chain.with(named)?;
        let tool = format!("{}{}", plugins::PREFIX, named.text());
        let recording = self.begin(behalf, &tool, arguments)?;
        let began = Instant::now();
        let work = async {
            let sandbox = self.at_depth(behalf.chain.depth()).await?;
            let (ready, rights) = self.opened(&named.plugin, &sandbox).await?;
            let mut limits = as_limits(&rights.effective, profile.limits);
            if let Some(timeout) = asked.timeout {
                limits.wall_time = limits.wall_time.min(timeout);
            }
            let tools = self.tools_of(&named.plugin, &rights, behalf, chain);
            let grants = self.granted(&named.plugin, &rights, behalf, tools, &recording)?;
            let residence = residence(behalf, &ready, &rights);
            let was_there = residence.as_ref().is_some_and(|it| !it.is_vacant());
            let invocation = Invocation {
                tool: &named.tool,
                arguments,
                limits,
                grants,
                session: behalf.who.account.as_deref().map(Arc::from),
                residence: residence.clone(),
            };
            let outcome = ready.tools.call(&sandbox, invocation).await;
            let has_ended = was_there && residence.is_some_and(|it| it.is_vacant());
            let outcome = outcome.map_err(|why| NotCalled::Call {
                plugin: named.plugin.clone(),
                why,
            })?;
            let grant_by = self.plugins().grant_by(&named.plugin, &rights);
            let may_be_content = !promises_object(&ready.manifest, &named.tool);
            Ok(Called::of(
                outcome,
                may_be_content,
                &rights,
                grant_by,
                has_ended,
            ))
        };
        let (answer, ended) = self.finish(behalf, &recording, began, work, stop).await;
        recording.end(ended).await?;
        answer
    }

    /// Begins the log line of a call.
    pub(in crate::plugins) fn begin(
        &self,
        behalf: &OnBehalf,
        tool: &str,
        arguments: &RawValue,
    ) -> Result<Recording, NotCalled> {
        let begun = Begun {
            tool,
            profile: &behalf.profile.name,
            code: tool,
            input: arguments,
        };
        Ok(self.0.parts.audit.begin(begun, || behalf.who.clone())?)
    }

    /// What `work` comes to, unless `stop` comes first; logged and counted.
    pub(in crate::plugins) async fn finish(
        &self,
        behalf: &OnBehalf,
        recording: &Recording,
        began: Instant,
        work: impl Future<Output = Result<Called, NotCalled>>,
        stop: impl Future<Output = &'static str>,
    ) -> (Result<Called, NotCalled>, Ended) {
        let (answer, ended) = tokio::select! {
            biased;
            why = stop => (Err(NotCalled::Stopped(why)), Ended::otherwise("cancelled")),
            answer = work => {
                let ended = match &answer {
                    Ok(_) if behalf.caller.waits() => Ended::otherwise("input_required"),
                    Ok(called) if called.failed => Ended::otherwise("error"),
                    Ok(called) => Ended::of(&called.outcome, recording.wants_payloads()),
                    Err(_) => Ended::otherwise("failed"),
                };
                (answer, ended)
            }
        };
        self.0.parts.metrics.executed(&ended, began.elapsed());
        (answer, ended)
    }

    /// What a call of this plugin may use.
    pub(in crate::plugins) fn granted(
        &self,
        plugin: &PluginName,
        rights: &Rights,
        behalf: &OnBehalf,
        tools: Arc<dyn ToolCall>,
        recording: &Recording,
    ) -> Result<Grants, NotCalled> {
        let surroundings = &self.0.parts.surroundings;
        let grants = surroundings.grants(plugin, rights, tools);
        let mut grants = grants.map_err(PluginError::from)?;
        // The time of whoever waits stands still as well.
        grants.off_clock = behalf.off_clock.clone();
        grants.caller = match rights.effective.questions {
            true => behalf.caller.clone(),
            false => Arc::new(Unasked(behalf.caller.clone())),
        };
        watch(recording, &mut grants);
        Ok(grants)
    }

    /// The version that serves now, loaded, with what it may do now.
    pub(in crate::plugins) async fn opened(
        &self,
        name: &PluginName,
        sandbox: &Sandbox,
    ) -> Result<(Arc<Ready>, Rights), NotCalled> {
        let shelf = self.shelf().await?;
        let Some(listed) = shelf.plugin(name) else {
            // Says which name is near, or what is wrong with it.
            let (plugins, name) = (self.plugins().clone(), name.clone());
            let load = move || plugins.store().load(&name).map(drop);
            let absent = tokio::task::spawn_blocking(load).await;
            absent
                .map_err(broken)
                .map_err(NotCalled::Plugin)?
                .map_err(PluginError::from)?;
            return Err(PluginError::NoTool("it".to_owned()).into());
        };
        let version = listed.version;
        let mut was_kept = true;
        let load = async {
            was_kept = false;
            let (plugins, name) = (self.plugins().clone(), name.clone());
            let read = move || plugins.store().load_version(&name, version);
            let read = tokio::task::spawn_blocking(read).await;
            let read = read.map_err(broken)?.map_err(PluginError::from)?;
            Ok::<_, NotCalled>(ready(sandbox, read).await?)
        };
        let ready = self.0.loaded.get(version, load).await;
        self.0.parts.metrics.plugin_found(was_kept);
        let ready = ready?;
        let trusted = self.0.trusted.get(|| self.plugins().trusted())?;
        self.plugins()
            .check(&trusted, &ready.manifest, ready.signature.as_deref())?;
        let rights = self.rights(&ready.manifest)?;
        Ok((ready, rights))
    }

    pub(in crate::plugins) async fn at_depth(&self, depth: usize) -> Result<Sandbox, NotCalled> {
        let mut sandbox = self.0.parts.sandbox.sandbox().await?;
        for _ in 0..depth {
            // A chain never is as long as that.
            sandbox = sandbox.nested().unwrap_or(sandbox);
        }
        Ok(sandbox)
    }

    /// The tools of servers and of other plugins that this plugin may call.
    pub(in crate::plugins) fn tools_of(
        &self,
        plugin: &PluginName,
        rights: &Rights,
        behalf: &OnBehalf,
        chain: Chain,
    ) -> Arc<dyn ToolCall> {
        let patterns = &rights.effective.tools;
        if patterns.is_empty() {
            return Arc::new(NoTools);
        }
        let narrowed = Narrowed {
            tools: behalf.tools.clone(),
            patterns: patterns.clone(),
            plugin: plugin.clone(),
        };
        let behalf = OnBehalf {
            chain,
            // Whoever called this one did not call the next.
            caller: Arc::new(NoCaller),
            ..behalf.clone()
        };
        Arc::new(WithPlugins::of_plugin(self.clone(), behalf, narrowed))
    }
}

/// Whether clients hold results of this tool against a schema.
fn promises_object(manifest: &Manifest, tool: &str) -> bool {
    let mut tools = manifest.contents().tools.iter();
    let tool = tools.find(|known| known.name == tool);
    tool.is_some_and(|tool| tool.output.as_deref().is_some_and(is_of_object))
}

/// Where the instance of a plugin lives that has one for each session.
fn residence(behalf: &OnBehalf, ready: &Ready, rights: &Rights) -> Option<Residence> {
    let contents = ready.manifest.contents();
    let instances = behalf.instances.as_ref()?;
    (contents.reuse == Reuse::Session).then(|| {
        let whose = Whose {
            plugin: contents.name.clone(),
            profile: behalf.profile.name.clone(),
        };
        let made_for = MadeFor {
            version: ready.version,
            rights: rights.effective.clone(),
        };
        instances.residence(whose, made_for)
    })
}

/// A log watches what an execution has, and these are what the plugin has.
fn watch(recording: &Recording, grants: &mut Grants) {
    let mut watched = Execution {
        tools: grants.tools.clone(),
        memories: grants.memories.clone(),
        network: std::mem::take(&mut grants.network),
        ..Execution::default()
    };
    recording.watch(&mut watched);
    grants.tools = watched.tools;
    grants.memories = watched.memories;
    grants.network = watched.network;
}
