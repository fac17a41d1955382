//! `vesicle run`.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use serde_json::value::RawValue;
use vesicle::audit::{Begun, Ended};
use vesicle::config::{
    ALLOW_HOSTS, Configuration, Flag, HostEntry, PREOPEN, Preopen, Runner, Value,
};
use vesicle::lazy::{LazySandbox, RunError};
use vesicle::limits::{Asker, Profile};
use vesicle::memory::LazyMemory;
use vesicle::metrics::Metrics;
use vesicle::plugins::{
    BareNames, Chain, Dispatcher, Instances, OnBehalf, Parts, Plugins, WithPlugins,
};
use vesicle::tools::{Toolbox, Trees};
use vesicle_sandbox::{Config, Execution, Network, NoCaller, Outcome, Transport};

use super::{
    ExitStatus, allowing, audit,
    exit::UsageError,
    options::{self, GlobalArgs, ServerArgs},
    report,
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
    let configuration = global.configuration(args.flags())?;
    let secrets = configuration
        .secrets()
        .map_err(|error| UsageError(error.to_string()))?;
    logging::init(configuration.log_format, secrets.clone());
    let transport = configuration
        .transport(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let (mut execution, profile) = args.execution(&configuration, transport.clone())?;
    let tools = configuration
        .tools(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    // Servers are started when the program first asks for a tool.
    let toolbox = Toolbox::new(tools, runtime.handle().clone());
    if !toolbox.is_empty() {
        execution.tools = Arc::new(toolbox.granted(&profile, None));
    }
    let _tree = runtime.block_on(tree(&toolbox, &profile, &mut execution));
    let audit = audit::start(&configuration, &secrets, Runner::Run)?;
    let config = Config {
        concurrency_max: 1,
        compiler: super::compile::compiler(),
        ..configuration.sandbox()
    };
    let sandbox = LazySandbox::new(config, runtime.handle().clone());
    // A place where nobody keeps plugins is none that matters to a program which calls none.
    if let Ok(plugins) = Plugins::new(configuration.plugins()) {
        let dispatcher = Dispatcher::new(Parts {
            plugins,
            surroundings: configuration.surroundings(transport),
            sandbox: sandbox.clone(),
            audit: audit.clone(),
            metrics: Metrics::default(),
            bare: BareNames::default(),
        });
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
        execution.tools = Arc::new(WithPlugins::of_program(dispatcher, behalf));
    }
    let begun = Begun {
        tool: "run",
        profile: &profile.name,
        code: &execution.code,
        input: &execution.input,
    };
    let recording = audit.begin(begun, audit::command_line)?;
    recording.watch(&mut execution);
    let limits = execution.limits;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = execute(&sandbox, execution) => {
                outcome.map(|outcome| Some(secrets.redact_outcome(outcome)))
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
    let logged = runtime.block_on(recording.end(ended));
    audit.flush();
    runtime.block_on(toolbox.shut_down());
    // A compilation that Ctrl-C interrupted must not be waited for.
    runtime.shutdown_background();
    logged?;
    let Some(outcome) = outcome? else {
        return Ok(ExitStatus::Interrupted);
    };
    let printed = match args.json {
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
    let sandbox = match sandbox.sandbox().await {
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
