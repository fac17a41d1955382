//! `wasi:http` as a component of any language meets it: its functions, called on a guest of the host,
//! and a real host at the other end.

#[allow(
    dead_code,
    reason = "what the tests of programs need is not all needed here"
)]
#[path = "../../tests/hosts/mod.rs"]
mod hosts;

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::{Pollable as _, StreamError};
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, HostFields as _, HostFutureIncomingResponse, HostIncomingBody as _,
    HostIncomingResponse as _, HostOutgoingBody, HostOutgoingRequest, Method, Scheme,
};
use wasmtime_wasi_http::p2::types::HostFutureIncomingResponse as FutureResponse;

use self::hosts::Host;
use super::{AllowedHost, Network, NetworkConfig, NetworkLimits, Transport};
use crate::Limits;
use crate::guest::{Grants, Guest};

/// A guest that is granted one host, and asks for things.
struct Component {
    guest: Guest,
    host: Host,
}

impl Component {
    async fn new(limits: NetworkLimits) -> Self {
        let host = Host::plain().await;
        let entry = AllowedHost::parse(&format!("http://127.0.0.1:{}", host.port())).unwrap();
        let config = NetworkConfig {
            limits,
            ..NetworkConfig::default()
        };
        let network = Network::new([entry], Arc::new(Transport::new(config)));
        Self::granted(host, &network)
    }

    fn granted(host: Host, network: &Network) -> Self {
        let grants = Grants {
            network: network.clone(),
            ..Grants::default()
        };
        let guest = Guest::new(&Limits::default(), grants);
        Self { guest, host }
    }

    fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.host.port())
    }

    /// Asks for a path, and waits for the status and the body.
    async fn get(&mut self, path: &str) -> Result<(u16, Vec<u8>), String> {
        let authority = self.authority();
        self.ask(Scheme::Http, &authority, path, &[], None).await
    }

    async fn ask(
        &mut self,
        scheme: Scheme,
        authority: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<(u16, Vec<u8>), String> {
        let mut http = self.guest.http();
        let given = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        let fields = http
            .from_list(given.collect())
            .map_err(|error| format!("{error:?}"))?;
        let request = HostOutgoingRequest::new(&mut http, fields).unwrap();
        let again = || Resource::new_own(request.rep());
        if body.is_some() {
            http.set_method(again(), Method::Post).unwrap().unwrap();
        }
        http.set_scheme(again(), Some(scheme)).unwrap().unwrap();
        http.set_authority(again(), Some(authority.to_owned()))
            .unwrap()
            .unwrap();
        http.set_path_with_query(again(), Some(path.to_owned()))
            .unwrap()
            .unwrap();
        let outgoing = http.body(again()).unwrap().unwrap();
        let future = match http.handle(again(), None) {
            Ok(future) => future,
            Err(error) => return Err(format!("{:?}", error.downcast().unwrap())),
        };
        if let Some(bytes) = body {
            let stream = http
                .write(Resource::new_own(outgoing.rep()))
                .unwrap()
                .unwrap();
            for part in bytes.chunks(4096) {
                let stream = self.guest.table.get_mut(&stream).unwrap();
                stream.ready().await;
                // What is too much ends the stream.
                if stream.check_write().is_err() || stream.write(part.to_vec().into()).is_err() {
                    break;
                }
            }
            self.guest.table.delete(stream).unwrap();
        }
        // One that ends early says so by its answer.
        HostOutgoingBody::finish(&mut self.guest.http(), outgoing, None).ok();
        self.answer(future).await
    }

    async fn answer(&mut self, future: Resource<FutureResponse>) -> Result<(u16, Vec<u8>), String> {
        self.guest.table.get_mut(&future).unwrap().ready().await;
        let mut http = self.guest.http();
        let answered = HostFutureIncomingResponse::get(&mut http, future);
        let answered: Result<_, ErrorCode> = answered.unwrap().unwrap().unwrap();
        let response = answered.map_err(|error| format!("{error:?}"))?;
        let status = http.status(Resource::new_own(response.rep())).unwrap();
        let body = http.consume(response).unwrap().unwrap();
        let stream = http.stream(Resource::new_own(body.rep())).unwrap().unwrap();
        let mut bytes = Vec::new();
        loop {
            let stream = self.guest.table.get_mut(&stream).unwrap();
            stream.ready().await;
            match stream.read(16 << 10) {
                Ok(read) => bytes.extend_from_slice(&read),
                Err(StreamError::Closed) => break,
                Err(error) => return Err(format!("{error}")),
            }
        }
        Ok((status, bytes))
    }
}

