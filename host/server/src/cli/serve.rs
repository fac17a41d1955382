//! `vesicle serve`.

use anyhow::Context as _;
use vesicle_sandbox::Config;

use super::{ExitStatus, cache::CacheArgs};

/// Serve the Model Context Protocol over standard input and output
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// How many executions may be alive at once; further calls wait
    #[arg(long, value_name = "COUNT", default_value_t = Config::default().concurrency_max,
          value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: u32,
}

/// Serves until the client is gone.
pub fn run(args: &ServeArgs, cache: &CacheArgs) -> anyhow::Result<ExitStatus> {
    let config = Config {
        cache_dir: cache.dir(),
        concurrency_max: args.concurrency,
        ..Config::default()
    };
    vesicle::mcp::serve(config).context("the MCP server stopped")?;
    Ok(ExitStatus::Success)
}
