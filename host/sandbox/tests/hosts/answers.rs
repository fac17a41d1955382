//! What a host answers, by the path that it is asked for.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::Received;

/// Answers one request; the connection is closed after that.
pub async fn answer(request: &Received, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let path = request.line().split(' ').nth(1).unwrap_or_default();
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let what = parts.next().unwrap_or_default();
    let number = parts.next().unwrap_or_default();
    let rest = parts.next().unwrap_or_default();
    let count: usize = number.parse().unwrap_or_default();
    let json = "content-type: application/json\r\n";
    match what.split('?').next().unwrap_or_default() {
        "json" => send(stream, "200 OK", json, br#"{"ok":true,"text":"\u00fc"}"#).await?,
        "echo" => {
            let body: String = request.body.iter().map(|byte| char::from(*byte)).collect();
            let told = serde_json::json!({ "head": request.head.lines().collect::<Vec<_>>(), "body": body });
            send(stream, "200 OK", json, told.to_string().as_bytes()).await?;
        }
        "status" => send(stream, &format!("{count} As Asked"), "", b"body").await?,
        "nobody" => stream.write_all(format!("HTTP/1.1 {count} Nothing\r\n\r\n").as_bytes()).await?,
        "redirect" => {
            let location = format!("location: {rest}\r\n");
            send(stream, &format!("{count} Elsewhere"), &location, b"moved").await?;
        }
        "again" => {
            let location = format!("location: /again/{}\r\n", count.saturating_sub(1));
            match count {
                0 => send(stream, "200 OK", "", b"arrived").await?,
                _ => send(stream, "302 Found", &location, b"").await?,
            }
        }
        "slow-head" => {
            tokio::time::sleep(Duration::from_millis(count as u64)).await;
            send(stream, "200 OK", "", b"late").await?;
        }
        "slow-body" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf").await?;
            stream.flush().await?;
            tokio::time::sleep(Duration::from_millis(count as u64)).await;
            stream.write_all(b"half").await?;
        }
        "drip" => {
            // A byte each 20 ms, so that no pause is long.
            stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {count}\r\n\r\n").as_bytes()).await?;
            for _ in 0..count {
                stream.write_all(b"x").await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        "large" => send(stream, "200 OK", "", &vec![b'x'; count]).await?,
        "announced" => stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {count}\r\n\r\n").as_bytes()).await?,
        "chunked" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            let mut left = count;
            while left > 0 {
                let chunk = left.min(16 << 10);
                stream.write_all(format!("{chunk:x}\r\n").as_bytes()).await?;
                stream.write_all(&vec![b'x'; chunk]).await?;
                stream.write_all(b"\r\n").await?;
                left -= chunk;
            }
            stream.write_all(b"0\r\n\r\n").await?;
        }
        // All headers together are so long, by the host's way of counting.
        "headers" => {
            let own = "x: \r\ncontent-length: 0\r\n".len();
            let header = format!("x: {}\r\n", "y".repeat(count - own));
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{header}content-length: 0\r\n\r\n").as_bytes()).await?;
        }
        "many" => {
            let headers = "x: y\r\n".repeat(count);
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes()).await?;
        }
        "cookies" => send(stream, "200 OK", "set-cookie: a=1\r\nset-cookie: b=2, c\r\nx: 1\r\nX: 2\r\n", b"").await?,
        "bytes" => send(stream, "200 OK", "", &(0..=255).collect::<Vec<u8>>()).await?,
        "upgrade" => stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n").await?,
        "garbage" => stream.write_all(b"\x15\x03\x01 this is no HTTP\r\n\r\n").await?,
        "short" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await?,
        "folded" => stream.write_all(b"HTTP/1.1 200 OK\r\nx: a\r\n  b\r\ncontent-length: 0\r\n\r\n").await?,
        "twice" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab").await?,
        "hang" => std::future::pending::<()>().await,
        _ => send(stream, "404 Not Found", "", b"nothing here").await?,
    }
    stream.shutdown().await
}

async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    status: &str,
    headers: &str,
    body: &[u8],
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.flush().await
}
