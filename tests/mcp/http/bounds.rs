//! Bounds of what strangers may send, and that none of it harms others.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Answer, HttpHost, initialize};

/// Sends bytes and gives what comes back until the host closes, or for some seconds.
async fn raw(host: &HttpHost, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(host.address()).await.unwrap();
    // It may close before all is sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(5), reading).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn head(host: &HttpHost, more: &str) -> String {
    let address = host.address();
    format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn a_body_may_have_all_its_bytes_and_not_one_more() {
    let host = HttpHost::start_with("[http]\nbody_bytes = 2000\n", &|_| {}, &[]);
    let message = initialize().to_string();
    let padded = |bytes: usize| format!("{message}{}", " ".repeat(bytes - message.len()));
    for (bytes, answered) in [(2000, "200 OK"), (2001, "413 Payload Too Large")] {
        let length = format!("content-length: {bytes}\r\nconnection: close\r\n");
        let answer = raw(&host, (head(&host, &length) + &padded(bytes)).as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {answered}")),
            "{bytes}: {answer}"
        );
        let chunked = "transfer-encoding: chunked\r\nconnection: close\r\n";
        let body = format!("{bytes:x}\r\n{}\r\n0\r\n\r\n", padded(bytes));
        let answer = raw(&host, (head(&host, chunked) + &body).as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {answered}")),
            "chunked {bytes}: {answer}"
        );
    }
}

#[tokio::test]
async fn headers_may_have_all_their_bytes_and_not_one_more() {
    let host = HttpHost::start_with("[http]\nheader_bytes = 8192\n", &|_| {}, &[]);
    let head = |bytes: usize| {
        let address = host.address();
        let start =
            format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-pad: ");
        let pad = "x".repeat(bytes - start.len() - "\r\n\r\n".len());
        format!("{start}{pad}\r\n\r\n")
    };
    for (bytes, answered) in [(8192, "200"), (8193, "431")] {
        let answer = raw(&host, head(bytes).as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {answered} ")),
            "{bytes}: {answer}"
        );
    }
}

#[tokio::test]
async fn slow_clients_are_given_up() {
    let host = HttpHost::start_with("[http]\nreceive_ms = 700\n", &|_| {}, &[]);
    let began = std::time::Instant::now();
    let headers = raw(&host, b"POST /mcp HTTP/1.1\r\nhost: ").await;
    assert!(!headers.contains("200 OK"), "{headers}");
    let body = raw(&host, head(&host, "content-length: 100\r\n").as_bytes()).await;
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
    // Each was closed by the host, and not by the reader's patience.
    assert!(began.elapsed() < Duration::from_secs(9));
}

#[tokio::test]
async fn further_connections_wait_for_one_to_close() {
    let host = HttpHost::start_with(
        "[http]\nconnections = 2\nreceive_ms = 60000\n",
        &|_| {},
        &[],
    );
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(host.address()).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\n")
            .await
            .unwrap();
        open.push(stream);
    }
    let waiting = host.get("/healthz", &[]);
    tokio::pin!(waiting);
    let early = tokio::time::timeout(Duration::from_millis(500), &mut waiting).await;
    assert!(early.is_err(), "a third connection was served");
    open.pop();
    assert_eq!(waiting.await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_account_has_so_many_sessions() {
    let host = HttpHost::start_with("[http]\nsessions = 2\n", &|_| {}, &[]);
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let opened = host.post(&initialize(), &[]).await;
        assert_eq!(opened.status, StatusCode::OK);
        sessions.push(opened.header("mcp-session-id").unwrap().to_owned());
    }
    let refused = host.post(&initialize(), &[]).await;
    assert_eq!(
        refused.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{refused:?}"
    );
    assert_eq!(
        host.run("return 1", &[]).await,
        1,
        "calls without a session go on"
    );
    let closed = reqwest_delete(&host, &sessions[0]).await;
    assert!(closed.is_success(), "{closed}");
    assert_eq!(host.post(&initialize(), &[]).await.status, StatusCode::OK);
}

async fn reqwest_delete(host: &HttpHost, session: &str) -> StatusCode {
    let request = super::client().delete(host.url("/mcp"));
    let request = request.header("mcp-session-id", session);
    let request = request.header("mcp-protocol-version", "2025-11-25");
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_silent_session_is_closed() {
    let host = HttpHost::start_with("[http]\nsession_idle_ms = 1000\n", &|_| {}, &[]);
    let opened = host.post(&initialize(), &[]).await;
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let headers = [
        ("mcp-session-id", &*session),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    assert_eq!(
        host.post(&list, &headers).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn malformed_requests_do_no_harm() {
    let host = HttpHost::start(&[]);
    assert_eq!(host.run("return 1", &[]).await, 1);
    let long = format!("x-long: {}\r\n", "a".repeat(100_000));
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{\"jsonrpc\":\"2.0\"}".to_vec(),
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":7}}"
            .to_vec(),
        b"\xff\xfe\xfd".to_vec(),
        deep.into_bytes(),
    ];
    for body in &bodies {
        let length = format!("content-length: {}\r\nconnection: close\r\n", body.len());
        let mut request = head(&host, &length).into_bytes();
        request.extend(body);
        let answer = raw(&host, &request).await;
        let code: u32 = answer.get(9..12).unwrap_or("0").parse().unwrap_or(0);
        assert!(
            (400..500).contains(&code) || answer.contains("\"error\""),
            "{body:?}: {answer}"
        );
    }
    for request in [
        "GARBAGE\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        head(&host, &long),
        head(&host, "content-length: -1\r\n"),
        head(&host, "content-length: 5\r\ncontent-length: 6\r\n"),
        head(&host, "transfer-encoding: chunked\r\n") + "zz\r\n",
        head(&host, "connection: close\r\n").replace("application/json\r\n", "text/plain\r\n"),
        format!("{}0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let answer = raw(&host, request.as_bytes()).await;
        assert!(
            !answer.starts_with("HTTP/1.1 200"),
            "{request:.60}: {answer}"
        );
    }
    assert_eq!(host.run("return 2", &[]).await, 2);
}

/// Opens a session as a client does, which also asks for tools; its id.
async fn session(host: &HttpHost) -> String {
    let opened = host.post(&initialize(), &[]).await;
    assert_eq!(opened.status, StatusCode::OK);
    let id = opened.header("mcp-session-id").unwrap().to_owned();
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let told = in_session(host, &id, &initialized).await;
    assert_eq!(told.status, StatusCode::ACCEPTED);
    tools(host, &id).await;
    id
}

async fn in_session(host: &HttpHost, id: &str, message: &Value) -> Answer {
    let headers = [
        ("mcp-session-id", id),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    host.post(message, &headers).await
}

/// The names of the tools that a session is shown.
async fn tools(host: &HttpHost, id: &str) -> Vec<String> {
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let listed = in_session(host, id, &list).await.message();
    let tools = listed["result"]["tools"].as_array();
    let tools = tools.unwrap_or_else(|| panic!("{listed}")).iter();
    tools
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

/// More than are awake.
const SESSIONS_MANY: usize = 300;

#[tokio::test]
async fn sessions_that_sleep_are_what_they_were() {
    let toml = format!("[http]\nsessions = {}\n", SESSIONS_MANY + 2);
    let host = HttpHost::start_with(&toml, &|_| {}, &[]);
    let first = session(&host).await;
    // What is used is shown from then on, and a level is chosen.
    let before = tools(&host, &first).await;
    let call = json!({"name": "health_check", "arguments": {}});
    let used = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call});
    let used = in_session(&host, &first, &used).await.message();
    assert_eq!(used["result"]["isError"], false, "{used}");
    let shown = tools(&host, &first).await;
    assert_eq!(shown.len(), before.len() + 1, "{shown:?}");
    // One that has a stream open, and one with a call under way.
    let (listens, calls) = (session(&host).await, session(&host).await);
    let mut stream = super::client()
        .get(host.url("/mcp"))
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &listens)
        .header("mcp-protocol-version", "2025-11-25")
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let mut others = Vec::new();
    for _ in 0..SESSIONS_MANY - 50 {
        others.push(session(&host).await);
    }
    // What it has for longer, it is ended for.
    let code = "await new Promise(r => setTimeout(r, 4000)); return 'done'";
    let call = json!({"name": "execute_agent_code", "arguments": {"code": code}});
    let call = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": call});
    let under_way = in_session(&host, &calls, &call);
    let more = async {
        for _ in others.len()..SESSIONS_MANY - 3 {
            others.push(session(&host).await);
        }
    };
    let (done, ()) = tokio::join!(under_way, more);
    let done = done.message();
    assert_eq!(
        done["result"]["structuredContent"]["output"], "done",
        "{done}"
    );
    // All of them count, and each answers, also those that sleep.
    let told = host.get("/metrics", &[]).await.text;
    let line = format!("vesicle_sessions {SESSIONS_MANY}");
    assert!(told.lines().any(|told| told == line), "{told}");
    for id in [&others[..], &others[..20]].concat() {
        assert_eq!(tools(&host, &id).await, before);
    }
    assert_eq!(
        tools(&host, &first).await,
        shown,
        "it is shown what it used"
    );
    // The stream was never broken off.
    let source = "export function one(): number { return 1 }";
    let save = json!({"name": "fresh", "source": source});
    let saved = host.call("save_plugin", &save, &[]).await.message();
    assert_eq!(saved["result"]["isError"], false, "{saved}");
    let mut told = String::new();
    while !told.contains("notifications/tools/list_changed") {
        let chunk = tokio::time::timeout(Duration::from_secs(30), stream.chunk()).await;
        let chunk = chunk.expect("it is told").unwrap();
        told += &String::from_utf8_lossy(&chunk.expect("the stream stays open"));
    }
    // One that sleeps can be ended, and is gone then.
    assert!(reqwest_delete(&host, &others[0]).await.is_success());
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let gone = in_session(&host, &others[0], &list).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    // There is room for three more, and not for four.
    for _ in 0..3 {
        session(&host).await;
    }
    let refused = host.post(&initialize(), &[]).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn idle_sessions_take_little_memory() {
    const SESSIONS: usize = 2_000;
    const BYTES_MAX: u64 = 100_000_000;
    let host = HttpHost::start(&[]);
    assert_eq!(host.run("return 1", &[]).await, 1);
    let before = host.resident();
    for _ in 0..SESSIONS {
        session(&host).await;
    }
    let grown = host.resident().saturating_sub(before);
    let told = host.get("/metrics", &[]).await.text;
    let line = format!("vesicle_sessions {SESSIONS}");
    assert!(told.lines().any(|told| told == line), "{told}");
    assert!(
        grown <= BYTES_MAX,
        "{} MB for {SESSIONS} sessions",
        grown >> 20
    );
}
