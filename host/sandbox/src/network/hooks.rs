//! `wasi:http`, for components that speak it: each request goes the same way as those of JavaScript.
//! Redirects are the component's to follow, by a request that is checked in its turn.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{self, HeaderName};
use hyper::{Request, Response};
use tokio::time::Instant;
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, Result, WasiBody, WasiHttpHooks,
};

use super::exchange::{Outgoing, narrowed, send};
use super::fetch::without_secrets;
use super::headers;
use super::session::Session;
use super::target::Target;

/// How much a component may write at once to the body of a request.
const CHUNK_BYTES_MAX: usize = 64 << 10;

/// Sends what a component asks for.
pub struct Hooks(Arc<Session>);

impl Hooks {
    pub fn new(session: Arc<Session>) -> Self {
        Self(session)
    }
}

type Io = Box<dyn Future<Output = Result<()>> + Send>;

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(is_forbidden)
    }

    /// The sender does, from the target as it read it.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Io)>> + Send> {
        let session = self.0.clone();
        Box::new(async move {
            let response = answer(&session, request, options.unwrap_or_default()).await?;
            let io: Io = Box::new(async { Ok(()) });
            Ok((response, io))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }
}

/// The length of a body is the component's to say: it is held to it.
fn is_forbidden(name: &HeaderName) -> bool {
    headers::is_ours(name) && *name != header::CONTENT_LENGTH
}

async fn answer(
    session: &Session,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<Response<WasiBody>> {
    let limits = narrowed(
        session.limits(),
        options.connect_timeout,
        options.first_byte_timeout,
        options.between_bytes_timeout,
    );
    let deadline = Instant::now() + limits.total;
    let (parts, body) = request.into_parts();
    let target = Target::parse(&parts.uri.to_string())?;
    if parts.headers.get_all(header::CONTENT_LENGTH).iter().count() > 1 {
        return Err(Error::HttpProtocolError);
    }
    let outgoing = Outgoing {
        method: parts.method,
        headers: parts.headers,
        body,
    };
    let answer = send(session, &target, outgoing, &limits, deadline).await?;
    let mut parts = answer.parts;
    if !answer.has_secret {
        let body = answer.body.map_err(Error::from).boxed_unsync();
        return Ok(Response::from_parts(parts, body));
    }
    let (read, _place) = answer.body.read().await?;
    let (headers, read) = without_secrets(session, parts.headers, read);
    parts.headers = headers;
    let body = Full::new(Bytes::from(read)).map_err(Error::from);
    let body: Pin<Box<_>> = Box::pin(body);
    Ok(Response::from_parts(parts, body.boxed_unsync()))
}
