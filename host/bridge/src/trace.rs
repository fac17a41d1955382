//! The trace that a call belongs to, carried on to its server: in `_meta` of the message, and in the headers of W3C Trace
//! Context where that goes over HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, RequestMetaObject};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::Sse;

/// The target of the spans here: `upstream`, one for each call that is sent, with the names of server and tool.
pub const TRACE: &str = "vesicle_trace";

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// Which span is the parent of what a server does, as W3C writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// Version, trace, span and flags.
    pub traceparent: String,
    /// What tracing systems add for themselves.
    pub tracestate: Option<String>,
}

/// Tells the context of the span that is current where it is called; none where nothing is traced.
pub type CurrentTrace = fn() -> Option<TraceContext>;

impl TraceContext {
    /// As metadata of a request.
    pub(crate) fn meta(self) -> RequestMetaObject {
        let mut meta = RequestMetaObject::default();
        meta.set_traceparent(self.traceparent);
        if let Some(tracestate) = self.tracestate {
            meta.set_tracestate(tracestate);
        }
        meta
    }
}

/// A client that tells the trace of a call in headers, too.
#[derive(Debug, Clone)]
pub struct Traced<C>(pub C);

type Headers = HashMap<HeaderName, HeaderValue>;
type Failed<C> = StreamableHttpError<<C as StreamableHttpClient>::Error>;

/// Adds what a call has in its metadata.
fn with_trace(message: &ClientJsonRpcMessage, mut headers: Headers) -> Headers {
    if let JsonRpcMessage::Request(request) = message
        && let ClientRequest::CallToolRequest(call) = &request.request
        && let Some(meta) = &call.params.meta
    {
        let told = [
            (TRACEPARENT, meta.get_traceparent()),
            (TRACESTATE, meta.get_tracestate()),
        ];
        for (name, value) in told {
            if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    headers
}

impl<C: StreamableHttpClient + Sync> StreamableHttpClient for Traced<C> {
    type Error = C::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        auth: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failed<Self>> {
        let headers = with_trace(&message, headers);
        self.0
            .post_message(uri, message, session, auth, headers)
            .await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        auth: Option<String>,
        headers: Headers,
        bytes_max: usize,
    ) -> Result<StreamableHttpPostResponse, Failed<Self>> {
        let headers = with_trace(&message, headers);
        let client = &self.0;
        client
            .post_message_with_max_sse_event_size(uri, message, session, auth, headers, bytes_max)
            .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        auth: Option<String>,
        headers: Headers,
    ) -> Result<(), Failed<Self>> {
        self.0.delete_session(uri, session, auth, headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        auth: Option<String>,
        headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed<Self>> {
        self.0
            .get_stream(uri, session, last_event, auth, headers)
            .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        auth: Option<String>,
        headers: Headers,
        bytes_max: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed<Self>> {
        self.0
            .get_stream_with_max_sse_event_size(uri, session, last_event, auth, headers, bytes_max)
            .await
    }
}
