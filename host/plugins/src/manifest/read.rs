//! The keys of a manifest.

use chrono::DateTime;
use serde_json::Value;

use super::{
    Contents, DESCRIPTION_BYTES_MAX, Offers, PROMPTS, Provenance, RESOURCES, SCHEMA_BYTES_MAX,
    TEXT_BYTES_MAX, TOOLS_MAX, Tool, VERSION_BYTES_MAX,
};
use crate::digest::Digest;
use crate::document::Section;
use crate::name::{PluginName, check_tool};
use crate::permissions::Permissions;

const DIGEST: &str = "a digest: \"blake3:\" and 64 small hexadecimal digits";

impl Contents {
    pub(super) fn read(root: &mut Section<'_, '_>) -> Option<Self> {
        let name = root.needed("name", "the plugin's name, such as \"slugify\"", |text| {
            PluginName::parse(text).map_err(|error| error.why)
        });
        let version = root.needed("version", "a version, such as \"0.1.0\"", version);
        let description = root.needed("description", "a sentence about what it does", description);
        let world = root.text("world", "the name of a WIT world", line);
        let digest = root.needed("digest", DIGEST, digest);
        let source = root.text("source", "where its source is", line);
        let source_digest = root.text("source_digest", DIGEST, self::digest);
        let recipe = root.text("recipe", "how it was made", text);
        let offered = root.texts(
            "offers",
            "\"prompts\" or \"resources\"",
            2,
            |text| match text {
                PROMPTS | RESOURCES => Ok(text.to_owned()),
                _ => Err(String::new()),
            },
        );
        let is_offered = |name: &str| offered.iter().any(|offered| offered == name);
        let offers = Offers {
            prompts: is_offered(PROMPTS),
            resources: is_offered(RESOURCES),
        };
        let reuse = root.section("plugin", |plugin| {
            plugin.text(
                "reuse",
                "which calls share an instance: \"call\" or \"session\"",
                str::parse,
            )
        });
        let permissions = root.section("permissions", Permissions::read);
        let provenance = root.section("provenance", provenance);
        let tools = root.sections("tool", TOOLS_MAX, tool);
        let mut names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.array_windows().find(|[one, other]| one == other) {
            let what = format!("two tools are called `{twice}`");
            root.problem_at("tool", what, "rename one");
        }
        Some(Self {
            name: name?,
            version: version?,
            description: description?,
            world,
            digest: digest?,
            source,
            source_digest,
            recipe,
            tools,
            offers,
            reuse: reuse.unwrap_or_default(),
            permissions: permissions.unwrap_or_default(),
            provenance,
        })
    }
}

fn tool(section: &mut Section<'_, '_>) -> Option<Tool> {
    let name = section.needed("name", "the tool's name", |text| {
        check_tool(text).map_err(|error| error.why)?;
        Ok(text.to_owned())
    });
    let description = section.text("description", "what the tool does", description);
    let signature = section.text(
        "signature",
        "the function as its language has it",
        self::description,
    );
    let mut json = |key| section.json(key, "a JSON Schema, as text or as a table", schema);
    let (input, output, error) = (json("input"), json("output"), json("error"));
    section.missing("input", "the JSON Schema of the tool's arguments");
    Some(Tool {
        name: name?,
        description: description.unwrap_or_default(),
        signature,
        input: input?,
        output,
        error,
    })
}

fn provenance(section: &mut Section<'_, '_>) -> Option<Provenance> {
    let by = section.needed("by", "who or what added it", line);
    let at = section.needed("at", "when, such as \"2026-11-21T12:00:00Z\"", time);
    let from = section.needed("from", "from where it came", line);
    Some(Provenance {
        by: by?,
        at: at?,
        from: from?,
    })
}

fn version(text: &str) -> Result<String, String> {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'+');
    let begins = text.starts_with(|c: char| c.is_ascii_digit());
    match begins && text.len() <= VERSION_BYTES_MAX && text.bytes().all(is_part) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "it begins with a digit, has letters, digits, `.`, `-` and `+`, and {VERSION_BYTES_MAX} bytes at most"
        )),
    }
}

fn digest(text: &str) -> Result<Digest, String> {
    Digest::parse(text).ok_or_else(String::new)
}

fn description(text: &str) -> Result<String, String> {
    bounded(text, DESCRIPTION_BYTES_MAX, acts)
}

fn text(text: &str) -> Result<String, String> {
    bounded(text, TEXT_BYTES_MAX, acts)
}

/// Whether a character could do something to a terminal.
fn acts(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

fn line(text: &str) -> Result<String, String> {
    bounded(text, TEXT_BYTES_MAX, char::is_control)
}

fn bounded(
    text: &str,
    bytes_max: usize,
    is_wrong: impl Fn(char) -> bool,
) -> Result<String, String> {
    if text.len() > bytes_max {
        return Err(format!(
            "it has {} bytes, and may have {bytes_max}",
            text.len()
        ));
    }
    match text.chars().find(|c| is_wrong(*c)) {
        Some(c) => Err(format!("it has the control character {c:?}")),
        None => Ok(text.to_owned()),
    }
}

fn time(text: &str) -> Result<String, String> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(String::new()),
    }
}

/// A schema is an object. It is checked to be JSON and kept as text: what it says is read by whoever uses it.
fn schema(text: &str) -> Result<String, String> {
    if text.len() > SCHEMA_BYTES_MAX {
        return Err(format!(
            "it has {} bytes, and may have {SCHEMA_BYTES_MAX}",
            text.len()
        ));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) => Ok(text.to_owned()),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}
