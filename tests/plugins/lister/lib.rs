//! Lists its tools itself: one, and another where a variable says so, which no plugin has while it is asked.

wit_bindgen::generate!({
    path: "wit",
    world: "plugin",
    generate_all,
});

use exports::vesicle::plugin::tools::{Definition, Guest};
use vesicle::plugin::types::Error;

struct Plugin;

impl Guest for Plugin {
    fn list_tools() -> Result<Vec<Definition>, Error> {
        let names = match std::env::var("MORE") {
            Ok(_) => vec!["greet", "more"],
            Err(_) => vec!["greet"],
        };
        let definition = |name: &str| Definition {
            name: name.to_owned(),
            description: "Greets.".to_owned(),
            input_schema: r#"{"type":"object"}"#.to_owned(),
            output_schema: None,
        };
        Ok(names.into_iter().map(definition).collect())
    }

    fn call_tool(name: String, arguments: String) -> Result<String, Error> {
        match name.as_str() {
            "greet" => Ok(format!(r#"{{"hello":{arguments}}}"#)),
            _ => Err(Error::NotFound(name)),
        }
    }
}

export!(Plugin);
