//! Whether the host lives, whether it can be sent requests, and its figures.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing,
};
use serde_json::{Map, Value, json};

use super::gate::Gate;
use crate::metrics::{self, Figures};

struct Asked {
    figures: Figures,
    gate: Arc<Gate>,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn routes(figures: Figures, gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/healthz", routing::get(async || "ok\n"))
        .route("/readyz", routing::get(ready))
        .route("/metrics", routing::get(metrics))
        .with_state(Arc::new(Asked { figures, gate }))
}

/// 200 where every part is well, and 503 where one is not. What is wrong may name paths and databases, so that where there
/// are accounts it is only logged.
async fn ready(State(asked): State<Arc<Asked>>) -> Response {
    let tells = asked.gate.authority.is_none();
    let parts = asked.figures.parts().await;
    let is_ending = asked.gate.drain.is_ending();
    let is_ready = !is_ending && parts.iter().all(|part| part.state.is_ok());
    let told = parts.into_iter().map(|part| {
        let state = part.told(tells);
        let why = state.state.err().unwrap_or_else(|| "ok".to_owned());
        (state.name.to_owned(), json!(why))
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
    let text = metrics::encode(asked.figures.snapshot().await);
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response()
}
