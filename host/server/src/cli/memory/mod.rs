//! `vesicle memory`: what is remembered, for people: looked at, moved, kept safe and cut down.

mod embed;
mod eval;
mod look;
mod transfer;
mod upkeep;

use std::{io::Write as _, sync::Arc};

use anyhow::Context as _;
use clap::Subcommand;
use serde::Serialize;
use vesicle::memory::LazyMemory;
use vesicle_memory::{Memory, Store, embeddings::EmbeddingRules};

use super::{
    ExitStatus,
    options::GlobalArgs,
    output::{Output, OutputArgs},
    progress,
};
use crate::logging;

/// Look at the memory of past work, move it, and keep it safe
#[derive(Debug, clap::Args)]
pub struct MemoryArgs {
    #[command(subcommand)]
    command: MemoryCommand,
}

#[derive(Debug, Subcommand)]
enum MemoryCommand {
    Search(look::SearchArgs),
    Show(look::ShowArgs),
    Stats(look::StatsArgs),
    Export(transfer::ExportArgs),
    Import(transfer::ImportArgs),
    Backup(upkeep::BackupArgs),
    Prune(upkeep::PruneArgs),
    Doctor(upkeep::DoctorArgs),
    Embed(embed::EmbedArgs),
    Eval(eval::EvalArgs),
}

/// Does what was asked for.
pub fn run(args: &MemoryArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let configuration = global.configuration(vec![])?;
    logging::init(configuration.log_format, configuration.secrets()?);
    let memory = LazyMemory::new(configuration.memory().clone());
    let opened = Opened {
        memory: memory.open_now()?,
        rules: memory.embedding_rules().clone(),
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the async runtime")?,
    };
    match &args.command {
        MemoryCommand::Search(args) => look::search(args, &opened),
        MemoryCommand::Show(args) => look::show(args, &opened),
        MemoryCommand::Stats(args) => look::stats(args, &opened),
        MemoryCommand::Export(args) => transfer::export(args, &opened),
        MemoryCommand::Import(args) => transfer::import(args, &opened),
        MemoryCommand::Backup(args) => upkeep::backup(args, &opened),
        MemoryCommand::Prune(args) => upkeep::prune(args, &opened),
        MemoryCommand::Doctor(args) => upkeep::doctor(args, &opened),
        MemoryCommand::Embed(args) => embed::embed(args, &opened),
        MemoryCommand::Eval(args) => eval::eval(args, &opened),
    }
}

/// The memory, for one command.
struct Opened {
    memory: Memory,
    rules: EmbeddingRules,
    runtime: tokio::runtime::Runtime,
}

impl Opened {
    fn store(&self) -> &Arc<dyn Store> {
        self.memory.store()
    }
}

/// Prints text that may hold whatever others wrote.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(crate::terminal::for_stream(text, &stdout).as_bytes())?;
    Ok(stdout.write_all(b"\n")?)
}

fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}
