//! Notes which requests code sends to hosts. Their place is told, and nothing of what they say: paths and
//! queries are payloads.

use std::sync::Arc;

use parking_lot::Mutex;
use vesicle_sandbox::{RequestRecord, WatchRequests};

use super::calls::Noted;
use super::entry::{HostCall, NAME_BYTES_MAX, REQUEST, cut};

/// Notes requests as they end.
pub struct WatchedRequests(pub Arc<Mutex<Noted>>);

impl WatchRequests for WatchedRequests {
    fn ended(&self, request: RequestRecord) {
        self.0.lock().note(HostCall {
            call: REQUEST,
            name: cut(&request.host, NAME_BYTES_MAX),
            method: Some(cut(&request.method, METHOD_BYTES_MAX)),
            status: request.status,
            bytes_out: usize::try_from(request.bytes_out).unwrap_or(usize::MAX),
            bytes_in: usize::try_from(request.bytes_in).unwrap_or(usize::MAX),
            verdict: request.verdict,
            us: request.elapsed.as_micros() as u64,
            arguments: None,
            result: None,
        });
    }
}

/// The longest method in a line, in bytes. Code chooses it.
const METHOD_BYTES_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_request_is_noted_with_its_place_and_not_with_what_it_says() {
        let noted: Arc<Mutex<Noted>> = Arc::default();
        WatchedRequests(noted.clone()).ended(RequestRecord {
            host: "api.example.com:443".to_owned(),
            method: "X".repeat(100),
            status: Some(204),
            bytes_out: 5,
            bytes_in: 7,
            verdict: "ok",
            elapsed: Duration::from_micros(12),
        });
        let noted = noted.lock();
        let [call] = noted.calls.as_slice() else {
            panic!("{noted:?}");
        };
        let told = serde_json::to_string(call).unwrap();
        insta::assert_snapshot!(told, @r#"{"call":"request","name":"api.example.com:443","method":"XXXXXXXXXXXXXXXX… (100 bytes)","status":204,"bytes_out":5,"bytes_in":7,"verdict":"ok","us":12}"#);
    }
}
