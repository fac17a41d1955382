//! Real hosts on loopback: one process, two ports, one of them with TLS. They speak HTTP by hand, so
//! that they can also speak it wrongly.

mod answers;
mod certificates;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub use certificates::Certificates;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// The request line and the headers, without the empty line.
    pub head: String,
    /// What followed; chunks as they came.
    pub body: Vec<u8>,
}

impl Received {
    /// The first line.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The values of this header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1);
        let headers = lines.filter_map(|line| line.split_once(": "));
        headers
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

/// What all connections of a host share.
#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    now: AtomicUsize,
    at_once: AtomicUsize,
}

/// A host. It ends with the runtime that it was started on.
#[derive(Clone)]
pub struct Host {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Host {
    /// In the clear.
    pub async fn plain() -> Self {
        Self::start(None).await
    }

    /// Over TLS, with this certificate.
    pub async fn tls(certificates: &Certificates) -> Self {
        Self::start(Some(certificates.acceptor())).await
    }

    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::default(),
        };
        let shared = host.shared.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(connection(stream, tls.clone(), shared.clone()));
            }
        });
        host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What arrived so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many requests were under way at once, at most.
    pub fn at_once(&self) -> usize {
        self.shared.at_once.load(Ordering::SeqCst)
    }

    /// How many are under way now.
    pub fn now(&self) -> usize {
        self.shared.now.load(Ordering::SeqCst)
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    shared.connections.fetch_add(1, Ordering::SeqCst);
    match tls {
        None => serve(stream, shared).await,
        // A client that does not trust it goes away.
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, shared).await;
            }
        }
    }
}

struct Under<'s>(&'s Shared);

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let Some(received) = read(&mut stream).await else {
        return;
    };
    let now = shared.now.fetch_add(1, Ordering::SeqCst) + 1;
    let _under = Under(&shared);
    shared.at_once.fetch_max(now, Ordering::SeqCst);
    shared.received.lock().push(received.clone());
    let (mut gone, mut stream) = tokio::io::split(stream);
    let mut more = [0];
    tokio::select! {
        // The client may have gone before the end.
        _ = answers::answer(&received, &mut stream) => {}
        _ = gone.read(&mut more) => {}
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    };
    let mut body = bytes.split_off(end + 4);
    bytes.truncate(end);
    let mut received = Received {
        head: bytes.iter().map(|byte| char::from(*byte)).collect(),
        body: vec![],
    };
    let length = received
        .header("content-length")
        .first()
        .map(|text| text.parse::<usize>().unwrap());
    let is_chunked = !received.header("transfer-encoding").is_empty();
    loop {
        let is_whole = match length {
            Some(length) => body.len() >= length,
            None => !is_chunked || body.ends_with(b"0\r\n\r\n"),
        };
        if is_whole {
            break;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => body.extend_from_slice(&chunk[..read]),
        }
    }
    received.body = body;
    Some(received)
}
