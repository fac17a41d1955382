//! Calls tools of another MCP server from Rust: through the interface `tool-call` itself, and through the
//! typed wrappers that `vesicle generate --lang rust` writes. What came of each is printed.

mod raw;

/// What of the world `plugin` this guest uses.
mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit",
        inline: "
            package test:guest;
            world guest {
                import vesicle:plugin/pending@0.1.0;
                import vesicle:plugin/tool-call@0.1.0;
            }
        ",
        generate_all,
    });
}

use bindings::vesicle::plugin::{
    pending,
    tool_call::{self, Tool},
    types::Error,
};

fn main() {
    let found = tool_call::search("echo a text", 1);
    println!("search: {}", told(found.map(|found| names(&found))));
    let described = tool_call::describe("raw.echo");
    println!("describe: {}", told(described.map(|tool| tool.input_schema)));
    println!("call: {}", told(tool_call::call("raw.echo", r#"{"text": "hello"}"#)));
    println!("typed: {}", typed());
    println!("at once: {}", told(at_once()));
    for (name, arguments) in [
        ("raw.echo", r#"{"text": 5}"#),
        ("raw.echo", "no JSON"),
        ("raw.ecko", "{}"),
        ("raw.write", r#"{"key": "a"}"#),
        ("raw.fail", r#"{"message": "it failed"}"#),
        ("raw.exit", "{}"),
    ] {
        println!("{name} {arguments}: {}", told(tool_call::call(name, arguments)));
    }
}

fn typed() -> String {
    let arguments: raw::count::Arguments = match serde_json::from_str(r#"{"key": "typed"}"#) {
        Ok(arguments) => arguments,
        Err(error) => return error.to_string(),
    };
    match raw::count(&arguments) {
        Ok(counted) => counted.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Ten calls that wait for each other at the server, if they are there at once.
fn at_once() -> Result<String, Error> {
    let ids: Result<Vec<u32>, Error> = (0..10)
        .map(|_| tool_call::start("raw.slow", r#"{"ms": 200}"#))
        .collect();
    let mut open = ids?;
    while !open.is_empty() {
        let Some(ended) = pending::wait(None) else {
            return Ok(format!("{} calls never ended", open.len()));
        };
        ended.outcome?;
        open.retain(|id| *id != ended.id);
    }
    tool_call::call("raw.peak", "{}")
}

fn names(tools: &[Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    names.join(", ")
}

/// An error by its name, and the beginning of what it says.
fn told(result: Result<String, Error>) -> String {
    let (code, message) = match result {
        Ok(text) => return text,
        Err(Error::Denied(message)) => ("denied", message),
        Err(Error::NotFound(message)) => ("not-found", message),
        Err(Error::InvalidInput(message)) => ("invalid-input", message),
        Err(Error::LimitExceeded(message)) => ("limit-exceeded", message),
        Err(Error::RateLimited(later)) => ("rate-limited", later.message),
        Err(Error::Unavailable(later)) => ("unavailable", later.message),
        Err(Error::Timeout(message)) => ("timeout", message),
        Err(Error::Upstream(message)) => ("upstream", message),
        Err(Error::Failed(message)) => ("failed", message),
    };
    let message = message.split(['\n', ':', ';']).next().unwrap_or_default();
    format!("{code} ({message})")
}
