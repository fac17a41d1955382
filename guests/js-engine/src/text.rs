//! JavaScript strings are sequences of UTF-16 units and may hold lone surrogates; Rust's cannot.

use rquickjs::{Ctx, String as JsString, Value, qjs};

/// The text of a JavaScript string, with U+FFFD for each lone surrogate.
pub fn to_rust(string: &JsString<'_>) -> rquickjs::Result<String> {
    let value = string.as_value();
    let ctx = value.ctx();
    let mut length = 0;
    // SAFETY: the value is a string of this context; the bytes are copied before they are freed.
    unsafe {
        let pointer =
            qjs::JS_ToCStringLen2(ctx.as_raw().as_ptr(), &mut length, value.as_raw(), false);
        if pointer.is_null() {
            return Err(rquickjs::Error::Exception);
        }
        let bytes = std::slice::from_raw_parts(pointer.cast::<u8>(), length as usize);
        let text = from_wtf8(bytes);
        qjs::JS_FreeCString(ctx.as_raw().as_ptr(), pointer);
        Ok(text)
    }
}

/// The text of any value, as `String(value)` gives it.
pub fn of_value<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<String> {
    // SAFETY: the value belongs to this context; the result is owned.
    let string = unsafe {
        let raw = qjs::JS_ToString(ctx.as_raw().as_ptr(), value.as_raw());
        if qjs::JS_IsException(raw) {
            return Err(rquickjs::Error::Exception);
        }
        Value::from_raw(ctx.clone(), raw)
    };
    to_rust(string.as_string().ok_or(rquickjs::Error::Unknown)?)
}

/// The most that is told of each text of a failure, in bytes: they are read, not computed with, and
/// what is handed to the host at once is bounded.
const TOLD_BYTES_MAX: usize = 64 * 1024;

/// A text of a failure, cut where it is longer than anybody reads, with a note that says so.
pub fn told(mut text: String) -> String {
    let bytes = text.len();
    if bytes > TOLD_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TOLD_BYTES_MAX));
        text.push_str(&format!("\n[cut: {TOLD_BYTES_MAX} of {bytes} bytes told]"));
    }
    text
}

/// Appends decimal digits. The standard library's way reads a table that lies apart from all else
/// that a call touches, and allocates.
pub fn push_integer(text: &mut String, value: i32) {
    if value < 0 {
        text.push('-');
    }
    let magnitude = value.unsigned_abs();
    let mut place = 1_u32;
    while magnitude / place >= 10 {
        place *= 10;
    }
    while place > 0 {
        text.push(char::from(b'0' + (magnitude / place % 10) as u8));
        place /= 10;
    }
}

/// Generalised UTF-8, as QuickJS writes it, encodes a lone surrogate in three bytes
/// (<https://simonsapin.github.io/wtf-8/>).
fn from_wtf8(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // An encoded surrogate is invalid byte by byte; its first byte stands for all three.
        if chunk.invalid().first() == Some(&0xED) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}
