//! What the bridge adds to a call.
//!
//! `direct` calls a server in this process with the MCP SDK alone; `bridged` makes the same call through everything that
//! the bridge puts around it; `cached` is answered by the bridge from its cache. The server and the pipe are the same in
//! both, so that their difference is the bridge.

// A benchmark that cannot be set up has nobody to tell but who runs it.
#![allow(clippy::expect_used)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    Implementation, ListToolsResult, PaginatedRequestParams, ServerCapabilities,
    ServerConfig as Info, Tool, ToolAnnotations,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ServerHandler, ServiceExt};
use serde_json::json;
use serde_json::value::to_raw_value;
use tokio::io::DuplexStream;
use vesicle_bridge::{
    Bridge, BridgeConfig, Caller, Connector, Grants, ServerConfig, ServerName, ServerPolicy,
    Transport,
};

const PIPE_BYTES: usize = 64 << 10;

#[derive(Clone)]
struct Server;

impl ServerHandler for Server {
    fn get_info(&self) -> Info {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        Info::new(capabilities).with_server_info(Implementation::new("bench", "1"))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "limit": {"type": "integer", "minimum": 1},
                "tags": {"type": "array", "items": {"type": "string"}},
                "since": {"type": "string"},
                "sort": {"enum": ["new", "old"]}
            },
            "required": ["query"]
        });
        let schema = Arc::new(schema.as_object().cloned().unwrap_or_default());
        let tool = |name: &'static str, read_only| {
            let hints = ToolAnnotations::new().read_only(read_only);
            Tool::new(name, "Finds things.", Arc::clone(&schema)).with_annotations(hints)
        };
        Ok(ListToolsResult::with_all_items(vec![
            tool("find", false),
            tool("read", true),
        ]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = json!({"found": request.arguments}).to_string();
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

fn serve() -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
    tokio::spawn(async move {
        if let Ok(running) = Server.serve(theirs).await {
            drop(running.waiting().await);
        }
    });
    ours
}

fn calls(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let arguments = json!({"query": "things", "limit": 5, "tags": ["a", "b"], "sort": "new"});
    let raw = to_raw_value(&arguments).expect("JSON");

    let direct = runtime.block_on(async { ().serve(serve()).await.expect("a connection") });
    let object = arguments.as_object().cloned().expect("an object");
    criterion.bench_function("direct", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let params = CallToolRequestParams::new("find").with_arguments(object.clone());
            black_box(
                direct
                    .peer()
                    .call_tool_once(params)
                    .await
                    .expect("a result"),
            )
        });
    });

    let bridge = runtime.block_on(async {
        let server = ServerConfig {
            name: ServerName::new("bench").expect("a name"),
            transport: Transport::Stream(Connector::new(|| Box::new(serve()))),
            policy: ServerPolicy {
                calls_per_minute: ServerPolicy::CALLS_PER_MINUTE_MAX,
                cache_ttl: ServerPolicy::CACHE_TTL_MAX,
                ..ServerPolicy::default()
            },
        };
        Bridge::start(BridgeConfig {
            servers: vec![server],
            ..BridgeConfig::default()
        })
        .expect("a bridge")
    });
    let caller = Caller::new("bench", Arc::new(Grants::everything()));
    // The bucket holds a million calls and is filled with as many in a minute.
    criterion.bench_function("bridged", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            black_box(
                bridge
                    .call(&caller, "bench", "find", &raw)
                    .await
                    .expect("a result"),
            )
        });
    });
    // Short, as a hit is counted by the bucket too and takes a few microseconds.
    let mut cached = criterion.benchmark_group("cached");
    cached.warm_up_time(Duration::from_millis(300));
    cached.measurement_time(Duration::from_secs(1));
    cached.bench_function("hit", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            black_box(
                bridge
                    .call(&caller, "bench", "read", &raw)
                    .await
                    .expect("a result"),
            )
        });
    });
    cached.finish();
    runtime.block_on(bridge.shut_down());
}

criterion_group!(benches, calls);
criterion_main!(benches);
