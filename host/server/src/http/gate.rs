//! Lets requests of MCP in: those of somebody who may call, as long as there is room and the host is not ending.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use governor::clock::{Clock as _, DefaultClock};
use http_body_util::Full;
use ipnet::IpNet;
use parking_lot::Mutex;
use rmcp::model::ErrorCode;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tower_service::Service as _;

use super::{
    Caller, Clients,
    body::Bodies,
    challenge::Refused,
    clients::Client,
    drain::{Drain, Keeping, Place, UnderWay},
    peer::Peer,
    refusals::Refusals,
    sessions::KEPT,
    together::Together,
};
use crate::{
    accounts::{Authority, Refusal},
    mcp::inward,
    metrics::Metrics,
};

/// When to come back to a host that is ending: another one, or the next, should be there by then.
const ENDING_RETRY: Duration = Duration::from_secs(5);
/// When to come back where all turns are taken.
const BUSY_RETRY: Duration = Duration::from_secs(1);

const SESSION_ID: &str = "mcp-session-id";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// What decides.
pub struct Gate {
    /// Who knows tokens, where they are needed.
    pub authority: Option<Authority>,
    /// What answers.
    pub clients: Clients,
    /// Whether the host is ending.
    pub drain: Drain,
    /// What reads bodies.
    pub bodies: Bodies,
    /// Whose word on where a request comes from counts.
    pub proxies: Vec<IpNet>,
    /// Where refusals are counted.
    pub metrics: Metrics,
    /// Where they are logged.
    pub refusals: Refusals,
    /// Where hosts count together.
    pub together: Option<Arc<Together>>,
}

impl Gate {
    /// Whose request it is.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn client(&self, head: &Parts) -> Result<Arc<Client>, Refused> {
        let Some(authority) = &self.authority else {
            return Ok(self.clients.anybody());
        };
        let refused = |refusal| Refused {
            refusal,
            oauth: authority.oauth().cloned(),
        };
        let Some(peer) = head.extensions.get::<Peer>() else {
            return Err(refused(Refusal::Wrong));
        };
        let address = peer.client(&head.headers, &self.proxies);
        let token = authority.admit(bearer(&head.headers), address).await;
        let token = token.inspect_err(|refusal| {
            tracing::warn!(%address, %refusal, "a request was refused");
            let reason = match refusal {
                Refusal::Missing | Refusal::Wrong | Refusal::Untimely => "token",
                Refusal::Scope => "scope",
                Refusal::Nobody => "account",
                Refusal::LockedOut(_) => "lockout",
                Refusal::IssuerAway => "issuer",
                Refusal::Unreadable => "unreadable",
            };
            self.metrics.refused(reason);
            self.refusals.note(reason, Some(address), None);
        });
        Ok(self.clients.of(&token.map_err(refused)?))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What of a message decides whether there is room for it.
#[derive(Deserialize)]
struct Asked<'m> {
    #[serde(borrow)]
    method: Option<std::borrow::Cow<'m, str>>,
}

/// The type of bodies that are messages.
const JSON_TYPE: &str = "application/json";

/// A request that was let in: whose it is, and what it keeps until it is answered.
struct LetIn {
    client: Arc<Client>,
    under_way: UnderWay,
    /// Of a call; a stream of the host's own messages and the end of a session take none.
    turn: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// Lets a request in, or says why not.
    async fn let_in(&self, head: &Parts) -> Result<LetIn, Box<Response>> {
        let client = self.client(head).await;
        let client = client.map_err(|refusal| Box::new(refused(&refusal)))?;
        let Some(under_way) = self.drain.enter() else {
            let what = "this host is ending; ask again";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Box::new(later(what, status, ENDING_RETRY)));
        };
        let turn = match head.method == Method::POST {
            true => Some(self.turn(&client)?),
            false => None,
        };
        Ok(LetIn {
            client,
            under_way,
            turn,
        })
    }

    /// Counts and logs that a request of an account was refused.
    pub fn refused(&self, reason: &'static str, client: &Client) {
        let account = client.account.as_ref();
        let account = account.map(|account| account.name.as_str());
        self.metrics.refused(reason);
        self.refusals.note(reason, None, account);
    }

    /// Counts a request against what its account may send in a minute.
    ///
    /// # Errors
    /// It sends too many.
    pub fn paced(&self, client: &Client) -> Result<(), Box<Response>> {
        client.rate.check().map_err(|until| {
            self.refused("rate", client);
            let wait = until.wait_time_from(DefaultClock::default().now());
            let what = "this account calls too often";
            Box::new(later(what, StatusCode::TOO_MANY_REQUESTS, wait))
        })?;
        if let (Some(together), Some(account)) = (&self.together, &client.account) {
            together.called(&account.name);
        }
        Ok(())
    }

    fn turn(&self, client: &Client) -> Result<OwnedSemaphorePermit, Box<Response>> {
        self.paced(client)?;
        client.turns.clone().try_acquire_owned().map_err(|_| {
            self.refused("calls_at_once", client);
            let what = "too many calls of this account are under way";
            Box::new(later(what, StatusCode::TOO_MANY_REQUESTS, BUSY_RETRY))
        })
    }
}

