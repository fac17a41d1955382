//! Other MCP servers, for code that runs in a sandbox.

mod bridge;
mod call;
mod catalog;
mod config;
mod connection;
mod digest;
pub mod discovery;
mod error;
pub mod generate;
pub mod hygiene;
pub mod learned;
mod listings;
mod metrics;
pub mod names;
mod nearest;
pub mod observed;
mod pins;
mod private;
pub mod rust;
pub mod schema;
pub mod search;
mod status;
pub mod tokens;
mod trace;
pub mod typescript;

pub use bridge::{ApproveError, Bridge, StartError};
pub use call::{
    AskConsent, CONSENT_TIMEOUT, CallReply, Caller, Consent, ConsentRequest, Decision, Grants,
    InvalidPattern, Shape, value_of,
};
pub use catalog::{Catalog, CatalogServer, CatalogTool, Source};
pub use config::*;
pub use connection::{LOGIN_TIMEOUT, LoginError, start_spawner};
pub use digest::Digest;
pub use error::{ErrorCode, ToolError};
pub use metrics::{Counts, Latencies, ServerMetrics};
pub use pins::Standing;
pub use status::{ServerStatus, State};
pub use trace::{CurrentTrace, TRACE, TraceContext};
