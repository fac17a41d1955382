//! What a plugin may do, made ready for a call: rights as the sandbox has them. A limit that nobody granted is the
//! profile's, and so is all that no right speaks of.

use std::sync::Arc;

use vesicle_memory::store::DomainGrant;
use vesicle_plugins::{
    grants::{Effective, GrantedPreopen, Rights},
    name::PluginName,
};
use vesicle_sandbox::{
    AllowedHost, Directory, DirectoryError, Files, Grants, HostError, Limits, Network, ToolCall,
    Transport,
};

use crate::{
    config::{HostEntry, LIMIT_KEYS, Preopen},
    memory::{LazyMemory, ProgramMemory, Programs},
    state::SessionState,
};

/// Why what was granted cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// A directory.
    #[error("{0}; change it with `vesicle plugin grant`")]
    Directory(#[from] DirectoryError),
    /// A host.
    #[error("{0}; change it with `vesicle plugin grant`")]
    Host(#[from] HostError),
}

/// What all plugins share that a call may reach.
pub struct Surroundings {
    pub(crate) state: SessionState,
    pub(crate) memory: LazyMemory,
    pub(crate) transport: Arc<Transport>,
}

impl Surroundings {
    /// What a call of this plugin may use, where `tools` are those of other servers and plugins that it may call.
    ///
    /// # Errors
    /// A directory or a host that was granted cannot be had.
    pub fn grants(
        &self,
        plugin: &PluginName,
        rights: &Rights,
        tools: Arc<dyn ToolCall>,
    ) -> Result<Grants, GrantError> {
        let Effective {
            preopens,
            hosts,
            env,
            memory,
            state,
            ..
        } = &rights.effective;
        let mut grants = Grants::default();
        let directories: Result<Vec<_>, _> = preopens.iter().map(directory).collect();
        grants.files = Files::new(directories?)?;
        let hosts: Result<Vec<AllowedHost>, _> = hosts
            .iter()
            .map(|host| {
                let entry = HostEntry {
                    host: host.host.as_str().to_owned(),
                    addresses: host.addresses.clone(),
                };
                entry.grant()
            })
            .collect();
        grants.network = Network::new(hosts?, self.transport.clone());
        let set = env.iter().filter_map(|name| {
            let value = std::env::var(name).ok()?;
            Some((name.clone(), value))
        });
        grants.environment = set.collect();
        grants.tools = tools;
        if !memory.domains.is_empty() && self.memory.is_enabled() {
            let domains = memory.domains.iter().map(ToString::to_string).collect();
            let programs = match memory.record {
                true => Programs::Record,
                false => Programs::Query,
            };
            let memory =
                ProgramMemory::new(self.memory.clone(), DomainGrant::new(domains), programs);
            grants.memories = Arc::new(memory.of_plugin());
        }
        if *state {
            grants.state = Arc::new(self.state.of_plugin(plugin.as_str()));
        }
        Ok(grants)
    }
}

/// How much a call may use, where the profile has `limits`.
pub fn as_limits(effective: &Effective, limits: Limits) -> Limits {
    let mut changed = limits;
    for key in &LIMIT_KEYS {
        let of_profile = (key.get)(&limits);
        let value = effective.limit(key.name, of_profile);
        if value != of_profile {
            (key.set)(
                &mut changed,
                value.clamp(*key.range.start(), *key.range.end()),
            );
        }
    }
    changed
}

fn directory(granted: &GrantedPreopen) -> Result<Directory, DirectoryError> {
    let mut preopen = Preopen::new(granted.host.clone(), granted.guest.clone());
    preopen.access = granted.access.to_string();
    preopen.quota_mb = granted.quota_mb.unwrap_or(preopen.quota_mb);
    preopen.quota_files = granted.quota_files.unwrap_or(preopen.quota_files);
    preopen.open()
}

#[cfg(test)]
mod tests {
    use vesicle_plugins::permissions::LIMIT_NAMES;

    use super::*;

    #[test]
    fn limits_are_those_of_the_profile_but_for_what_was_granted() {
        let mut effective = Effective::default();
        let profile = Limits::default();
        assert_eq!(as_limits(&effective, profile), profile);
        effective.asked_limits.set("memory_mb", 200);
        assert_eq!(as_limits(&effective, profile), profile, "not granted");
        effective.granted_limits.set("memory_mb", 128);
        assert_eq!(as_limits(&effective, profile).memory_bytes, 128 << 20);
        effective.granted_limits.set("memory_mb", 1 << 30);
        effective.asked_limits.set("memory_mb", 1 << 30);
        let most = LIMIT_KEYS
            .iter()
            .find(|key| key.name == "memory_mb")
            .unwrap();
        assert_eq!(
            as_limits(&effective, profile).memory_bytes,
            (*most.range.end() as usize) << 20
        );
    }

    #[test]
    fn every_limit_of_a_manifest_is_one_of_a_profile() {
        for name in LIMIT_NAMES {
            assert!(LIMIT_KEYS.iter().any(|key| key.name == name), "{name}");
        }
    }
}