#[tokio::test]
async fn a_component_asks_its_host_and_no_other() {
    let mut component = Component::new(NetworkLimits::default()).await;
    let (status, body) = component.get("/json").await.unwrap();
    assert_eq!((status, body.len()), (200, 27));
    let authority = component.authority();
    let asked = component.ask(
        Scheme::Http,
        &authority,
        "/echo",
        &[("x-own", "1")],
        Some(b"sent"),
    );
    assert!(
        String::from_utf8(asked.await.unwrap().1)
            .unwrap()
            .contains("x-own: 1")
    );
    assert_eq!(component.host.received().len(), 2);

    for (scheme, authority) in [
        (Scheme::Https, authority.clone()),
        (Scheme::Http, "169.254.169.254".to_owned()),
        (Scheme::Http, format!("localhost:{}", component.host.port())),
        (Scheme::Http, format!("127.0.0.2:{}", component.host.port())),
        (
            Scheme::Http,
            format!("[::ffff:127.0.0.1]:{}", component.host.port()),
        ),
        (Scheme::Http, "127.0.0.1".to_owned()),
    ] {
        let refused = component.ask(scheme, &authority, "/json", &[], None).await;
        assert_eq!(
            refused.unwrap_err(),
            "ErrorCode::HttpRequestDenied",
            "{authority}"
        );
    }
    let with_user = format!("{authority}@evil.example");
    assert!(
        component
            .ask(Scheme::Http, &with_user, "/", &[], None)
            .await
            .is_err()
    );
    assert_eq!(component.host.connections(), 2);
}

#[tokio::test]
async fn without_a_grant_a_component_is_denied() {
    let mut component = Component::granted(Host::plain().await, &Network::default());
    assert_eq!(
        component.get("/json").await.unwrap_err(),
        "ErrorCode::HttpRequestDenied"
    );
    assert_eq!(component.host.connections(), 0);
}

#[tokio::test]
async fn a_components_headers_frame_nothing() {
    let mut component = Component::new(NetworkLimits::default()).await;
    let authority = component.authority();
    for header in [
        ("host", "evil.example"),
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("x", "a\r\nhost: evil.example"),
        ("content-length", "100"),
    ] {
        let header = [header];
        let asked = component.ask(Scheme::Http, &authority, "/echo", &header, Some(b"12345"));
        let asked = tokio::time::timeout(Duration::from_secs(5), asked).await;
        assert!(!matches!(asked, Ok(Ok(_))), "{header:?}: {asked:?}");
    }
    for request in component.host.received() {
        assert_eq!(request.header("host"), [authority.as_str()], "{request:?}");
    }
    // Where it says less than it sends, what it said is sent.
    let less = [("content-length", "3")];
    let asked = component.ask(Scheme::Http, &authority, "/echo", &less, Some(b"12345"));
    tokio::time::timeout(Duration::from_secs(5), asked)
        .await
        .ok();
    let received = component.host.received();
    assert_eq!(received.last().unwrap().body, b"123");
}

#[tokio::test]
async fn a_components_bodies_are_bounded() {
    let limits = NetworkLimits {
        request_bytes: 10_000,
        response_bytes: 10_000,
        ..NetworkLimits::default()
    };
    let mut component = Component::new(limits).await;
    assert_eq!(
        component.get("/chunked/10000").await.unwrap().1.len(),
        10_000
    );
    assert!(component.get("/chunked/10001").await.is_err());
    assert!(component.get("/large/10001").await.is_err());
    let authority = component.authority();
    let asked = component.ask(Scheme::Http, &authority, "/json", &[], Some(&[7; 10_000]));
    assert_eq!(asked.await.unwrap().0, 200);
    let asked = component.ask(Scheme::Http, &authority, "/json", &[], Some(&[7; 10_001]));
    let error = asked.await.unwrap_err();
    assert!(error.contains("HttpRequestBodySize"), "{error}");
}

#[tokio::test]
async fn a_component_waits_no_longer_than_it_may() {
    let limits = NetworkLimits {
        first_byte: Duration::from_millis(100),
        ..NetworkLimits::default()
    };
    let mut component = Component::new(limits).await;
    let error = component.get("/hang").await.unwrap_err();
    assert_eq!(error, "ErrorCode::ConnectionReadTimeout");
}
