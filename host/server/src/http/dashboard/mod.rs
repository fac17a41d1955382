//! The dashboard: a page that shows what the host does, and what it asks the host for. All of it comes from this process, and
//! nothing of it changes anything, but for grants by an admin.
//!
//! `page/` is the page itself, `files.rs` gives it to browsers. `events.rs` tells it what happens, by server-sent events;
//! `memory.rs` answers its searches; `grant.rs` grants. Each request but those for the page's files passes the same gate as MCP.

mod audit;
mod events;
mod files;
mod grant;
mod memory;
mod plugins;
mod savings;
mod seen;
mod servers;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    clients::Client,
    gate::{self, Gate},
};
use crate::live::Whose;
pub use events::LISTENERS_MAX;
pub use seen::Seen;

/// What a browser may do with whatever comes from here: load the page's own files and ask this host, and nothing else. No
/// text becomes markup or code (`require-trusted-types-for`), and no other page shows this one within itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// What the dashboard is made of.
pub struct Dashboard {
    gate: Arc<Gate>,
    /// When streams end.
    closing: CancellationToken,
}

/// Who looks, and at what.
struct Viewer {
    client: Arc<Client>,
    /// Whether it sees what all accounts do: an admin, or anybody where there are no accounts.
    sees_all: bool,
    /// Whether it may grant: admins only. Where there are no accounts, whatever reaches this port, an agent's own program
    /// among them, could grant itself what it wants.
    may_grant: bool,
}

impl Viewer {
    fn new(client: Arc<Client>) -> Self {
        let admin = client.account.as_ref().map(|account| account.admin);
        Self {
            client,
            sees_all: admin.unwrap_or(true),
            may_grant: admin.unwrap_or(false),
        }
    }

    fn name(&self) -> Option<&str> {
        Some(&self.client.account.as_ref()?.name)
    }

    fn seen(&self) -> &Arc<Seen> {
        &self.client.seen
    }

    fn whose(&self) -> Whose {
        match self.name() {
            Some(name) if !self.sees_all => Whose::Account(name.to_owned()),
            _ => Whose::All,
        }
    }
}

/// The page, and what it asks for.
pub fn routes(gate: Arc<Gate>, closing: CancellationToken) -> Router {
    let dashboard = Arc::new(Dashboard { gate, closing });
    let mut router = Router::new();
    for file in files::FILES {
        router = router.route(
            file.path,
            routing::get(async move |request: Request| files::given(file, request.headers())),
        );
    }
    router
        .route("/api/session", routing::get(session))
        .route("/api/events", routing::get(events::stream))
        .route("/api/episodes", routing::get(memory::episodes))
        .route("/api/episodes/{id}", routing::get(memory::episode))
        .route("/api/patterns", routing::get(memory::patterns))
        .route("/api/grants", routing::post(grant::grant))
        .layer(middleware::from_fn(protected))
        .with_state(dashboard)
}

/// Adds what keeps a browser from doing more with an answer than it is meant for.
async fn protected(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let same_origin = HeaderValue::from_static("same-origin");
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(name, same_origin.clone());
    }
    // What is told of the host is of this moment, and for whoever asked.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Dashboard {
    /// Who asks, if it may, and not too often.
    async fn viewer(&self, head: &Parts) -> Result<Viewer, Box<Response>> {
        let client = self.gate.client(head).await;
        let client = client.map_err(|refusal| Box::new(gate::refused(&refusal)))?;
        self.gate.paced(&client)?;
        Ok(Viewer::new(client))
    }
}

/// Whether a token is needed; who it is of, where one is shown.
async fn session(State(dashboard): State<Arc<Dashboard>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let asks = dashboard.gate.authority.is_some();
    if asks && !head.headers.contains_key(header::AUTHORIZATION) {
        // Asking is no attempt to get in.
        return told(&json!({"needs_token": true}));
    }
    let viewer = match dashboard.viewer(&head).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    told(&json!({
        "needs_token": asks,
        "account": viewer.name(),
        "sees_all": viewer.sees_all,
        "may_grant": viewer.may_grant,
        "has_memory": viewer.seen().memory.is_enabled(),
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// An answer that holds no secret.
fn redacted(viewer: &Viewer, value: &Value) -> String {
    viewer.seen().secrets.redact_json(value.to_string())
}

fn told(value: &Value) -> Response {
    of_json(value.to_string())
}

fn of_json(json: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, Body::from(json)).into_response()
}

/// What is wrong, for people.
fn wrong(status: StatusCode, why: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, json!({ "error": why }).to_string()).into_response()
}

/// Whether a page sent it: browsers say from where each request with this method comes, and `names.rs` let that pass.
fn is_from_a_page(head: &Parts) -> bool {
    head.method != Method::GET && head.headers.contains_key(header::ORIGIN)
}

/// The value of a parameter in the query of a URL.
fn parameter(head: &Parts, name: &str) -> Option<String> {
    let query = head.uri.query()?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
    Some(value.into_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_browsers_write_them() {
        let uri = "/api/episodes?q=a%20b%26c%2B&domain=&x";
        let (head, ()) = axum::http::Request::get(uri).body(()).unwrap().into_parts();
        assert_eq!(parameter(&head, "q").as_deref(), Some("a b&c+"));
        assert_eq!(parameter(&head, "domain"), None);
        assert_eq!(parameter(&head, "x"), None);
        let (head, ()) = axum::http::Request::get("/").body(()).unwrap().into_parts();
        assert_eq!(parameter(&head, "q"), None);
    }

    #[test]
    fn only_what_a_page_posts_may_change_anything() {
        for (method, origin, is) in [
            ("POST", true, true),
            ("POST", false, false),
            ("GET", true, false),
        ] {
            let mut request = axum::http::Request::builder().method(method);
            if origin {
                request = request.header("origin", "http://localhost:1");
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(is_from_a_page(&head), is, "{method} {origin}");
        }
    }
}
