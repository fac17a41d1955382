//! What the prelude's `caller` tells and asks whoever called a plugin. It goes by `tool-call`, under names that
//! no tool has: an import of its own would cost every sandbox some of its start.

use rquickjs::{Ctx, Value};

use crate::calls::{self, Kind};
use crate::keeping;
use crate::natives::throw_refusal;
use crate::vesicle::plugin::tool_call;

/// Names behind this are those of `vesicle:plugin/caller`.
const PREFIX: &str = "caller/";

/// Tells something. Nobody waits for it.
pub fn tell(ctx: Ctx<'_>, what: String, said: String) -> rquickjs::Result<()> {
    keeping::check(&ctx, Kind::Caller.global())?;
    let told = tool_call::start(&format!("{PREFIX}{what}"), &said);
    told.map(drop).map_err(|error| throw_refusal(&ctx, &error))
}

/// Asks something, and answers with the promise of the answer.
pub fn ask<'js>(ctx: Ctx<'js>, what: String, asked: String) -> rquickjs::Result<Value<'js>> {
    calls::begin(ctx, Kind::Caller, || {
        tool_call::start(&format!("{PREFIX}{what}"), &asked)
    })
}
