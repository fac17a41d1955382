//! What is told of each request to whoever keeps a log of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::target::Target;

/// One request that is over. A redirect that was followed is one of its own.
#[derive(Debug, Clone)]
pub struct RequestRecord {
    /// Where it went, such as `api.example.com:443`, with `http://` before it where it was sent in
    /// the clear. Of a URL that names no place, nothing.
    pub host: String,
    /// Its method.
    pub method: String,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// The length of its body, as far as it was sent.
    pub bytes_out: u64,
    /// The length of the answer's body, as far as it was read.
    pub bytes_in: u64,
    /// `ok`; `given_up` where code or a limit ended it; or the code of what went wrong.
    pub verdict: &'static str,
    /// How long it took.
    pub elapsed: Duration,
}

/// Is told of requests.
pub trait WatchRequests: Send + Sync {
    /// This one is over.
    fn ended(&self, request: RequestRecord);
}

/// A request under way. It is told when it is dropped, whatever ended it.
pub struct Note {
    watch: Option<Arc<dyn WatchRequests>>,
    began: Instant,
    pub record: RequestRecord,
}

impl Note {
    pub fn new(
        watch: Option<Arc<dyn WatchRequests>>,
        target: Option<&Target>,
        method: &str,
    ) -> Self {
        Self {
            watch,
            began: Instant::now(),
            record: RequestRecord {
                host: target.map_or_else(String::new, Target::entry),
                method: method.to_owned(),
                status: None,
                bytes_out: 0,
                bytes_in: 0,
                verdict: "given_up",
                elapsed: Duration::ZERO,
            },
        }
    }
}

impl Note {
    /// It is no request; what comes of it is noted elsewhere.
    pub fn forget(mut self) {
        self.watch = None;
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            let mut record = self.record.clone();
            record.elapsed = self.began.elapsed();
            watch.ended(record);
        }
    }
}
