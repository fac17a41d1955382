//! The limits that end a program without being an error of its code, and what is said of each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Limits;

/// The limit behind an [`Outcome::LimitExceeded`](crate::Outcome::LimitExceeded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// [`Limits::cpu_time`], in milliseconds.
    CpuTime,
    /// [`Limits::table_elements`].
    TableElements,
    /// [`Limits::instances`].
    Instances,
    /// [`Limits::handles`].
    Handles,
    /// What a guest may hand to the host at once, in bytes; twice
    /// [`CALL_BYTES_MAX`](crate::CALL_BYTES_MAX), for guests that pass by [`Limits::call_bytes`].
    HandoverBytes,
    /// [`Limits::timer_waits`].
    TimerWaits,
    /// [`Limits::fuel`].
    Fuel,
}

/// The most that a guest may hand to the host at once, in bytes: any call, and its result.
pub const HANDOVER_BYTES_MAX: usize = 2 * crate::CALL_BYTES_MAX;

impl LimitKind {
    /// Its value among these limits.
    pub fn value(self, limits: &Limits) -> u64 {
        match self {
            Self::CpuTime => limits
                .cpu_time
                .map_or(u64::MAX, |time| time.as_millis() as u64),
            Self::TableElements => limits.table_elements as u64,
            Self::Instances => limits.instances as u64,
            Self::Handles => limits.handles as u64,
            Self::HandoverBytes => HANDOVER_BYTES_MAX as u64,
            Self::TimerWaits => limits.timer_waits,
            Self::Fuel => limits.fuel.unwrap_or(u64::MAX),
        }
    }

    /// What happened and what to do, in a sentence.
    pub fn message(self, value: u64) -> String {
        match self {
            Self::CpuTime => format!(
                "the code used its {value} ms of CPU time; compute less per call, or ask for a larger `cpu_time`"
            ),
            Self::TableElements => format!(
                "the code needs a table of more than its {value} elements; ask for a larger `table_elements`"
            ),
            Self::Instances => format!(
                "the code needs more than its {value} core instances; ask for a larger `instances`"
            ),
            Self::Handles => format!(
                "the code holds more than its {value} handles; drop some earlier, or ask for a larger `handles`"
            ),
            Self::HandoverBytes => format!(
                "the code handed more than {value} bytes to the host at once; hand over less, in parts"
            ),
            Self::TimerWaits => format!(
                "the code waited for timers more than its {value} times; wait longer and less often, or ask for a larger `timer_waits`"
            ),
            Self::Fuel => format!(
                "the code used its {value} units of fuel; compute less per call, or ask for more `fuel`"
            ),
        }
    }
}

/// What ends a guest that met a limit.
#[derive(Debug)]
pub struct LimitMet(pub LimitKind);

impl fmt::Display for LimitMet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the guest met its limit {:?}", self.0)
    }
}

impl std::error::Error for LimitMet {}

/// What ends a guest whose wall time was up while it ran.
#[derive(Debug)]
pub struct TimeIsUp;

impl fmt::Display for TimeIsUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the guest's time is up")
    }
}

impl std::error::Error for TimeIsUp {}

/// What Wasmtime says, in words alone, when it refuses a handle, an instance or a handover. The
/// tests of these limits fail where an upgrade words it differently.
const WORDINGS: [(&str, LimitKind); 3] = [
    ("store handle limit exceeded", LimitKind::Handles),
    ("instance count too high", LimitKind::Instances),
    (
        "fuel allocated for hostcalls has been exhausted",
        LimitKind::HandoverBytes,
    ),
];

/// The limit behind an error that ended a guest, if it was one.
pub fn behind(error: &wasmtime::Error) -> Option<LimitKind> {
    if let Some(LimitMet(kind)) = error.downcast_ref() {
        return Some(*kind);
    }
    if let Some(wasmtime::Trap::OutOfFuel) = error.downcast_ref() {
        return Some(LimitKind::Fuel);
    }
    let said = format!("{error:#}");
    WORDINGS
        .into_iter()
        .find_map(|(wording, kind)| said.contains(wording).then_some(kind))
}
