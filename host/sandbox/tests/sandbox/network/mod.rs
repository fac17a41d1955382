//! Granted hosts: real ones on loopback, asked by programs. One test for each misdeed, named for it.

mod abort;
mod addresses;
mod fetch;
mod limits;
mod redirects;
mod refusals;
mod requests;
mod secrets;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use vesicle_sandbox::{
    AllowedHost, Authorities, Execution, Network, NetworkConfig, NetworkLimits, Outcome,
    RequestRecord, Resolve, Transport, WatchRequests,
};

use crate::hosts::{Certificates, Host};
use crate::support::{execute, success, told, with_input};

/// Names, and what they lead to: each answer once, the last one for good.
#[derive(Default)]
struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    fn lead(&self, name: &str, answers: &[&[&str]]) {
        let parse = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).rev().collect();
        self.answers.lock().insert(name.to_owned(), answers);
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().push(name.to_owned());
        let mut answers = self.answers.lock();
        let answers = answers.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        match answers.len() {
            1 => Ok(answers[0].clone()),
            _ => Ok(answers.pop().unwrap()),
        }
    }
}

#[derive(Default)]
struct Watch(Mutex<Vec<RequestRecord>>);

impl WatchRequests for Watch {
    fn ended(&self, request: RequestRecord) {
        self.0.lock().push(request);
    }
}

/// Two hosts, `api.test` over TLS and `plain.test` without, and a third place that nobody granted.
struct World {
    api: Host,
    plain: Host,
    inside: Host,
    certificates: Certificates,
    names: Arc<Names>,
    watch: Arc<Watch>,
    limits: NetworkLimits,
}

impl World {
    async fn new() -> Self {
        let certificates = Certificates::new(&["api.test", "*.api.test", "127.0.0.1"]);
        let names = Arc::new(Names::default());
        for name in ["api.test", "plain.test", "sub.api.test", "inside.test"] {
            names.lead(name, &[&["127.0.0.1"]]);
        }
        Self {
            api: Host::tls(&certificates).await,
            plain: Host::plain().await,
            inside: Host::plain().await,
            certificates,
            names,
            watch: Arc::default(),
            limits: NetworkLimits::default(),
        }
    }

    fn api(&self) -> String {
        format!("https://api.test:{}", self.api.port())
    }

    fn plain(&self) -> String {
        format!("http://plain.test:{}", self.plain.port())
    }

    /// The two hosts, at loopback.
    fn granted(&self) -> Vec<AllowedHost> {
        [&self.api()["https://".len()..], &self.plain()]
            .map(|entry| {
                AllowedHost::parse(entry)
                    .unwrap()
                    .at(["127.0.0.1"])
                    .unwrap()
            })
            .into()
    }

    fn config(&self) -> NetworkConfig {
        NetworkConfig {
            limits: self.limits,
            authorities: Authorities::read(self.certificates.authority.path()).unwrap(),
            resolver: self.names.clone(),
            ..NetworkConfig::default()
        }
    }

    fn network(&self) -> Network {
        Network::new(self.granted(), Arc::new(Transport::new(self.config())))
    }

    fn execution(&self, code: &str, network: Network) -> Execution {
        let input = json!({
            "api": self.api(),
            "plain": self.plain(),
            "inside": self.inside.port(),
            "apiPort": self.api.port(),
        });
        Execution {
            network: network.watched(self.watch.clone()),
            ..with_input(code, input)
        }
    }

    async fn run(&self, code: &str) -> Outcome {
        self.run_with(code, self.network()).await
    }

    async fn run_with(&self, code: &str, network: Network) -> Outcome {
        execute(self.execution(code, network)).await
    }

    /// The result of this code, which has to succeed.
    async fn output(&self, code: &str) -> Value {
        let output = success(self.run(code).await);
        serde_json::from_str(output.get()).unwrap()
    }

    /// The error that this expression is rejected with, as its code and its message.
    async fn error(&self, expression: &str) -> String {
        self.error_with(expression, self.network()).await
    }

    async fn error_with(&self, expression: &str, network: Network) -> String {
        let code = format!(
            "try {{ return ['done', await {expression}] }} catch (error) {{ return `${{error.code}} ${{error.message}}` }}"
        );
        let outcome = self.run_with(&code, network).await;
        let Outcome::Success { output, .. } = &outcome else {
            panic!("{}", told(&outcome));
        };
        let ports = [
            (self.api.port(), "API"),
            (self.plain.port(), "PLAIN"),
            (self.inside.port(), "INSIDE"),
        ];
        let text = serde_json::from_str::<Value>(output.get()).unwrap();
        let text = text
            .as_str()
            .map_or_else(|| text.to_string(), str::to_owned);
        ports.iter().fold(text, |text, (port, name)| {
            text.replace(&port.to_string(), name)
        })
    }

    fn records(&self) -> Vec<RequestRecord> {
        self.watch.0.lock().clone()
    }
}
