//! The server over HTTP: real requests to a real process.

mod access;
mod audit_lines;
mod bounds;
pub mod dashboard;
mod ending;
mod faults;
mod figures;
mod isolation;
mod lockdown;
mod oauth;
mod protocol;
mod rounds;
mod tasks;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{VESICLE, cache_dir, unconfigured};

/// A host that serves HTTP, with a data directory of its own.
pub struct HttpHost {
    server: Child,
    url: String,
    told: String,
    data: TempDir,
    options: Vec<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The JSON-RPC message in it, which may be one event.
    pub fn message(&self) -> Value {
        let json = self.text.lines().rev().find_map(|line| {
            let data = line.strip_prefix("data:").unwrap_or(line).trim();
            serde_json::from_str::<Value>(data)
                .ok()
                .filter(Value::is_object)
        });
        json.unwrap_or_else(|| panic!("no message in {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl HttpHost {
    /// One on a free port of this machine.
    pub fn start(options: &[&str]) -> Self {
        Self::start_with("", &|_| {}, options)
    }

    /// One with this configuration, after `prepare` has run commands with its data directory.
    pub fn start_with(toml: &str, prepare: &dyn Fn(&Path), options: &[&str]) -> Self {
        Self::start_all(toml, prepare, options, &[])
    }

    /// One with this configuration and these variables in its environment.
    pub fn start_in_environment(toml: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_all(toml, &|_| {}, &[], variables)
    }

    /// One that this command starts: it gets the host's own after its arguments, in the data directory.
    pub fn start_around(around: &[&str], toml: &str) -> Self {
        let data = TempDir::new().unwrap();
        std::fs::write(data.path().join("vesicle.toml"), toml).unwrap();
        let mut command = Command::new(around[0]);
        command.args(&around[1..]).arg(VESICLE);
        let (server, url, told) = served(command, data.path(), &[], &[]);
        Self {
            server,
            url,
            told,
            data,
            options: Vec::new(),
        }
    }

    fn start_all(
        toml: &str,
        prepare: &dyn Fn(&Path),
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let data = TempDir::new().unwrap();
        std::fs::write(data.path().join("vesicle.toml"), toml).unwrap();
        prepare(data.path());
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (server, url, told) = served(Command::new(VESICLE), data.path(), &options, variables);
        Self {
            server,
            url,
            told,
            data,
            options,
        }
    }

    /// Starts it again after its end, with what it kept.
    pub fn start_again(&mut self) {
        self.server.wait().unwrap();
        let (server, url, told) =
            served(Command::new(VESICLE), self.data.path(), &self.options, &[]);
        (self.server, self.url, self.told) = (server, url, told);
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The address, as `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Runs another command with the same data directory and configuration, and gives what it printed.
    pub fn vesicle(&self, arguments: &[&str]) -> String {
        vesicle(self.data(), arguments)
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = client().get(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request).await
    }

    pub async fn delete(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = client().delete(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request).await
    }

    /// Posts a message.
    pub async fn post(&self, message: &Value, headers: &[(&str, &str)]) -> Answer {
        post(&self.url("/mcp"), message, headers).await
    }

    /// Calls a tool with the protocol of 2026, which has no sessions.
    pub async fn call(&self, tool: &str, arguments: &Value, headers: &[(&str, &str)]) -> Answer {
        let message = stateless("tools/call", json!({"name": tool, "arguments": arguments}));
        let mut all = vec![
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        all.extend(headers);
        self.post(&message, &all).await
    }

    /// Runs a program, which must succeed, and gives what it returned.
    pub async fn run(&self, code: &str, headers: &[(&str, &str)]) -> Value {
        let answer = self
            .call("execute_agent_code", &json!({"code": code}), headers)
            .await;
        let message = answer.message();
        assert_eq!(
            message["result"]["structuredContent"]["status"], "success",
            "{message}"
        );
        message["result"]["structuredContent"]["output"].clone()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// What it logged before it served.
    pub fn told(&self) -> &str {
        &self.told
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let id = self.server.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; none if it does not end in time.
    pub fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let began = std::time::Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.server.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// What it has in memory, in bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }
}

impl Drop for HttpHost {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A host that serves, its URL, and what it told before.
fn served(
    mut command: Command,
    data: &Path,
    options: &[String],
    variables: &[(&str, &str)],
) -> (Child, String, String) {
    command
        .args(["serve", "--http", "127.0.0.1:0"])
        .args(options);
    command.arg("--cache-dir").arg(cache_dir());
    command.arg("--data-dir").arg(data);
    command.current_dir(data);
    let mut server = unconfigured(&mut command)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap());
    let mut told = String::new();
    let url = loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended: {told}");
        match line.trim().strip_prefix("serving MCP at ") {
            Some(found) => break found.strip_suffix("/mcp").unwrap().to_owned(),
            None => told += &line,
        }
    };
    // Whatever it logs must not fill the pipe.
    std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
    (server, url, told)
}

/// Posts a message to this URL.
pub async fn post(url: &str, message: &Value, headers: &[(&str, &str)]) -> Answer {
    tried(url, message, headers).await.unwrap()
}

/// The same, where the host may be gone.
pub async fn tried(
    url: &str,
    message: &Value,
    headers: &[(&str, &str)],
) -> reqwest::Result<Answer> {
    let mut request = client().post(url);
    let usual = [
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
    ];
    for (name, value) in usual.iter().chain(headers) {
        request = request.header(*name, *value);
    }
    answered(request.body(message.to_string())).await
}

/// A request of the protocol of 2026.
pub fn stateless(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// The request that opens a session.
pub fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    }})
}

pub fn vesicle(data: &Path, arguments: &[&str]) -> String {
    let (told, is_well) = told(data, arguments);
    assert!(is_well, "{arguments:?}: {told}");
    told
}

/// What a command printed, and whether it was well; what went wrong, where it was not.
pub fn told(data: &Path, arguments: &[&str]) -> (String, bool) {
    let mut command = Command::new(VESICLE);
    command.args(arguments).arg("--data-dir").arg(data);
    command.current_dir(data);
    let ran = unconfigured(&mut command).output().unwrap();
    let mut told = String::from_utf8(ran.stdout).unwrap();
    if !ran.status.success() {
        told += &String::from_utf8_lossy(&ran.stderr);
    }
    (told.trim().to_owned(), ran.status.success())
}

fn client() -> reqwest::Client {
    // Each request over a connection of its own, as strangers' are.
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls())
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

/// TLS without a root: these requests go in the clear.
fn tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    answered(request).await.unwrap()
}

async fn answered(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    Ok(Answer {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}
