//! `vesicle memory embed`: the vectors of texts, made while somebody waits for them.

use serde_json::json;

use super::{Opened, Output, OutputArgs, print, print_json, progress};
use crate::cli::ExitStatus;

/// Make the vectors that are missing, and say who makes them
///
/// A host that serves makes them in the background. This makes them now, after an import for example, and shows how far it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle memory embed\n  \
    vesicle memory embed --provider ollama --model nomic-embed-text\n  \
    vesicle memory embed --provider local --model ./all-MiniLM-L6-v2")]
pub struct EmbedArgs {
    /// Have them made by this one from now on [default: the one that was chosen before]
    #[arg(long, value_name = "NAME", value_parser = ["builtin", "local", "openai", "ollama", "mistral"])]
    provider: Option<String>,

    /// Its model, which for `local` is a directory [default: the provider's usual one]
    #[arg(long, value_name = "MODEL", requires = "provider")]
    model: Option<String>,

    /// Where it is, if not at its own address; one of `memory.embedding_urls`
    #[arg(long, value_name = "URL", requires = "provider")]
    base_url: Option<String>,

    /// The environment variable with its key, if not its usual one; one of `memory.embedding_key_vars`
    #[arg(long, value_name = "VARIABLE", requires = "provider")]
    api_key_env: Option<String>,

    #[command(flatten)]
    output: OutputArgs,
}

/// Makes them.
pub fn embed(args: &EmbedArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let bar = progress::bar("embedding");
    let memory = &opened.memory;
    let embedded = opened.runtime.block_on(async {
        match &args.provider {
            None => {
                memory.restore_embeddings(&opened.rules).await?;
            }
            Some(provider) => {
                let wanted = json!({
                    "provider": provider,
                    "model": args.model,
                    "base_url": args.base_url,
                    "api_key_env": args.api_key_env,
                });
                let wanted = serde_json::from_value(wanted)?;
                memory.configure_embeddings(wanted, &opened.rules).await?;
            }
        }
        let mut shown = |done, all| progress::show(&bar, done, all);
        Ok::<_, anyhow::Error>(memory.embed_all(&mut shown).await?)
    })?;
    bar.finish_and_clear();
    let key = memory.embeddings().key();
    match args.output.get() {
        Output::Json => print_json(&json!({"embedded": embedded, "key": key}))?,
        Output::Pretty => print(&format!("{embedded} texts embedded; searched is {key}"))?,
    }
    Ok(ExitStatus::Success)
}
