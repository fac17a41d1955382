//! Vesicle's server: puts the sandbox behind the Model Context Protocol. The command line around it
//! is in the binary.

pub mod accounts;
pub mod audit;
pub mod config;
pub mod harmless;
pub mod http;
pub mod import;
pub mod lazy;
pub mod limits;
pub mod live;
pub mod lockdown;
pub mod mcp;
pub mod memory;
pub mod metrics;
pub mod plugins;
pub mod secrets;
mod state;
pub mod telemetry;
pub mod tools;
