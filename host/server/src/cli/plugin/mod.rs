//! `vesicle plugin`: plugins, for whoever operates this host: added, looked at, granted, called and removed.

mod about;
mod add;
mod build;
mod call;
mod grant;
mod info;
mod list;
mod load;
mod new;
mod pack;
mod right;
mod sign;
mod upkeep;

use std::{io::Write as _, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Subcommand;
use serde::Serialize;
use tokio::runtime::Runtime;
use vesicle::{
    config::{Configuration, Flag, PLUGIN_DIR, Value},
    memory::LazyMemory,
    plugins::{PluginError, Plugins, Surroundings},
    secrets::Secrets,
};
use vesicle_plugins::{name::PluginName, store::StoreError};
use vesicle_sandbox::{Config, Sandbox, Transport};

use super::{
    ExitStatus,
    exit::UsageError,
    options::GlobalArgs,
    output::{Output, OutputArgs},
    progress,
};
use crate::{logging, terminal};

/// Add plugins, look at them, grant them what they ask for, and call their tools
///
/// A plugin is a WebAssembly component of any toolchain; its exported functions are its tools. What
/// it asks for it has only when it is granted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes of all but `call` and `verify`:\n  \
    0  done\n  \
    1  it failed, and nothing was changed\n  \
    2  bad usage, or there is no such plugin")]
pub struct PluginArgs {
    #[command(subcommand)]
    command: PluginCommand,

    /// Where plugins are [default: `plugins` in the data directory] [key: `plugins.dir`]
    #[arg(long, global = true, value_name = "DIR")]
    plugin_dir: Option<PathBuf>,

    /// The plugins of this account, which has some of its own where HTTP is served with tokens
    #[arg(long, global = true, value_name = "NAME", value_parser = super::token::account_name)]
    account: Option<String>,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    New(new::NewArgs),
    Add(add::AddArgs),
    Build(build::BuildArgs),
    Pack(pack::PackArgs),
    Load(load::LoadArgs),
    List(list::ListArgs),
    Info(info::InfoArgs),
    Call(call::CallArgs),
    Grant(grant::GrantArgs),
    Revoke(grant::RevokeArgs),
    Rollback(upkeep::RollbackArgs),
    Remove(upkeep::RemoveArgs),
    Verify(upkeep::VerifyArgs),
    Gc(upkeep::GcArgs),
    Sign(sign::SignArgs),
    Trust(sign::TrustArgs),
}

pub use upkeep::{ungranted, verified};

/// Does what was asked for.
pub fn run(args: &PluginArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let mut flags: Vec<Flag> = args
        .plugin_dir
        .iter()
        .map(|dir| Flag {
            name: "--plugin-dir",
            key: PLUGIN_DIR,
            value: Value::Path(dir.clone()),
        })
        .collect();
    if let PluginCommand::Call(args) = &args.command {
        flags.extend(args.flags());
    }
    let configuration = global.configuration(flags)?;
    let secrets = configuration
        .secrets()
        .map_err(|error| UsageError(error.to_string()))?;
    logging::init(configuration.log_format, secrets.clone());
    let of_all = configuration.plugins();
    let plugins = match &args.account {
        Some(account) => Plugins::new(&of_all.of_account(account))?,
        None => Plugins::new(of_all)?,
    };
    let place = Place {
        plugins,
        account: args.account.clone(),
        configuration,
        secrets,
    };
    let done = match &args.command {
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Add(args) => add::run(args, &place),
        PluginCommand::Build(args) => build::run(args, &place),
        PluginCommand::Pack(args) => pack::run(args, &place),
        PluginCommand::Load(args) => load::run(args, &place),
        PluginCommand::List(args) => list::run(args, &place),
        PluginCommand::Info(args) => info::run(args, &place),
        PluginCommand::Call(args) => call::run(args, &place),
        PluginCommand::Grant(args) => grant::grant(args, &place),
        PluginCommand::Revoke(args) => grant::revoke(args, &place),
        PluginCommand::Rollback(args) => upkeep::rollback(args, &place),
        PluginCommand::Remove(args) => upkeep::remove(args, &place),
        PluginCommand::Verify(args) => upkeep::verify(args, &place),
        PluginCommand::Gc(args) => upkeep::collect(args, &place),
        PluginCommand::Sign(args) => sign::sign(args, &place),
        PluginCommand::Trust(args) => sign::trust(args, &place),
    };
    done.map_err(told)
}

/// What all of these commands work on.
struct Place {
    plugins: Plugins,
    /// Whose they are, where they are an account's.
    account: Option<String>,
    configuration: Configuration,
    secrets: Secrets,
}

impl Place {
    /// What calls may reach; `transport` is the way to hosts.
    fn surroundings(&self, transport: Arc<Transport>) -> Surroundings {
        let configuration = &self.configuration;
        match &self.account {
            None => configuration.surroundings(transport),
            Some(name) => {
                let account = configuration.account(name);
                let memory = LazyMemory::new(configuration.account_memory(&account));
                configuration.account_surroundings(&account, memory, transport)
            }
        }
    }

    fn runtime(&self) -> anyhow::Result<Runtime> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("cannot start the async runtime")
    }

    async fn sandbox(&self) -> anyhow::Result<Sandbox> {
        let config = Config {
            concurrency_max: 1,
            compiler: super::compile::compiler(),
            ..self.configuration.sandbox()
        };
        let _waiting = progress::Waiting::begin(progress::ENGINE);
        Sandbox::new(config)
            .await
            .context("cannot start the sandbox")
    }
}

/// A name that no plugin has is a wrong request, and no failure of ours.
fn told(error: anyhow::Error) -> anyhow::Error {
    let store = match error.downcast_ref::<PluginError>() {
        Some(PluginError::Store(store)) => Some(store),
        _ => error.downcast_ref::<StoreError>(),
    };
    match store {
        Some(absent @ StoreError::Absent { .. }) => UsageError(absent.to_string()).into(),
        _ => error,
    }
}

/// The name of a plugin.
fn plugin_name(text: &str) -> Result<PluginName, String> {
    PluginName::parse(text).map_err(|error| error.why)
}

/// Prints text that may hold whatever others wrote.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(terminal::for_stream(text, &stdout).as_bytes())?;
    Ok(stdout.write_all(b"\n")?)
}

fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

/// The first line of a text.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
