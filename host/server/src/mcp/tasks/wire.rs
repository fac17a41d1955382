//! What rmcp does not know of revision 2025-11-25, put where it lets it through: `task` among the parameters of a call, methods of
//! tasks with that revision's answers, `execution` of tools, and the capability. On the way in, messages of sessions that have to
//! do with tasks get names of ours, and reach [`super::declared`]; on the way out, the answer to `initialize` says that there
//! are tasks. Nothing else is changed.

use std::{
    borrow::Cow,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use rmcp::{
    RoleServer,
    model::{CustomResult, JsonRpcMessage, ProtocolVersion, ServerJsonRpcMessage, ServerResult},
    transport::Transport,
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::io::{AsyncRead, ReadBuf};

use super::declared::{CALL, METHODS, PREFIX, TOOLS};

/// Messages that are longer are passed on as they are, in bytes: rmcp refuses lines of more.
const LINE_BYTES_MAX: usize = 16 << 20;
/// How much is read at once, in bytes.
const READ_BYTES: usize = 64 << 10;
/// What says of a request that it belongs to no session.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

#[derive(Deserialize)]
struct Message<'m> {
    #[serde(borrow)]
    method: Option<Cow<'m, str>>,
    #[serde(borrow)]
    params: Option<&'m RawValue>,
}

#[derive(Deserialize)]
struct Params<'m> {
    #[serde(borrow)]
    task: Option<&'m RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'m RawValue>,
}

/// The message as it has to reach rmcp, if that is another.
pub fn inward(message: &[u8]) -> Option<Vec<u8>> {
    let read: Message<'_> = serde_json::from_slice(message).ok()?;
    let method = read.method?;
    let is_call = method == CALL;
    if !is_call && method != TOOLS && !METHODS.contains(&&*method) {
        return None;
    }
    let params = read
        .params
        .map(|params| serde_json::from_str::<Params<'_>>(params.get()));
    let params = params.transpose().ok()?;
    if is_call && params.as_ref().is_none_or(|params| params.task.is_none()) {
        return None;
    }
    let meta = params.and_then(|params| params.meta);
    let meta = meta.and_then(|meta| serde_json::from_str::<Value>(meta.get()).ok());
    if meta.is_some_and(|meta| meta.get(VERSION).is_some()) {
        return None;
    }
    let mut changed: Value = serde_json::from_slice(message).ok()?;
    changed["method"] = format!("{PREFIX}{method}").into();
    serde_json::to_vec(&changed).ok()
}

/// The answer to `initialize`, with the capability where its revision has it.
pub fn outward(mut message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
    if let JsonRpcMessage::Response(response) = &mut message
        && let ServerResult::InitializeResult(result) = &response.result
        && result.protocol_version == ProtocolVersion::V_2025_11_25
    {
        let mut told = json!(result);
        told["capabilities"]["tasks"] =
            json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
        response.result = ServerResult::CustomResult(CustomResult::new(told));
    }
    message
}

/// Lines on their way in.
pub struct Inward<R> {
    inner: R,
    /// A line whose end did not come yet.
    line: Vec<u8>,
    /// What was not read yet, and how much of it was.
    ready: Vec<u8>,
    read: usize,
    /// Whether the rest of a line that is too long is passed on as it comes.
    passes: bool,
    chunk: Box<[u8]>,
}

impl<R> Inward<R> {
    /// Those of `inner`.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            line: Vec::new(),
            ready: Vec::new(),
            read: 0,
            passes: false,
            chunk: vec![0; READ_BYTES].into(),
        }
    }

    fn take_in(&mut self, chunk: &[u8]) {
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            let ends = part.ends_with(b"\n");
            if self.passes {
                self.ready.extend_from_slice(part);
                self.passes = !ends;
                continue;
            }
            self.line.extend_from_slice(part);
            if !ends && self.line.len() <= LINE_BYTES_MAX {
                continue;
            }
            self.passes = !ends;
            let is_message = ends && self.line.len() <= LINE_BYTES_MAX;
            match is_message.then(|| inward(&self.line)).flatten() {
                Some(changed) => {
                    self.ready.extend_from_slice(&changed);
                    self.ready.push(b'\n');
                }
                None => self.ready.extend_from_slice(&self.line),
            }
            self.line.clear();
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Inward<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.read == this.ready.len() {
            this.ready.clear();
            this.read = 0;
            let mut chunk = std::mem::take(&mut this.chunk);
            let mut into = ReadBuf::new(&mut chunk);
            let polled = Pin::new(&mut this.inner).poll_read(context, &mut into);
            if let Poll::Ready(Ok(())) = polled {
                match into.filled() {
                    // What has no end is no message, and rmcp says what it is.
                    [] => this.ready = std::mem::take(&mut this.line),
                    some => this.take_in(some),
                }
            }
            let is_over = into.filled().is_empty();
            this.chunk = chunk;
            ready!(polled)?;
            if is_over {
                break;
            }
        }
        let rest = this.ready.get(this.read..).unwrap_or_default();
        let taken = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..taken).unwrap_or_default());
        this.read += taken;
        Poll::Ready(Ok(()))
    }
}

