//! Packages of plugins, as whoever installs them sees them.

// Helpers are tests too, which clippy cannot see.
#![allow(clippy::unwrap_used, clippy::panic)]

mod collecting;
mod crashes;
mod disk;
mod grants;
mod manifests;
mod model;
mod processes;
mod signatures;
mod sources;
mod store;
mod support;
mod verifying;
