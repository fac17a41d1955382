//! The calls that led somewhere, kept in case they have to be told.
//!
//! When a capability call fails, its caller's frames are gone. An error made at the call would keep
//! them, and its text costs more than the rest of the call. So what is kept is functions and
//! places in them, and the text is made of them when a call fails.

use std::ffi::c_int;

use rquickjs::{Ctx, Value, qjs};

/// As many frames as a stack has by default.
const FRAMES_MAX: usize = 10;

/// As in `quickjs/wasm.patch`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Frame {
    function: qjs::JSValue,
    place: *const u8,
}

unsafe extern "C" {
    fn JS_CaptureStack(
        ctx: *mut qjs::JSContext,
        frames: *mut Frame,
        skip: c_int,
        max: c_int,
    ) -> c_int;
    fn JS_DescribeStack(
        ctx: *mut qjs::JSContext,
        frames: *const Frame,
        count: c_int,
    ) -> qjs::JSValue;
    fn JS_FreeCapturedStack(ctx: *mut qjs::JSContext, frames: *const Frame, count: c_int);
}

/// A captured stack. It holds references to functions until it is [told](Self::tell) or
/// [let go](Self::let_go).
pub struct Stack {
    frames: [Frame; FRAMES_MAX],
    count: c_int,
}

impl Stack {
    /// The frames at hand, without the innermost `skip`.
    pub fn capture(ctx: &Ctx<'_>, skip: c_int) -> Self {
        let mut frames = [Frame {
            function: qjs::JS_NULL,
            place: std::ptr::null(),
        }; FRAMES_MAX];
        // SAFETY: there is room for as many frames.
        let count = unsafe {
            let max = FRAMES_MAX as c_int;
            JS_CaptureStack(ctx.as_raw().as_ptr(), frames.as_mut_ptr(), skip, max)
        };
        Self { frames, count }
    }

    /// The text that an error's `stack` would have had; `null` where there is no memory for it.
    pub fn tell<'js>(self, ctx: &Ctx<'js>) -> Value<'js> {
        // SAFETY: the frames are of this context's runtime; the text is owned.
        let text = unsafe {
            let raw = ctx.as_raw().as_ptr();
            let text = JS_DescribeStack(raw, self.frames.as_ptr(), self.count);
            Value::from_raw(ctx.clone(), text)
        };
        self.let_go(ctx);
        text
    }

    /// Frees what it holds.
    pub fn let_go(self, ctx: &Ctx<'_>) {
        // SAFETY: the frames are of this context's runtime, and freed once.
        unsafe { JS_FreeCapturedStack(ctx.as_raw().as_ptr(), self.frames.as_ptr(), self.count) }
    }
}
