//! Grants, by an admin who saw what is asked for. The same is done as by `vesicle plugin grant NAME --all`, and logged.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json, value::to_raw_value};
use vesicle_plugins::name::PluginName;

use super::{Dashboard, Viewer, is_from_a_page, of_json, plugins, redacted, wrong};
use crate::{
    audit::{Begun, Ended, Who},
    http::clients::Client,
};

/// What the log calls the client.
const CLIENT: &str = "dashboard";

/// What is to be granted all that it asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Whose plugin it is.
    account: Option<String>,
    /// Its name.
    plugin: String,
    /// Its component, as the admin was shown it: another one may ask for other rights.
    digest: String,
}

type Failed = (StatusCode, String);

/// Grants.
pub async fn grant(State(dashboard): State<Arc<Dashboard>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let viewer = match dashboard.viewer(&head).await {
        Ok(viewer) => viewer,
        Err(response) => {
            dashboard.gate.bodies.discard(body).await;
            return *response;
        }
    };
    let body = dashboard.gate.bodies.read(body, None).await;
    let body = match body {
        Ok(body) => body,
        Err(error) => return wrong(error.status(), &error.to_string()),
    };
    if !is_from_a_page(&head) {
        let why = "grants come from the dashboard's page, and this request names none in `Origin`";
        return wrong(StatusCode::FORBIDDEN, why);
    }
    let is_json = head.headers.get(header::CONTENT_TYPE);
    if is_json.is_none_or(|kind| kind.as_bytes() != b"application/json") {
        return wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json");
    }
    if !viewer.may_grant {
        let why = "rights are granted here by accounts with `admin = true`; elsewhere `vesicle plugin grant` grants them";
        return wrong(StatusCode::FORBIDDEN, why);
    }
    let wanted = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => return wrong(StatusCode::BAD_REQUEST, &format!("the grant: {error}")),
    };
    match dashboard.granted(&viewer, &wanted).await {
        Ok(told) => of_json(redacted(&viewer, &told)),
        Err((status, why)) => wrong(status, &viewer.seen().secrets.redact(why)),
    }
}

impl Dashboard {
    async fn granted(&self, viewer: &Viewer, wanted: &Wanted) -> Result<Value, Failed> {
        let owners = self.owners(viewer);
        let owner = owners.iter().find(|owner| {
            let name = owner.account.as_ref().map(|account| &account.name);
            name == wanted.account.as_ref()
        });
        let absent = || (StatusCode::NOT_FOUND, "there is no such account".to_owned());
        let owner = owner.ok_or_else(absent)?;
        let seen = viewer.seen();
        let of = wanted.account.as_deref();
        let of = of.map(|account| format!("{account}/")).unwrap_or_default();
        // Which plugin, and which component of it, is what a reader of the log wants to know.
        let tool = format!("grant:{of}{}", wanted.plugin);
        let input = to_raw_value(&json!({"plugin": wanted.plugin, "digest": wanted.digest}));
        let begun = Begun {
            tool: &crate::audit::shortened(&tool),
            profile: &seen.policy.default_profile().name,
            code: &wanted.digest,
            input: &input.unwrap_or_default(),
        };
        let who = || Who {
            client: CLIENT.to_owned(),
            version: None,
            account: viewer.name().map(str::to_owned),
        };
        let failed = |why: &dyn ToString| (StatusCode::INTERNAL_SERVER_ERROR, why.to_string());
        let recording = seen.audit.begin(begun, who);
        let recording = recording.map_err(|refused| failed(&refused))?;
        let granted = written(owner, wanted).await;
        let ended = match granted {
            Ok(_) => "success",
            Err(_) => "error",
        };
        let logged = recording.end(Ended::otherwise(ended)).await;
        logged.map_err(|refused| failed(&refused))?;
        if granted.is_ok() {
            tracing::info!(by = viewer.name(), what = tool, "granted by the dashboard");
        }
        granted
    }
}

async fn written(owner: &Client, wanted: &Wanted) -> Result<Value, Failed> {
    let failed = |why: &dyn ToString| (StatusCode::INTERNAL_SERVER_ERROR, why.to_string());
    let missing = || {
        let why = format!("there is no plugin `{}`", wanted.plugin);
        (StatusCode::NOT_FOUND, why)
    };
    let name = PluginName::parse(&wanted.plugin).map_err(|_| missing())?;
    let dispatcher = owner.seen.plugins.as_ref().ok_or_else(missing)?;
    let shelf = dispatcher.shelf().await.map_err(|error| failed(&error))?;
    let listed = shelf.plugin(&name).ok_or_else(missing)?;
    if listed.manifest.contents().digest.to_string() != wanted.digest {
        let why = format!("`{name}` has changed since it was shown; look at what it asks for now");
        return Err((StatusCode::CONFLICT, why));
    }
    let granted = dispatcher.grant(&listed.manifest).await;
    granted.map_err(|error| failed(&error))?;
    plugins::told(dispatcher, listed).map_err(|error| failed(&error))
}
