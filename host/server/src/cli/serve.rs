//! `vesicle serve`.

use anyhow::Context as _;
use vesicle::config::{Flag, Runner, Value};
use vesicle::mcp::Service;
use vesicle::memory::LazyMemory;

use super::{
    ExitStatus, audit,
    exit::UsageError,
    options::{self, GlobalArgs, ServerArgs},
    values,
};
use crate::logging;

/// Serve the Model Context Protocol over standard input and output
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
        let flags = flags.chain(tools);
        flags.chain(self.servers.flag()).collect()
    }
}

/// Serves until the client is gone.
pub fn run(args: &ServeArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let configuration = global.configuration(args.flags())?;
    let secrets = configuration
        .secrets()
        .map_err(|error| UsageError(error.to_string()))?;
    logging::init(configuration.log_format, secrets.clone());
    let hosts = configuration
        .transport(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let tools = configuration
        .tools(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let surroundings = configuration.surroundings(hosts.clone());
    let audit = audit::start(&configuration, &secrets, Runner::Serve)?;
    let served = vesicle::mcp::serve(Service {
        sandbox: vesicle_sandbox::Config {
            compiler: super::compile::compiler(),
            ..configuration.sandbox()
        },
        policy: configuration.policy.clone(),
        state: configuration.state(),
        hosts,
        audit: audit.clone(),
        secrets,
        tools,
        result_bytes_max: configuration.result_bytes_max(),
        memory: LazyMemory::new(configuration.memory().clone()),
        lists_all_tools: configuration.lists_all_tools(),
        plugins: configuration.plugins().clone(),
        surroundings,
        watches_plugins: args.watch,
    });
    audit.flush();
    served.context("the MCP server stopped")?;
    Ok(ExitStatus::Success)
}
