//! What the commands share that look at other MCP servers: how they are reached, and left in order.

use std::{io::Write as _, sync::Arc, time::Duration};

use anyhow::Context as _;
use vesicle::{config::Configuration, secrets::Secrets, tools::Toolbox};
use vesicle_bridge::{Bridge, Catalog, Source};

use super::{
    ExitStatus,
    exit::UsageError,
    options::{GlobalArgs, ServerArgs},
    values,
};
use crate::{logging, terminal};

/// Options of these commands.
#[derive(Debug, clap::Args)]
pub struct ReachArgs {
    #[command(flatten)]
    servers: ServerArgs,

    /// How long servers may take to start and to answer, such as 500ms or 2s
    #[arg(long, value_parser = values::duration, value_name = "DURATION", default_value = "10s")]
    wait: Duration,
}

/// The servers, for one command.
pub struct Reach {
    pub configuration: Configuration,
    pub secrets: Secrets,
    pub toolbox: Toolbox,
    pub wait: Duration,
}

/// Connects to the servers, does `work`, and ends the connections.
pub fn reach(
    args: &ReachArgs,
    global: &GlobalArgs,
    work: impl AsyncFnOnce(&Reach, &Bridge) -> anyhow::Result<ExitStatus>,
) -> anyhow::Result<ExitStatus> {
    let configuration = global.configuration(args.servers.flag().into_iter().collect())?;
    let secrets = configuration
        .secrets()
        .map_err(|error| UsageError(error.to_string()))?;
    logging::init_for_telling(configuration.log_format, secrets.clone());
    let tools = configuration
        .tools(&secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    if tools.bridge.servers.is_empty() {
        return Err(no_servers(&tools.notes).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    let reach = Reach {
        configuration,
        secrets,
        toolbox: Toolbox::new(tools, runtime.handle().clone()),
        wait: args.wait,
    };
    let done = runtime.block_on(async {
        let work = async {
            let bridge = reach.toolbox.bridge();
            let bridge = bridge.map_err(|error| UsageError(error.to_string()))?;
            work(&reach, bridge).await
        };
        tokio::select! {
            done = work => done,
            Ok(()) = tokio::signal::ctrl_c() => Ok(ExitStatus::Interrupted),
        }
    });
    runtime.block_on(reach.toolbox.shut_down());
    runtime.shutdown_background();
    done
}

fn no_servers(notes: &[String]) -> UsageError {
    let mut text = "there are no other MCP servers; name them in `.mcp.json` here, in a file for --mcp-config, or under [servers] in vesicle.toml".to_owned();
    for note in notes {
        text.push_str(&format!("\nnot used: {note}"));
    }
    UsageError(text)
}

/// Refuses a name that no server has.
pub fn require(bridge: &Bridge, server: &str) -> Result<(), UsageError> {
    let catalog = bridge.catalog();
    match catalog.server(server) {
        Some(_) => Ok(()),
        None => Err(UsageError(format!(
            "there is no server `{server}`; the nearest are `{}`",
            catalog.nearest(server, "").join("`, `")
        ))),
    }
}

impl Reach {
    /// All tools, as far as they are known: servers of which nothing is known are waited for.
    pub async fn known(&self, bridge: &Bridge) -> Arc<Catalog> {
        let is_known = |catalog: &Catalog| {
            let mut servers = catalog.servers().iter();
            servers.all(|server| server.source != Source::Unknown)
        };
        let mut changes = bridge.changes();
        let known =
            async { while !is_known(&bridge.catalog()) && changes.changed().await.is_ok() {} };
        tokio::select! {
            () = known => {}
            // Whatever failed will not be listed any more.
            () = bridge.settled(self.wait) => {}
        }
        let catalog = bridge.catalog();
        for server in catalog.servers() {
            if server.source == Source::Unknown {
                let why = why_not(bridge, server.name.as_str());
                tracing::warn!("the tools of `{}` are not known: {why}", server.name);
            }
        }
        catalog
    }

    /// Prints to standard output, without secrets, and harmless where that is a terminal.
    pub fn print(&self, text: String) -> anyhow::Result<()> {
        print(&self.secrets.redact(text))
    }

    /// Prints JSON, indented.
    pub fn print_json(&self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(value)?;
        print(&(self.secrets.redact_json(text) + "\n"))
    }
}

/// Why a server is not there.
pub fn why_not(bridge: &Bridge, server: &str) -> String {
    let statuses = bridge.statuses();
    let status = statuses.into_iter().find(|status| status.name == server);
    let error = status.and_then(|status| status.last_error);
    error.unwrap_or_else(|| "it is still starting, and --wait gives it longer".to_owned())
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(terminal::for_stream(text, &stdout).as_bytes())?;
    stdout.flush()?;
    Ok(())
}
