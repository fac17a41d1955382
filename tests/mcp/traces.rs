//! Traces, as a collector receives them from a real process: OTLP over HTTP, in protobuf.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing,
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::any_value,
};
use parking_lot::Mutex;
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_service::Service as _;

use crate::{
    http::HttpHost,
    support::{VESICLE, cache_dir, in_repository, unconfigured},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// A client's trace, and its span.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// A span as it was received.
#[derive(Debug, Clone)]
struct Received {
    name: String,
    trace: String,
    id: String,
    parent: String,
    state: String,
    attributes: BTreeMap<String, String>,
    is_error: bool,
    service: String,
    nanoseconds: u64,
}

/// A collector.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Received>>>);

impl Collector {
    /// Where it listens.
    async fn listen(&self) -> String {
        let router = Router::new()
            .route("/v1/traces", routing::post(receive))
            .with_state(self.clone());
        served(router).await
    }

    fn spans(&self) -> Vec<Received> {
        self.0.lock().clone()
    }

    /// The one span of this name.
    fn span(&self, name: &str) -> Received {
        let spans = self.spans();
        let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        assert_eq!(found.len(), 1, "{name} in {spans:#?}");
        found[0].clone()
    }
}

async fn served(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let router = router.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                router.clone().call(request.map(Body::new))
            });
            let builder = auto::Builder::new(TokioExecutor::new());
            tokio::spawn(async move {
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                drop(connection.await);
            });
        }
    });
    format!("http://{address}")
}

async fn receive(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    for resource in request.resource_spans {
        let of = |all: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>| {
            let text = |value| match value {
                any_value::Value::StringValue(text) => text,
                other => format!("{other:?}"),
            };
            all.into_iter()
                .map(|one| {
                    (
                        one.key,
                        one.value
                            .and_then(|v| v.value)
                            .map(text)
                            .unwrap_or_default(),
                    )
                })
                .collect::<BTreeMap<_, _>>()
        };
        let resources = of(resource.resource.unwrap().attributes);
        for span in resource
            .scope_spans
            .into_iter()
            .flat_map(|scope| scope.spans)
        {
            collector.0.lock().push(Received {
                name: span.name,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                state: span.trace_state,
                attributes: of(span.attributes),
                is_error: span.status.is_some_and(|status| status.code == 2),
                service: resources["service.name"].clone(),
                nanoseconds: span.end_time_unix_nano - span.start_time_unix_nano,
            });
        }
    }
    ExportTraceServiceResponse::default()
        .encode_to_vec()
        .into_response()
}

/// What a server over HTTP was sent: the trace in the header, and that in the message.
type Sent = Arc<Mutex<Vec<(Option<String>, Value)>>>;

/// A server over HTTP with one tool.
async fn web(sent: Sent) -> String {
    let answer = async |State(sent): State<Sent>,
                        headers: HeaderMap,
                        Json(message): Json<Value>| {
        let Some(id) = message.get("id") else {
            return StatusCode::ACCEPTED.into_response();
        };
        let params = &message["params"];
        let result = match message["method"].as_str().unwrap() {
            "initialize" => json!({
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "web", "version": "1"},
            }),
            "tools/list" => json!({"tools": [{"name": "look", "inputSchema": {"type": "object"}}]}),
            "tools/call" => {
                let header = headers.get("traceparent");
                let header = header.map(|value| value.to_str().unwrap().to_owned());
                sent.lock().push((header, params["_meta"].clone()));
                json!({"content": [{"type": "text", "text": "seen"}]})
            }
            _ => json!({}),
        };
        Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
    };
    let router = Router::new()
        .route("/mcp", routing::post(answer))
        .with_state(sent);
    format!("{}/mcp", served(router).await)
}

/// A host that sends its traces there, and knows the servers.
fn host(collector: &str, web: &str) -> HttpHost {
    let meta = in_repository("tests/servers/meta.py");
    let servers = json!({"mcpServers": {
        "meta": {"command": "python3", "args": [meta.to_str().unwrap()]},
        "web": {"url": web},
    }});
    let prepare = move |data: &Path| {
        std::fs::write(data.join(".mcp.json"), servers.to_string()).unwrap();
    };
    let telemetry = match collector {
        "" => String::new(),
        collector => format!("[telemetry]\notlp = \"{collector}\"\n"),
    };
    HttpHost::start_with(&telemetry, &prepare, &[])
}

