//! Plugins from elsewhere: from a host over TLS and from a registry, both real, on loopback.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

use crate::{
    config::Place,
    plugins::{done, numbers, plugin},
    support::in_repository,
};

/// Serves `body` over TLS under any path; answers with its port and its authority in PEM. It ends with the process.
fn serve(body: Vec<u8>) -> (u16, String) {
    let mut params = CertificateParams::new(vec![]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&authority_key).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let leaf = leaf
        .signed_by(&key, &Issuer::new(params, authority_key))
        .expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("a certificate");
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(config.clone()).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut head = [0; 4_096];
            if stream.read(&mut head).is_err() {
                continue;
            }
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream
                .write_all(answer.as_bytes())
                .and_then(|()| stream.write_all(&body));
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    (port, authority.pem())
}

/// The component of `numbers`, and its place.
fn component() -> (Place, Vec<u8>) {
    let place = numbers();
    let bytes = fs::read(place.0.path().join("numbers.wasm")).expect("a file");
    (place, bytes)
}

const CALL: [&str; 3] = ["call", "numbers.add", r#"{"a": 1, "b": 2}"#];

#[test]
fn over_tls_with_the_digest_that_was_named() {
    let (place, bytes) = component();
    let digest = blake3::hash(&bytes).to_hex();
    let (port, authority) = serve(bytes);
    let source = format!("https://localhost:{port}/numbers.wasm#blake3={digest}");
    let add = ["add", &source, "--name", "numbers"];
    let stranger = plugin(&place, &add);
    assert_eq!(stranger.code(), Some(1), "{stranger}");
    place.write("authority.pem", &authority);
    place.write(
        "vesicle.toml",
        "data_dir = \"data\"\n[network]\nca_file = \"authority.pem\"\n",
    );
    let other = source.replace(&digest.to_string(), &blake3::hash(b"").to_hex());
    let refused = plugin(&place, &["add", &other, "--name", "numbers"]);
    assert_eq!(refused.code(), Some(1), "{refused}");
    done(&place, &add);
    assert_eq!(done(&place, &CALL), "3");
}

/// Debian's registry, for the time of a test.
struct Registry {
    process: Child,
    port: u16,
    _data: tempfile::TempDir,
}

impl Registry {
    fn start() -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let process = Command::new(in_repository("tests/plugins/registry.sh"))
            .arg("run")
            .arg(data.path())
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a registry");
        let mut registry = Self {
            process,
            port,
            _data: data,
        };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = registry.process.try_wait().expect("a process");
            let hint = "there is no registry; run tests/plugins/registry.sh install";
            assert!(ended.is_none(), "{hint}");
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "it does not start"
            );
            thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    /// Puts a component there; answers with the digest of its artifact.
    fn push(&self, place: &Place, file: &str) -> String {
        let pushed = Command::new("python3")
            .arg(in_repository("tests/plugins/push.py"))
            .args([&self.port.to_string(), file])
            .current_dir(place.0.path())
            .output()
            .expect("python3 starts");
        assert!(
            pushed.status.success(),
            "{}",
            String::from_utf8_lossy(&pushed.stderr)
        );
        String::from_utf8(pushed.stdout)
            .expect("a digest")
            .trim()
            .to_owned()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn from_a_registry() {
    let (place, _) = component();
    let registry = Registry::start();
    let digest = registry.push(&place, "numbers.wasm");
    let source = |digest: &str| {
        format!(
            "oci+http://127.0.0.1:{}/tools/numbers@sha256:{digest}",
            registry.port
        )
    };
    let absent = plugin(
        &place,
        &["add", &source(&"0".repeat(64)), "--name", "numbers"],
    );
    assert_eq!(absent.code(), Some(1), "{absent}");
    done(&place, &["add", &source(&digest), "--name", "numbers"]);
    assert_eq!(done(&place, &CALL), "3");
}