/// A transport whose messages go [`outward`].
pub struct Outward<T>(pub T);

impl<T: Transport<RoleServer>> Transport<RoleServer> for Outward<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        self.0.send(outward(message))
    }

    fn receive(
        &mut self,
    ) -> impl Future<Output = Option<rmcp::model::ClientJsonRpcMessage>> + Send {
        self.0.receive()
    }

    fn close(&mut self) -> impl Future<Output = Result<(), T::Error>> + Send {
        self.0.close()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn named(message: &Value) -> Option<String> {
        let changed: Value =
            serde_json::from_slice(&inward(message.to_string().as_bytes())?).unwrap();
        let mut other = changed.clone();
        other["method"] = message["method"].clone();
        assert_eq!(other, *message, "nothing else is changed");
        Some(changed["method"].as_str().unwrap().to_owned())
    }

    #[test]
    fn what_has_to_do_with_tasks_of_sessions_gets_another_name_and_nothing_else_does() {
        let call = |params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let task = call(json!({"name": "x", "arguments": {"task": 1}, "task": {}}));
        assert_eq!(named(&task).unwrap(), "vesicle/2025-11-25/tools/call");
        assert_eq!(
            named(&call(json!({"name": "x", "arguments": {"task": {}}}))),
            None
        );
        for method in METHODS {
            let message =
                json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"taskId": "a"}});
            assert_eq!(named(&message).unwrap(), format!("{PREFIX}{method}"));
        }
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        assert_eq!(named(&list).unwrap(), format!("{PREFIX}tools/list"));
        let stateless = json!({"name": "x", "task": {}, "_meta": {VERSION: "2026-07-28"}});
        assert_eq!(named(&call(stateless)), None);
        for other in [
            "{",
            "[]",
            "{\"method\": 5}",
            "{\"method\":\"tools/call\",\"params\":[]}",
        ] {
            assert_eq!(inward(other.as_bytes()), None, "{other}");
        }
    }

    #[tokio::test]
    async fn lines_come_through_whatever_their_length() {
        let list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tasks/list\"}";
        let long = format!(
            "{{\"method\":\"tasks/list\",\"x\":\"{}\"}}",
            "x".repeat(LINE_BYTES_MAX)
        );
        let other = "{\"id\":\"ü\",\"method\":\"ping\"}\r";
        let sent = format!("{list}\n{other}\n{long}\n\n{list}\n{list}");
        let mut told = String::new();
        let read = Inward::new(sent.as_bytes()).read_to_string(&mut told).await;
        read.unwrap();
        let told: Vec<&str> = told.split('\n').collect();
        assert!(
            told[0].contains(PREFIX) && told[4].contains(PREFIX),
            "{} {}",
            told[0],
            told[4]
        );
        assert_eq!(told[1], other);
        assert!(told[2] == long, "it is passed on as it is");
        assert_eq!((told[3], told[5], told.len()), ("", list, 6));
    }
}
