//! `vesicle run`.

mod watch;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;
use vesicle::audit::{Audit, Begun, Ended};
use vesicle::config::{
    ALLOW_HOSTS, Configuration, Flag, HostEntry, PREOPEN, Preopen, Runner, Value,
};
use vesicle::lazy::{LazySandbox, RunError};
use vesicle::limits::{Asker, Profile};
use vesicle::memory::LazyMemory;
use vesicle::metrics::Metrics;
use vesicle::plugins::{Chain, Dispatcher, Instances, OnBehalf, Parts, Plugins, WithPlugins};
use vesicle::secrets::Secrets;
use vesicle::tools::{Toolbox, Trees};
use vesicle_sandbox::{Config, Execution, Limits, Network, Outcome, Transport};

use super::{
    ExitStatus, allowing, audit,
    exit::UsageError,
    options::{self, GlobalArgs, ServerArgs},
    progress, report,
    source::{self, Source},
    values,
};
use crate::logging;

/// Run one TypeScript or JavaScript program in a sandbox
///
/// The program is the body of an async function (`return` gives the result, `await` works) or a
/// module (`export default` gives the result). It sees its input as `input`.
///
/// What it prints goes to standard output and standard error. Then its result goes to standard
/// output: a string as it is, anything else as indented JSON, nothing if there is none or it is
/// null. Control characters are left out when standard output is a terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0    the program ran to its end\n  \
    1    the program is wrong or failed\n  \
    2    bad usage, or a file that cannot be read as text\n  \
    3    the program ran out of time\n  \
    4    the program asks for what it may not have\n  \
    130  stopped by Ctrl-C")]
pub struct RunArgs {
    /// The program, or `-` for standard input
    file: String,

    /// The program's input as JSON, or @FILE to read it from a file, @- from standard input
    #[arg(long, value_name = "JSON|@FILE", allow_hyphen_values = true)]
    input: Option<String>,

    /// The program's input as one string, or @FILE to read it from a file, @- from standard input
    #[arg(
        long,
        value_name = "TEXT|@FILE",
        conflicts_with = "input",
        allow_hyphen_values = true
    )]
    input_text: Option<String>,

    /// How much it may use: `restrictive`, `default`, `permissive`, or a profile of the
    /// configuration, as `vesicle config show` lists them [default: default] [key: `profile`]
    #[arg(long, value_parser = values::ProfileParser, hide_possible_values = true)]
    profile: Option<String>,

    /// How long it may take, such as 500ms or 2s; no longer than the profile gives
    #[arg(long, value_parser = values::duration, value_name = "DURATION", allow_hyphen_values = true)]
    timeout: Option<Duration>,

    /// The session that the program keeps `state` in [default: default] [key: `state.session`]
    #[arg(long, value_name = "NAME")]
    session: Option<String>,

    /// A directory that it may use, as `fs` in GUEST: for reading (`ro`, the default) or writing too
    /// (`rw`); can be given again [key: `preopen`]
    #[arg(long, value_parser = values::preopen, value_name = "HOST:GUEST[:ro|rw]")]
    preopen: Vec<Preopen>,

    /// A host that it may send requests to, such as api.example.com:443; can be given again
    /// [key: `allow_hosts`]
    #[arg(long, value_parser = values::host, value_name = "HOST:PORT")]
    allow_host: Vec<HostEntry>,

    #[command(flatten)]
    servers: ServerArgs,

    /// Print the whole outcome as one line of JSON, and nothing else
    #[arg(long)]
    json: bool,

    /// Run it again whenever it, or a file of its input, changes, until Ctrl-C
    #[arg(long)]
    watch: bool,

    /// Write a line to the audit log, see `vesicle audit` [key: `audit.enabled`]
    #[arg(long)]
    audit: bool,
}

impl RunArgs {
    fn flags(&self) -> Vec<Flag> {
        let audit = self.audit.then(|| Flag {
            name: "--audit",
            key: "audit.enabled",
            value: Value::Text("always".to_owned()),
        });
        let session = options::session_flag(self.session.as_deref());
        let preopens = (!self.preopen.is_empty()).then(|| Flag {
            name: "--preopen",
            key: PREOPEN,
            value: Value::Preopens(self.preopen.clone()),
        });
        let hosts = (!self.allow_host.is_empty()).then(|| Flag {
            name: "--allow-host",
            key: ALLOW_HOSTS,
            value: Value::Hosts(self.allow_host.clone()),
        });
        let grants = preopens.into_iter().chain(hosts);
        let flags = audit.into_iter().chain(session).chain(grants);
        flags.chain(self.servers.flag()).collect()
    }

