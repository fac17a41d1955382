//! Changes of the operator's file that leave everything else in it as it stands, comments too.

use std::fmt::Display;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::{Grant, GrantedHost, GrantedPreopen};
use crate::permissions::{Limits, Memory};

/// `text` with `grant` in place of whatever its plugin was granted.
pub(super) fn with(text: &str, grant: &Grant) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let grants = document
        .entry("grant")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(grants) = grants.as_array_of_tables_mut() {
        let same = grants
            .iter()
            .position(|table| is_of(table, grant.plugin.as_str()));
        match same.and_then(|index| grants.get_mut(index)) {
            Some(table) => {
                let (decor, position) = (table.decor().clone(), table.position());
                *table = of_grant(grant);
                *table.decor_mut() = decor;
                table.set_position(position);
            }
            None => grants.push(of_grant(grant)),
        }
    }
    Ok(document.to_string())
}

/// `text` with nothing granted to `plugin`.
pub(super) fn without(text: &str, plugin: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    if let Some(grants) = document
        .get_mut("grant")
        .and_then(Item::as_array_of_tables_mut)
    {
        grants.retain(|table| !is_of(table, plugin));
    }
    Ok(document.to_string())
}

fn is_of(table: &Table, plugin: &str) -> bool {
    table.get("plugin").and_then(Item::as_str) == Some(plugin)
}

fn of_grant(grant: &Grant) -> Table {
    let granted = &grant.granted;
    let mut table = Table::new();
    table.insert("plugin", text(&grant.plugin));
    table.insert("digest", text(grant.digest));
    list(&mut table, "hosts", granted.hosts.iter().map(of_host));
    list(&mut table, "env", granted.env.iter().map(plain));
    list(&mut table, "tools", granted.tools.iter().map(plain));
    if granted.state {
        table.insert("state", toml_edit::value(true));
    }
    if granted.questions {
        table.insert("questions", toml_edit::value(true));
    }
    if !granted.preopens.is_empty() {
        let preopens: ArrayOfTables = granted.preopens.iter().map(of_preopen).collect();
        table.insert("preopen", Item::ArrayOfTables(preopens));
    }
    if granted.memory != Memory::default() {
        table.insert("memory", Item::Table(of_memory(&granted.memory)));
    }
    if !granted.limits.is_empty() {
        table.insert("limits", Item::Table(of_limits(&granted.limits)));
    }
    table
}

fn of_host(host: &GrantedHost) -> Value {
    if host.addresses.is_empty() {
        return plain(&host.host);
    }
    let mut table = InlineTable::new();
    table.insert("host", plain(&host.host));
    let addresses: Array = host.addresses.iter().map(plain).collect();
    table.insert("addresses", Value::Array(addresses));
    Value::InlineTable(table)
}

fn of_preopen(preopen: &GrantedPreopen) -> Table {
    let mut table = Table::new();
    table.insert("host", text(preopen.host.display()));
    table.insert("guest", text(&preopen.guest));
    table.insert("access", text(preopen.access));
    for (key, quota) in [
        ("quota_mb", preopen.quota_mb),
        ("quota_files", preopen.quota_files),
    ] {
        if let Some(quota) = quota {
            table.insert(key, number(quota));
        }
    }
    table
}

fn of_memory(memory: &Memory) -> Table {
    let mut table = Table::new();
    list(&mut table, "domains", memory.domains.iter().map(plain));
    if memory.record {
        table.insert("record", toml_edit::value(true));
    }
    table
}

fn of_limits(limits: &Limits) -> Table {
    let mut table = Table::new();
    for (name, value) in limits.iter() {
        table.insert(name, number(value));
    }
    table
}

fn list(table: &mut Table, key: &str, values: impl Iterator<Item = Value>) {
    let values: Array = values.collect();
    if !values.is_empty() {
        table.insert(key, toml_edit::value(values));
    }
}

fn plain(value: impl Display) -> Value {
    Value::from(value.to_string())
}

fn text(value: impl Display) -> Item {
    Item::Value(plain(value))
}

/// All numbers here are bounded far below what TOML has.
fn number(value: u64) -> Item {
    toml_edit::value(i64::try_from(value).unwrap_or(i64::MAX))
}
