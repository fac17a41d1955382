//! A Rust program that speaks `wasi:http` (`guests/rust/http`), as a component that is not ours, and
//! real hosts on loopback. What it asks for is a script; what it was told is compared as a whole.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use vesicle_sandbox::{
    Access, AllowedHost, Authorities, Call, CompileLimits, Directory, Files, Grants, Network,
    NetworkConfig, NetworkLimits, Outcome, Quota, Resolve, Transport, Val,
};

use crate::hosts::{Certificates, Host};
use crate::lying::sandbox;
use crate::programs::programs;
use crate::support::{alone, limits};

/// Every name leads here, so that what keeps a request from the inside is not that it has no name.
struct Here;

#[async_trait]
impl Resolve for Here {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

struct World {
    plain: Host,
    secure: Host,
    unproven: Host,
    inside: Host,
    authorities: Authorities,
}

impl World {
    async fn new() -> Self {
        let certificates = Certificates::new(&["secure.test"]);
        let stranger = Certificates::new(&["unproven.test"]);
        Self {
            plain: Host::plain().await,
            secure: Host::tls(&certificates).await,
            unproven: Host::tls(&stranger).await,
            inside: Host::plain().await,
            authorities: Authorities::read(certificates.authority.path()).unwrap(),
        }
    }

    /// Their ports have names in scripts, as they differ each time.
    fn ports(&self) -> [(&'static str, String); 4] {
        [
            ("PLAIN", &self.plain),
            ("SECURE", &self.secure),
            ("UNPROVEN", &self.unproven),
            ("INSIDE", &self.inside),
        ]
        .map(|(name, host)| (name, host.port().to_string()))
    }

    fn network(&self, limits: NetworkLimits) -> Network {
        let [plain, secure, unproven, inside] = self.ports().map(|(_, port)| port);
        let here = |entry: String| {
            let entry = AllowedHost::parse(&entry).unwrap();
            entry.at(["127.0.0.1"]).unwrap()
        };
        let granted = [
            here(format!("http://plain.test:{plain}")),
            here(format!("secure.test:{secure}")),
            here(format!("unproven.test:{unproven}")),
            // By name, which does not grant the address that it leads to.
            AllowedHost::parse(&format!("http://*.names.test:{inside}")).unwrap(),
        ];
        let config = NetworkConfig {
            limits,
            authorities: self.authorities.clone(),
            resolver: Arc::new(Here),
            ..NetworkConfig::default()
        };
        Network::new(granted, Arc::new(Transport::new(config)))
    }

    /// What the program prints for this script.
    async fn told(&self, script: &str, network: Network) -> String {
        let (mut script, ports) = (script.to_owned(), self.ports());
        for (name, port) in &ports {
            script = script.replace(name, port);
        }
        let outcome = run(&script, network).await;
        let Outcome::Success { stdout, .. } = &outcome else {
            panic!("{outcome:?}");
        };
        let text = ports.iter().fold(stdout.clone(), |text, (name, port)| {
            text.replace(&format!(":{port}"), &format!(":{name}"))
        });
        assert_eq!(self.inside.connections(), 0, "somebody was inside: {text}");
        assert!(self.unproven.received().is_empty(), "told without proof");
        text
    }
}

async fn run(script: &str, network: Network) -> Outcome<Vec<Val>> {
    let wasm = std::fs::read(programs().join("components/http.wasm"));
    let sandbox = sandbox().await;
    let component = sandbox
        .load(
            wasm.expect("guests/build.sh makes it"),
            CompileLimits::default(),
        )
        .await
        .expect("it is a component");
    let command = component.functions().iter().find(|f| f.name == "run");
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("requests"), script).unwrap();
    let script = Directory::open(directory.path(), "/script", Access::Read, Quota::default());
    let call = Call {
        limits: limits(),
        grants: Grants {
            files: Files::new([script.unwrap()]).unwrap(),
            network,
            ..Grants::default()
        },
        ..Call::new(&component, command.expect("it is a command"), vec![])
    };
    sandbox.call(call).await.expect("the host works")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_asks_what_is_granted() {
    let _alone = alone().await;
    let world = World::new().await;
    let script = "\
get http://plain.test:PLAIN/json
get https://secure.test:SECURE/json
post http://plain.test:PLAIN/echo 5
post https://secure.test:SECURE/json 100000
header http://plain.test:PLAIN/echo x-own 1
get http://plain.test:PLAIN/status/418
follow http://plain.test:PLAIN/redirect/302/https://secure.test:SECURE/json
get http://plain.test:PLAIN/large/300000";
    let told = world
        .told(script, world.network(NetworkLimits::default()))
        .await;
    let lines: Vec<_> = told
        .lines()
        .map(|line| line.trim_end_matches('x'))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let sent = world.secure.received();
    assert_eq!(sent.len(), 3, "{sent:?}");
    // In chunks, as its length was not announced.
    assert!(sent[1].body.len() > 100_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_refused_the_rest() {
    let _alone = alone().await;
    let world = World::new().await;
    let script = "\
get http://other.test:PLAIN/json
get http://sub.plain.test:PLAIN/json
get http://plain.test:INSIDE/json
get http://plain.test/json
get https://plain.test:PLAIN/json
get http://secure.test:SECURE/json
get http://127.0.0.1:INSIDE/json
get http://localhost:INSIDE/json
get http://2130706433:INSIDE/json
get http://0x7f.1:INSIDE/json
get http://[::1]:INSIDE/json
get http://[::ffff:127.0.0.1]:INSIDE/json
get http://[64:ff9b::7f00:1]:INSIDE/json
get http://169.254.169.254/latest/meta-data/
get http://inside.names.test:INSIDE/json
get https://unproven.test:UNPROVEN/json
get http://plain.test:PLAIN@127.0.0.1:INSIDE/json
get http://127.0.0.1:INSIDE@plain.test:PLAIN/json
get ftp://plain.test:PLAIN/json
get file:///etc/passwd
follow http://plain.test:PLAIN/redirect/302/http://127.0.0.1:INSIDE/json
follow http://plain.test:PLAIN/redirect/307/http://inside.names.test:INSIDE/json
follow http://plain.test:PLAIN/redirect/302/file:///etc/passwd
header http://plain.test:PLAIN/json host 127.0.0.1
header http://plain.test:PLAIN/json transfer-encoding chunked
header http://plain.test:PLAIN/json connection upgrade
header http://plain.test:PLAIN/json x a\\r\\nhost:inside
header http://plain.test:PLAIN/json x\\r\\nhost 127.0.0.1";
    let told = world
        .told(script, world.network(NetworkLimits::default()))
        .await;
    insta::assert_snapshot!(told);
    // Only what redirected was asked.
    let received = world.plain.received();
    let asked: Vec<_> = received.iter().map(|request| request.line()).collect();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_eq!(world.secure.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_without_a_grant_asks_nobody() {
    let _alone = alone().await;
    let world = World::new().await;
    let script = "\
get http://plain.test:PLAIN/json
post https://secure.test:SECURE/json 10
get http://127.0.0.1:PLAIN/json";
    let told = world.told(script, Network::default()).await;
    insta::assert_snapshot!(told);
    assert_eq!(world.plain.connections() + world.secure.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guests_requests_are_bounded() {
    let _alone = alone().await;
    let world = World::new().await;
    let network = world.network(NetworkLimits {
        requests: 16,
        requests_at_once: 2,
        request_bytes: 10_000,
        response_bytes: 10_000,
        header_bytes: 1000,
        first_byte: Duration::from_millis(500),
        between_bytes: Duration::from_millis(500),
        total: Duration::from_millis(1500),
        ..NetworkLimits::default()
    });
    let script = "\
get http://plain.test:PLAIN/chunked/10000
get http://plain.test:PLAIN/chunked/10001
get http://plain.test:PLAIN/large/10001
get http://plain.test:PLAIN/announced/99999999999
post http://plain.test:PLAIN/json 10000
post http://plain.test:PLAIN/json 10001
get http://plain.test:PLAIN/headers/2000
get http://plain.test:PLAIN/many/200
get http://plain.test:PLAIN/hang
get http://plain.test:PLAIN/slow-body/3000
get http://plain.test:PLAIN/drip/1000
get http://plain.test:PLAIN/garbage
get http://plain.test:PLAIN/short
leave http://plain.test:PLAIN/json
leave http://plain.test:PLAIN/json
get http://plain.test:PLAIN/json
get http://plain.test:PLAIN/json
get http://plain.test:PLAIN/json";
    let told = world.told(script, network).await;
    let shown: Vec<_> = told
        .lines()
        .map(|line| line.trim_end_matches('x'))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert!(world.plain.at_once() <= 2);
}
