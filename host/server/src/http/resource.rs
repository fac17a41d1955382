//! Tells clients whose tokens this host takes (RFC 9728): anybody, since who has none needs it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing,
};

use super::MCP_PATH;
use crate::accounts::oauth::{METADATA_PATH, ResourceServer};

/// The metadata, at its path alone and with the resource's behind it: clients look there in turn.
pub fn routes(oauth: Option<Arc<ResourceServer>>) -> Router {
    let Some(oauth) = oauth else {
        return Router::new();
    };
    Router::new()
        .route(METADATA_PATH, routing::get(metadata))
        .route(&format!("{METADATA_PATH}/{{*path}}"), routing::get(of_path))
        .with_state(oauth)
}

async fn metadata(State(oauth): State<Arc<ResourceServer>>) -> Response {
    Json(oauth.metadata()).into_response()
}

async fn of_path(State(oauth): State<Arc<ResourceServer>>, Path(path): Path<String>) -> Response {
    let path = format!("/{path}");
    match path == MCP_PATH || path == oauth.resource_path() {
        true => metadata(State(oauth)).await,
        false => StatusCode::NOT_FOUND.into_response(),
    }
}
