//! Generated Rust, compiled as a guest would compile it: this test includes it, with the bindings of
//! the `tool-call` interface replaced by ones that answer from here.

use rmcp::model::{Tool, object};
use serde_json::{Value, json};
use vesicle_bridge::{observed::Observed, rust};

/// What wit-bindgen makes of the `plugin` world, as far as it is called.
pub(crate) mod bindings {
    pub mod vesicle {
        pub mod plugin {
            pub mod types {
                #[derive(Debug, PartialEq)]
                pub enum Error {
                    NotFound(String),
                }
            }

            pub mod tool_call {
                /// Answers with what it was asked.
                pub fn call(name: &str, arguments: &str) -> Result<String, super::types::Error> {
                    match name {
                        "my-server.get.thing" => Ok(format!(r#"{{"count":3,"echo":{arguments}}}"#)),
                        "my-server.seen" => Ok(r#"{"id":7}"#.to_owned()),
                        _ => Err(super::types::Error::NotFound(name.to_owned())),
                    }
                }
            }
        }
    }
}

/// What [`generated`] makes; kept so that the compiler reads it. `VESICLE_UPDATE=1` writes it anew.
#[rustfmt::skip]
#[path = "generated.rs"]
mod generated;

fn text() -> String {
    let node = json!({"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["name"]});
    let arguments = json!({
        "type": "object",
        "properties": {
            "owner": {"type": "string", "description": "Who owns it */"},
            "state": {"enum": ["open", "closed"]},
            "type": {"type": ["string", "null"]},
            "tree": {"$ref": "#/$defs/node"},
            "reaction": {"enum": ["+1", "-1"]},
            "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2},
            "map": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "required": ["owner", "state"],
        "$defs": {"node": node},
    });
    let result = json!({"type": "object", "properties": {"count": {"type": "integer"}, "echo": {}}, "required": ["count"]});
    let thing = Tool::new(
        "get.thing",
        "Gets a thing.\n\nIn two paragraphs.",
        object(arguments),
    )
    .with_raw_output_schema(object(result).into());
    let seen = Tool::new("seen", "", object(json!({"type": "object"})));
    let mut observed = Observed::default();
    observed.learn(&json!({"id": 1}));
    rust::module("my-server", [(&thing, None), (&seen, Some(&observed))])
}

#[test]
fn the_compiler_has_read_what_is_generated() {
    if std::env::var_os("VESICLE_UPDATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/typed/generated.rs");
        std::fs::write(path, text()).unwrap();
    }
    assert_eq!(
        include_str!("generated.rs"),
        text(),
        "run it again with VESICLE_UPDATE=1"
    );
}

#[test]
fn typed_calls_go_through_the_interface() {
    let arguments: generated::get_thing::Arguments =
        serde_json::from_value(json!({"owner": "octo", "state": "open", "tree": {"name": "root"}}))
            .unwrap();
    let answer = generated::get_thing(&arguments).unwrap();
    assert_eq!(answer.count, 3);
    let echo: Value = serde_json::to_value(&answer.echo).unwrap();
    assert_eq!(echo["tree"]["name"], "root");
    let gone = super::bindings::vesicle::plugin::tool_call::call("gone", "{}");
    assert_eq!(
        gone,
        Err(super::bindings::vesicle::plugin::types::Error::NotFound(
            "gone".to_owned()
        ))
    );
    let seen = generated::seen(&serde_json::from_value(json!({})).unwrap()).unwrap();
    assert_eq!(
        serde_json::to_value(&seen).unwrap()["id"].as_f64(),
        Some(7.0)
    );
}
