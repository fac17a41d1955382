//! Whoever is connected to: looks at what was sent, and answers what the input says.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{finding, oracle};
use crate::host::block_on;

/// How long what is under way may outlive its execution.
const SETTLE_MAX: Duration = Duration::from_secs(5);
/// The first byte of TLS.
const HANDSHAKE: u8 = 0x16;

static PORT: LazyLock<AtomicU16> = LazyLock::new(AtomicU16::default);
static EXPECTED: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Listens, from now on.
pub fn start() {
    if PORT.load(Ordering::SeqCst) != 0 {
        return;
    }
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        PORT.store(port, Ordering::SeqCst);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                tokio::spawn(async move {
                    serve(stream).await;
                    ENDED.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
    });
}

/// Where it listens.
pub fn port() -> u16 {
    PORT.load(Ordering::SeqCst)
}

/// One more connection comes.
pub fn expect() {
    EXPECTED.fetch_add(1, Ordering::SeqCst);
}

/// Waits until all that came are over.
pub async fn settle() {
    let over = async {
        while ENDED.load(Ordering::SeqCst) < EXPECTED.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    };
    if tokio::time::timeout(SETTLE_MAX, over).await.is_err() {
        finding("a connection outlives its execution");
    }
}

/// One request, checked, and its answer. A client that goes away first is in its right.
async fn serve(mut stream: TcpStream) {
    let mut bytes = Vec::new();
    let end = loop {
        match end_of_request(&bytes) {
            Some(end) => break end,
            None if bytes.first() == Some(&HANDSHAKE) => break bytes.len(),
            None => match stream.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            },
        }
    };
    check(&bytes[..end]);
    if stream.write_all(&oracle::response()).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    // What else it sends would be a second request.
    while matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {}
    if bytes[0] != HANDSHAKE && bytes.len() > end {
        finding(&format!("more than a request: {}", shown(&bytes)));
    }
}

/// One request is for one host, which is granted.
fn check(request: &[u8]) {
    if request.first() == Some(&HANDSHAKE) {
        if !oracle::may_ask(None) {
            finding("TLS, where none is granted");
        }
        return;
    }
    let text = String::from_utf8_lossy(request);
    let line = text.split("\r\n").next().unwrap_or_default();
    let words: Vec<_> = line.split(' ').collect();
    let is_line = matches!(words[..], [method, path, "HTTP/1.1"] if !method.is_empty() && path.starts_with(['/', '*']));
    let hosts = headers(request, "host");
    match hosts.as_slice() {
        [host] if is_line && oracle::may_ask(Some(host)) => {}
        _ => finding(&format!("no request that is granted: {}", shown(request))),
    }
}

/// Where the first request ends, by what it says of itself.
fn end_of_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let rest = &bytes[head..];
    if !headers(bytes, "transfer-encoding").is_empty() {
        return end_of_chunks(rest).map(|end| head + end);
    }
    let length = match headers(bytes, "content-length").as_slice() {
        [] => 0,
        [length] => length.parse().unwrap_or(usize::MAX),
        lengths => finding(&format!("lengths: {lengths:?}")),
    };
    (rest.len() >= length).then(|| head + length)
}

fn end_of_chunks(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok();
        let Some(size) = size.and_then(|text| usize::from_str_radix(text, 16).ok()) else {
            finding(&format!("a chunk: {}", shown(rest)));
        };
        at += line + 2 + size + 2;
        if size == 0 {
            return (bytes.len() >= at).then_some(at);
        }
    }
}

fn headers(request: &[u8], name: &str) -> Vec<String> {
    let text: String = request.iter().map(|byte| char::from(*byte)).collect();
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.split("\r\n").skip(1);
    let pairs = lines.filter_map(|line| line.split_once(':'));
    pairs
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .collect()
}

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
