//! The one place where plugins are called, whoever calls: an MCP client, code, another plugin or the command line. It
//! knows what is installed now, what is granted now and what was loaded, and each call of it is logged.

use std::{
    future,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::value::RawValue;
use tokio::sync::watch;
use tracing::{Instrument as _, field::Empty, info_span};
use vesicle_bridge::Decision;
use vesicle_plugins::{
    Invocation,
    grants::{GrantsFile, Rights},
    manifest::{Manifest, Reuse},
    name::PluginName,
    signatures::TrustFile,
};
use vesicle_sandbox::{
    Caller, Execution, Grants, NoCaller, NoTools, OffClock, Residence, Sandbox, TRACE, ToolCall,
};

use super::{
    BareNames, Called, Chain, Named, NotCalled, PluginError, Plugins, Shelf, Surroundings,
    WithPlugins, as_limits,
    call::{Ready, broken, ready},
    fresh::Fresh,
    instances::{Instances, MadeFor, Whose},
    loaded::{LOADED_MAX, Loaded},
    narrowed::Narrowed,
    shelf::is_of_object,
    unasked::Unasked,
};
use crate::{
    audit::{Audit, Begun, Ended, Recording, Who},
    lazy::LazySandbox,
    limits::Profile,
    metrics::Metrics,
};

/// Calls plugins. Clones are the same one.
#[derive(Clone)]
pub struct Dispatcher(Arc<Inner>);

struct Inner {
    parts: Parts,
    shelf: Fresh<Shelf>,
    changes: watch::Sender<u64>,
    grants: Fresh<GrantsFile>,
    trusted: Fresh<TrustFile>,
    loaded: Loaded<Ready>,
}

/// What a dispatcher is made of.
pub struct Parts {
    /// What there is of plugins.
    pub plugins: Plugins,
    /// What their calls may reach.
    pub surroundings: Surroundings,
    /// Where they run.
    pub sandbox: LazySandbox,
    /// Where calls are logged.
    pub audit: Audit,
    /// Where they are counted.
    pub metrics: Metrics,
    /// Whose names clients know alone.
    pub bare: BareNames,
}

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
    /// Calls plugins as `parts` has them. Nothing is read.
    pub fn new(parts: Parts) -> Self {
        let root = parts.plugins.store().root();
        let [grants, trusted] = parts.plugins.operator_files();
        Self(Arc::new(Inner {
            // Whatever changes in the store is written to `incoming` first, or moved there.
            shelf: Fresh::new([root.join("incoming"), root.join("plugins")]),
            changes: watch::Sender::new(0),
            grants: Fresh::new([grants]),
            trusted: Fresh::new([trusted]),
            loaded: Loaded::new(LOADED_MAX),
            parts,
        }))
    }

    /// What there is of plugins.
    pub fn plugins(&self) -> &Plugins {
        &self.0.parts.plugins
    }

    /// Whether a plugin's names stand alone.
    pub fn is_bare(&self, plugin: &PluginName) -> bool {
        self.0.parts.bare.is_bare(plugin)
    }

    /// Whether any plugin's do.
    pub fn has_bare(&self) -> bool {
        !self.0.parts.bare.plugins.is_empty()
    }

    /// Where they run.
    pub fn sandbox(&self) -> &LazySandbox {
        &self.0.parts.sandbox
    }

    /// Changes when others see other plugins.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// What is installed now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn shelf(&self) -> Result<Arc<Shelf>, PluginError> {
        if let Some(shelf) = self.0.shelf.unchanged() {
            return Ok(shelf);
        }
        let this = self.clone();
        let reading = tokio::task::spawn_blocking(move || this.read_shelf());
        reading.await.map_err(broken)?
    }

    /// What was installed when somebody last looked.
    pub fn last_shelf(&self) -> Option<Arc<Shelf>> {
        self.0.shelf.last()
    }

    /// Why tools cannot have their own names alone, where they should. Waits for the disk.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn collisions(&self) -> Result<Vec<String>, PluginError> {
        if !self.has_bare() {
            return Ok(Vec::new());
        }
        Ok(self.read_shelf()?.collisions().to_vec())
    }

    fn read_shelf(&self) -> Result<Arc<Shelf>, PluginError> {
        let before = self.0.shelf.last();
        let list = || {
            let shelf = Shelf::new(self.plugins().store().list()?, self.0.parts.bare.clone());
            for collision in shelf.collisions() {
                tracing::error!("{collision}; rename one, or take a plugin out of `plugins.bare`");
            }
            Ok::<_, PluginError>(shelf)
        };
        let shelf = self.0.shelf.get(list)?;
        if before.is_some_and(|before| !before.is_same(&shelf)) {
            self.0.changes.send_modify(|count| *count += 1);
        }
        Ok(shelf)
    }

    /// The tool that a caller names `plugin.tool`, or as code may write it.
    ///
    /// # Errors
    /// There is no such plugin.
    pub async fn named(&self, text: &str) -> Result<Named, PluginError> {
        let shelf = self.shelf().await?;
        if let Some(named) = shelf.named(text) {
            return Ok(named);
        }
        let plugin = text.split_once('.').map_or(text, |(plugin, _)| plugin);
        let name = PluginName::parse(plugin).map_err(PluginError::Name)?;
        let plugins = self.plugins().clone();
        let look = tokio::task::spawn_blocking(move || plugins.store().load(&name).map(drop));
        match look.await.map_err(broken)? {
            Err(error) => Err(error.into()),
            // It came just now.
            Ok(()) => Err(PluginError::NoTool(text.to_owned())),
        }
    }

    /// What a plugin asks for, is granted, and may do, by the file of grants as it is now.
    ///
    /// # Errors
    /// The file is wrong.
    pub fn rights(&self, manifest: &Manifest) -> Result<Rights, PluginError> {
        let grants = self.0.grants.get(|| self.plugins().grants())?;
        let contents = manifest.contents();
        let standing = grants.standing(&contents.name, contents.digest);
        Ok(Rights::new(&contents.permissions, standing))
    }

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
        let tool = format!("{}{}", super::PREFIX, named.text());
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
    pub(super) fn begin(
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
    pub(super) async fn finish(
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
    pub(super) fn granted(
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
    pub(super) async fn opened(
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

    pub(super) async fn at_depth(&self, depth: usize) -> Result<Sandbox, NotCalled> {
        let mut sandbox = self.0.parts.sandbox.sandbox().await?;
        for _ in 0..depth {
            // A chain never is as long as that.
            sandbox = sandbox.nested().unwrap_or(sandbox);
        }
        Ok(sandbox)
    }

    /// The tools of servers and of other plugins that this plugin may call.
    pub(super) fn tools_of(
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

    /// Has what others see followed while nobody calls, so that they can be told.
    pub async fn follow(&self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            if let Err(error) = self.shelf().await {
                tracing::debug!(%error, "the plugins could not be read");
            }
        }
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
