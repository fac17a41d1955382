//! A host that speaks TLS and says what it is told to.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vesicle_plugins::digest::Digest;
use vesicle_plugins::sources::{FetchError, Fetcher, Source};

/// A host with a certificate of an authority that only these tests trust.
pub struct Host {
    pub port: u16,
    /// In PEM.
    pub authority: String,
}

impl Host {
    /// Answers each path, or path and token, with these bytes, headers and all. Where they end in `…`, it never ends.
    pub async fn new(answers: HashMap<String, Vec<u8>>) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&authority_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = leaf
            .signed_by(&key, &Issuer::new(params, authority_key))
            .unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![leaf.der().clone()],
                    PrivateKeyDer::Pkcs8(key.serialize_der().into()),
                )
                .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Arc::new(answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answers) = (acceptor.clone(), answers.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut head = vec![0; 4_096];
                    let length = stream.read(&mut head).await.unwrap_or(0);
                    let head = String::from_utf8_lossy(&head[..length]).into_owned();
                    let path = head.split(' ').nth(1).unwrap_or_default();
                    let none = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
                    let token = head
                        .lines()
                        .find_map(|line| line.strip_prefix("authorization: Bearer "));
                    let with_token =
                        token.and_then(|token| answers.get(&format!("{path} {token}")));
                    let answer = with_token.or_else(|| answers.get(path)).unwrap_or(&none);
                    let (answer, ends) = match answer.strip_suffix("…".as_bytes()) {
                        Some(answer) => (answer, false),
                        None => (answer.as_slice(), true),
                    };
                    if stream.write_all(answer).await.is_err() {
                        return;
                    }
                    if !ends {
                        let more = vec![0; 1 << 20];
                        while stream.write_all(&more).await.is_ok() {}
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            port,
            authority: certificate.pem(),
        }
    }

    pub fn url(&self, path: &str, digest: Digest) -> String {
        format!(
            "https://localhost:{}{path}#blake3={}",
            self.port,
            digest.hex()
        )
    }

    pub async fn fetch(&self, path: &str, digest: Digest) -> Result<Vec<u8>, FetchError> {
        let source = Source::parse(&self.url(path, digest)).unwrap();
        Fetcher::new(self.authority.as_bytes())
            .unwrap()
            .fetch(&source)
            .await
    }
}

/// An answer with this body.
pub fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// An answer that sends the request elsewhere.
pub fn to(place: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}