/// Has it end, which sends what is left.
fn end(mut host: HttpHost) {
    host.signal("-TERM");
    assert!(host.ended(PATIENCE).unwrap().success());
}

const BOTH: &str = "
    const [meta] = await Promise.all([tools.meta.meta({}), tools.web.look({})]);
    return meta";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_part_of_its_clients_trace_and_goes_on_at_other_servers() {
    let (collector, sent) = (Collector::default(), Sent::default());
    let host = host(&collector.listen().await, &web(sent.clone()).await);
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", &*parent), ("tracestate", "vendor=1")];
    let meta = host.run(BOTH, &headers).await;
    end(host);

    let call = collector.span("tools/call execute_agent_code");
    assert_eq!(
        (&*call.trace, &*call.parent, &*call.state),
        (TRACE, PARENT, "vendor=1")
    );
    assert_eq!(call.attributes["gen_ai.tool.name"], "execute_agent_code");
    assert_eq!((&*call.service, call.is_error), ("vesicle", false));
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
    let mut together = 0;
    for phase in ["queue", "check", "instantiate", "run"] {
        let span = collector.span(phase);
        assert_eq!(span.parent, call.id, "{phase}");
        together += span.nanoseconds;
    }
    assert!(together <= call.nanoseconds);
    let run = collector.span("run");
    let (at_meta, at_web) = (
        collector.span("tools/call meta"),
        collector.span("tools/call look"),
    );
    assert_eq!((&at_meta.parent, &at_web.parent), (&run.id, &run.id));
    assert_eq!(at_meta.attributes["vesicle.server"], "meta");
    // Each server is told the span of its own call.
    assert_eq!(meta["traceparent"], format!("00-{TRACE}-{}-01", at_meta.id));
    assert_eq!(meta["tracestate"], "vendor=1");
    let [(header, meta)] = &sent.lock()[..] else {
        panic!("{sent:?}");
    };
    let expected = format!("00-{TRACE}-{}-01", at_web.id);
    assert_eq!(header.as_deref(), Some(&*expected));
    assert_eq!(meta["traceparent"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_message_says_of_its_trace_counts_more_than_its_request() {
    let collector = Collector::default();
    let host = HttpHost::start_with(
        &format!("[telemetry]\notlp = \"{}\"\n", collector.listen().await),
        &|_| {},
        &[],
    );
    let ask = async |meta: Option<&str>, header: &str| {
        let arguments = json!({"task_description": "x", "domain": "d", "task_type": "testing"});
        let params = json!({"name": "create_episode", "arguments": arguments});
        let mut message = crate::http::stateless("tools/call", params);
        if let Some(meta) = meta {
            message["params"]["_meta"]["traceparent"] = meta.into();
        }
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "create_episode"),
            ("traceparent", header),
        ];
        let answer = host.post(&message, &headers).await;
        assert_ne!(answer.message()["result"]["isError"], true, "{answer:?}");
    };
    let other = TRACE.replace("0af", "0bf");
    ask(
        Some(&format!("00-{TRACE}-{PARENT}-01")),
        &format!("00-{other}-{PARENT}-01"),
    )
    .await;
    // Not sampled by the client, and so not here.
    ask(None, &format!("00-{other}-{PARENT}-00")).await;
    // What is none is as if there were none.
    ask(Some("nonsense"), "00-nonsense").await;
    end(host);
    let spans = collector.spans();
    let calls = spans
        .iter()
        .filter(|span| span.name == "tools/call create_episode");
    let calls: Vec<_> = calls.collect();
    assert_eq!(calls.len(), 2, "{spans:#?}");
    let [continued, fresh] = calls[..] else {
        unreachable!()
    };
    assert_eq!((&*continued.trace, &*continued.parent), (TRACE, PARENT));
    assert!(fresh.parent.is_empty() && fresh.trace != other, "{fresh:?}");
    let memory = spans.iter().find(|span| span.name == "memory").unwrap();
    assert_eq!(memory.parent, continued.id);
    assert_eq!(memory.attributes["gen_ai.tool.name"], "create_episode");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_say_how_calls_ended_and_nothing_of_what_was_sent() {
    let (collector, sent) = (Collector::default(), Sent::default());
    let host = host(&collector.listen().await, &web(sent).await);
    let code = "
        await tools.web.look({ said: 'argument-4711' });
        await memory.query({ query: 'question-4711' });
        throw new Error('thrown-4711' + input.given)";
    let context = json!({"input": {"given": "input-4711"}, "task": "task-4711"});
    let arguments = json!({"code": code, "context": context});
    host.call("execute_agent_code", &arguments, &[]).await;
    let unknown = format!("x{}", "y".repeat(300));
    host.call(&unknown, &json!({"a": "unknown-4711"}), &[])
        .await;
    end(host);
    let call = collector.span("tools/call execute_agent_code");
    assert!(
        call.is_error && call.attributes["error.type"] == "tool_error",
        "{call:?}"
    );
    let memory = collector.span("memory");
    assert_eq!(memory.attributes["vesicle.memory.operation"], "query");
    let spans = collector.spans();
    assert!(!format!("{spans:?}").contains("4711"), "{spans:#?}");
    let unknown = spans
        .iter()
        .find(|span| span.name.starts_with("tools/call xy"));
    let unknown = unknown.unwrap();
    assert_eq!(unknown.attributes["gen_ai.tool.name"].len(), 100);
    assert_eq!(unknown.attributes["error.type"], "protocol_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_a_span_around_its_phases() {
    let collector = Collector::default();
    let toml = format!("[telemetry]\notlp = \"{}\"\n", collector.listen().await);
    let prepare = |data: &Path| {
        let csv = in_repository("plugins/csv");
        crate::http::vesicle(data, &["plugin", "add", csv.to_str().unwrap()]);
    };
    let host = HttpHost::start_with(&toml, &prepare, &[]);
    let absent = json!({"file": "/data/absent.csv"});
    let called = host.call("csv__columns", &absent, &[]).await;
    end(host);
    let span = collector.span("plugin");
    assert_eq!(span.attributes["vesicle.plugin"], "csv", "{called:?}");
    assert_eq!(span.attributes["gen_ai.tool.name"], "columns");
    assert!(span.is_error, "{span:?}");
    let instantiate = collector.spans().into_iter();
    let mut phases = instantiate.filter(|phase| phase.parent == span.id);
    assert!(
        phases.any(|phase| phase.name == "run"),
        "{:#?}",
        collector.spans()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_nothing_is_carried_on() {
    let sent = Sent::default();
    let host = host("", &web(sent.clone()).await);
    let headers = [("traceparent", &*format!("00-{TRACE}-{PARENT}-01"))];
    let meta = host.run(BOTH, &headers).await;
    assert_eq!(meta.get("traceparent"), None, "{meta}");
    let [(header, meta)] = &sent.lock()[..] else {
        panic!("{sent:?}");
    };
    assert_eq!((header, meta.get("traceparent")), (&None, None));
}

/// A server over standard input and output with these variables, which runs a program and is left.
fn over_stdio(variables: &[(&str, &str)]) -> Output {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(VESICLE);
    command.arg("serve").arg("--data-dir").arg(data.path());
    command
        .arg("--cache-dir")
        .arg(cache_dir())
        .current_dir(data.path());
    let mut server = unconfigured(&mut command)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "execute_agent_code", "arguments": {"code": "return 1"},
    }});
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let mut input = server.stdin.take().unwrap();
    for message in [crate::http::initialize(), initialized, call] {
        writeln!(input, "{message}").unwrap();
    }
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let answered = lines.any(|line| line.unwrap().contains("\"id\":1"));
    drop(input);
    let output = server.wait_with_output().unwrap();
    assert!(answered, "{output:?}");
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_the_standard_count() {
    let collector = Collector::default();
    let url = collector.listen().await;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url);
    for off in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ] {
        over_stdio(&[endpoint, off]);
        assert_eq!(collector.spans().len(), 0, "{off:?}");
    }
    over_stdio(&[endpoint, ("OTEL_SERVICE_NAME", "mine")]);
    let call = collector.span("tools/call execute_agent_code");
    assert_eq!((&*call.service, &*call.parent), ("mine", ""));
}

#[test]
fn a_collector_that_is_not_there_is_told_of_once_and_keeps_no_call() {
    let gone = [
        ("VESICLE_TELEMETRY_OTLP", "http://127.0.0.1:9"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
    ];
    let output = over_stdio(&gone);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.matches("traces cannot be sent").count(), 1, "{told}");
    assert!(output.status.success());
}

#[test]
fn a_collector_that_cannot_be_is_refused() {
    let mut command = Command::new(VESICLE);
    command
        .arg("serve")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "no address");
    unconfigured(&mut command).env("OTEL_EXPORTER_OTLP_ENDPOINT", "no address");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("traces cannot be sent to no address"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(2));
}
