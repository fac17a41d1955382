//! Numbers, characters and bytes out of JSON, where a type has values that JSON has no form for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vesicle_sandbox::Val;

use crate::types::Integer;

/// Beyond this, either way, not every integer is a float: JSON readers that have numbers as floats,
/// as JavaScript does, would change it.
const EXACT_MAX: i128 = (1 << 53) - 1;

impl Integer {
    /// The value of this type, if it has one.
    pub fn value(self, number: i128) -> Option<Val> {
        Some(match self {
            Self::S8 => Val::S8(number.try_into().ok()?),
            Self::U8 => Val::U8(number.try_into().ok()?),
            Self::S16 => Val::S16(number.try_into().ok()?),
            Self::U16 => Val::U16(number.try_into().ok()?),
            Self::S32 => Val::S32(number.try_into().ok()?),
            Self::U32 => Val::U32(number.try_into().ok()?),
            Self::S64 => Val::S64(number.try_into().ok()?),
            Self::U64 => Val::U64(number.try_into().ok()?),
        })
    }

    /// What was meant by a number with a point or an exponent.
    pub fn value_of_float(self, number: f64) -> Option<Val> {
        let whole = number.fract() == 0.0 && number.abs() <= EXACT_MAX as f64;
        if whole {
            self.value(number as i128)
        } else {
            None
        }
    }

    /// What was meant by a string, which wide integers may be.
    pub fn value_of_text(self, text: &str) -> Option<Val> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !self.is_wide() || !plain {
            return None;
        }
        self.value(text.parse().ok()?)
    }
}

/// Whether JSON readers have this number as it is.
pub(crate) fn is_exact(number: i128) -> bool {
    number.abs() <= EXACT_MAX
}

/// Floats that JSON has no numbers for.
pub(crate) fn no_number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// How these are written.
pub(crate) fn told_no_number(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// A finite number in the nearest float of 32 bits, unless it is too large for one.
pub(crate) fn narrow(number: f64) -> Option<f32> {
    let narrow = number as f32;
    (narrow.is_finite() || !number.is_finite()).then_some(narrow)
}

/// The one character of a text.
pub(crate) fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let one = chars.next()?;
    chars.next().is_none().then_some(one)
}

pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
