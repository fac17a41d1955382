//! Times, to the microsecond: PostgreSQL keeps no more.

use chrono::{DateTime, SubsecRound as _, Utc};

/// A moment in UTC; RFC 3339 in JSON.
pub type Time = DateTime<Utc>;

/// The moment of the call.
pub fn now() -> Time {
    Utc::now().trunc_subsecs(6)
}
