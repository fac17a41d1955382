//! What the prelude cannot do in JavaScript: the outside world, and a look behind values.

use std::cell::{Cell, RefCell};

use fastrand::Rng;
use rquickjs::promise::PromiseState;
use rquickjs::{Array, ArrayBuffer, Ctx, Exception, Function, Object, Promise, Value, qjs};
use url::Url;

use crate::vesicle::plugin::{tool_call, types};
use crate::wasi::clocks::monotonic_clock;
use crate::wasi::random::random::get_random_u64;
use crate::{
    caller, calls, class, event_loop, files, http, keeping, memory, random, state, streams, text,
};

/// The most that `crypto.getRandomValues` gives at once (Web Cryptography API, 10.1.1).
const RANDOM_BYTES_MAX: usize = 65_536;

/// The object that the prelude knows as `native`.
pub fn object<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    macro_rules! native {
        ($name:literal, $function:expr) => {
            native.set(
                $name,
                Function::new(ctx.clone(), $function)?.with_name($name)?,
            )?;
        };
    }
    native!("write", write);
    native!("utf8Encode", utf8_encode);
    native!("utf8Decode", utf8_decode);
    native!("urlParse", url_parse);
    native!("urlSet", url_set);
    native!("randomBytes", random_bytes);
    native!("random", random_number);
    native!("now", now);
    native!("promiseState", promise_state);
    native!("proxyDetails", proxy_details);
    native!("classOf", |value: Value<'js>| class::of(&value));
    native!("reportError", event_loop::report_error);
    native!("toolCall", calls::start);
    native!("whenOver", calls::when_over);
    native!("giveUp", calls::give_up);
    native!("stateGet", state::get);
    native!("stateSet", state::set);
    native!("stateCompareAndSet", state::compare_and_set);
    native!("stateDelete", state::delete);
    native!("stateKeys", state::keys);
    native!("httpStart", http::start);
    native!("memoryStart", memory::start);
    native!("callerTell", caller::tell);
    native!("callerAsk", caller::ask);
    native!("toolSearch", tool_search);
    native!("toolDescribe", tool_describe);
    files::add(ctx, &native)?;
    Ok(native)
}

fn write<'js>(ctx: Ctx<'js>, fd: u32, message: rquickjs::String<'js>) -> rquickjs::Result<()> {
    let message = text::to_rust(&message)?;
    let written = match fd {
        1 => streams::standard_output(message.as_bytes()),
        _ => streams::standard_error(message.as_bytes()),
    };
    written.map_err(|error| Exception::throw_message(&ctx, &format!("cannot write: {error}")))
}

fn utf8_encode<'js>(
    ctx: Ctx<'js>,
    string: rquickjs::String<'js>,
) -> rquickjs::Result<ArrayBuffer<'js>> {
    ArrayBuffer::new_copy(ctx, text::to_rust(&string)?)
}

fn utf8_decode<'js>(
    ctx: Ctx<'js>,
    buffer: ArrayBuffer<'js>,
    offset: usize,
    length: usize,
    fatal: bool,
) -> rquickjs::Result<String> {
    let bytes = buffer.as_bytes().unwrap_or_default();
    let bytes = offset
        .checked_add(length)
        .and_then(|end| bytes.get(offset..end))
        .ok_or_else(|| Exception::throw_range(&ctx, "the view lies outside of its buffer"))?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) if fatal => Err(Exception::throw_type(
            &ctx,
            "The encoded data was not valid for encoding utf-8",
        )),
        Err(_) => Ok(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn url_parse(input: String, base: Option<String>) -> Option<Vec<String>> {
    let url = match base {
        Some(base) => Url::parse(&base).ok()?.join(&input).ok()?,
        None => Url::parse(&input).ok()?,
    };
    Some(url_parts(&url))
}

fn url_set(href: String, part: String, value: String) -> Option<Vec<String>> {
    use url::quirks;
    let mut url = Url::parse(&href).ok()?;
    let set = match part.as_str() {
        "protocol" => quirks::set_protocol(&mut url, &value),
        "username" => quirks::set_username(&mut url, &value),
        "password" => quirks::set_password(&mut url, &value),
        "host" => quirks::set_host(&mut url, &value),
        "hostname" => quirks::set_hostname(&mut url, &value),
        "port" => quirks::set_port(&mut url, &value),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        "hash" => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
        _ => Err(()),
    };
    set.ok().map(|()| url_parts(&url))
}

/// In the order that `url.js` reads them.
fn url_parts(url: &Url) -> Vec<String> {
    use url::quirks;
    [
        quirks::href(url),
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([quirks::origin(url)])
    .collect()
}

fn random_bytes<'js>(ctx: Ctx<'js>, length: usize) -> rquickjs::Result<ArrayBuffer<'js>> {
    keeping::check(&ctx, "randomness (`crypto`)")?;
    if length > RANDOM_BYTES_MAX {
        return Err(Exception::throw_range(
            &ctx,
            "at most 65536 random bytes at once",
        ));
    }
    let mut bytes = vec![0; length];
    random::fill(&mut bytes);
    ArrayBuffer::new(ctx, bytes)
}

thread_local! {
    /// Seeded at its first use, so that no seed is in the snapshot.
    static RANDOM: RefCell<Option<Rng>> = const { RefCell::new(None) };
}

