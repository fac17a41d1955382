//! Components over TLS and from a registry, both real, on loopback.

mod registry;
mod tls_host;

use std::collections::HashMap;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpListener;
use vesicle_plugins::digest::Digest;
use vesicle_plugins::sources::{
    FetchError, Fetcher, OCI_MANIFEST_BYTES_MAX, REDIRECTS_MAX, Source,
};
use vesicle_plugins::store::COMPONENT_BYTES_MAX;

use crate::support::component;
use registry::Registry;
use tls_host::{Host, ok, to};

#[tokio::test]
async fn what_comes_over_tls_is_what_its_digest_says() {
    let bytes = component("one");
    let digest = Digest::of(&bytes);
    let html = Digest::of(b"<html>");
    let mut answers = HashMap::from([
        ("/a.wasm".to_owned(), ok(&bytes)),
        ("/other".to_owned(), ok(&component("other"))),
        ("/html".to_owned(), ok(b"<html>")),
        ("/away".to_owned(), to("/a.wasm")),
        ("/unsafe".to_owned(), to("http://localhost/a.wasm")),
        (
            "/short".to_owned(),
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n\0asm".to_vec(),
        ),
        (
            "/said-long".to_owned(),
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
                COMPONENT_BYTES_MAX + 1
            )
            .into_bytes(),
        ),
        (
            "/endless".to_owned(),
            "HTTP/1.1 200 OK\r\n\r\n…".as_bytes().to_vec(),
        ),
    ]);
    for hop in 0..=REDIRECTS_MAX {
        let next = if hop == 0 {
            "/a.wasm".to_owned()
        } else {
            format!("/hop{}", hop - 1)
        };
        answers.insert(format!("/hop{hop}"), to(&next));
    }
    let host = Host::new(answers).await;
    assert_eq!(host.fetch("/a.wasm", digest).await.unwrap(), bytes);
    assert_eq!(host.fetch("/away", digest).await.unwrap(), bytes);
    assert_eq!(
        host.fetch(&format!("/hop{}", REDIRECTS_MAX - 1), digest)
            .await
            .unwrap(),
        bytes
    );
    let mut told = Vec::new();
    for (path, digest) in [
        ("/other", digest),
        ("/html", html),
        ("/absent", digest),
        ("/unsafe", digest),
        ("/short", digest),
        ("/said-long", digest),
        ("/endless", digest),
        (&*format!("/hop{REDIRECTS_MAX}"), digest),
    ] {
        let error = host.fetch(path, digest).await.unwrap_err().to_string();
        told.push(error.replace(&host.port.to_string(), "PORT"));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_and_a_host_that_waits_are_refused() {
    let host = Host::new(HashMap::new()).await;
    let source = Source::parse(&host.url("/a", Digest::of(b""))).unwrap();
    let stranger = Fetcher::new(b"")
        .unwrap()
        .fetch(&source)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        stranger.contains("UnknownIssuer") || stranger.contains("certificate"),
        "{stranger}"
    );
    // Accepts, and says nothing.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let digest = Digest::of(b"").hex();
    let source = Source::parse(&format!("https://localhost:{port}/a#blake3={digest}")).unwrap();
    let fetcher = Fetcher::new(host.authority.as_bytes()).unwrap();
    let error = fetcher
        .fetch_within(&source, Duration::from_millis(200))
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::TooSlow { .. }), "{error}");
}

