//! Where compiled components are kept.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use super::GLOBAL_OPTIONS;

/// Options about the cache, for every command.
#[derive(Debug, clap::Args)]
pub struct CacheArgs {
    /// Where compiled components are kept [default: `vesicle` in the user's cache directory]
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL_OPTIONS,
        env = "VESICLE_CACHE_DIR",
        hide_env_values = true,
        value_name = "DIR"
    )]
    cache_dir: Option<PathBuf>,

    /// Keep nothing on disk: every start compiles, which takes seconds
    #[arg(long, global = true, help_heading = GLOBAL_OPTIONS, conflicts_with = "cache_dir")]
    no_cache: bool,
}

impl CacheArgs {
    /// The directory; `None` for no cache.
    pub fn dir(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        self.cache_dir.clone().or_else(|| {
            match etcetera::choose_base_strategy() {
                Ok(strategy) => Some(strategy.cache_dir().join("vesicle")),
                Err(error) => {
                    tracing::warn!(%error, "no cache directory, so every start compiles; give --cache-dir");
                    None
                }
            }
        })
    }
}
