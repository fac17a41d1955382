//! One request and its answer: granted, counted, connected, sent, and bounded on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Body;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderValue};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::body::{Held, RequestBody, ResponseBody, Sent, request_too_large};
use super::connect::connect;
use super::error::LimitName;
use super::limits::HEADERS_MAX;
use super::session::{Granted, Session};
use super::target::Target;
use super::watch::Note;
use super::{NetworkError, NetworkLimits, headers};

/// A request that is to be sent to a target.
pub struct Outgoing<B> {
    pub method: Method,
    pub headers: HeaderMap,
    pub body: B,
}

/// An answer, of which the head is there.
pub struct Answer {
    pub parts: Parts,
    pub body: ResponseBody,
    /// Whether the host added something that code must not see.
    pub has_secret: bool,
}

/// Sends a request within `limits`, and waits for the head of its answer until `deadline` at most.
pub async fn send<B>(
    session: &Session,
    target: &Target,
    outgoing: Outgoing<B>,
    limits: &NetworkLimits,
    deadline: Instant,
) -> Result<Answer, NetworkError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::fmt::Display,
{
    let watch = session.network.watch.clone();
    let mut note = Note::new(watch, Some(target), outgoing.method.as_str());
    let sent = Arc::new(Sent::default());
    let exchanged = exchange(session, target, outgoing, limits, deadline, &sent).await;
    note.record.bytes_out = sent.bytes.load(Ordering::Relaxed);
    let (parts, body, held, has_secret) = exchanged.inspect_err(|error| {
        note.record.verdict = error.code();
    })?;
    note.record.status = Some(parts.status.as_u16());
    let place = target.to_string();
    let body = ResponseBody::new(body, limits, deadline, place, note, held);
    Ok(Answer {
        parts,
        body,
        has_secret,
    })
}

async fn exchange<B>(
    session: &Session,
    target: &Target,
    outgoing: Outgoing<B>,
    limits: &NetworkLimits,
    deadline: Instant,
    sent: &Arc<Sent>,
) -> Result<(Parts, hyper::body::Incoming, Held, bool), NetworkError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::fmt::Display,
{
    let granted = session.grant(target)?;
    session.count()?;
    let (request, has_secret) = request(&granted, target, outgoing, limits, sent)?;

    let late = |name, what, time| {
        let place = target.to_string();
        move |_| NetworkError::Time {
            name,
            place,
            what,
            time,
        }
    };
    let place = tokio::time::timeout_at(deadline, place_in(&session.places))
        .await
        .map_err(late(
            LimitName::TotalMs,
            "was not asked, as other requests did not end",
            limits.total,
        ))??;
    let connected_by = deadline.min(Instant::now() + limits.connect);
    let connecting = async {
        let connection = place_in(&granted.transport.connections).await?;
        let stream = connect(
            granted.transport,
            &granted.hosts,
            target,
            connected_by.into_std(),
        )
        .await?;
        Ok((connection, stream))
    };
    let (connection, stream) = tokio::time::timeout_at(connected_by, connecting)
        .await
        .map_err(late(
            LimitName::ConnectMs,
            "could not be connected to",
            limits.connect,
        ))??;

    let failed = |error: hyper::Error| failure(&error, target, limits, sent);
    let mut http = http1::Builder::new();
    http.max_headers(HEADERS_MAX);
    http.max_buf_size(limits.header_bytes.max(BUFFER_BYTES_MIN) + BUFFER_BYTES_MIN);
    let (mut sender, driver) = http.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let driver = wasmtime_wasi::runtime::spawn(async move {
        // What goes wrong is told to the request as well.
        driver.await.ok();
    });
    let held = Held {
        place,
        _connection: connection,
        _driver: driver,
    };
    let answered_by = deadline.min(Instant::now() + limits.first_byte);
    let response = tokio::time::timeout_at(answered_by, sender.send_request(request))
        .await
        .map_err(late(
            LimitName::FirstByteMs,
            "did not begin to answer",
            limits.first_byte,
        ))?
        .map_err(failed)?;
    let (parts, body) = response.into_parts();
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(NetworkError::Protocol {
            place: target.to_string(),
            why: "it changes the protocol, which nobody asked for".to_owned(),
        });
    }
    headers::check(&parts.headers, "an answer has", limits)?;
    Ok((parts, body, held, has_secret))
}

/// The least that hyper reads at once; also what it may read beyond the headers.
const BUFFER_BYTES_MIN: usize = 8 << 10;

async fn place_in(
    places: &Arc<Semaphore>,
) -> Result<tokio::sync::OwnedSemaphorePermit, NetworkError> {
    // They are never closed.
    let place = places.clone().acquire_owned().await;
    place.map_err(|error| NetworkError::Request(error.to_string()))
}

/// What goes over the connection.
fn request<B>(
    granted: &Granted<'_>,
    target: &Target,
    outgoing: Outgoing<B>,
    limits: &NetworkLimits,
    sent: &Arc<Sent>,
) -> Result<(Request<RequestBody<B>>, bool), NetworkError> {
    let Outgoing {
        method,
        mut headers,
        body,
    } = outgoing;
    if [Method::CONNECT, Method::TRACE].contains(&method) || method.as_str() == "TRACK" {
        return Err(NetworkError::Request(format!(
            "the method {method} is not sent; it is for proxies"
        )));
    }
    headers::check(&headers, "a request has", limits)?;
    headers::complete(&mut headers);
    let has_secret = granted.transport.attach(target, &mut headers);
    let invalid = |_| NetworkError::Url(format!("{target} is no host that can be asked"));
    let authority = HeaderValue::from_str(&target.authority()).map_err(invalid)?;
    headers.insert(header::HOST, authority);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let mut request = Request::new(RequestBody::new(body, limits.request_bytes, sent.clone()));
    *request.uri_mut() = target
        .path_and_query()
        .parse()
        .map_err(|error| NetworkError::Url(format!("the path cannot be asked for: {error}")))?;
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    Ok((request, has_secret))
}

fn failure(
    error: &hyper::Error,
    target: &Target,
    limits: &NetworkLimits,
    sent: &Sent,
) -> NetworkError {
    if sent.too_large.load(Ordering::Relaxed) {
        return request_too_large(limits);
    }
    if error.is_parse_too_large() {
        return headers::too_long("an answer has more headers, or longer ones,", limits);
    }
    NetworkError::Protocol {
        place: target.to_string(),
        why: error.to_string(),
    }
}

/// The bounds, with what the component says of time where that is less.
pub fn narrowed(
    limits: NetworkLimits,
    connect: Option<Duration>,
    first_byte: Option<Duration>,
    between_bytes: Option<Duration>,
) -> NetworkLimits {
    let narrow = |limit: Duration, asked: Option<Duration>| asked.map_or(limit, |a| a.min(limit));
    NetworkLimits {
        connect: narrow(limits.connect, connect),
        first_byte: narrow(limits.first_byte, first_byte),
        between_bytes: narrow(limits.between_bytes, between_bytes),
        ..limits
    }
}
