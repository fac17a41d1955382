//! `vesicle run`.

mod host;
mod watch;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use serde_json::value::RawValue;
use vesicle::config::{
    ALLOW_HOSTS, Configuration, Flag, HostEntry, ISOLATIONS, PREOPEN, Preopen, Value,
};
use vesicle::limits::{Asker, Profile};
use vesicle::memory::LazyMemory;
use vesicle_sandbox::{Execution, Network, Transport};

use super::{
    ExitStatus, allowing,
    exit::UsageError,
    options::{self, GlobalArgs, ServerArgs},
    report,
    source::{self, Source},
    values,
};
use crate::logging;
use host::{Host, Told};

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

    /// Where it runs: on a thread, or in a process of its own that can do nothing but compute [default:
    /// thread] [key: `sandbox.isolation`]
    #[arg(long, value_name = "WHERE", value_parser = ISOLATIONS)]
    isolation: Option<String>,

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
        let isolation = options::isolation_flag(self.isolation.as_deref());
        let flags = audit
            .into_iter()
            .chain(session)
            .chain(isolation)
            .chain(grants);
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
