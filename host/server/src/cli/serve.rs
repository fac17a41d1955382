//! `vesicle serve`.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use vesicle::{
    accounts::Account,
    config::{Configuration, Flag, ISOLATIONS, Runner, ToolsConfig, Value},
    limits::Policy,
    lockdown::{self, GivenUp},
    mcp::{OverHttp, Service, Tenant},
    memory::LazyMemory,
    telemetry::Telemetry,
};
use vesicle_sandbox::Transport;

use super::{
    ExitStatus, audit,
    exit::UsageError,
    isolate,
    options::{self, GlobalArgs, ServerArgs},
    values,
};
use crate::{logging, terminal};

/// Serve the Model Context Protocol over standard input and output, or over HTTP
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// How many executions may be alive at once; a bounded number waits [default: 1000] [key:
    /// `sandbox.concurrency_max`]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: Option<u32>,

    /// How much calls that name no profile may use, and the ceiling of those that do unless
    /// `serve.profiles` is set [default: default] [key: `profile`]
    #[arg(long, value_parser = values::ProfileParser, hide_possible_values = true)]
    profile: Option<String>,

    /// The session that programs keep `state` in [default: default] [key: `state.session`]
    #[arg(long, value_name = "NAME")]
    session: Option<String>,

    /// Which tools of the memory are listed: those that most work needs and those that were used, or
    /// all [default: core] [key: `serve.tools`]
    #[arg(long, value_name = "WHICH", value_parser = ["core", "all"])]
    tools: Option<String>,

    /// Serve over HTTP at this address, such as 127.0.0.1:8787, instead of standard input and output;
    /// beyond this machine everybody needs a token of `vesicle token create` [key: `http.listen`]
    #[arg(long, value_name = "ADDRESS", value_parser = values::socket)]
    http: Option<SocketAddr>,

    /// Speak TLS with this certificate, in PEM format [key: `http.tls_cert`]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key, in PEM format [key: `http.tls_key`]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Where programs run: on threads of the host, or in processes of their own that can do nothing but
    /// compute [default: thread] [key: `sandbox.isolation`]
    #[arg(long, value_name = "WHERE", value_parser = ISOLATIONS)]
    isolation: Option<String>,

    /// Keep what a host that serves does not need: other directories, system calls and privileges
    /// [key: `serve.lockdown`]
    #[arg(long)]
    no_lockdown: bool,

    /// Tell clients when another process adds, changes or removes a plugin; calls see it in any case
    #[arg(long)]
    watch: bool,

    #[command(flatten)]
    servers: ServerArgs,
}

impl ServeArgs {
    fn flags(&self) -> Vec<Flag> {
        let concurrency = self.concurrency.map(|count| Flag {
            name: "--concurrency",
            key: "sandbox.concurrency_max",
            value: Value::Integer(count.into()),
        });
        let profile = self.profile.clone().map(|name| Flag {
            name: "--profile",
            key: "profile",
            value: Value::Text(name),
        });
        let session = options::session_flag(self.session.as_deref());
        let tools = self.tools.clone().map(|which| Flag {
            name: "--tools",
            key: "serve.tools",
            value: Value::Text(which),
        });
        let flags = concurrency.into_iter().chain(profile).chain(session);
        let http = self.http.map(|address| Flag {
            name: "--http",
            key: "http.listen",
            value: Value::Text(address.to_string()),
        });
        let file = |name: &'static str, key: &'static str, path: &Option<PathBuf>| {
            let path = path.clone();
            path.map(|path| Flag {
                name,
                key,
                value: Value::Path(path),
            })
        };
        let cert = file("--tls-cert", "http.tls_cert", &self.tls_cert);
        let key = file("--tls-key", "http.tls_key", &self.tls_key);
        let flags = flags.chain(tools).chain(http).chain(cert).chain(key);
        let flags = flags.chain(self.no_lockdown.then_some(Flag {
            name: "--no-lockdown",
            key: "serve.lockdown",
            value: Value::Boolean(false),
        }));
        let flags = flags.chain(options::isolation_flag(self.isolation.as_deref()));
        flags.chain(self.servers.flag()).collect()
    }
}

