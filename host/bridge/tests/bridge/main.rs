//! The bridge with real servers. `tests/clients/setup.sh` installs what they need.

// Helpers are tests too, which clippy cannot see.
#![allow(clippy::unwrap_used)]

mod catalog;
mod hostile;
mod http;
mod lifetime;
mod login;
mod memory_server;
mod official;
mod policy;
mod recovery;
mod support;
