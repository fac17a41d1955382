//! What differs between revisions of the protocol.

use rmcp::{RoleServer, model::ProtocolVersion, service::RequestContext};

/// Whether a request belongs to a session: before 2026-07-28. In a session the server may ask the client while a call
/// runs; without one it answers that it needs input, and the call is made again.
pub fn has_sessions(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_none_or(|version| version.as_str() < ProtocolVersion::V_2026_07_28.as_str())
}
