//! A program's result as JSON.
//!
//! As `JSON.stringify` would, and where that drops data silently or throws, better: a `BigInt` is
//! its decimal digits, a `Map` an object (or pairs, when a key is no string), a `Set` and a typed
//! array an array, an error its name and message, and what is no data (functions, symbols,
//! promises) is named as the console names it. `undefined` is `null` at the top and in arrays, and
//! absent in objects.

use rquickjs::atom::PredefinedAtom;
use rquickjs::convert::Coerced;
use rquickjs::{Array, ArrayBuffer, Ctx, Filter, FromJs, Function, Object, Type, Value, qjs};

use crate::engine::Hooks;
use crate::{class, text};

/// How deep a result may be nested. Common JSON readers stop at 128, and the result lies a few
/// levels deep in the answer that carries it.
const DEPTH_MAX: usize = 100;
/// How long a result may be, in bytes of JSON.
const BYTES_MAX: usize = 8 << 20;
/// How many steps of a path are told.
const PATH_STEPS_MAX: usize = 8;

/// Why a value has no JSON.
pub enum Unserializable {
    /// A getter or `toJSON` of the program threw; the exception is pending.
    Thrown,
    /// For this reason, told with the place in the result.
    Because(String),
}

impl From<rquickjs::Error> for Unserializable {
    fn from(_: rquickjs::Error) -> Self {
        Self::Thrown
    }
}

type Written = Result<(), Unserializable>;

/// The JSON of `value`.
pub fn to_json<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    value: &Value<'js>,
) -> Result<String, Unserializable> {
    let mut writer = Writer {
        ctx,
        hooks,
        out: String::new(),
        path: Vec::new(),
        ancestors: Vec::new(),
    };
    if !writer.value(value)? {
        writer.out.push_str("null");
    }
    writer.check_length()?;
    Ok(writer.out)
}

/// Whether a function is a class, which cannot be called.
pub fn is_class<'js>(ctx: &Ctx<'js>, function: &Value<'js>) -> bool {
    let is_class = || text::of_value(ctx, function).map(|source| source.starts_with("class"));
    is_class().unwrap_or_else(|_| {
        ctx.catch();
        false
    })
}

enum Step {
    Key(String),
    Index(usize),
}

struct Writer<'a, 'js> {
    ctx: &'a Ctx<'js>,
    hooks: &'a Hooks,
    out: String,
    path: Vec<Step>,
    ancestors: Vec<Value<'js>>,
}

