//! Requests to hosts: `vesicle:plugin/http`.

use super::Guest;
use super::bindings::vesicle::plugin::types;
use super::calls::Answer;
use super::http_types::{Host, Request, Response};
use crate::CapabilityError;
use crate::network::Fetch;

impl Host for Guest {
    fn start(&mut self, request: Request) -> Result<u32, types::Error> {
        let headers = header_bytes(&request.headers);
        let body = request.body.as_ref().map_or(0, Vec::len);
        let bytes = request.method.len() + request.url.len() + headers + body;
        self.calls.budget.call(bytes)?;
        let session = self.network.clone();
        let fetch = Fetch::new(&session, request).map_err(CapabilityError::from)?;
        // A task of its own: a guest that computes meanwhile must not make the host seem slow.
        let task = wasmtime_wasi::runtime::spawn(async move { fetch.run(&session).await });
        self.calls.start(Box::pin(async {
            let fetched = task.await?;
            Ok(Answer::Response(Box::new(fetched)))
        }))
    }

    fn take(&mut self, id: u32) -> Result<Response, types::Error> {
        let fetched = self.calls.responses.remove(&id);
        fetched.map(|fetched| fetched.response).ok_or_else(|| {
            types::Error::NotFound(format!(
                "there is no response for {id}; take each once, when `wait` has named it"
            ))
        })
    }
}

/// What the guest gets of a response.
pub fn bytes(response: &Response) -> usize {
    response.url.len()
        + response.reason.len()
        + header_bytes(&response.headers)
        + response.body.len()
}

fn header_bytes(headers: &[(String, String)]) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}
