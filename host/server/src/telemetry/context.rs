//! W3C Trace Context: which span of a client's is the parent of a call, and which of ours is that of what a call causes.

use axum::http::{HeaderMap, request::Parts};
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::TraceContextExt as _,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolResult, RequestMetaObject},
    service::RequestContext,
};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use vesicle_bridge::TraceContext;

use super::TRACE;
use crate::secrets::Secrets;

/// The longest state of tracing systems that is carried on, in bytes: what W3C asks for at least. A longer one is left out.
pub const TRACESTATE_BYTES_MAX: usize = 512;
/// The longest name of a tool in a span, in characters. Clients choose it.
const NAME_CHARS_MAX: usize = 100;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The span of a call of a tool, as a part of the client's trace where it has one: by the metadata of the message, or else
/// by the headers of the request.
pub fn call_span(name: &str, context: &RequestContext<RoleServer>, secrets: &Secrets) -> Span {
    let span = info_span!(
        target: TRACE,
        "tools/call",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        mcp.method.name = "tools/call",
        gen_ai.tool.name = Empty,
        error.type = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    let name = secrets.redact(name);
    span.record("otel.name", format!("tools/call {name}"));
    span.record("gen_ai.tool.name", name);
    let head = context.extensions.get::<Parts>();
    let came = Came {
        meta: &context.meta,
        headers: head.map(|head| &head.headers),
    };
    if let Some(parent) = came.parent() {
        // The span was made just now, so that it takes a parent.
        let _ = span.set_parent(parent);
    }
    span
}

/// Whether the call came to an error.
pub fn ended(span: &Span, result: Result<&CallToolResult, &ErrorData>) {
    let error = match result {
        Ok(result) if result.is_error != Some(true) => return,
        Ok(_) => "tool_error",
        Err(_) => "protocol_error",
    };
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error);
}

/// The context of the current span; none where there is none.
pub fn current() -> Option<TraceContext> {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut told = Told::default();
    TraceContextPropagator::new().inject_context(&context, &mut told);
    Some(TraceContext {
        traceparent: told.traceparent?,
        tracestate: told.tracestate.filter(|state| !state.is_empty()),
    })
}

/// What a call came with.
struct Came<'c> {
    meta: &'c RequestMetaObject,
    headers: Option<&'c HeaderMap>,
}

impl Came<'_> {
    fn parent(&self) -> Option<Context> {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), self);
        context.span().span_context().is_valid().then_some(context)
    }
}

impl Extractor for Came<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let header = |key: &str| self.headers?.get(key)?.to_str().ok();
        // One of them tells both, since the state belongs to the parent.
        let by_meta = self.meta.get_traceparent().is_some();
        match (key, by_meta) {
            (TRACEPARENT, true) => self.meta.get_traceparent(),
            (TRACESTATE, true) => self.meta.get_tracestate(),
            (TRACEPARENT | TRACESTATE, false) => header(key),
            _ => None,
        }
        .filter(|value| key != TRACESTATE || value.len() <= TRACESTATE_BYTES_MAX)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}

#[derive(Default)]
struct Told {
    traceparent: Option<String>,
    tracestate: Option<String>,
}

impl Injector for Told {
    fn set(&mut self, key: &str, value: String) {
        match key {
            TRACEPARENT => self.traceparent = Some(value),
            TRACESTATE => self.tracestate = Some(value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const OTHER: &str = "00-0bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    fn parent(meta: &[(&str, &str)], headers: &[(&'static str, &str)]) -> Option<(String, String)> {
        let mut object = RequestMetaObject::default();
        for (key, value) in meta {
            object.insert((*key).to_owned(), (*value).into());
        }
        let headers = headers.iter().map(|(key, value)| {
            let name = axum::http::HeaderName::from_static(key);
            (name, value.parse().unwrap())
        });
        let headers = headers.collect();
        let came = Came {
            meta: &object,
            headers: Some(&headers),
        };
        let parent = came.parent()?;
        let span = parent.span().span_context().clone();
        Some((span.trace_id().to_string(), span.trace_state().header()))
    }

    #[test]
    fn the_parent_is_what_the_message_says_or_else_the_request() {
        let trace =
            |parent: Option<(String, String)>| parent.map(|(trace, _)| trace[..2].to_owned());
        assert_eq!(trace(parent(&[], &[])), None);
        let header = [(TRACEPARENT, OTHER)];
        assert_eq!(trace(parent(&[], &header)).unwrap(), "0b");
        assert_eq!(trace(parent(&[(TRACEPARENT, ONE)], &header)).unwrap(), "0a");
        for wrong in [
            "",
            "00-x-y-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        ] {
            assert_eq!(parent(&[(TRACEPARENT, wrong)], &[]), None, "{wrong}");
        }
    }

    #[test]
    fn the_state_comes_with_its_parent_up_to_its_bound() {
        let fits = format!("a={}", "x".repeat(TRACESTATE_BYTES_MAX / 4 - 2));
        let fits = [
            fits.clone(),
            fits.replace('a', "b"),
            fits.replace('a', "c"),
            fits.replace('a', "d"),
        ]
        .join(",");
        let fits = &fits[..TRACESTATE_BYTES_MAX];
        let state = |state: &str| {
            parent(&[], &[(TRACEPARENT, ONE), (TRACESTATE, state)])
                .unwrap()
                .1
        };
        assert_eq!(state(fits), fits);
        assert_eq!(state(&format!("{fits}x")), "");
        let other = parent(
            &[(TRACEPARENT, ONE)],
            &[(TRACEPARENT, OTHER), (TRACESTATE, "a=1")],
        );
        assert_eq!(other.unwrap().1, "");
    }
}