impl<'js> Writer<'_, 'js> {
    /// Writes `value`; `false`, and nothing written, for `undefined`.
    fn value(&mut self, value: &Value<'js>) -> Result<bool, Unserializable> {
        self.check_length()?;
        match value.type_of() {
            Type::Undefined | Type::Uninitialized => return Ok(false),
            Type::Null => self.out.push_str("null"),
            Type::Bool => self.out.push_str(if value.as_bool() == Some(true) {
                "true"
            } else {
                "false"
            }),
            Type::Int => text::push_integer(&mut self.out, value.as_int().unwrap_or_default()),
            Type::Float => self.number(value.as_float().unwrap_or_default()),
            Type::String => self.string(value)?,
            Type::Symbol => self.name_of_symbol(value)?,
            Type::BigInt => {
                let digits = text::of_value(self.ctx, value)?;
                self.quoted(&digits);
            }
            _ => return self.object(value),
        }
        Ok(true)
    }

    fn check_length(&self) -> Written {
        match self.out.len() > BYTES_MAX {
            true => Err(self.because(
                &format!("is longer than {BYTES_MAX} bytes of JSON"),
                "return less of it",
            )),
            false => Ok(()),
        }
    }

    fn number(&mut self, number: f64) {
        match number.is_finite() {
            true => self
                .out
                .push_str(ryu_js::Buffer::new().format_finite(number)),
            false => self.out.push_str("null"),
        }
    }

    fn string(&mut self, value: &Value<'js>) -> Written {
        let text = text::of_value(self.ctx, value)?;
        self.quoted(&text);
        Ok(())
    }

    fn quoted(&mut self, text: &str) {
        self.out.push_str(&crate::natives::json_string(text));
    }

    fn name_of_symbol(&mut self, value: &Value<'js>) -> Written {
        let symbol = value.as_symbol().ok_or(Unserializable::Thrown)?;
        let description = symbol.description()?;
        let description = match description.is_undefined() {
            true => String::new(),
            false => text::of_value(self.ctx, &description)?,
        };
        self.quoted(&format!("[Symbol({description})]"));
        Ok(())
    }

    fn object(&mut self, value: &Value<'js>) -> Result<bool, Unserializable> {
        if self.ancestors.len() == DEPTH_MAX {
            return Err(self.because(
                &format!("is nested more than {DEPTH_MAX} deep"),
                "flatten it, or return it as a string",
            ));
        }
        if self.ancestors.contains(value) {
            return Err(self.because(
                "refers back to an object that contains it",
                "break the cycle",
            ));
        }
        self.ancestors.push(value.clone());
        let written = self.object_by_class(value)?;
        self.ancestors.pop();
        Ok(written)
    }

    fn object_by_class(&mut self, value: &Value<'js>) -> Result<bool, Unserializable> {
        let class = class::of(value);
        if class == "Function" {
            self.name_of_function(value)?;
            return Ok(true);
        }
        let object = Object::from_value(value.clone())?;
        let to_json: Value = object.get(PredefinedAtom::ToJSON)?;
        if let Some(to_json) = to_json.into_function() {
            let key = match self.path.last() {
                None => String::new(),
                Some(Step::Key(key)) => key.clone(),
                Some(Step::Index(index)) => index.to_string(),
            };
            let told: Value = to_json.call((rquickjs::function::This(object), key))?;
            // Its own `toJSON` may answer with the object itself.
            return if told == *value {
                self.members(value).map(|()| true)
            } else {
                self.value(&told)
            };
        }
        match class {
            "Array" | "Arguments" => self.array(value)?,
            "Map" => self.map(value)?,
            "Set" => {
                let values: Array = self.hooks.set_values(self.ctx)?.call((value.clone(),))?;
                self.elements(values.as_object(), values.len())?;
            }
            "TypedArray" => {
                let length: usize = object.get(PredefinedAtom::Length)?;
                self.elements(&object, length)?;
            }
            "ArrayBuffer" | "SharedArrayBuffer" => self.buffer(value)?,
            "Error" => self.error(value)?,
            "RegExp" => self.string(value)?,
            "Number" | "String" | "Boolean" | "BigInt" | "Symbol" => {
                let value_of: Function = object.get(PredefinedAtom::ValueOf)?;
                let primitive: Value = value_of.call((rquickjs::function::This(object),))?;
                match primitive.is_object() {
                    true => self.members(value)?,
                    false => return self.value(&primitive),
                }
            }
            "Promise" | "WeakMap" | "WeakSet" | "WeakRef" | "Generator" | "MapIterator"
            | "SetIterator" | "DataView" => {
                self.quoted(&format!("[{class}]"));
            }
            _ if is_array(value) => self.array(value)?,
            _ => self.members(value)?,
        }
        Ok(true)
    }

    fn name_of_function(&mut self, value: &Value<'js>) -> Written {
        let function = Object::from_value(value.clone())?;
        let name: Value = function.get(PredefinedAtom::Name)?;
        let name = if name.is_string() {
            text::of_value(self.ctx, &name)?
        } else {
            String::new()
        };
        let kind = if is_class(self.ctx, value) {
            "class "
        } else {
            "Function: "
        };
        let name = if name.is_empty() {
            "(anonymous)"
        } else {
            &name
        };
        self.quoted(&format!("[{kind}{name}]"));
        Ok(())
    }

    fn array(&mut self, value: &Value<'js>) -> Written {
        let object = Object::from_value(value.clone())?;
        let length: Coerced<f64> = object.get(PredefinedAtom::Length)?;
        self.elements(&object, length.0 as usize)
    }

    fn elements(&mut self, object: &Object<'js>, length: usize) -> Written {
        self.out.push('[');
        for index in 0..length {
            if index > 0 {
                self.out.push(',');
            }
            self.path.push(Step::Index(index));
            let element: Value = object.get(index as u32)?;
            if !self.value(&element)? {
                self.out.push_str("null");
            }
            self.path.pop();
        }
        self.out.push(']');
        Ok(())
    }

    fn map(&mut self, value: &Value<'js>) -> Written {
        let entries: Array = self.hooks.map_entries(self.ctx)?.call((value.clone(),))?;
        let pairs: Vec<Object> = entries.iter().collect::<rquickjs::Result<_>>()?;
        let mut all_strings = true;
        for pair in &pairs {
            all_strings &= pair.get::<_, Value>(0u32)?.is_string();
        }
        if !all_strings {
            return self.elements(entries.as_object(), pairs.len());
        }
        self.out.push('{');
        let start = self.out.len();
        for pair in &pairs {
            let key = text::of_value(self.ctx, &pair.get::<_, Value>(0u32)?)?;
            self.member(start, key, &pair.get::<_, Value>(1u32)?)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn buffer(&mut self, value: &Value<'js>) -> Written {
        let buffer = ArrayBuffer::from_js(self.ctx, value.clone())?;
        let bytes = buffer.as_bytes().unwrap_or_default();
        self.out.push('[');
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            text::push_integer(&mut self.out, i32::from(*byte));
            self.check_length()?;
        }
        self.out.push(']');
        Ok(())
    }

    /// Name and message are not enumerable, and yet they are what an error says.
    fn error(&mut self, value: &Value<'js>) -> Written {
        let object = Object::from_value(value.clone())?;
        self.out.push('{');
        let start = self.out.len();
        for key in ["name", "message"] {
            self.member(start, key.to_owned(), &object.get::<_, Value>(key)?)?;
        }
        self.own_members(start, &object, &["name", "message"])?;
        self.out.push('}');
        Ok(())
    }

    fn members(&mut self, value: &Value<'js>) -> Written {
        let object = Object::from_value(value.clone())?;
        self.out.push('{');
        let start = self.out.len();
        self.own_members(start, &object, &[])?;
        self.out.push('}');
        Ok(())
    }

    fn own_members(&mut self, start: usize, object: &Object<'js>, but: &[&str]) -> Written {
        for key in object.own_keys::<rquickjs::String>(Filter::new().string().enum_only()) {
            let key = key?;
            let value: Value = object.get(key.clone())?;
            let key = text::to_rust(&key)?;
            if !but.contains(&key.as_str()) {
                self.member(start, key, &value)?;
            }
        }
        Ok(())
    }

    /// Writes `"key":value`, or nothing when the value is `undefined`; `start` is where the object
    /// began.
    fn member(&mut self, start: usize, key: String, value: &Value<'js>) -> Written {
        let before = self.out.len();
        if before > start {
            self.out.push(',');
        }
        self.quoted(&key);
        self.out.push(':');
        self.path.push(Step::Key(key));
        if !self.value(value)? {
            self.out.truncate(before);
        }
        self.path.pop();
        Ok(())
    }

    fn because(&self, what: &str, instead: &str) -> Unserializable {
        let mut place = "result".to_owned();
        for step in self.path.iter().take(PATH_STEPS_MAX) {
            match step {
                Step::Key(key) => {
                    place.push_str(&format!("[{}]", crate::natives::json_string(key)))
                }
                Step::Index(index) => place.push_str(&format!("[{index}]")),
            }
        }
        if self.path.len() > PATH_STEPS_MAX {
            place.push('…');
        }
        let place = text::told(place);
        Unserializable::Because(format!(
            "the result cannot be told as JSON: {place} {what}; {instead}"
        ))
    }
}

/// Also true for a proxy of an array, however many proxies deep.
fn is_array(value: &Value<'_>) -> bool {
    let mut value = value.clone();
    loop {
        // SAFETY: the value belongs to its context; a target is owned by what is made of it.
        unsafe {
            if qjs::JS_IsArray(value.as_raw()) {
                return true;
            }
            if !qjs::JS_IsProxy(value.as_raw()) {
                return false;
            }
            let ctx = value.ctx().clone();
            let target = qjs::JS_GetProxyTarget(ctx.as_raw().as_ptr(), value.as_raw());
            if qjs::JS_IsException(target) {
                // A revoked proxy; reading it throws in turn.
                ctx.catch();
                return false;
            }
            value = Value::from_raw(ctx, target);
        }
    }
}
