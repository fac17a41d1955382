//! Packages of plugins, as whoever installs them sees them.

mod collecting;
mod crashes;
mod disk;
mod grants;
mod manifests;
mod processes;
mod signatures;
mod store;
mod support;
mod verifying;
