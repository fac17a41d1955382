//! Other MCP servers, for code that runs in a sandbox.

mod bridge;
mod call;
mod catalog;
mod config;
mod connection;
mod digest;
mod error;
mod listings;
mod metrics;
mod nearest;
mod pins;
mod private;
mod status;

pub use bridge::{ApproveError, Bridge, StartError};
pub use call::{
    AskConsent, CONSENT_TIMEOUT, CallReply, Caller, Consent, ConsentRequest, Decision, Grants,
    InvalidPattern, Shape,
};
pub use catalog::{Catalog, CatalogServer, CatalogTool, Source};
pub use config::*;
pub use connection::{LOGIN_TIMEOUT, LoginError};
pub use digest::Digest;
pub use error::{ErrorCode, ToolError};
pub use metrics::{Counts, ServerMetrics};
pub use pins::Standing;
pub use status::{ServerStatus, State};
