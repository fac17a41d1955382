//! Types that Wasmtime has values for and does not yet compile: lists of a fixed length, and maps.

use serde_json::value::RawValue;
use vesicle_sandbox::Val;

use super::{NotWritten, arguments, write};
use crate::types::{Integer, Kind, Member, Members, Names, Shape};

fn number() -> Box<Shape> {
    Box::new(Shape::new(Kind::Integer(Integer::U8)))
}

fn read(shape: &Shape, json: &str) -> Result<Val, String> {
    let parameters = Members {
        names: Names::new(["v"]),
        members: vec![Member {
            shape: Some(shape.clone()),
            docs: None,
        }],
    };
    let text = RawValue::from_string(format!(r#"{{"v":{json}}}"#)).unwrap();
    arguments(&text, &parameters).map(|mut values| values.remove(0))
}

fn round(shape: &Shape, json: &str) {
    let value = read(shape, json).unwrap();
    assert_eq!(
        write(&value, shape, 1_000).unwrap().get(),
        json,
        "{value:?}"
    );
}

#[test]
fn lists_of_a_fixed_length() {
    let shape = Shape::new(Kind::FixedList(number(), 2));
    round(&shape, "[1,2]");
    assert_eq!(shape.to_string(), "list<u8, 2>");
    let refused = read(&shape, "[1]").unwrap_err();
    assert_eq!(
        refused,
        "arguments.v: expected list<u8, 2>, got 1 items in place of 2"
    );
}

#[test]
fn maps_are_objects_or_pairs() {
    let text = Shape::new(Kind::Map(Box::new(Shape::new(Kind::String)), number()));
    round(&text, r#"{"a":1,"b c":2}"#);
    let refused = read(&text, r#"{"b c":256}"#).unwrap_err();
    assert_eq!(
        refused,
        r#"arguments.v["b c"]: expected u8, got 256, which is not within 0 and 255"#
    );
    let other = Shape::new(Kind::Map(number(), number()));
    round(&other, "[[1,2],[3,4]]");
}

#[test]
fn texts_end_at_the_bound() {
    let shape = Shape::new(Kind::List(number()));
    let value = Val::List(vec![Val::U8(1); 3]);
    assert_eq!(write(&value, &shape, 7).unwrap().get(), "[1,1,1]");
    assert_eq!(
        write(&value, &shape, 6).unwrap_err(),
        NotWritten::TooLong(6)
    );
}

#[test]
fn a_value_of_another_type_is_a_fault() {
    let written = write(&Val::Bool(true), &number(), 100);
    assert_eq!(written.unwrap_err(), NotWritten::Mismatch("u8".to_owned()));
}
