//! Servers to connect to, and short ways to call them.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use vesicle_bridge::{
    Bridge, BridgeConfig, CallReply, Caller, Definitions, Grants, ServerConfig, ServerPolicy,
    ServerStatus, State, ToolError, Variables,
};

/// How long anything is waited for that has to come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A file of the repository.
pub fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Python with the official SDK.
pub fn python() -> PathBuf {
    installed("tests/clients/python/.venv/bin/python")
}

/// What `tests/clients/setup.sh` installs.
pub fn installed(path: &str) -> PathBuf {
    let path = in_repository(path);
    assert!(
        path.exists(),
        "{} is not there: run tests/clients/setup.sh",
        path.display()
    );
    path
}

/// A server as `.mcp.json` would define it.
pub fn server(name: &str, definition: Value) -> ServerConfig {
    let text = json!({"mcpServers": {name: definition}}).to_string();
    let mut definitions = Definitions::parse(&text, "test", &Variables::none()).unwrap();
    assert_eq!(definitions.problems, []);
    definitions.servers.remove(0)
}

/// The well-behaved server in plain Python.
pub fn raw(name: &str) -> ServerConfig {
    script(name, "raw.py", &[])
}

/// A script of `tests/servers` that needs no packages.
pub fn script(name: &str, file: &str, arguments: &[&str]) -> ServerConfig {
    let path = in_repository("tests/servers").join(file);
    let mut all = vec![path.display().to_string()];
    all.extend(arguments.iter().map(|&argument| argument.to_owned()));
    server(name, json!({"command": python(), "args": all}))
}

/// The same server with another policy.
pub fn with(mut server: ServerConfig, change: impl FnOnce(&mut ServerPolicy)) -> ServerConfig {
    change(&mut server.policy);
    server
}

/// A bridge that remembers nothing.
pub fn bridge(servers: impl IntoIterator<Item = ServerConfig>) -> Bridge {
    start(servers, None)
}

/// A bridge that remembers in this directory.
pub fn start(servers: impl IntoIterator<Item = ServerConfig>, directory: Option<&Path>) -> Bridge {
    Bridge::start(BridgeConfig {
        servers: servers.into_iter().collect(),
        data_directory: directory.map(Path::to_path_buf),
        ..BridgeConfig::default()
    })
    .unwrap()
}

/// A caller that may call everything.
pub fn anyone() -> Caller {
    Caller::new("test", Arc::new(Grants::everything()))
}

/// Calls `server.tool` as anyone.
pub async fn call(bridge: &Bridge, name: &str, arguments: Value) -> Result<CallReply, ToolError> {
    call_as(&anyone(), bridge, name, arguments).await
}

/// Calls `server.tool`.
pub async fn call_as(
    caller: &Caller,
    bridge: &Bridge,
    name: &str,
    arguments: Value,
) -> Result<CallReply, ToolError> {
    let (server, tool) = name.split_once('.').unwrap();
    bridge
        .call(caller, server, tool, &to_raw_value(&arguments).unwrap())
        .await
}

/// The value of a call that has to succeed.
pub async fn value(bridge: &Bridge, name: &str, arguments: Value) -> Value {
    let reply = call(bridge, name, arguments).await.unwrap();
    serde_json::from_str(reply.value.get()).unwrap()
}

/// How a server stands.
pub fn status(bridge: &Bridge, name: &str) -> ServerStatus {
    bridge
        .statuses()
        .into_iter()
        .find(|status| status.name == name)
        .unwrap()
}

/// Waits until something is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until a server is in this state.
pub async fn until_state(bridge: &Bridge, name: &str, state: State) {
    until(&format!("{name} is {state:?}"), || {
        status(bridge, name).state == state
    })
    .await;
}

/// Whether a process is there and no zombie.
pub fn is_alive(pid: u64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .trim_start()
            .starts_with('Z')
    })
}

/// Whether this process runs just this test, so that its memory can be measured. If not, one that does is run.
pub fn alone(test: &str) -> bool {
    const ALONE: &str = "VESICLE_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    false
}

/// A program of the test's own, killed when dropped.
pub struct Program(Child);

impl Program {
    /// Starts it, and waits until something listens on the port.
    pub fn listening(command: &mut Command, port: u16) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let program = Self(child);
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "nothing listens on port {port}");
            std::thread::sleep(Duration::from_millis(20));
        }
        program
    }

    /// Kills it with `SIGKILL`.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port that nothing listened on a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
