//! What a plugin asks for.

mod host;
mod limits;
mod pattern;
mod preopen;
mod read;
mod tools;

pub use host::HostPattern;
pub use limits::{LIMIT_MAX, LIMIT_NAMES, Limits};
pub use pattern::{PATTERN_BYTES_MAX, Pattern};
pub use preopen::{Access, AskedPreopen, GUEST_PATH_BYTES_MAX, guest_path};
pub(crate) use read::{env_name, limits, memory};
pub use tools::ToolPattern;

/// How many entries a list of permissions may have.
pub const ENTRIES_MAX: usize = 64;

/// What a manifest asks for. Nothing of it is given by asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Directories.
    pub preopens: Vec<AskedPreopen>,
    /// Hosts that requests go to.
    pub hosts: Vec<HostPattern>,
    /// Variables of the host's environment.
    pub env: Vec<String>,
    /// Tools of other servers.
    pub tools: Vec<ToolPattern>,
    /// The memory of past work.
    pub memory: Memory,
    /// Values that are kept for a session.
    pub state: bool,
    /// Questions to whoever called it: forms, their model, where they work.
    pub questions: bool,
    /// Limits other than those of the profile.
    pub limits: Limits,
}

/// The memory of past work: the domains that are seen, and whether they are also written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Domains; without one there is no memory.
    pub domains: Vec<Pattern>,
    /// Whether episodes may be recorded in them.
    pub record: bool,
}
