//! Logs. They go to standard error only: standard output belongs to results and to the protocol.

use std::io::IsTerminal as _;

use tracing_subscriber::{
    EnvFilter, Layer, filter::LevelFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};
use vesicle::{
    config::LogFormat,
    secrets::Secrets,
    telemetry::{TRACE, Telemetry},
};

/// What is logged where `RUST_LOG` does not say. What of the SDK's own lines matters is logged by
/// whoever uses it, in words that are not about its types.
const USUAL: &str = "warn,rmcp=off";
/// The same, for commands that say themselves how the servers stand.
const TELLING: &str = "warn,rmcp=off,vesicle_bridge::connection=error";

/// Starts logging. What is logged follows `RUST_LOG`; without it, warnings and errors. Secrets are
/// taken out.
pub fn init(format: LogFormat, secrets: Secrets) {
    start(format, secrets, USUAL, None);
}

/// The same, with traces where there are some.
pub fn init_with(telemetry: &Telemetry, format: LogFormat, secrets: Secrets) {
    start(format, secrets, USUAL, Some(telemetry));
    telemetry.tell();
}

/// The same for a command that tells how the servers stand: no log line says so as well.
pub fn init_for_telling(format: LogFormat, secrets: Secrets) {
    start(format, secrets, TELLING, None);
}

fn start(format: LogFormat, secrets: Secrets, unless_told: &str, telemetry: Option<&Telemetry>) {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(told) if !told.is_empty() => filter.parse_lossy(told),
        _ => filter.parse_lossy(unless_told),
    };
    // Spans are for traces; lines would only be longer for them.
    let filter = match format!("{TRACE}=off").parse() {
        Ok(no_spans) => filter.add_directive(no_spans),
        Err(_) => filter,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || secrets.writer(std::io::stderr()))
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
    match telemetry.and_then(Telemetry::layer) {
        None => subscriber.init(),
        Some(traces) => subscriber.with(traces).init(),
    }
}
