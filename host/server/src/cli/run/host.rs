//! What runs programs for `vesicle run`: the sandbox, and what programs may reach.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::runtime::Runtime;
use vesicle::audit::{Audit, Begun, Ended};
use vesicle::config::{Configuration, Runner};
use vesicle::lazy::{LazySandbox, RunError};
use vesicle::limits::Profile;
use vesicle::metrics::Metrics;
use vesicle::plugins::{
    BareNames, Chain, Dispatcher, Instances, OnBehalf, Parts, Plugins, WithPlugins,
};
use vesicle::secrets::Secrets;
use vesicle::tools::{Toolbox, Trees};
use vesicle_sandbox::{Config, Execution, Limits, NoCaller, Outcome, Transport};

use crate::cli::{audit, compile, exit::UsageError, isolate, progress};

/// What became of a program, and what it might have used.
pub struct Told {
    pub outcome: Outcome,
    pub profile: Profile,
    pub limits: Limits,
}

/// What runs programs, be it one or several after each other.
pub struct Host {
    pub runtime: Runtime,
    toolbox: Toolbox,
    sandbox: LazySandbox,
    audit: Audit,
    secrets: Secrets,
    dispatcher: Option<Dispatcher>,
}

impl Host {
    /// Servers are started when a program first asks for a tool, and the engine when one first runs.
    pub fn start(
        configuration: &Configuration,
        secrets: &Secrets,
        transport: Arc<Transport>,
    ) -> anyhow::Result<Self> {
        let tools = configuration
            .tools(secrets)
            .map_err(|error| UsageError(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("cannot start the async runtime")?;
        let toolbox = Toolbox::new(tools, runtime.handle().clone());
        let audit = audit::start(configuration, secrets, Runner::Run)?;
        let config = Config {
            concurrency_max: 1,
            compiler: compile::compiler(),
            isolation: isolate::one_at_a_time(configuration)?,
            ..configuration.sandbox()
        };
        let sandbox = LazySandbox::new(config, runtime.handle().clone());
        // A place where nobody keeps plugins is none that matters to a program which calls none.
        let dispatcher = Plugins::new(configuration.plugins()).ok().map(|plugins| {
            Dispatcher::new(Parts {
                plugins,
                surroundings: configuration.surroundings(transport),
                sandbox: sandbox.clone(),
                audit: audit.clone(),
                metrics: Metrics::default(),
                bare: BareNames::default(),
            })
        });
        Ok(Self {
            runtime,
            toolbox,
            sandbox,
            audit,
            secrets: secrets.clone(),
            dispatcher,
        })
    }

    /// Runs one program; nothing becomes of one that Ctrl-C ends.
    pub fn run(&self, mut execution: Execution, profile: &Profile) -> anyhow::Result<Option<Told>> {
        if !self.toolbox.is_empty() {
            execution.tools = Arc::new(self.toolbox.granted(profile, None));
        }
        let _tree = self
            .runtime
            .block_on(tree(&self.toolbox, profile, &mut execution));
        if let Some(dispatcher) = &self.dispatcher {
            let behalf = OnBehalf {
                profile: Arc::new(profile.clone()),
                tools: execution.tools.clone(),
                off_clock: None,
                who: audit::command_line(),
                caller: Arc::new(NoCaller),
                chain: Chain::of_program(),
                // They end with the program.
                instances: Some(Instances::new(Duration::MAX)),
            };
            execution.tools = Arc::new(WithPlugins::of_program(dispatcher.clone(), behalf));
        }
        let begun = Begun {
            tool: "run",
            profile: &profile.name,
            code: &execution.code,
            input: &execution.input,
        };
        let recording = self.audit.begin(begun, audit::command_line)?;
        recording.watch(&mut execution);
        let limits = execution.limits;
        let outcome = self.runtime.block_on(async {
            tokio::select! {
                outcome = execute(&self.sandbox, execution) => {
                    outcome.map(|outcome| Some(self.secrets.redact_outcome(outcome)))
                }
                // Without a handler Ctrl-C would kill the process, which is as good an end.
                Ok(()) = tokio::signal::ctrl_c() => Ok(None),
            }
        });
        let ended = match &outcome {
            Ok(Some(outcome)) => Ended::of(outcome, recording.wants_payloads()),
            Ok(None) => Ended::otherwise("interrupted"),
            Err(_) => Ended::otherwise("failed"),
        };
        let logged = self.runtime.block_on(recording.end(ended));
        self.audit.flush();
        let told = |outcome| Told {
            outcome,
            profile: profile.clone(),
            limits,
        };
        logged?;
        Ok(outcome?.map(told))
    }

    /// Ends the servers.
    pub fn end(self) {
        self.runtime.block_on(self.toolbox.shut_down());
        // A compilation that Ctrl-C interrupted must not be waited for.
        self.runtime.shutdown_background();
    }
}

/// `/servers`, where the program has files. It is removed when what this returns is dropped.
///
/// Servers that were never listed are started for it only where the program names it: no other has
/// to wait for them.
async fn tree(toolbox: &Toolbox, profile: &Profile, execution: &mut Execution) -> Option<Trees> {
    if toolbox.is_empty() || profile.files.directories().is_empty() {
        return None;
    }
    let planted = async {
        let mut trees = Trees::none(toolbox.data_directory()).map_err(|error| error.to_string())?;
        let files = trees.plant_one(profile);
        let catalog = toolbox.kept_catalog(execution.code.contains(Trees::GUEST));
        trees.grow(toolbox, &*catalog.await?);
        Ok::<_, String>((trees, files))
    };
    match planted.await {
        Ok((trees, files)) => {
            execution.files = files;
            Some(trees)
        }
        Err(error) => {
            tracing::warn!(error, "{} is not there for code", Trees::GUEST);
            None
        }
    }
}

async fn execute(sandbox: &LazySandbox, execution: Execution) -> anyhow::Result<Outcome> {
    let waiting = progress::Waiting::begin(progress::ENGINE);
    let made = sandbox.sandbox().await;
    drop(waiting);
    let sandbox = match made {
        Ok(sandbox) => sandbox,
        Err(RunError::Start(error)) => {
            return Err(anyhow::Error::from(error).context("cannot start the sandbox"));
        }
        Err(error) => return Err(error.into()),
    };
    sandbox
        .execute(execution)
        .await
        .context("cannot run the program")
}
