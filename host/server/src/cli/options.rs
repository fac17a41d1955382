//! Options that every command has. Each that sets a key of the configuration is one source of it.

use std::path::{Path, PathBuf};

use vesicle::config::{Configuration, ENV_CONFIG, Flag, LogFormat, MCP_CONFIG, Value};

use super::{GLOBAL_OPTIONS, exit::UsageError};

/// Options for every command.
#[derive(Debug, clap::Args)]
pub struct GlobalArgs {
    /// The configuration file [default: `vesicle.toml` here, then in `vesicle` in the user's
    /// configuration directory]
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL_OPTIONS,
        env = ENV_CONFIG,
        hide_env_values = true,
        value_name = "FILE"
    )]
    config: Option<PathBuf>,

    /// Where compiled components are kept [default: `vesicle` in the user's cache directory] [key:
    /// `sandbox.cache_dir`]
    #[arg(long, global = true, help_heading = GLOBAL_OPTIONS, value_name = "DIR")]
    cache_dir: Option<PathBuf>,

    /// Keep nothing on disk: every start compiles, which takes seconds [key: `sandbox.cache`]
    #[arg(long, global = true, help_heading = GLOBAL_OPTIONS, conflicts_with = "cache_dir")]
    no_cache: bool,

    /// Where what has to last is kept, such as the audit log [default: `vesicle` in the user's data
    /// directory] [key: `data_dir`]
    #[arg(long, global = true, help_heading = GLOBAL_OPTIONS, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// How log lines on standard error look; what is logged follows RUST_LOG [default: text]
    /// [key: `log.format`]
    #[arg(long, global = true, help_heading = GLOBAL_OPTIONS, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

impl GlobalArgs {
    /// The configuration, with these options and a command's own `flags` over it.
    pub fn configuration(&self, flags: Vec<Flag>) -> Result<Configuration, UsageError> {
        let mut flags = flags;
        flags.extend(self.flags());
        Configuration::load(self.config_file(), &flags)
            .map_err(|error| UsageError(error.to_string()))
    }

    /// The configuration file that was named.
    pub fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// What these options say.
    pub fn flags(&self) -> Vec<Flag> {
        let mut flags = Vec::new();
        flags.extend(self.cache_dir.clone().map(|dir| Flag {
            name: "--cache-dir",
            key: "sandbox.cache_dir",
            value: Value::Path(dir),
        }));
        flags.extend(self.data_dir.clone().map(|dir| Flag {
            name: "--data-dir",
            key: "data_dir",
            value: Value::Path(dir),
        }));
        let cache = match (self.no_cache, &self.cache_dir) {
            (true, _) => Some(("--no-cache", false)),
            // Who names a place wants it used, whatever the file says.
            (false, Some(_)) => Some(("--cache-dir", true)),
            (false, None) => None,
        };
        flags.extend(cache.map(|(name, kept)| Flag {
            name,
            key: "sandbox.cache",
            value: Value::Boolean(kept),
        }));
        flags.extend(self.log_format.map(|format| Flag {
            name: "--log-format",
            key: "log.format",
            value: Value::Text(format.name().to_owned()),
        }));
        flags
    }
}

/// Options of commands that reach other MCP servers.
#[derive(Debug, clap::Args)]
pub struct ServerArgs {
    /// A file with other MCP servers, in the `mcpServers` shape of other clients: code calls their
    /// tools as `tools.SERVER.TOOL(…)` [default: `.mcp.json` here] [key: `tools.mcp_config`]
    #[arg(long, value_name = "FILE")]
    mcp_config: Option<PathBuf>,
}

impl ServerArgs {
    /// What these options say.
    pub fn flag(&self) -> Option<Flag> {
        self.mcp_config.clone().map(|file| Flag {
            name: "--mcp-config",
            key: MCP_CONFIG,
            value: Value::Path(file),
        })
    }
}

/// What `--isolation` says.
pub fn isolation_flag(place: Option<&str>) -> Option<Flag> {
    place.map(|place| Flag {
        name: "--isolation",
        key: "sandbox.isolation",
        value: Value::Text(place.to_owned()),
    })
}

/// What `--session` says.
pub fn session_flag(name: Option<&str>) -> Option<Flag> {
    name.map(|name| Flag {
        name: "--session",
        key: "state.session",
        value: Value::Text(name.to_owned()),
    })
}
