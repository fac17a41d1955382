//! What the operator grants to plugins: a file of the operator's own, apart from what plugins say of themselves.
//!
//! A grant is for one plugin as it is: for a name and the digest of a component. Whoever changes the component, by whatever
//! way, has a plugin without a grant. What holds is what was asked for and granted, both.

mod edit;
mod file;
mod read;
mod rights;
mod shares;

pub use file::{GRANTS_MAX, GrantsFile};
pub use rights::{Effective, Right, Rights, limit};
pub use shares::{Share, env, flag, hosts, memory, preopens, tools};

use std::fmt;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::name::PluginName;
use crate::permissions::{Access, HostPattern, Limits, Memory, Permissions, ToolPattern};

/// What one plugin is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The plugin.
    pub plugin: PluginName,
    /// The component that the operator looked at.
    pub digest: Digest,
    /// What it may have, if it asks for it.
    pub granted: Granted,
}

/// Things that are granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// Directories of the host.
    pub preopens: Vec<GrantedPreopen>,
    /// Hosts that requests go to.
    pub hosts: Vec<GrantedHost>,
    /// Variables of the host's environment.
    pub env: Vec<String>,
    /// Tools of other servers.
    pub tools: Vec<ToolPattern>,
    /// The memory of past work.
    pub memory: Memory,
    /// Values that are kept for a session.
    pub state: bool,
    /// Questions to whoever called it.
    pub questions: bool,
    /// The widest limits.
    pub limits: Limits,
}

impl Granted {
    /// All that is asked for and that can be granted as it is asked for: everything but directories, of which only the
    /// operator knows where they are.
    pub fn as_asked(asked: &Permissions) -> Self {
        let host = |host: &HostPattern| GrantedHost {
            host: host.clone(),
            addresses: vec![],
        };
        Self {
            preopens: vec![],
            hosts: asked.hosts.iter().map(host).collect(),
            env: asked.env.clone(),
            tools: asked.tools.clone(),
            memory: asked.memory.clone(),
            state: asked.state,
            questions: asked.questions,
            limits: asked.limits.clone(),
        }
    }

    /// All that is asked for, beside directories and places of hosts that are granted already.
    pub fn with_all(&self, asked: &Permissions) -> Self {
        let mut all = Self::as_asked(asked);
        all.preopens = self.preopens.clone();
        for host in &mut all.hosts {
            let same = self.hosts.iter().find(|known| known.host == host.host);
            if let Some(same) = same {
                host.addresses = same.addresses.clone();
            }
        }
        all
    }
}

/// A directory of the host, under a plugin's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedPreopen {
    /// The directory.
    pub host: PathBuf,
    /// The plugin's name for it.
    pub guest: String,
    /// What may be done there.
    pub access: Access,
    /// How much one call may write there, in MB; the host's default where nothing is said.
    pub quota_mb: Option<u64>,
    /// How many files one call may make there; the host's default where nothing is said.
    pub quota_files: Option<u64>,
}

impl fmt::Display for GrantedPreopen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (guest, host) = (&self.guest, self.host.display());
        write!(f, "{guest} = {host} ({}", self.access)?;
        if let Some(mb) = self.quota_mb {
            write!(f, ", {mb} MB")?;
        }
        if let Some(files) = self.quota_files {
            write!(f, ", {files} files")?;
        }
        f.write_str(")")
    }
}

/// A host, and where its name may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedHost {
    /// The host.
    pub host: HostPattern,
    /// Addresses and ranges; public ones where it is empty.
    pub addresses: Vec<String>,
}

impl fmt::Display for GrantedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.addresses.is_empty() {
            true => write!(f, "{}", self.host),
            false => write!(f, "{} at {}", self.host, self.addresses.join(", ")),
        }
    }
}

/// How a plugin stands with the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was ever granted to it.
    Never,
    /// Something was granted to another component of this name. It does not hold.
    Changed(Grant),
    /// This is granted.
    Granted(Grant),
}

impl Standing {
    /// What holds.
    pub fn granted(&self) -> Granted {
        match self {
            Self::Granted(grant) => grant.granted.clone(),
            Self::Never | Self::Changed(_) => Granted::default(),
        }
    }
}
