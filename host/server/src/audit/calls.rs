//! Notes what code asks of its tools, on the way there and back.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::value::RawValue;
use vesicle_sandbox::{CapabilityError, Tool, ToolCall};

use super::entry::{CALL_PAYLOAD_BYTES_MAX, CALLS_MAX, HostCall, NAME_BYTES_MAX, cut};

/// What was noted.
#[derive(Debug, Default)]
pub struct Noted {
    /// The first [`CALLS_MAX`].
    pub calls: Vec<HostCall>,
    /// How many more.
    pub omitted: u64,
}

impl Noted {
    /// Adds a call that is over.
    pub fn note(&mut self, call: HostCall) {
        match self.calls.len() < CALLS_MAX {
            true => self.calls.push(call),
            false => self.omitted += 1,
        }
    }
}

/// Tools that are watched.
pub struct Watched {
    tools: Arc<dyn ToolCall>,
    noted: Arc<Mutex<Noted>>,
    payloads: bool,
}

impl Watched {
    /// Notes to `noted` what goes to `tools`; arguments and results too, with `payloads`.
    pub fn new(tools: Arc<dyn ToolCall>, noted: Arc<Mutex<Noted>>, payloads: bool) -> Self {
        Self {
            tools,
            noted,
            payloads,
        }
    }

    fn note(&self, call: &'static str, name: &str, sent: &str) -> Note {
        Note::begin(&self.noted, self.payloads, call, name, sent)
    }
}

/// A call under way. Noted when it ends, which it also does by being dropped.
pub(super) struct Note {
    noted: Arc<Mutex<Noted>>,
    began: Instant,
    payloads: bool,
    call: Option<HostCall>,
}

impl Note {
    /// Begins one, of a call that sends this.
    pub(super) fn begin(
        noted: &Arc<Mutex<Noted>>,
        payloads: bool,
        call: &'static str,
        name: &str,
        sent: &str,
    ) -> Self {
        Self {
            noted: noted.clone(),
            began: Instant::now(),
            payloads,
            call: Some(HostCall {
                call,
                name: cut(name, NAME_BYTES_MAX),
                method: None,
                status: None,
                bytes_out: sent.len(),
                bytes_in: 0,
                verdict: "given_up",
                us: 0,
                arguments: payloads.then(|| cut(sent, CALL_PAYLOAD_BYTES_MAX)),
                result: None,
            }),
        }
    }

    /// Ends it with a result.
    pub(super) fn end<T>(
        mut self,
        result: &Result<T, CapabilityError>,
        got: impl FnOnce(&T) -> Got<'_>,
    ) {
        let Some(call) = &mut self.call else {
            return;
        };
        call.verdict = verdict(result);
        if let Ok(value) = result {
            let got = got(value);
            call.bytes_in = got.bytes;
            let text = got.text.filter(|_| self.payloads);
            call.result = text.map(|text| cut(text, CALL_PAYLOAD_BYTES_MAX));
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        call.us = self.began.elapsed().as_micros() as u64;
        self.noted.lock().note(call);
    }
}

/// What came back.
pub(super) struct Got<'t> {
    /// How much.
    pub bytes: usize,
    /// And what, where that may be noted.
    pub text: Option<&'t str>,
}

fn verdict<T>(result: &Result<T, CapabilityError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.code(),
    }
}

fn description(tool: &Tool) -> usize {
    let schema = |json: &Option<Box<RawValue>>| json.as_ref().map_or(0, |json| json.get().len());
    tool.name.len()
        + tool.description.len()
        + tool.input_schema.get().len()
        + schema(&tool.output_schema)
}

#[async_trait]
impl ToolCall for Watched {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let note = self.note("search", "", query);
        let found = self.tools.search(query, limit).await;
        note.end(&found, |tools| Got {
            bytes: tools.iter().map(description).sum(),
            text: None,
        });
        found
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        let note = self.note("describe", name, name);
        let described = self.tools.describe(name).await;
        note.end(&described, |tool| Got {
            bytes: description(tool),
            text: None,
        });
        described
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        let note = self.note("call", name, arguments.get());
        let result = self.tools.call(name, arguments).await;
        note.end(&result, |json| Got {
            bytes: json.get().len(),
            text: Some(json.get()),
        });
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with what it gets, or never, or not at all.
    struct Echo;

    #[async_trait]
    impl ToolCall for Echo {
        async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
            Ok(vec![])
        }
        async fn describe(&self, _: &str) -> Result<Tool, CapabilityError> {
            Err(CapabilityError::NotFound("no".to_owned()))
        }
        async fn call(
            &self,
            name: &str,
            sent: &RawValue,
        ) -> Result<Box<RawValue>, CapabilityError> {
            match name {
                "never" => std::future::pending().await,
                _ => Ok(sent.to_owned()),
            }
        }
    }

    fn watched(payloads: bool) -> (Watched, Arc<Mutex<Noted>>) {
        let noted = Arc::default();
        let tools = Watched::new(Arc::new(Echo), Arc::clone(&noted), payloads);
        (tools, noted)
    }

    #[tokio::test]
    async fn calls_are_noted_with_sizes_and_verdicts_but_not_what_they_say() {
        let (tools, noted) = watched(false);
        let sent = RawValue::from_string("{\"a\":1}".to_owned()).unwrap();
        tools.call("s.echo", &sent).await.unwrap();
        tools.describe("s.none").await.unwrap_err();
        tools.search("three words here", 2).await.unwrap();
        let given_up = tools.call("never", &sent);
        assert!(
            tokio::time::timeout(std::time::Duration::ZERO, given_up)
                .await
                .is_err()
        );
        let noted = noted.lock();
        let told: Vec<_> = noted
            .calls
            .iter()
            .map(|c| (c.call, &*c.name, c.bytes_out, c.bytes_in, c.verdict))
            .collect();
        assert_eq!(
            told,
            [
                ("call", "s.echo", 7, 7, "ok"),
                ("describe", "s.none", 6, 0, "not_found"),
                ("search", "", 16, 0, "ok"),
                ("call", "never", 7, 0, "given_up"),
            ]
        );
        assert!(noted.calls.iter().all(|call| call.arguments.is_none()));
    }

    fn counts(noted: &Mutex<Noted>) -> (usize, u64) {
        let noted = noted.lock();
        (noted.calls.len(), noted.omitted)
    }

    #[tokio::test]
    async fn the_last_call_that_is_told_and_the_first_that_is_counted() {
        let (tools, noted) = watched(true);
        let sent = RawValue::from_string("{}".to_owned()).unwrap();
        for _ in 0..CALLS_MAX {
            tools.call("s.echo", &sent).await.unwrap();
        }
        assert_eq!(counts(&noted), (CALLS_MAX, 0));
        tools.call("s.echo", &sent).await.unwrap();
        assert_eq!(counts(&noted), (CALLS_MAX, 1));
        assert_eq!(noted.lock().calls[0].arguments.as_deref(), Some("{}"));
        assert_eq!(noted.lock().calls[0].result.as_deref(), Some("{}"));
    }
}
