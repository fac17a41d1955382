//! A server that speaks the wire forms of OpenAI and Ollama, and can be told to do it wrong.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vesicle_memory::embeddings::{EmbeddingRules, Patience};

/// What is done with a request in place of the right thing.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, with these further headers and this body.
    Status(u16, &'static str, &'static str),
    /// 200 with this body.
    Body(&'static str),
    /// The right answer, cut in the middle.
    HalfABody,
    /// No answer.
    Silence,
    /// One vector too few.
    TooFew,
    /// Vectors of another dimension.
    Dimension(usize),
    /// Vectors in the reverse order, each under its right index.
    Reversed,
}

#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub headers: String,
    pub body: Value,
}

#[derive(Debug)]
pub struct StubServer {
    pub address: String,
    pub seen: Mutex<Vec<Seen>>,
    pub faults: Mutex<VecDeque<Fault>>,
}

pub const DIMENSION: usize = 26;

impl StubServer {
    pub async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Arc::new(Self {
            address,
            seen: Mutex::default(),
            faults: Mutex::default(),
        });
        let serving = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&serving);
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().extend(faults);
    }

    pub fn calls(&self) -> usize {
        self.seen.lock().len()
    }

    pub fn last(&self) -> Seen {
        self.seen.lock().last().unwrap().clone()
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some(seen) = request(&mut stream).await {
            self.seen.lock().push(seen.clone());
            let fault = self.faults.lock().pop_front();
            let right = |dimension| answer(&seen, dimension);
            let (status, headers, body) = match fault.clone() {
                Some(Fault::Status(status, headers, body)) => (status, headers, body.to_owned()),
                Some(Fault::Body(body)) => (200, "", body.to_owned()),
                Some(Fault::Silence) => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    return;
                }
                Some(Fault::Dimension(dimension)) => (200, "", right(dimension).to_string()),
                Some(Fault::TooFew) => {
                    let mut value = right(DIMENSION);
                    list(&mut value).pop();
                    (200, "", value.to_string())
                }
                Some(Fault::Reversed) => {
                    let mut value = right(DIMENSION);
                    list(&mut value).reverse();
                    (200, "", value.to_string())
                }
                Some(Fault::HalfABody) | None => (200, "", right(DIMENSION).to_string()),
            };
            let sent = match fault {
                Some(Fault::HalfABody) => &body[..body.len() / 2],
                _ => &body,
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{sent}"
            );
            if stream.write_all(answer.as_bytes()).await.is_err() || sent.len() < length {
                return;
            }
        }
    }
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    let key = if value.get("data").is_some() {
        "data"
    } else {
        "embeddings"
    };
    value[key].as_array_mut().unwrap()
}

async fn request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let headers = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let length = headers.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")
            .map(str::to_owned)
    });
    let length: usize = length.unwrap().parse().unwrap();
    while bytes.len() < head + 4 + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    let path = headers.split(' ').nth(1).unwrap().to_owned();
    Some(Seen {
        path,
        body: serde_json::from_slice(&bytes[head + 4..]).unwrap(),
        headers,
    })
}

/// Counts letters; longer than 1, as raw vectors may be.
fn answer(seen: &Seen, dimension: usize) -> Value {
    let vectors = seen.body["input"].as_array().unwrap().iter().map(|text| {
        let mut vector = vec![0.01; dimension];
        for byte in text
            .as_str()
            .unwrap()
            .bytes()
            .filter(u8::is_ascii_lowercase)
        {
            vector[(byte - b'a') as usize % dimension] += 1.0;
        }
        vector
    });
    if seen.path.ends_with("/api/embed") {
        return json!({ "model": seen.body["model"], "embeddings": vectors.collect::<Vec<_>>(), "total_duration": 1 });
    }
    let data: Vec<_> = vectors
        .enumerate()
        .map(
            |(index, vector)| json!({ "object": "embedding", "index": index, "embedding": vector }),
        )
        .collect();
    json!({ "object": "list", "data": data, "model": seen.body["model"], "usage": { "prompt_tokens": 1, "total_tokens": 1 } })
}

/// Cargo sets it for tests, to the package's name.
pub const KEY_ENV: &str = "CARGO_PKG_NAME";
pub const KEY: &str = "vesicle-memory";

/// What lets the stub be asked, with little patience.
pub fn rules(server: &StubServer) -> EmbeddingRules {
    EmbeddingRules {
        base_urls: vec![server.address.clone(), format!("{}/v1", server.address)],
        api_key_envs: vec![KEY_ENV.to_owned()],
        patience: Patience {
            answer: Duration::from_millis(300),
            pause_first: Duration::from_millis(5),
            pause_max: Duration::from_secs(2),
            ..Patience::default()
        },
    }
}
