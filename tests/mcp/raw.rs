//! A client that sends and receives lines, for what a proper client would never send.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{VESICLE, cache_dir, unconfigured};

/// A server process and its pipes.
pub struct RawClient {
    server: Child,
    to_server: Option<ChildStdin>,
    from_server: BufReader<ChildStdout>,
    last_id: u64,
}

impl RawClient {
    /// A server that has been sent nothing.
    pub fn start(options: &[&str]) -> Self {
        Self::spawn(Command::new(VESICLE).args(["serve"]).args(options))
    }

    /// A server in a working directory of its own, which also keeps there what it keeps. Nothing was
    /// sent to it.
    pub fn start_in(directory: &Path, options: &[&str]) -> Self {
        let data = directory.join("data");
        let mut command = Command::new(VESICLE);
        command.args(["serve"]).args(options).arg("--data-dir");
        Self::spawn(command.arg(data).current_dir(directory))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut server = unconfigured(command)
            .arg("--cache-dir")
            .arg(cache_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("vesicle starts");
        Self {
            to_server: server.stdin.take(),
            from_server: BufReader::new(server.stdout.take().expect("stdout is piped")),
            server,
            last_id: 0,
        }
    }

    /// A server with a session.
    pub fn connect(options: &[&str]) -> Self {
        let mut client = Self::start(options);
        client.initialize();
        client
    }

    /// Opens a session and gives the server's answer.
    pub fn initialize(&mut self) -> Value {
        self.initialize_with(&json!({}))
    }

    /// The same, as a client that can do this.
    pub fn initialize_with(&mut self, capabilities: &Value) -> Value {
        let answer = self.request(
            "initialize",
            &json!({
                "protocolVersion": "2025-11-25",
                "capabilities": capabilities,
                "clientInfo": {"name": "raw", "version": "1"},
            }),
        );
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        answer
    }

    /// Sends a line, whatever it says.
    pub fn send(&mut self, line: &str) {
        let pipe = self.to_server.as_mut().expect("not hung up");
        writeln!(pipe, "{line}").expect("the server reads");
    }

    /// Sends a request and gives its id.
    pub fn begin(&mut self, method: &str, params: &Value) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&request.to_string());
        id
    }

    /// The next message.
    pub fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.from_server
            .read_line(&mut line)
            .expect("the server writes");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a request and gives the answer to it.
    pub fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.begin(method, params);
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Calls the one tool.
    pub fn call(&mut self, arguments: &Value) -> Value {
        let params = json!({"name": "execute_agent_code", "arguments": arguments});
        self.request("tools/call", &params)["result"].take()
    }

    /// Kills the server, which gets no chance to end anything.
    pub fn kill(mut self) {
        self.server.kill().expect("it runs");
        self.server.wait().expect("a child can be waited for");
    }

    /// Closes both pipes, as the system does for a client that was killed, and waits for the
    /// server to end; none if it does not.
    pub fn hang_up(mut self, patience: Duration) -> Option<ExitStatus> {
        drop(self.to_server.take());
        let Self {
            mut server,
            from_server,
            ..
        } = self;
        drop(from_server);
        let (ended, waiter) = mpsc::channel();
        let process = server.id();
        thread::spawn(move || ended.send(server.wait()));
        match waiter.recv_timeout(patience) {
            Ok(status) => Some(status.expect("a child can be waited for")),
            Err(_) => {
                let _ = Command::new("kill")
                    .args(["-KILL", &process.to_string()])
                    .status();
                None
            }
        }
    }
}
