//! Requests by `wasi:http`, as a guest in Rust makes them. What it asks for stands in the file
//! `/script/requests`, one request a line; what came of each is printed:
//!
//! ```text
//! get URL                  waits for the answer
//! post URL BYTES           sends so many bytes first
//! header URL NAME VALUE    `get` with a header of its own
//! follow URL               `get`, and goes where it is redirected to
//! leave URL                waits for the answer, and never takes it
//! ```
//!
//! A library, because the linker has each export of a program with a `main` begin with constructors,
//! `cabi_realloc` as well, where calling the host is a trap.

use std::fs;

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, Scheme,
};
use wasip2::io::streams::StreamError;

/// How much is written and read at once.
const CHUNK_BYTES: usize = 4096;
/// How many redirects are followed.
const REDIRECTS_MAX: usize = 5;

struct Http;

wasip2::cli::command::export!(Http);

impl wasip2::exports::cli::run::Guest for Http {
    fn run() -> Result<(), ()> {
        ask_all();
        Ok(())
    }
}

fn ask_all() {
    let script = fs::read_to_string("/script/requests").expect("the test grants it");
    let mut left = Vec::new();
    for line in script.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let told = match words[..] {
            ["get", url] => ask(url, &[], None),
            ["post", url, bytes] => ask(url, &[], Some(bytes.parse().expect("a number"))),
            ["header", url, name, value] => ask(url, &[(name, unescaped(value))], None),
            ["follow", url] => follow(url),
            ["leave", url] => send(url, &[], None).map(|future| {
                future.subscribe().block();
                left.push(future);
                "left".to_owned()
            }),
            _ => panic!("no request: {line}"),
        };
        match told {
            Ok(told) => println!("{line} -> {told}"),
            Err(why) => println!("{line} -> refused: {why}"),
        }
    }
}

fn unescaped(value: &str) -> Vec<u8> {
    value.replace("\\r", "\r").replace("\\n", "\n").into_bytes()
}

fn ask(url: &str, headers: &[(&str, Vec<u8>)], body: Option<usize>) -> Result<String, String> {
    let response = answer(send(url, headers, body)?)?;
    let status = response.status();
    let text = read(&response)?;
    let shown: String = text.chars().take(400).collect();
    Ok(format!("{status}, {} bytes: {shown}", text.len()))
}

/// Goes where answers lead. Each is a request of its own to the host.
fn follow(url: &str) -> Result<String, String> {
    let mut url = url.to_owned();
    for _ in 0..REDIRECTS_MAX {
        let response = answer(send(&url, &[], None)?)?;
        let locations = response.headers().get("location");
        let Some(location) = locations.first() else {
            return Ok(format!("{} at {url}", response.status()));
        };
        println!("  redirected to {}", String::from_utf8_lossy(location));
        url = String::from_utf8_lossy(location).into_owned();
    }
    Err("redirected too often".to_owned())
}

/// The request is sent as it is written: what a URL means is the host's to know.
fn send(
    url: &str,
    headers: &[(&str, Vec<u8>)],
    body: Option<usize>,
) -> Result<FutureIncomingResponse, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let fields = Fields::new();
    for (name, value) in headers {
        fields
            .append(name, value)
            .map_err(|error| format!("{error:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = if body.is_some() {
        Method::Post
    } else {
        Method::Get
    };
    let set = request
        .set_method(&method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(path)));
    set.map_err(|()| "this is no request".to_owned())?;
    let outgoing = request.body().expect("the body is there once");
    let future = handle(request, None).map_err(|code| told(&code))?;
    if let Some(bytes) = body {
        let stream = outgoing.write().expect("its stream is there once");
        let chunk = [b'x'; CHUNK_BYTES];
        let mut left = bytes;
        while left > 0 {
            let now = left.min(CHUNK_BYTES);
            // What is too much ends the stream; the answer says why.
            if stream.blocking_write_and_flush(&chunk[..now]).is_err() {
                break;
            }
            left -= now;
        }
    }
    // One that ended early says so by its answer.
    OutgoingBody::finish(outgoing, None).ok();
    Ok(future)
}

fn answer(future: FutureIncomingResponse) -> Result<IncomingResponse, String> {
    future.subscribe().block();
    let answered = future
        .get()
        .expect("it is ready")
        .expect("it is taken once");
    answered.map_err(|code| told(&code))
}

fn read(response: &IncomingResponse) -> Result<String, String> {
    let body = response.consume().expect("the body is there once");
    let stream = body.stream().expect("its stream is there once");
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(CHUNK_BYTES as u64) {
            Ok(read) => bytes.extend_from_slice(&read),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(format!("in its body: {}", error.to_debug_string()));
            }
        }
    }
    drop(stream);
    IncomingBody::finish(body);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn told(code: &ErrorCode) -> String {
    format!("{code:?}")
}
