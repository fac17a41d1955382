//! What the prelude's `memory` asks the host for.

use rquickjs::{Ctx, Value};

use crate::calls::{self, Kind};
use crate::vesicle::plugin::memory::{self, Operation};

/// Starts a call, and answers with the promise of its result. Operations are in the order of
/// `memory.js`.
pub fn start<'js>(
    ctx: Ctx<'js>,
    operation: u32,
    arguments: String,
) -> rquickjs::Result<Value<'js>> {
    let operation = match operation {
        0 => Operation::Query,
        1 => Operation::Similar,
        2 => Operation::Patterns,
        3 => Operation::Recommend,
        4 => Operation::Episode,
        5 => Operation::RecordStart,
        6 => Operation::RecordStep,
        _ => Operation::RecordComplete,
    };
    calls::begin(ctx, Kind::Memory, || memory::start(operation, &arguments))
}
