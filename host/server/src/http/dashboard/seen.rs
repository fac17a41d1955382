//! What an account has that the dashboard shows.

use std::sync::Arc;

use super::savings::Savings;
use crate::{
    audit::Audit, limits::Policy, memory::LazyMemory, plugins::Dispatcher, secrets::Secrets,
    tools::Toolbox,
};

/// Parts of a host, as an account has it.
pub struct Seen {
    /// The other servers.
    pub toolbox: Toolbox,
    /// What its calls get.
    pub policy: Arc<Policy>,
    /// Its plugins, if there is a place for them.
    pub plugins: Option<Dispatcher>,
    /// Its memory of past work.
    pub memory: LazyMemory,
    /// What is taken out of whatever is told.
    pub secrets: Secrets,
    /// The log, which also tells what happens.
    pub audit: Audit,
    /// What it saves a model.
    pub(super) savings: Savings,
}

impl Seen {
    /// Of these parts.
    pub fn new(
        (toolbox, policy): (Toolbox, Arc<Policy>),
        plugins: Option<Dispatcher>,
        memory: LazyMemory,
        (secrets, audit): (Secrets, Audit),
    ) -> Self {
        Self {
            toolbox,
            policy,
            plugins,
            memory,
            secrets,
            audit,
            savings: Savings::default(),
        }
    }
}