fn sha256(bytes: &[u8]) -> String {
    let sum = ring::digest::digest(&ring::digest::SHA256, bytes);
    sum.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn manifest(config: &str, layers: &[(&str, &str)]) -> String {
    let layers: Vec<String> = layers
        .iter()
        .map(|(kind, sum)| format!(r#"{{"mediaType":"{kind}","digest":"sha256:{sum}","size":1}}"#))
        .collect();
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.wasm.config.v0+json","digest":"sha256:{config}","size":2}},"layers":[{}]}}"#,
        layers.join(",")
    )
}

#[tokio::test]
async fn what_comes_from_a_registry_is_what_its_digest_says() {
    let registry = Registry::start();
    let bytes = component("one");
    let config = registry.push(b"{}").await;
    let [wasm, text] = [registry.push(&bytes).await, registry.push(b"text").await];
    let artifact = registry
        .push_manifest(manifest(&config, &[("application/wasm", &wasm)]))
        .await;
    assert_eq!(registry.fetch(&artifact).await.unwrap(), bytes);
    let mut told = Vec::new();
    let two = [("application/wasm", &*wasm), ("application/wasm", &*wasm)];
    for artifact in [
        registry
            .push_manifest(manifest(&config, &[("text/plain", &text)]))
            .await,
        registry.push_manifest(manifest(&config, &two)).await,
        registry
            .push_manifest(manifest(&config, &[("application/wasm", &text)]))
            .await,
        "0".repeat(64),
    ] {
        let error = registry.fetch(&artifact).await.unwrap_err().to_string();
        told.push(
            error
                .replace(&registry.port.to_string(), "PORT")
                .replace(&artifact, "DIGEST"),
        );
    }
    insta::assert_snapshot!(told.join("\n"));

    // What lies in the registry is changed behind its back: it sends other bytes under the digest.
    let changed = |sum: &str| {
        let data = registry.data.path().join(format!(
            "data/docker/registry/v2/blobs/sha256/{}/{sum}/data",
            &sum[..2]
        ));
        let length = std::fs::metadata(&data).unwrap().len();
        let mut file = std::fs::File::options().write(true).open(&data).unwrap();
        file.write_all(b"\0asm\x0d\0\x01\0xxx").unwrap();
        file.set_len(length).unwrap();
    };
    changed(&wasm);
    let error = registry.fetch(&artifact).await.unwrap_err();
    assert!(matches!(error, FetchError::Other { .. }), "{error}");
}

#[tokio::test]
async fn a_registry_may_want_the_token_that_anybody_gets() {
    let bytes = component("one");
    let layer = sha256(&bytes);
    let manifest = manifest(&sha256(b"{}"), &[("application/wasm", &layer)]);
    let artifact = sha256(manifest.as_bytes());
    let long = " ".repeat(OCI_MANIFEST_BYTES_MAX + 1);
    let refusal = |realm: &str| {
        let scope = "repository:a:pull";
        format!(
            "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer realm=\"{realm}\",service=\"s\",scope=\"{scope}\"\r\ncontent-length: 0\r\n\r\n"
        )
        .into_bytes()
    };
    // A port is known only when the host is there, so a second host has the tokens.
    let query = "?service=s&scope=repository%3Aa%3Apull";
    let tokens = Host::new(HashMap::from([
        (format!("/right{query}"), ok(br#"{"token":"abc"}"#)),
        (format!("/wrong{query}"), ok(br#"{"token":"abd"}"#)),
        (format!("/none{query}"), ok(b"[]")),
        (format!("/evil{query}"), ok(br#"{"token":"abc\r\nx: y"}"#)),
    ]))
    .await;
    for (path, is_given) in [
        ("/right", true),
        ("/wrong", false),
        ("/none", false),
        ("/evil", false),
        ("/gone", false),
    ] {
        let realm = format!("https://localhost:{}{path}", tokens.port);
        let host = Host::new(HashMap::from([
            (
                format!("/v2/a/manifests/sha256:{artifact}"),
                refusal(&realm),
            ),
            (
                format!("/v2/a/manifests/sha256:{artifact} abc"),
                ok(manifest.as_bytes()),
            ),
            (format!("/v2/a/blobs/sha256:{layer}"), refusal(&realm)),
            (format!("/v2/a/blobs/sha256:{layer} abc"), ok(&bytes)),
        ]))
        .await;
        let source = Source::parse(&format!(
            "oci://localhost:{}/a@sha256:{artifact}",
            host.port
        ))
        .unwrap();
        let authorities = format!("{}{}", host.authority, tokens.authority);
        let fetched = Fetcher::new(authorities.as_bytes())
            .unwrap()
            .fetch(&source)
            .await;
        assert_eq!(fetched.is_ok(), is_given, "{path}: {fetched:?}");
    }
    let host = Host::new(HashMap::from([
        (
            format!("/v2/a/manifests/sha256:{artifact}"),
            refusal("http://localhost/token"),
        ),
        (
            format!("/v2/b/manifests/sha256:{}", sha256(long.as_bytes())),
            ok(long.as_bytes()),
        ),
    ]))
    .await;
    let fetcher = Fetcher::new(host.authority.as_bytes()).unwrap();
    let fetch = async |name: &str, sum: &str| {
        let source = format!("oci://localhost:{}/{name}@sha256:{sum}", host.port);
        fetcher
            .fetch(&Source::parse(&source).unwrap())
            .await
            .unwrap_err()
    };
    let in_the_clear = fetch("a", &artifact).await;
    assert!(
        matches!(in_the_clear, FetchError::Unreachable { .. }),
        "{in_the_clear}"
    );
    let too_long = fetch("b", &sha256(long.as_bytes())).await;
    assert!(matches!(too_long, FetchError::TooLong { .. }), "{too_long}");
}