fn random_number(ctx: Ctx<'_>) -> rquickjs::Result<f64> {
    keeping::check(&ctx, "randomness (`Math.random`)")?;
    Ok(RANDOM.with_borrow_mut(|generator| {
        generator
            .get_or_insert_with(|| Rng::with_seed(get_random_u64()))
            .f64()
    }))
}

thread_local! {
    static CLOCK_WAS_READ: Cell<bool> = const { Cell::new(false) };
}

/// Whether the prelude has read the clock, without which no timer is set.
pub fn clock_was_read() -> bool {
    CLOCK_WAS_READ.get()
}

fn now(ctx: Ctx<'_>) -> rquickjs::Result<f64> {
    keeping::check(
        &ctx,
        "the clock (`performance.now`, `setTimeout` and the like)",
    )?;
    CLOCK_WAS_READ.set(true);
    Ok(now_ms())
}

/// Milliseconds since the call began: the host's monotonic clock starts with each sandbox.
pub fn now_ms() -> f64 {
    monotonic_clock::now() as f64 / 1e6
}

fn promise_state<'js>(ctx: Ctx<'js>, promise: Promise<'js>) -> rquickjs::Result<Array<'js>> {
    let state = Array::new(ctx.clone())?;
    state.set(
        0,
        match promise.state() {
            PromiseState::Pending => "pending",
            PromiseState::Resolved => "fulfilled",
            PromiseState::Rejected => "rejected",
        },
    )?;
    // SAFETY: the value is a promise of this context; the result is owned.
    let result = unsafe {
        let raw = qjs::JS_PromiseResult(ctx.as_raw().as_ptr(), promise.as_value().as_raw());
        Value::from_raw(ctx.clone(), raw)
    };
    state.set(1, result)?;
    Ok(state)
}

fn proxy_details<'js>(ctx: Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Option<Array<'js>>> {
    if class::of(&value) != "Proxy" {
        return Ok(None);
    }
    // A revoked proxy has neither; QuickJS throws then.
    let part = |raw: qjs::JSValue| {
        // SAFETY: QuickJS has just made the value, owned, in this context.
        match unsafe { qjs::JS_IsException(raw) } {
            true => Err(rquickjs::Error::Exception),
            false => Ok(unsafe { Value::from_raw(ctx.clone(), raw) }),
        }
    };
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: the value is a proxy of this context.
    let target = part(unsafe { qjs::JS_GetProxyTarget(raw, value.as_raw()) })?;
    // SAFETY: as above.
    let handler = part(unsafe { qjs::JS_GetProxyHandler(raw, value.as_raw()) })?;
    let details = Array::new(ctx.clone())?;
    details.set(0, target)?;
    details.set(1, handler)?;
    Ok(Some(details))
}

fn tool_search(ctx: Ctx<'_>, query: String, limit: u32) -> rquickjs::Result<String> {
    keeping::check(&ctx, "`tools`")?;
    let tools = tool_call::search(&query, limit).map_err(|error| throw_refusal(&ctx, &error))?;
    let tools: Vec<_> = tools.iter().map(tool_json).collect();
    Ok(format!("[{}]", tools.join(",")))
}

fn tool_describe(ctx: Ctx<'_>, name: String) -> rquickjs::Result<String> {
    keeping::check(&ctx, "`tools`")?;
    let tool = tool_call::describe(&name).map_err(|error| throw_refusal(&ctx, &error))?;
    Ok(tool_json(&tool))
}

/// The schemas are JSON already.
fn tool_json(tool: &tool_call::Tool) -> String {
    format!(
        r#"{{"name":{},"description":{},"inputSchema":{},"outputSchema":{}}}"#,
        json_string(&tool.name),
        json_string(&tool.description),
        tool.input_schema,
        tool.output_schema.as_deref().unwrap_or("null"),
    )
}

/// A string as JSON.
pub fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The code and message of a refusal, and when trying again may work, as the prelude's `ToolError`
/// knows them.
pub fn refusal(error: &types::Error) -> (&'static str, &str, Option<u32>) {
    match error {
        types::Error::Denied(message) => ("denied", message, None),
        types::Error::NotFound(message) => ("not_found", message, None),
        types::Error::InvalidInput(message) => ("invalid_input", message, None),
        types::Error::LimitExceeded(message) => ("limit_exceeded", message, None),
        types::Error::RateLimited(later) => ("rate_limited", &later.message, later.retry_after_ms),
        types::Error::Unavailable(later) => ("unavailable", &later.message, later.retry_after_ms),
        types::Error::Timeout(message) => ("timeout", message, None),
        types::Error::Upstream(message) => ("upstream", message, None),
        types::Error::Failed(message) => ("failed", message, None),
    }
}

/// Throws what the prelude makes an error of its own of.
pub fn throw_refusal(ctx: &Ctx<'_>, error: &types::Error) -> rquickjs::Error {
    let (code, message, retry_after_ms) = refusal(error);
    let exception = match Exception::from_message(ctx.clone(), message) {
        Ok(exception) => exception,
        Err(error) => return error,
    };
    let object = exception.as_object();
    let told = object
        .set("code", code)
        .and_then(|()| object.set("retryAfterMs", retry_after_ms));
    match told {
        Ok(()) => exception.throw(),
        Err(error) => error,
    }
}
