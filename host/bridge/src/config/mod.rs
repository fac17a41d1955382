//! Which servers there are and what calls of them may cost.
//!
//! Definitions come in the `mcpServers` shape that other clients use ([`mcp_servers`]); the policy beside them is ours.

mod expand;
mod mcp_servers;
mod name;
mod policy;
mod stream;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::trace::CurrentTrace;
pub use expand::Variables;
pub use mcp_servers::{Definitions, DefinitionsError, MCP_SERVERS_BYTES_MAX, Problem};
pub use name::{InvalidServerName, SERVER_NAME_BYTES_MAX, ServerName};
pub use policy::{BridgeLimits, Fallback, InvalidPolicy, ServerPolicy, Start, ToolOverride};
pub use stream::{ByteStream, Connector};

/// Everything that [`crate::Bridge::start`] needs to know.
#[derive(Debug, Clone, Default)]
pub struct BridgeConfig {
    /// The servers, each under a name of its own.
    pub servers: Vec<ServerConfig>,
    /// A private directory for approved definitions, lists of tools and credentials. Without one, nothing is
    /// remembered: every definition counts as seen for the first time.
    pub data_directory: Option<PathBuf>,
    /// Bounds that hold for all servers together.
    pub limits: BridgeLimits,
    /// What tells the trace that calls belong to, where there are traces.
    pub trace: Option<CurrentTrace>,
}

/// One server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// What programs call it.
    pub name: ServerName,
    /// How it is reached.
    pub transport: Transport,
    /// What calls of it may cost.
    pub policy: ServerPolicy,
}

/// How a server is reached.
#[derive(Clone, PartialEq, Eq)]
pub enum Transport {
    /// A child process that speaks over its standard input and output.
    Stdio {
        /// A program's path, or its name in `PATH`.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Its environment, besides what every child gets.
        env: BTreeMap<String, String>,
        /// Where it runs; the host's own directory unless given.
        cwd: Option<PathBuf>,
    },
    /// MCP over streamable HTTP.
    Http {
        /// The endpoint.
        url: String,
        /// Headers of every request.
        headers: BTreeMap<String, String>,
        /// A bearer token, without the word `Bearer`.
        bearer: Option<String>,
    },
    /// A stream of bytes that the embedding program opens, to a server in the same process for one.
    Stream(Connector),
}

impl std::fmt::Debug for Transport {
    /// Leaves out the values of variables and headers, and the token: they are mostly secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stdio {
                command,
                args,
                env,
                cwd,
            } => f
                .debug_struct("Stdio")
                .field("command", command)
                .field("args", args)
                .field("env", &env.keys().collect::<Vec<_>>())
                .field("cwd", cwd)
                .finish(),
            Self::Http { url, headers, .. } => f
                .debug_struct("Http")
                .field("url", url)
                .field("headers", &headers.keys().collect::<Vec<_>>())
                .finish_non_exhaustive(),
            Self::Stream(connector) => connector.fmt(f),
        }
    }
}
