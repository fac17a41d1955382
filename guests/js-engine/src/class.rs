//! What kind of object a value is, whatever it says of itself.

use std::cell::RefCell;

use rquickjs::{Array, Ctx, Value, qjs};

thread_local! {
    /// Names by class id, learned at boot: QuickJS does not export its ids.
    static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// One object of each class that QuickJS has, with the name that [`of`] gives it.
const SAMPLES: &str = r#"[
  ["Object", {}], ["Array", []], ["Error", new Error()],
  ["Number", Object(1)], ["String", Object("")], ["Boolean", Object(true)],
  ["Symbol", Object(Symbol())], ["BigInt", Object(1n)],
  ["Date", new Date(0)], ["RegExp", /./], ["Promise", Promise.resolve()],
  ["Map", new Map()], ["Set", new Set()],
  ["WeakMap", new WeakMap()], ["WeakSet", new WeakSet()], ["WeakRef", new WeakRef({})],
  ["MapIterator", new Map().keys()], ["SetIterator", new Set().keys()],
  ["Generator", (function* () {})()], ["Generator", (async function* () {})()],
  ["Arguments", (function () { return arguments })()],
  ["Arguments", (function () { "use strict"; return arguments })()],
  ["ArrayBuffer", new ArrayBuffer(0)], ["SharedArrayBuffer", new SharedArrayBuffer(0)],
  ["DataView", new DataView(new ArrayBuffer(0))],
  ...[
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    BigInt64Array, BigUint64Array, Float16Array, Float32Array, Float64Array,
  ].map((TypedArray) => ["TypedArray", new TypedArray(0)]),
]"#;

/// Learns which class id has which name.
pub fn learn(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let samples: Array = ctx.eval(SAMPLES)?;
    let mut names = Vec::new();
    for sample in samples.iter::<Array>() {
        let sample = sample?;
        let name: String = sample.get(0)?;
        let object: Value = sample.get(1)?;
        // SAFETY: only reads the object's header.
        let id = unsafe { qjs::JS_GetClassID(object.as_raw()) } as usize;
        if names.len() <= id {
            names.resize(id + 1, "Other");
        }
        names[id] = String::leak(name);
    }
    NAMES.with(|table| *table.borrow_mut() = names);
    Ok(())
}

/// The class of an object, from a closed list; `Function` for anything that can be called, and
/// `Other` for what is not on the list, primitives included. Runs no code of the program.
pub fn of(value: &Value<'_>) -> &'static str {
    if !value.is_object() {
        return "Other";
    }
    // SAFETY: only reads the object's header.
    let (proxy, id) = unsafe {
        (
            qjs::JS_IsProxy(value.as_raw()),
            qjs::JS_GetClassID(value.as_raw()),
        )
    };
    if proxy {
        return "Proxy";
    }
    if value.is_function() {
        return "Function";
    }
    NAMES.with(|table| table.borrow().get(id as usize).copied().unwrap_or("Other"))
}
