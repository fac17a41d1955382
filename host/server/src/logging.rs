//! Logs. They go to standard error only: standard output belongs to results and to the protocol.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, filter::LevelFilter};
use vesicle::{config::LogFormat, secrets::Secrets};

/// What is logged where `RUST_LOG` does not say. What of the SDK's own lines matters is logged by
/// whoever uses it, in words that are not about its types.
const USUAL: &str = "warn,rmcp=off";
/// The same, for commands that say themselves how the servers stand.
const TELLING: &str = "warn,rmcp=off,vesicle_bridge::connection=error";

/// Starts logging. What is logged follows `RUST_LOG`; without it, warnings and errors. Secrets are
/// taken out.
pub fn init(format: LogFormat, secrets: Secrets) {
    start(format, secrets, USUAL);
}

/// The same for a command that tells how the servers stand: no log line says so as well.
pub fn init_for_telling(format: LogFormat, secrets: Secrets) {
    start(format, secrets, TELLING);
}

fn start(format: LogFormat, secrets: Secrets, unless_told: &str) {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(told) if !told.is_empty() => filter.parse_lossy(told),
        _ => filter.parse_lossy(unless_told),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || secrets.writer(std::io::stderr()))
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
