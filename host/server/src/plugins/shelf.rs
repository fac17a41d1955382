//! What is installed, as callers see it: tools with their names for MCP and for code, found by any of them. Made of
//! manifests alone; no component is read.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use vesicle_bridge::search::{Index, Query, Usage};
use vesicle_plugins::{
    manifest,
    name::PluginName,
    store::{Listed, Listing, StoreError},
};

/// What the tools of plugins are called in code: `plugins.name.tool`.
pub const PREFIX: &str = "plugins.";
/// The longest name of a tool that APIs of models take, in bytes.
pub const TOOL_NAME_BYTES_MAX: usize = 64;
/// How much of a name's digest stands for what is left out of it.
const DIGEST_CHARS: usize = 8;

/// All that is installed, at one moment.
pub struct Shelf {
    plugins: Vec<Listed>,
    broken: Vec<(PluginName, StoreError)>,
    bare: BareNames,
    tools: OnceLock<(Vec<ShelfTool>, Vec<String>)>,
    by_mcp_name: OnceLock<HashMap<String, usize>>,
    index: OnceLock<Index>,
}

/// Whose tools clients know by their own names alone, and which names are taken.
#[derive(Debug, Clone, Default)]
pub struct BareNames {
    /// The plugins.
    pub plugins: Arc<[String]>,
    /// Names that are this server's own.
    pub reserved: Arc<HashSet<String>>,
}

impl BareNames {
    /// Whether this plugin's names stand alone.
    pub fn is_bare(&self, plugin: &PluginName) -> bool {
        self.plugins.iter().any(|name| name == plugin.as_str())
    }
}

/// A tool of a plugin.
#[derive(Debug, Clone)]
pub struct ShelfTool {
    /// Whose.
    pub plugin: PluginName,
    /// Its name there.
    pub tool: String,
    /// As MCP clients are told of it.
    pub definition: Tool,
}

/// A tool that somebody names, which need not be there: components may list tools themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The plugin.
    pub plugin: PluginName,
    /// The tool.
    pub tool: String,
}

impl Named {
    /// As callers name it: `plugin.tool`.
    pub fn text(&self) -> String {
        format!("{}.{}", self.plugin, self.tool)
    }
}

impl Shelf {
    /// What the store lists, with these names.
    pub fn new(listing: Listing, bare: BareNames) -> Self {
        Self {
            bare,
            plugins: listing.plugins,
            broken: listing.broken,
            tools: OnceLock::new(),
            by_mcp_name: OnceLock::new(),
            index: OnceLock::new(),
        }
    }

    /// The plugins, by name.
    pub fn plugins(&self) -> &[Listed] {
        &self.plugins
    }

    /// Plugins that cannot be called, and why.
    pub fn broken(&self) -> &[(PluginName, StoreError)] {
        &self.broken
    }

    /// Whether it holds the same versions as `other`.
    pub fn is_same(&self, other: &Self) -> bool {
        let versions = |shelf: &Self| -> Vec<_> {
            let plugins = shelf.plugins.iter();
            plugins
                .map(|listed| (listed.manifest.name().clone(), listed.version))
                .collect()
        };
        versions(self) == versions(other)
    }

    /// The plugin of this name.
    pub fn plugin(&self, name: &PluginName) -> Option<&Listed> {
        let at = self
            .plugins
            .binary_search_by(|listed| listed.manifest.name().cmp(name));
        self.plugins.get(at.ok()?)
    }

    /// All tools.
    pub fn tools(&self) -> &[ShelfTool] {
        &self.named_tools().0
    }

    /// Tools that should have their own name alone and have the whole one, since something else has that name.
    pub fn collisions(&self) -> &[String] {
        &self.named_tools().1
    }

    fn named_tools(&self) -> &(Vec<ShelfTool>, Vec<String>) {
        self.tools.get_or_init(|| {
            let mut taken = HashMap::<&str, &PluginName>::new();
            let (mut all, mut collisions) = (Vec::new(), Vec::new());
            for listed in &self.plugins {
                let contents = listed.manifest.contents();
                let is_bare = self.bare.is_bare(&contents.name);
                for tool in &contents.tools {
                    let whole = mcp_name(&contents.name, &tool.name);
                    let other = match taken.get(tool.name.as_str()) {
                        _ if self.bare.reserved.contains(&tool.name) => {
                            Some("a tool of this server".to_owned())
                        }
                        Some(other) => Some(format!("one of the plugin `{other}`")),
                        None => None,
                    };
                    let name = match other {
                        _ if !is_bare || !is_plain(&tool.name) => whole,
                        None => {
                            taken.insert(&tool.name, &contents.name);
                            tool.name.clone()
                        }
                        Some(other) => {
                            collisions.push(format!(
                                "the tool `{}` of the plugin `{}` cannot have that name alone, since {other} has it",
                                tool.name, contents.name
                            ));
                            whole
                        }
                    };
                    all.push(ShelfTool {
                        plugin: contents.name.clone(),
                        tool: tool.name.clone(),
                        definition: definition(name, &contents.name, tool),
                    });
                }
            }
            (all, collisions)
        })
    }

    /// The tool that clients know by this name.
    pub fn by_mcp_name(&self, name: &str) -> Option<&ShelfTool> {
        let by_name = self.by_mcp_name.get_or_init(|| {
            let tools = self.tools().iter().enumerate();
            tools
                .map(|(at, tool)| (tool.definition.name.to_string(), at))
                .collect()
        });
        self.tools().get(*by_name.get(name)?)
    }

