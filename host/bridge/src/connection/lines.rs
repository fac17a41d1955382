//! Bounds what a child may send on its standard output: how long a line is, and how many lines there are.
//!
//! The MCP SDK drops a line that is too long, and whoever waits for that answer waits until the timeout. Here such a
//! line becomes a short error with the same id. The id is looked for in the first and last bytes of the line, which are
//! all that is kept of it. A line without end ends the connection, and a flood of lines is read slowly.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How many lines a server may send in a second before it is read more slowly.
pub const LINES_PER_SECOND_MAX: u32 = 20_000;
/// How much of one line is thrown away before the connection is given up, in multiples of the bound of a line.
const DISCARDED_LINES_MAX: usize = 16;
/// How much of both ends of a line that is too long is looked at for its id.
const ENDS_BYTES: usize = 256;
const CHUNK_BYTES: usize = 16 << 10;
const WINDOW: Duration = Duration::from_millis(100);

/// A stream of lines, each no longer than a bound.
pub struct BoundedLines<R> {
    inner: R,
    line_bytes: usize,
    chunk: Box<[u8]>,
    /// What was read and checked, and how much of it was handed on.
    ready: Vec<u8>,
    handed: usize,
    line: Line,
    throttle: Throttle,
}

/// The line that is being read.
#[derive(Default)]
struct Line {
    bytes: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    discarding: bool,
}

impl<R: AsyncRead + Unpin> BoundedLines<R> {
    /// Lines of at most `line_bytes` without their end.
    pub fn new(inner: R, line_bytes: usize) -> Self {
        Self {
            inner,
            line_bytes,
            chunk: vec![0; CHUNK_BYTES].into_boxed_slice(),
            ready: Vec::new(),
            handed: 0,
            line: Line::default(),
            throttle: Throttle::new(),
        }
    }

    fn take_in(&mut self, read: usize) -> io::Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        let mut rest = chunk.get(..read).unwrap_or_default();
        let mut outcome = Ok(());
        while !rest.is_empty() && outcome.is_ok() {
            let (part, ended) = match rest.iter().position(|byte| *byte == b'\n') {
                Some(at) => (&rest[..at], true),
                None => (rest, false),
            };
            rest = rest
                .get(part.len() + usize::from(ended)..)
                .unwrap_or_default();
            outcome = self.part(part, ended);
        }
        self.chunk = chunk;
        outcome
    }

    fn part(&mut self, part: &[u8], ended: bool) -> io::Result<()> {
        self.line.bytes += part.len();
        if !self.line.discarding && self.line.bytes > self.line_bytes {
            self.line.discarding = true;
            // What was handed on already becomes a line of its own, which is no JSON and is passed over.
            self.ready.push(b'\n');
        }
        self.line.keep_ends(part);
        if self.line.bytes > self.line_bytes.saturating_mul(DISCARDED_LINES_MAX) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the server sent a line of more than {} bytes",
                    self.line.bytes
                ),
            ));
        }
        if !self.line.discarding {
            self.ready.extend_from_slice(part);
        }
        if ended {
            self.throttle.line();
            if !self.line.discarding {
                self.ready.push(b'\n');
            } else if let Some(id) = self.line.id() {
                tracing::warn!(id, bytes = self.line.bytes, "an answer is too large");
                let error = serde_json::json!({
                    "jsonrpc": "2.0",
                    "id": id,
                    "error": {
                        "code": TOO_LARGE,
                        "message": format!("the answer has {} bytes, and {} are allowed", self.line.bytes, self.line_bytes),
                    },
                });
                self.ready.extend_from_slice(error.to_string().as_bytes());
                self.ready.push(b'\n');
            }
            self.line = Line::default();
        }
        Ok(())
    }
}

/// The code of the error that stands in for an answer that was too large.
pub const TOO_LARGE: i32 = -32_013;

impl<R: AsyncRead + Unpin> AsyncRead for BoundedLines<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if let Some(left) = this
                .ready
                .get(this.handed..)
                .filter(|left| !left.is_empty())
            {
                let taken = left.len().min(buffer.remaining());
                buffer.put_slice(&left[..taken]);
                this.handed += taken;
                if this.handed == this.ready.len() {
                    this.ready.clear();
                    this.handed = 0;
                }
                return Poll::Ready(Ok(()));
            }
            ready!(this.throttle.poll(cx));
            let mut chunk = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut chunk))?;
            let read = chunk.filled().len();
            if read == 0 {
                return Poll::Ready(Ok(()));
            }
            this.take_in(read)?;
        }
    }
}

impl Line {
    fn keep_ends(&mut self, part: &[u8]) {
        let room = ENDS_BYTES - self.head.len();
        self.head.extend_from_slice(&part[..part.len().min(room)]);
        if self.discarding {
            self.tail
                .extend_from_slice(&part[part.len().saturating_sub(ENDS_BYTES)..]);
            let surplus = self.tail.len().saturating_sub(ENDS_BYTES);
            self.tail.drain(..surplus);
        }
    }

    /// The id of the answer: before its `result`, or at the very end.
    fn id(&self) -> Option<u64> {
        let head = String::from_utf8_lossy(&self.head);
        let before = head.find("\"result\"").map_or(&*head, |at| &head[..at]);
        let tail = String::from_utf8_lossy(&self.tail);
        let number = |text: &str| {
            let text = text.trim_start().strip_prefix(':')?.trim_start();
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (digits, rest) = text.split_at(digits);
            Some((digits.parse::<u64>().ok()?, rest.trim().to_owned()))
        };
        let at_front = before
            .find("\"id\"")
            .and_then(|at| number(&before[at + 4..]));
        let at_end = || {
            tail.rfind("\"id\"")
                .and_then(|at| number(&tail[at + 4..]))
                .filter(|(_, rest)| rest == "}")
        };
        at_front.or_else(at_end).map(|(id, _)| id)
    }
}

/// Counts lines in a window, and waits for the next one when there were too many.
struct Throttle {
    window: Instant,
    lines: u32,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Throttle {
    fn new() -> Self {
        Self {
            window: Instant::now(),
            lines: 0,
            sleep: None,
        }
    }

    fn line(&mut self) {
        self.lines = self.lines.saturating_add(1);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        let allowed = LINES_PER_SECOND_MAX / 10;
        if self.lines < allowed {
            return Poll::Ready(());
        }
        // A chunk may hold many windows' worth of lines: each of them is waited for.
        let windows = self.lines / allowed;
        let end = self.window + WINDOW * windows;
        self.lines = 0;
        let now = Instant::now();
        self.window = end.max(now);
        if end <= now {
            return Poll::Ready(());
        }
        let mut sleep = Box::pin(tokio::time::sleep_until(end));
        let polled = sleep.as_mut().poll(cx);
        self.sleep = Some(sleep);
        polled
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