/// Serves until the client is gone, or over HTTP until the process is told to end.
pub fn run(args: &ServeArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let configuration = Arc::new(global.configuration(args.flags())?);
    let secrets = configuration
        .secrets()
        .map_err(|error| UsageError(error.to_string()))?;
    let hosts = configuration
        .transport(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let mut tools = configuration
        .tools(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let isolation = isolate::isolation(&configuration)?;
    let given_up = lock_down(&configuration, &tools);
    // These have threads.
    let telemetry = Telemetry::start(configuration.otlp());
    let telemetry = telemetry.map_err(|error| UsageError(error.to_string()))?;
    logging::init_with(&telemetry, configuration.log_format, secrets.clone());
    given_up.log();
    if configuration.isolates() {
        tracing::warn!(
            "programs run in worker processes, and plugins do not: they run in this one"
        );
    }
    tools.bridge.trace = telemetry.current_trace();
    let surroundings = configuration.surroundings(hosts.clone());
    let audit = audit::start(&configuration, &secrets, Runner::Serve)?;
    let served = vesicle::mcp::serve(Service {
        sandbox: vesicle_sandbox::Config {
            compiler: super::compile::compiler(),
            isolation,
            ..configuration.sandbox()
        },
        policy: configuration.policy.clone(),
        state: configuration.state(),
        audit: audit.clone(),
        secrets,
        tools,
        result_bytes_max: configuration.result_bytes_max(),
        memory: LazyMemory::new(configuration.memory().clone()),
        lists_all_tools: configuration.lists_all_tools(),
        http: over_http(&configuration, hosts.clone()),
        hosts,
        plugins: configuration.plugins().clone(),
        surroundings,
        watches_plugins: args.watch,
        data_directory: configuration.data_directory(),
    });
    audit.flush();
    telemetry.end();
    served.context("the MCP server stopped")?;
    Ok(ExitStatus::Success)
}

/// Before there is another thread.
fn lock_down(configuration: &Configuration, tools: &ToolsConfig) -> GivenUp {
    if !configuration.locks_down() {
        return GivenUp::nothing();
    }
    let starts_servers = (tools.bridge.servers.iter())
        .any(|server| matches!(server.transport, vesicle_bridge::Transport::Stdio { .. }));
    lockdown::begin(&configuration.reached(), || {
        // Where it cannot be started, the first server says so.
        let _ = starts_servers && vesicle_bridge::start_spawner();
    })
}

/// What the configuration says of HTTP, and of those who come that way.
fn over_http(configuration: &Arc<Configuration>, hosts: Arc<Transport>) -> Option<OverHttp> {
    let config = configuration.http()?.clone();
    let of_all = configuration.clone();
    Some(OverHttp {
        config,
        accounts: configuration.accounts.clone(),
        tenant: Box::new(move |account| tenant(&of_all, &hosts, account)),
        listening: |url| {
            // Nobody reads it, perhaps; that is no reason to stop.
            let _ = terminal::fail(&format!("serving MCP at {url}"));
        },
    })
}

fn tenant(configuration: &Configuration, hosts: &Arc<Transport>, account: &Account) -> Tenant {
    let (name, ceiling) = (account.name.clone(), account.profile.clone());
    let policy = move |policy: &Policy| {
        let Some(ceiling) = &ceiling else {
            return policy.clone();
        };
        policy.under(ceiling).unwrap_or_else(|| {
            tracing::error!(
                account = name,
                profile = ceiling,
                "there is no such profile; calls have the narrowest"
            );
            policy.narrowest()
        })
    };
    let memory = LazyMemory::new(configuration.account_memory(account));
    Tenant {
        policy: Box::new(policy),
        state: configuration.account_state(account),
        surroundings: configuration.account_surroundings(account, memory.clone(), hosts.clone()),
        plugins: configuration.plugins().of_account(&account.name),
        memory,
    }
}
