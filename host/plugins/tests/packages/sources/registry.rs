//! A registry of OCI artifacts.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use vesicle_plugins::sources::{FetchError, Fetcher, Source};

use super::sha256;
use crate::support::spawn;

/// Debian's registry, for the time of a test.
pub struct Registry {
    process: Child,
    pub port: u16,
    pub data: TempDir,
}

impl Registry {
    pub fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/plugins/registry.sh");
        let mut process = Command::new(script);
        process
            .arg("run")
            .arg(data.path())
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let process = spawn(&mut process).unwrap();
        let mut registry = Self {
            process,
            port,
            data,
        };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = registry.process.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "there is no registry; run tests/plugins/registry.sh install"
            );
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "the registry does not start"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    /// Puts bytes there by the protocol's own way; answers with their digest.
    pub async fn push(&self, bytes: &[u8]) -> String {
        let sum = sha256(bytes);
        let base = format!("http://127.0.0.1:{}", self.port);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let begun = client
            .post(format!("{base}/v2/tools/slugify/blobs/uploads/"))
            .send()
            .await
            .unwrap();
        let place = begun.headers()["location"].to_str().unwrap().to_owned();
        let put = client
            .put(format!("{place}&digest=sha256:{sum}"))
            .body(bytes.to_vec());
        assert_eq!(put.send().await.unwrap().status(), 201);
        sum
    }

    pub async fn push_manifest(&self, manifest: String) -> String {
        let sum = sha256(manifest.as_bytes());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let put = client
            .put(format!(
                "http://127.0.0.1:{}/v2/tools/slugify/manifests/1",
                self.port
            ))
            .header("content-type", "application/vnd.oci.image.manifest.v1+json")
            .body(manifest);
        assert_eq!(put.send().await.unwrap().status(), 201);
        sum
    }

    pub async fn fetch(&self, sha256: &str) -> Result<Vec<u8>, FetchError> {
        let source = format!(
            "oci+http://127.0.0.1:{}/tools/slugify@sha256:{sha256}",
            self.port
        );
        Fetcher::new(b"")
            .unwrap()
            .fetch(&Source::parse(&source).unwrap())
            .await
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
