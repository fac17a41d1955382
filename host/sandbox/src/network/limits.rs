//! How much an execution may do with the hosts that it is granted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bounds of requests. `SECURITY.md` has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkLimits {
    /// How many requests one execution may send; each redirect that is followed is one.
    pub requests: u64,
    /// How many of them may be under way at once, answers that code has not taken yet included; more
    /// wait. Times [`Self::response_bytes`] it is what the host keeps for one execution.
    pub requests_at_once: usize,
    /// The largest body that a request may have, in bytes.
    pub request_bytes: u64,
    /// The largest body that an answer may have, in bytes.
    pub response_bytes: u64,
    /// How long all headers of a request, and all of an answer, may be, in bytes: names, values, and
    /// four for each line.
    pub header_bytes: usize,
    /// How long looking up a name, connecting and the start of TLS may take together.
    pub connect: Duration,
    /// How long it may take from there until the head of the answer.
    pub first_byte: Duration,
    /// How long the body of the answer may pause.
    pub between_bytes: Duration,
    /// How long a request may take from its beginning to the end of its answer, with all redirects
    /// and the time that it waits for others.
    pub total: Duration,
}

impl Default for NetworkLimits {
    /// 100 requests, 8 at once, bodies of 1 MB there and 4 MB back, headers of 32 KB; 3 s to connect,
    /// 10 s for the head, 5 s between bytes, 30 s in all.
    fn default() -> Self {
        Self {
            requests: 100,
            requests_at_once: 8,
            request_bytes: 1 << 20,
            response_bytes: 4 << 20,
            header_bytes: 32 << 10,
            connect: Duration::from_secs(3),
            first_byte: Duration::from_secs(10),
            between_bytes: Duration::from_secs(5),
            total: Duration::from_secs(30),
        }
    }
}

/// How many connections all executions together may have: each is a file descriptor of the process.
/// More wait, as long as they may take to connect.
pub const CONNECTIONS_MAX: usize = 256;
/// How many headers a request or an answer may have.
pub const HEADERS_MAX: usize = 100;
/// How many redirects are followed, as in browsers.
pub const REDIRECTS_MAX: usize = 20;
