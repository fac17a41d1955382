//! Sends spans by HTTP, on the thread that batches them, which does nothing else.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use opentelemetry_otlp::{SpanExporter as Otlp, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use tokio::runtime::{Builder, Runtime};

use super::TelemetryError;

/// How long a connection to a collector may take. How long it may take in all, the standard's variables say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The exporter of OTLP, with a runtime of its own.
#[derive(Debug)]
pub struct Exporter {
    otlp: Otlp,
    runtime: Runtime,
    place: String,
    /// Whether the last batch could not be sent, which was told then.
    is_failing: AtomicBool,
}

impl Exporter {
    /// One that sends to `url`, or where the standard's variables say; `place` is for people.
    ///
    /// # Errors
    /// Nothing can be sent there.
    pub fn new(url: Option<String>, place: &str) -> Result<Self, TelemetryError> {
        let failed = |why: String| TelemetryError::Endpoint {
            place: place.to_owned(),
            why,
        };
        // Whoever came first may have chosen another cryptography, which then stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = client.map_err(|error| failed(error.to_string()))?;
        let otlp = Otlp::builder().with_http().with_http_client(client);
        let otlp = match url {
            Some(url) => otlp.with_endpoint(url),
            None => otlp,
        };
        let otlp = otlp.build().map_err(|error| failed(error.to_string()))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Self {
            otlp,
            runtime: runtime.map_err(|error| failed(error.to_string()))?,
            place: place.to_owned(),
            is_failing: AtomicBool::new(false),
        })
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.runtime.block_on(self.otlp.export(batch));
        let was_failing = self.is_failing.swap(sent.is_err(), Relaxed);
        match &sent {
            Err(error) if !was_failing => {
                tracing::warn!(place = self.place, %error, "traces cannot be sent; nothing more is said of it until they can");
            }
            Ok(()) if was_failing => {
                tracing::info!(place = self.place, "traces can be sent again");
            }
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.otlp.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.otlp.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}
