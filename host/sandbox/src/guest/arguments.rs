//! The arguments of a tool, as a guest hands them over. That they are JSON is an allegation until it is
//! checked, and JSON alone is not enough for those who read it on the other side.

use serde_json::Value;
use serde_json::value::RawValue;

use super::bindings::vesicle::plugin::types::Error;

/// How deep arguments may be nested, as results of programs may. Common JSON readers stop at 128, and
/// arguments lie a few levels deep in the request that carries them.
const DEPTH_MAX: usize = 100;

/// The arguments as JSON that any reader reads: an object, not too deep, of whole characters.
pub fn parse(arguments: String) -> Result<Box<RawValue>, Error> {
    let arguments = RawValue::from_string(arguments)
        .map_err(|error| Error::InvalidInput(format!("the arguments are no JSON: {error}")))?;
    let text = arguments.get();
    if !text.starts_with('{') {
        return Err(Error::InvalidInput(
            "the arguments of a tool are a JSON object".to_owned(),
        ));
    }
    let depth = depth(text);
    if depth > DEPTH_MAX {
        return Err(Error::InvalidInput(format!(
            "the arguments are nested {depth} deep, and at most {DEPTH_MAX} are accepted; send something flatter"
        )));
    }
    // Half a surrogate pair passes as syntax.
    if (text.contains("\\ud") || text.contains("\\uD"))
        && let Err(error) = serde_json::from_str::<Value>(text)
    {
        return Err(Error::InvalidInput(format!(
            "the arguments cannot be read as JSON: {error}; send whole characters (`toWellFormed`)"
        )));
    }
    Ok(arguments)
}

/// How deep arrays and objects lie in one another.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth -= 1,
            b'"' => pass_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

/// Goes on behind a string, whose beginning was read.
fn pass_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}
