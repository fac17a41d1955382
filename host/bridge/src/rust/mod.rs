//! Rust for guests: a module for each server, with a typed function for each tool that calls it
//! through the `tool-call` interface.
//!
//! The types are typify's. It is handed the schema as it was read here and not as the server wrote
//! it: bounded, without patterns and formats that would want further crates, and with references
//! that lead somewhere.

mod schema;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt::Write as _, panic};

use rmcp::model::Tool;
use serde_json::Value;

use crate::{
    hygiene,
    names::{is_identifier, snake},
    observed::Observed,
    schema::{Model, limits, read_object},
    typescript::{GENERATED, quoted},
};

/// What every generated module begins with, after the line that says what it is.
const PRELUDE: &str = include_str!("prelude.rs.in");

/// The module for the tools of `server`. It expects the bindings of the `plugin` world as
/// `crate::bindings`, and the crates `serde` and `serde_json`.
pub fn module<'t>(
    server: &str,
    tools: impl IntoIterator<Item = (&'t Tool, Option<&'t Observed>)>,
) -> String {
    let mut out = format!(
        "{GENERATED}\n//! The tools of the server {}, typed.\n{PRELUDE}",
        code(server)
    );
    let mut used = BTreeSet::new();
    for (tool, observed) in tools {
        let name = unused(&snake(&tool.name, "tool"), &mut used);
        out.push('\n');
        out.push_str(&function(server, tool, observed, &name));
    }
    out
}

fn unused(name: &str, used: &mut BTreeSet<String>) -> String {
    let mut unused = name.to_owned();
    let mut number = 1;
    while !used.insert(unused.clone()) {
        number += 1;
        unused = format!("{name}_{number}");
    }
    unused
}

/// One tool: a module with its types, and the function that calls it.
fn function(server: &str, tool: &Tool, observed: Option<&Observed>, name: &str) -> String {
    let arguments = read_object(&tool.input_schema);
    let result = match (&tool.output_schema, observed) {
        (Some(declared), _) => Some(read_object(declared)),
        (None, Some(observed)) if observed.results() > 0 => Some(observed.model()),
        _ => None,
    };
    let text = types(&arguments, result.as_ref());
    // What typify cannot make a type of is any JSON.
    let has = |kind: &str| {
        text.as_deref().is_some_and(|text| {
            text.contains(&format!("pub struct {kind}"))
                || text.contains(&format!("pub enum {kind} "))
        })
    };
    let of = |kind: &str| match has(kind) {
        true => format!("{name}::{kind}"),
        false => "serde_json::Value".to_owned(),
    };
    let mut out = String::new();
    let description = tool.description.as_deref().unwrap_or_default();
    let description = hygiene::shown(description, limits::DESCRIPTION_BYTES_MAX);
    for line in description.lines() {
        let _ = writeln!(out, "{}", format!("/// {line}").trim_end());
    }
    let _ = writeln!(
        out,
        "pub fn {name}(args: &{}) -> Result<{}, CallError> {{\n    invoke({}, args)\n}}",
        of("Arguments"),
        of("Answer"),
        rust_quoted(&format!("{server}.{}", tool.name))
    );
    if let Some(text) = text {
        let _ = writeln!(out, "\n/// Types of [`{name}`].\npub mod {name} {{");
        for line in text.lines() {
            let pad = if line.is_empty() { "" } else { "    " };
            let _ = writeln!(out, "{pad}{line}");
        }
        out.push_str("}\n");
    }
    out
}

/// The types of a call, or none if they cannot be told.
fn types(arguments: &Model, result: Option<&Model>) -> Option<String> {
    let mut schema = schema::Definitions::default();
    schema.add("Arguments", arguments);
    if let Some(result) = result {
        schema.add("Answer", result);
    }
    let schema = schema.finish();
    // typify panics on some schemas that it has no types for.
    let text = panic::catch_unwind(|| typified(schema)).ok().flatten()?;
    let file = syn::parse_file(&text).ok()?;
    let text = panic::catch_unwind(|| prettyplease::unparse(&file)).ok()?;
    Some(without_schemas(&text))
}

/// typify puts each type's schema above it, which is longer than the type.
fn without_schemas(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let comment = line.trim_start().strip_prefix("///");
        inside = comment.is_some()
            && (inside || line.contains("<details><summary>JSON schema</summary>"));
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= comment.is_some_and(|comment| comment.trim() != "</details>");
    }
    kept
}

fn typified(schema: Value) -> Option<String> {
    let mut settings = typify::TypeSpaceSettings::default();
    // In the order of the alphabet, whatever they are put in.
    settings.with_map_type("::std::collections::BTreeMap");
    let mut space = typify::TypeSpace::new(&settings);
    space
        .add_root_schema(serde_json::from_value(schema).ok()?)
        .ok()?;
    Some(space.to_stream().to_string())
}

fn rust_quoted(text: &str) -> String {
    format!("{text:?}")
}

fn code(name: &str) -> String {
    match is_identifier(name) {
        true => format!("`{name}`"),
        false => quoted(name),
    }
}
