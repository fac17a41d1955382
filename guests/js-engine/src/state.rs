//! What the prelude's `state` asks the host for.

use rquickjs::function::Opt;
use rquickjs::{Coerced, Ctx};

use crate::keeping;
use crate::natives::throw_refusal;
use crate::vesicle::plugin::state;

/// The JSON under a key, or nothing.
pub fn get(ctx: Ctx<'_>, key: String) -> rquickjs::Result<Option<String>> {
    keeping::check(&ctx, "`state`")?;
    state::get(&key).map_err(|error| throw_refusal(&ctx, &error))
}

/// Keeps JSON under a key, for some milliseconds or for good.
pub fn set(
    ctx: Ctx<'_>,
    key: String,
    json: String,
    ttl_ms: Opt<Option<Coerced<f64>>>,
) -> rquickjs::Result<()> {
    let ttl_ms = ttl_ms.0.flatten().map(|ms| ms.0 as u64);
    keeping::check(&ctx, "`state`")?;
    state::set(&key, &json, ttl_ms).map_err(|error| throw_refusal(&ctx, &error))
}

/// Keeps JSON under a key if there is what is expected.
pub fn compare_and_set(
    ctx: Ctx<'_>,
    key: String,
    expected: Option<String>,
    json: String,
) -> rquickjs::Result<bool> {
    keeping::check(&ctx, "`state`")?;
    state::compare_and_set(&key, expected.as_deref(), &json)
        .map_err(|error| throw_refusal(&ctx, &error))
}

/// Forgets a key.
pub fn delete(ctx: Ctx<'_>, key: String) -> rquickjs::Result<bool> {
    keeping::check(&ctx, "`state`")?;
    state::delete(&key).map_err(|error| throw_refusal(&ctx, &error))
}

/// The keys with a prefix.
pub fn keys(ctx: Ctx<'_>, prefix: String) -> rquickjs::Result<Vec<String>> {
    keeping::check(&ctx, "`state`")?;
    state::keys(&prefix).map_err(|error| throw_refusal(&ctx, &error))
}
