//! Traces over OTLP: where the time of a call went, told to whoever collects traces. Off unless the configuration or the
//! environment says where to; then no span is made, and asking whether one is wanted costs a comparison.
//!
//! Spans are `tracing`'s, under one target that log lines leave out (`vesicle_sandbox::TRACE`). They have names and
//! outcomes, and nothing that code, its input or its results say.

mod context;
mod exporter;

use std::{env, time::Duration};

use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    registry::LookupSpan,
};
use vesicle_bridge::CurrentTrace;

pub use context::{TRACESTATE_BYTES_MAX, call_span, ended};
use exporter::Exporter;
pub use vesicle_sandbox::TRACE;

/// How long sending the last spans may take.
const END_WAIT: Duration = Duration::from_secs(5);
/// Where traces go by the standard's variables; the first counts.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
/// How they go, by the same.
const PROTOCOLS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
/// The one way that they go here.
const PROTOCOL: &str = "http/protobuf";
/// What spans are of, unless the environment says otherwise.
const SERVICE: &str = "vesicle";

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Nothing can be sent there.
    #[error(
        "traces cannot be sent to {place}: {why}; see `otlp` under [telemetry], or OTEL_EXPORTER_OTLP_ENDPOINT"
    )]
    Endpoint {
        /// Where they were to go.
        place: String,
        /// Why not.
        why: String,
    },
}

/// The traces of this process.
#[derive(Debug)]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Sends traces to `otlp`, such as `http://127.0.0.1:4318`, or where the standard's variables say; nowhere if neither
    /// says anything, or the variables switch traces off.
    ///
    /// # Errors
    /// See [`TelemetryError`].
    pub fn start(otlp: Option<&str>) -> Result<Self, TelemetryError> {
        let is = |name: &str, value: &str| env::var(name).is_ok_and(|told| told == value);
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(Self(None));
        }
        let by_environment = ENDPOINTS.iter().filter_map(told).next();
        let Some(place) = otlp.map(str::to_owned).or(by_environment) else {
            return Ok(Self(None));
        };
        let exporter = Exporter::new(otlp.map(traces_at), &place)?;
        let resource = Resource::builder();
        let is_named = told(&"OTEL_SERVICE_NAME").is_some()
            || told(&"OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
        let resource = match is_named {
            true => resource,
            false => resource.with_service_name(SERVICE),
        };
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        // The queue is bounded; a span that has no room in it is dropped, and no call waits.
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.with_attribute(version).build())
            .build();
        Ok(Self(Some(provider)))
    }

    /// What log lines are set up with, so that spans become traces; none where nothing is traced.
    pub fn layer<S>(&self) -> Option<impl Layer<S> + Send + Sync + use<S>>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let provider = self.0.as_ref()?;
        let spans = Targets::new().with_target(TRACE, LevelFilter::INFO);
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        Some(layer.with_filter(spans))
    }

    /// What tells other servers which trace their calls belong to.
    pub fn current_trace(&self) -> Option<CurrentTrace> {
        self.0.as_ref().map(|_| context::current as CurrentTrace)
    }

    /// Tells what cannot be as the environment asks for it. For when log lines are set up.
    pub fn tell(&self) {
        let asked = PROTOCOLS.iter().filter_map(told).next();
        if let (Some(_), Some(asked)) = (&self.0, asked.filter(|asked| asked != PROTOCOL)) {
            tracing::warn!(asked, "traces go by {PROTOCOL}, which is the only way here");
        }
    }

    /// Sends what is left, and waits for it some seconds at most.
    pub fn end(self) {
        if let Some(provider) = self.0 {
            // What could not be sent was told by the exporter.
            let _ = provider.shutdown_with_timeout(END_WAIT);
        }
    }
}

/// What a variable says, if it says anything.
fn told(name: &&str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// The place of traces at a collector: by the standard's path, unless it is given with one.
fn traces_at(collector: &str) -> String {
    let rest = collector
        .split_once("://")
        .map_or(collector, |(_, rest)| rest);
    match rest.trim_end_matches('/').contains('/') {
        true => collector.to_owned(),
        false => format!("{}/v1/traces", collector.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_has_its_traces_at_the_usual_path() {
        for (told, place) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://collector/", "https://collector/v1/traces"),
            (
                "https://x.example/otlp/traces",
                "https://x.example/otlp/traces",
            ),
        ] {
            assert_eq!(traces_at(told), place);
        }
    }
}
