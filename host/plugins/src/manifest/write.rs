//! The one form of a manifest that says a given thing.

use std::fmt::{Display, Write as _};

use toml::Value;

use super::{Contents, Reuse, Tool};
use crate::permissions::{Limits, Memory, Permissions};

impl Contents {
    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        text(&mut out, "name", &self.name);
        text(&mut out, "version", &self.version);
        text(&mut out, "description", &self.description);
        optional(&mut out, "world", self.world.as_ref());
        text(&mut out, "digest", self.digest);
        optional(&mut out, "source", self.source.as_ref());
        optional(&mut out, "source_digest", self.source_digest.as_ref());
        optional(&mut out, "recipe", self.recipe.as_ref());
        texts(&mut out, "offers", &self.offers.names());
        if self.reuse != Reuse::default() {
            out.push_str("\n[plugin]\n");
            text(&mut out, "reuse", self.reuse.name());
        }
        if let Some(provenance) = &self.provenance {
            out.push_str("\n[provenance]\n");
            text(&mut out, "by", &provenance.by);
            text(&mut out, "at", &provenance.at);
            text(&mut out, "from", &provenance.from);
        }
        if self.permissions != Permissions::default() {
            permissions(&mut out, &self.permissions);
        }
        for tool in &self.tools {
            write_tool(&mut out, tool);
        }
        out
    }
}

fn write_tool(out: &mut String, tool: &Tool) {
    out.push_str("\n[[tool]]\n");
    text(out, "name", &tool.name);
    if !tool.description.is_empty() {
        text(out, "description", &tool.description);
    }
    optional(out, "signature", tool.signature.as_ref());
    text(out, "input", &tool.input);
    optional(out, "output", tool.output.as_ref());
    optional(out, "error", tool.error.as_ref());
}

fn permissions(out: &mut String, asked: &Permissions) {
    out.push_str("\n[permissions]\n");
    texts(out, "hosts", &asked.hosts);
    texts(out, "env", &asked.env);
    texts(out, "tools", &asked.tools);
    if asked.state {
        out.push_str("state = true\n");
    }
    if asked.questions {
        out.push_str("questions = true\n");
    }
    for preopen in &asked.preopens {
        out.push_str("\n[[permissions.preopen]]\n");
        text(out, "guest", &preopen.guest);
        text(out, "access", preopen.access);
    }
    memory(out, "permissions", &asked.memory);
    limits(out, "permissions", &asked.limits);
}

fn memory(out: &mut String, above: &str, memory: &Memory) {
    if memory.domains.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n[{above}.memory]");
    texts(out, "domains", &memory.domains);
    if memory.record {
        out.push_str("record = true\n");
    }
}

fn limits(out: &mut String, above: &str, limits: &Limits) {
    if limits.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n[{above}.limits]");
    for (name, value) in limits.iter() {
        let _ = writeln!(out, "{name} = {value}");
    }
}

fn text(out: &mut String, key: &str, value: impl Display) {
    let value = Value::String(value.to_string());
    let _ = writeln!(out, "{key} = {value}");
}

fn optional(out: &mut String, key: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        text(out, key, value);
    }
}

fn texts(out: &mut String, key: &str, values: &[impl Display]) {
    if values.is_empty() {
        return;
    }
    let values = values.iter().map(|value| Value::String(value.to_string()));
    let _ = writeln!(out, "{key} = {}", Value::Array(values.collect()));
}