    /// What `plugin.tool` names, also with `_` for `-`, as code writes it, where only one plugin is meant.
    pub fn named(&self, text: &str) -> Option<Named> {
        let (plugin, tool) = text.split_once('.')?;
        let mut plugins = self.plugins.iter().map(|listed| listed.manifest.contents());
        let contents = match PluginName::parse(plugin) {
            Ok(name) if self.plugin(&name).is_some() => self.plugin(&name)?.manifest.contents(),
            _ => {
                let first = plugins.find(|it| is_alike(it.name.as_str(), plugin))?;
                match plugins.any(|it| is_alike(it.name.as_str(), plugin)) {
                    true => return None,
                    false => first,
                }
            }
        };
        let is_exact = contents.tools.iter().any(|it| it.name == tool);
        let mut alike = contents.tools.iter().filter(|it| is_alike(&it.name, tool));
        let tool = match (is_exact, alike.next(), alike.next()) {
            (false, Some(one), None) => one.name.clone(),
            _ => tool.to_owned(),
        };
        Some(Named {
            plugin: contents.name.clone(),
            tool,
        })
    }

    /// The tool of this name.
    pub fn tool(&self, named: &Named) -> Option<&ShelfTool> {
        let mut tools = self.tools().iter();
        tools.find(|tool| tool.plugin == named.plugin && tool.tool == named.tool)
    }

    /// Tools for a task in plain words that `may` be called, best first.
    pub fn search(
        &self,
        text: &str,
        limit: usize,
        may: impl Fn(&ShelfTool) -> bool,
    ) -> Vec<&ShelfTool> {
        let index = self.index.get_or_init(|| {
            let tools = self.tools().iter();
            Index::new(tools.map(|tool| (tool.plugin.as_str(), &tool.definition)))
        });
        let query = Query {
            text,
            server: None,
            limit: self.tools().len().min(CANDIDATES),
            used: &[],
        };
        let hits = index.search(&query, &Usage::default());
        let tools = hits.iter().filter_map(|hit| self.by_mcp_name(hit.tool));
        tools.filter(|tool| may(tool)).take(limit).collect()
    }
}

/// How many hits are looked through for those that may be called.
const CANDIDATES: usize = 200;

fn is_alike(name: &str, written: &str) -> bool {
    let plain = |c: u8| if c == b'-' { b'_' } else { c };
    name.bytes().map(plain).eq(written.bytes().map(plain))
}

/// What MCP clients call a tool: `plugin__tool`. APIs of models take letters, digits, `_` and `-`, and 64 of them; what
/// does not fit ends in a digest of the whole name.
pub fn mcp_name(plugin: &PluginName, tool: &str) -> String {
    let whole = format!("{plugin}__{tool}");
    if is_plain(&whole) {
        return whole;
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let digest = blake3::hash(whole.as_bytes()).to_hex();
    let plain = whole.chars().map(|c| if fits(c) { c } else { '_' });
    let kept = TOOL_NAME_BYTES_MAX - DIGEST_CHARS - 1;
    let mut name: String = plain.take(kept).collect();
    name.push('_');
    name.extend(digest.chars().take(DIGEST_CHARS));
    name
}

/// Whether APIs of models take this name.
fn is_plain(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.len() <= TOOL_NAME_BYTES_MAX && name.chars().all(fits)
}

/// Whether this is the JSON Schema of an object: a result's schema is one in MCP.
pub(super) fn is_of_object(text: &str) -> bool {
    schema(text).is_some_and(|schema| schema.get("type") == Some(&json!("object")))
}

fn definition(name: String, plugin: &PluginName, tool: &manifest::Tool) -> Tool {
    let title = format!("{plugin}.{}", tool.name);
    let mut definition = Tool::new(
        name,
        tool.description.clone(),
        schema(&tool.input).unwrap_or_else(any_object),
    )
    .with_title(title.clone())
    .with_annotations(ToolAnnotations::with_title(title));
    let output = tool.output.as_deref().filter(|text| is_of_object(text));
    if let Some(output) = output.and_then(schema) {
        definition = definition.with_raw_output_schema(output.into());
    }
    definition
}

fn schema(text: &str) -> Option<JsonObject> {
    match serde_json::from_str(text) {
        Ok(Value::Object(schema)) => Some(schema),
        _ => None,
    }
}

fn any_object() -> JsonObject {
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PluginName {
        PluginName::parse(text).unwrap()
    }

    #[test]
    fn names_are_ones_that_apis_of_models_take_and_no_two_are_the_same() {
        assert_eq!(mcp_name(&name("my-csv"), "query"), "my-csv__query");
        let fits = "t".repeat(TOOL_NAME_BYTES_MAX - "csv__".len());
        assert_eq!(mcp_name(&name("csv"), &fits), format!("csv__{fits}"));
        let long = [
            format!("{fits}a"),
            format!("{fits}b"),
            "a$".to_owned(),
            "a_".to_owned(),
        ];
        let mut names = long.map(|tool| mcp_name(&name("csv"), &tool));
        for name in &names {
            assert!(name.len() <= TOOL_NAME_BYTES_MAX, "{name}");
            assert!(
                name.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
            );
        }
        names.sort();
        assert!(names.windows(2).all(|two| two[0] != two[1]), "{names:?}");
    }
}
