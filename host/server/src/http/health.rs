//! Whether the host lives, whether it can be sent requests, and its figures.

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing,
};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::gate::Gate;
use crate::metrics::Metrics;

/// How long one part of the host may take to say how it is.
const CHECK_MAX: Duration = Duration::from_secs(5);
/// How long what it said holds.
const CHECKED_FOR: Duration = Duration::from_secs(1);

/// What has to be free where the host keeps what lasts, in bytes.
const FREE_BYTES_MIN: u64 = 64 << 20;

/// Says what is wrong with a part of the host.
pub type Check =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What the host is asked for about itself.
pub struct Health {
    /// Its parts, by name.
    pub checks: Vec<(&'static str, Check)>,
    /// Its figures.
    pub metrics: Metrics,
}

struct Asked {
    health: Arc<Health>,
    gate: Arc<Gate>,
    /// What the checks came to, and when.
    last: Mutex<Option<(Instant, Vec<Checked>)>>,
}

/// The name of a part, and what is wrong with it.
type Checked = (&'static str, Result<(), String>);

/// `/healthz`, `/readyz` and `/metrics`.
pub fn routes(health: Arc<Health>, gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/healthz", routing::get(async || "ok\n"))
        .route("/readyz", routing::get(ready))
        .route("/metrics", routing::get(metrics))
        .with_state(Arc::new(Asked {
            health,
            gate,
            last: Mutex::default(),
        }))
}

impl Asked {
    /// How the parts are. Anybody may ask, so that many who do get one answer.
    async fn checked(&self) -> Vec<Checked> {
        let mut last = self.last.lock().await;
        if let Some((when, parts)) = &*last
            && when.elapsed() < CHECKED_FOR
        {
            return parts.clone();
        }
        let mut parts = Vec::new();
        for (name, check) in &self.health.checks {
            let checked = tokio::time::timeout(CHECK_MAX, check()).await;
            let late = || Err(format!("no answer within {} s", CHECK_MAX.as_secs()));
            let checked = checked.unwrap_or_else(|_| late());
            if let Err(why) = &checked {
                tracing::warn!(part = name, why, "a part of the host is not well");
            }
            parts.push((*name, checked));
        }
        *last = Some((Instant::now(), parts.clone()));
        parts
    }
}

/// 200 where every part is well, and 503 where one is not. What is wrong may name paths and databases, so that where there
/// are accounts it is only logged.
async fn ready(State(asked): State<Arc<Asked>>) -> Response {
    let tells = asked.gate.authority.is_none();
    let parts = asked.checked().await;
    let is_ending = asked.gate.drain.is_ending();
    let is_ready = !is_ending && parts.iter().all(|(_, checked)| checked.is_ok());
    let told = parts.into_iter().map(|(name, checked)| match checked {
        Ok(()) => (name.to_owned(), json!("ok")),
        Err(why) if tells => (name.to_owned(), json!(why)),
        Err(_) => (
            name.to_owned(),
            json!("not well; its operator finds the reason in the log"),
        ),
    });
    let ending = is_ending.then(|| ("host".to_owned(), json!("ending")));
    let told: Map<String, Value> = told.chain(ending).collect();
    let status = match is_ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(told)).into_response()
}

/// In the text format of OpenMetrics; for admins, where there are accounts.
async fn metrics(State(asked): State<Arc<Asked>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let client = match asked.gate.client(&head).await {
        Ok(client) => client,
        Err(refusal) => return super::gate::refused(&refusal),
    };
    if client
        .account
        .as_ref()
        .is_some_and(|account| !account.admin)
    {
        let why = "figures of the whole host are for accounts with `admin = true`\n";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let metrics = &asked.health.metrics;
    metrics.sessions(asked.gate.clients.sessions().await);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], metrics.encode()).into_response()
}

/// Whether there is room for what the host writes.
///
/// # Errors
/// There is not, in words.
pub fn has_room(directory: &Path) -> Result<(), String> {
    // It is made when something is first written there.
    let there = directory.ancestors().find(|directory| directory.is_dir());
    let Some(there) = there else {
        return Err(format!("`{}` is not there", directory.display()));
    };
    let found = rustix::fs::statvfs(there);
    let found = found.map_err(|error| format!("`{}`: {error}", there.display()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    match free >= FREE_BYTES_MIN {
        true => Ok(()),
        false => Err(format!(
            "`{}` has {} MB left, and should have {}",
            there.display(),
            free >> 20,
            FREE_BYTES_MIN >> 20
        )),
    }
}
