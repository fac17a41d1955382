//! The bridge with real servers. `tests/clients/setup.sh` installs what they need.

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