    /// What to run, and the profile that bounds it.
    fn execution(
        &self,
        configuration: &Configuration,
        transport: Arc<Transport>,
    ) -> Result<(Execution, Profile), UsageError> {
        let policy = &configuration.policy;
        let (profile, limits) = policy
            .profile(self.profile.as_deref(), Asker::Operator)
            .and_then(|profile| {
                let limits = policy.narrowed(profile, self.timeout, Asker::Operator)?;
                Ok((profile.clone(), limits))
            })
            .map_err(|error| UsageError(error.to_string()))?;
        let source = Source::named(&self.file);
        let input = match (&self.input, &self.input_text) {
            (Some(json), _) => source::json_input(json, &source)?,
            (None, Some(text)) => source::text_input(text, &source)?,
            (None, None) => RawValue::NULL.to_owned(),
        };
        let mut execution = Execution {
            code: source::code(&source)?,
            name: source.name(),
            input,
            limits,
            state: configuration.state(),
            files: profile.files.clone(),
            network: Network::new(profile.hosts.clone(), transport),
            source_policy: policy.source(),
            ..Execution::default()
        };
        if let Some(memory) = LazyMemory::new(configuration.memory().clone()).for_programs() {
            execution.memories = Arc::new(memory);
        }
        Ok((execution, profile))
    }
}

/// Runs the program and prints what became of it.
pub fn run(args: &RunArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    if args.watch && args.files().is_empty() {
        let what = "--watch needs a file to look at; name one in place of `-`";
        return Err(UsageError(what.to_owned()).into());
    }
    let configuration = global.configuration(args.flags())?;
    let secrets = configuration
        .secrets()
        .map_err(|error| UsageError(error.to_string()))?;
    logging::init(configuration.log_format, secrets.clone());
    let transport = configuration
        .transport(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let prepare = || args.execution(&configuration, transport.clone());
    let first = prepare();
    // What cannot be read now may be there when it is looked at again.
    let first = match args.watch {
        true => first,
        false => Ok(first?),
    };
    let host = Host::start(&configuration, &secrets, transport.clone())?;
    let status = match args.watch {
        true => watch::run(args, &host, first, prepare),
        false => first.map_err(Into::into).and_then(|(execution, profile)| {
            let outcome = host.run(execution, &profile)?;
            args.tell(outcome)
        }),
    };
    host.end();
    status
}

impl RunArgs {
    /// Prints what became of the program; nothing where it was interrupted.
    fn tell(&self, outcome: Option<Told>) -> anyhow::Result<ExitStatus> {
        let Some(Told {
            outcome,
            profile,
            limits,
        }) = outcome
        else {
            return Ok(ExitStatus::Interrupted);
        };
        let printed = match self.json {
            true => report::as_json(&outcome),
            false => {
                let advice = allowing::advice(&outcome, &profile, &limits);
                report::for_people(&outcome, advice.as_deref())
            }
        };
        match printed {
            // Whoever read our output has seen enough, as `head` does.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            other => other.context("cannot print the outcome")?,
        }
        Ok(ExitStatus::from(&outcome))
    }

    /// The files that it is made of, which may change.
    fn files(&self) -> Vec<PathBuf> {
        let inputs = [&self.input, &self.input_text].into_iter().flatten();
        let inputs = inputs.filter_map(|input| input.strip_prefix('@'));
        let files = std::iter::once(self.file.as_str()).chain(inputs);
        files
            .filter(|file| *file != "-")
            .map(PathBuf::from)
            .collect()
    }
}

/// What became of a program, and what it might have used.
struct Told {
    outcome: Outcome,
    profile: Profile,
    limits: Limits,
}

/// What runs programs, be it one or several after each other.
struct Host {
    runtime: Runtime,
    toolbox: Toolbox,
    sandbox: LazySandbox,
    audit: Audit,
    secrets: Secrets,
    dispatcher: Option<Dispatcher>,
}

impl Host {
    /// Servers are started when a program first asks for a tool, and the engine when one first runs.
    fn start(
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
            compiler: super::compile::compiler(),
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
    fn run(&self, mut execution: Execution, profile: &Profile) -> anyhow::Result<Option<Told>> {
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
    fn end(self) {
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
