//! What began all this: an agent's programs store and recall memories at a server over HTTP, with a
//! bearer token, and the server is killed and started again in the middle of it.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    servers::{connected, output, place, ready},
    support::in_repository,
};

const PATIENCE: Duration = Duration::from_secs(60);
const TOKEN: &str = "token-4711";

/// Killed when dropped.
struct MemoryServer(Child);

impl MemoryServer {
    fn listening(port: u16, file: &Path) -> Self {
        let server = Command::new(in_repository("tests/clients/python/.venv/bin/python"))
            .arg(in_repository("tests/servers/memory.py"))
            .args([&port.to_string(), TOKEN])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = Self(server.expect("run tests/clients/setup.sh"));
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "nothing listens on {port}");
            thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for MemoryServer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn programs_store_and_recall_memories_also_when_the_server_was_killed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("http://127.0.0.1:{port}/mcp");
    let headers = json!({"Authorization": format!("Bearer {TOKEN}")});
    let place = place(
        &json!({"memory": {"url": url, "headers": headers}}),
        "[servers.memory]\nargument_bytes = 300\nwait_ms = 200\nretries = 0\n\
         [servers.memory.tools.store_memory]\ncalls_per_minute = 4\n",
    );
    let file = place.path().join("memories.jsonl");
    let server = MemoryServer::listening(port, &file);
    let mut client = connected(&place);
    ready(&mut client, "memory");
    let code = "await tools.memory.store_memory({ content: 'Ada likes tea', importance: 0.9, tags: ['ada'] });
                await tools.memory.store_memory({ content: 'Bob likes tea', importance: 0.1 });
                return JSON.stringify(await tools.memory.recall({ query: 'tea', limit: 1 }))";
    let recalled = output(&mut client, code).to_string();
    assert!(
        recalled.contains("Ada likes tea") && !recalled.contains("Bob"),
        "{recalled}"
    );
    let refused = "return tools.memory.store_memory({ content: 'x'.repeat(300) }).catch((error) => error.code)";
    assert_eq!(output(&mut client, refused), "invalid_input");

    drop(server);
    let store = "return tools.memory.store_memory({ content: 'Cleo likes tea' }).then(() => 'stored', (error) => error.code)";
    assert_eq!(output(&mut client, store), "unavailable");
    let _server = MemoryServer::listening(port, &file);
    ready(&mut client, "memory");
    assert_eq!(output(&mut client, store), "stored");
    // The fifth in a minute; what was too large was refused before it counted.
    let limited = "return tools.memory.store_memory({ content: 'more' }).then(() => 'stored', ({ code, retryAfterMs }) => [code, retryAfterMs > 0])";
    assert_eq!(output(&mut client, limited), json!(["rate_limited", true]));
    let recalled = output(
        &mut client,
        "return JSON.stringify(await tools.memory.recall({ query: 'tea' }))",
    );
    let recalled = recalled.to_string();
    assert!(
        ["Ada", "Bob", "Cleo"]
            .iter()
            .all(|name| recalled.contains(name)),
        "{recalled}"
    );
}