/// A request of MCP.
pub async fn mcp(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let let_in = match gate.let_in(&head).await {
        Ok(let_in) => let_in,
        Err(response) => {
            gate.bodies.discard(body).await;
            return *response;
        }
    };
    let LetIn {
        client,
        under_way,
        turn,
    } = let_in;
    let Some(turn) = turn else {
        // Neither is waited for by whoever ends the host.
        drop(under_way);
        return answered(&client, head, Bytes::new(), None).await;
    };
    let length = head.headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let body = match gate.bodies.read(body, length).await {
        Ok(body) => body,
        Err(error) => {
            let mut response = (error.status(), format!("{error}\n")).into_response();
            // What is left of the body would be taken for the next request.
            response.headers_mut().insert(
                header::CONNECTION,
                header::HeaderValue::from_static("close"),
            );
            return response;
        }
    };
    if !head.headers.contains_key(SESSION_ID)
        && let Ok(Asked {
            method: Some(method),
        }) = serde_json::from_slice(&body)
        && method == "initialize"
        && client.has_all_sessions().await
    {
        gate.refused("sessions", &client);
        let what = "this account has too many sessions open; close some";
        return later(what, StatusCode::SERVICE_UNAVAILABLE, ENDING_RETRY);
    }
    let body = match inward(&body) {
        Some(changed) => renamed(&mut head, changed),
        None => body,
    };
    let response = answered(&client, head, body, Some(under_way)).await;
    response.map(|body| Body::new(Keeping::new(body, turn)))
}

/// A message under another name, without the headers that say what it was.
fn renamed(head: &mut Parts, message: Vec<u8>) -> Bytes {
    for name in [METHOD, NAME] {
        head.headers.remove(name);
    }
    head.headers
        .insert(header::CONTENT_LENGTH, message.len().into());
    message.into()
}

async fn answered(
    client: &Client,
    mut head: Parts,
    body: Bytes,
    under_way: Option<UnderWay>,
) -> Response {
    if let Some(account) = &client.account {
        let caller = Caller(account.name.as_str().into());
        head.extensions.insert(caller);
    }
    let content_type = head.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|it| it.to_str().ok()?.split(';').next());
    let is_json = content_type.is_some_and(|it| it.trim().eq_ignore_ascii_case(JSON_TYPE));
    let session = head.headers.get(SESSION_ID);
    let session = session.and_then(|id| id.to_str().ok());
    let (using, kept) = session.map(|id| client.sessions.enter(id)).unzip();
    let place = Place::new(under_way, using);
    head.extensions.insert(place.clone());
    let request = axum::http::Request::from_parts(head, Full::new(body.clone()));
    let kept = Mutex::new(kept.flatten());
    let called = async {
        let called = client.service.clone().call(request).await;
        let kept = KEPT.with(|kept| kept.lock().take());
        (called, kept)
    };
    let (called, kept) = KEPT.scope(kept, called).await;
    place.keeps(kept);
    let response = match called {
        Ok(response) => response.map(|body| Body::new(Keeping::new(Body::new(body), place))),
        Err(never) => match never {},
    };
    match is_json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        true => no_message(&body),
        false => response,
    }
}

/// The answer to a body that is no message, which rmcp takes for one of another type.
fn no_message(body: &[u8]) -> Response {
    let (code, message) = match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Err(error) => (
            ErrorCode::PARSE_ERROR,
            format!("the message is no JSON: {error}"),
        ),
        Ok(_) => (
            ErrorCode::INVALID_REQUEST,
            "the message is no request, notification or response of JSON-RPC 2.0".to_owned(),
        ),
    };
    let error = serde_json::json!({"code": code.0, "message": message});
    let answer = serde_json::json!({"jsonrpc": "2.0", "id": null, "error": error});
    (StatusCode::BAD_REQUEST, Json(answer)).into_response()
}

/// The answer to a request that is not let in.
pub fn refused(refused: &Refused) -> Response {
    let (refusal, text) = (&refused.refusal, refused.to_string());
    let status = match refusal {
        Refusal::Missing | Refusal::Wrong | Refusal::Untimely => StatusCode::UNAUTHORIZED,
        Refusal::Scope | Refusal::Nobody => StatusCode::FORBIDDEN,
        Refusal::LockedOut(wait) => return later(&text, StatusCode::TOO_MANY_REQUESTS, *wait),
        Refusal::IssuerAway => return later(&text, StatusCode::SERVICE_UNAVAILABLE, ENDING_RETRY),
        Refusal::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut response = (status, format!("{text}\n")).into_response();
    if let Some(challenge) = refused.challenge() {
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The answer to a request that should come again after this time.
pub fn later(what: &str, status: StatusCode, wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let headers = [(header::RETRY_AFTER, seconds.max(1).to_string())];
    (status, headers, format!("{what}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_follows_the_scheme() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(bearer(&headers), token, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
