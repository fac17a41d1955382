//! Logs. They go to standard error only: standard output belongs to results and to the protocol.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, filter::LevelFilter};
use vesicle::{config::LogFormat, secrets::Secrets};

/// Starts logging. What is logged follows `RUST_LOG`; without it, warnings and errors. Secrets are
/// taken out.
pub fn init(format: LogFormat, secrets: Secrets) {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || secrets.writer(std::io::stderr()))
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
