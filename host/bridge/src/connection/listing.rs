//! Asks a server for its tools, all pages of them, and no more than anybody could use.

use std::collections::HashSet;

use rmcp::RoleClient;
use rmcp::model::{PaginatedRequestParams, Tool};
use rmcp::service::Peer;
use serde::{Deserialize, Serialize};

/// How many tools of one server are taken.
pub const TOOLS_PER_SERVER_MAX: usize = 5_000;
/// How many pages a list may have.
pub const LIST_PAGES_MAX: usize = 200;
/// How large the definition of a tool may be, as JSON, in bytes.
pub const DEFINITION_BYTES_MAX: usize = 256 << 10;
/// How large all definitions of a server may be together, as JSON, in bytes.
pub const DEFINITIONS_BYTES_MAX: usize = 16 << 20;
/// How long the name of a tool may be, in bytes.
pub const TOOL_NAME_BYTES_MAX: usize = 128;
/// How much of a server's instructions is kept, in bytes.
pub const INSTRUCTIONS_BYTES_MAX: usize = 16 << 10;
/// How many notes are made about one list.
const NOTES_MAX: usize = 20;

/// What a server says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// The server program's own name.
    #[serde(default)]
    pub title: Option<String>,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// What it says about its use.
    #[serde(default)]
    pub instructions: Option<String>,
    /// Its tools, in its order.
    pub tools: Vec<Tool>,
    /// What of its list was left out, and why.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Listing {
    /// Asks for everything. The error is a sentence.
    pub async fn fetch(peer: &Peer<RoleClient>) -> Result<Self, String> {
        let mut collected = Collected::default();
        let info = peer.peer_info();
        if info
            .as_ref()
            .is_none_or(|info| info.capabilities.tools.is_some())
        {
            collected.pages(peer).await?;
        }
        let mut listing = collected.listing;
        if let Some(info) = info {
            if let Some(implementation) = &info.server_info {
                listing.title = Some(bounded(
                    implementation
                        .title
                        .as_ref()
                        .unwrap_or(&implementation.name),
                    200,
                ));
                listing.version = Some(bounded(&implementation.version, 200));
            }
            listing.instructions = info
                .instructions
                .as_deref()
                .map(|text| bounded(text, INSTRUCTIONS_BYTES_MAX));
        }
        Ok(listing)
    }
}

#[derive(Default)]
struct Collected {
    listing: Listing,
    names: HashSet<String>,
    bytes: usize,
    full: bool,
}

impl Collected {
    async fn pages(&mut self, peer: &Peer<RoleClient>) -> Result<(), String> {
        let mut cursor = None;
        for _ in 0..LIST_PAGES_MAX {
            let mut page = PaginatedRequestParams::default();
            page.cursor = cursor;
            let page = peer
                .list_tools(Some(page))
                .await
                .map_err(|error| format!("its tools could not be listed: {error}"))?;
            self.page(page.tools);
            cursor = page.next_cursor;
            if cursor.is_none() || self.full {
                return Ok(());
            }
        }
        self.note(format!(
            "the list has more than {LIST_PAGES_MAX} pages: the rest is left out"
        ));
        Ok(())
    }

    fn page(&mut self, tools: Vec<Tool>) {
        for mut tool in tools {
            if self.full {
                return;
            }
            // Pictures are of no use to programs, and may be large.
            tool.icons = None;
            let name = bounded(&tool.name, 60).escape_debug().to_string();
            let bytes = serde_json::to_vec(&tool).map_or(usize::MAX, |json| json.len());
            if !is_usable(&tool.name) {
                self.note(format!("the tool `{name}` is left out: names have 1 to {TOOL_NAME_BYTES_MAX} bytes and no control characters"));
            } else if bytes > DEFINITION_BYTES_MAX {
                self.note(format!("the tool `{name}` is left out: its definition has {bytes} bytes, and {DEFINITION_BYTES_MAX} are allowed"));
            } else if !self.names.insert(tool.name.to_string()) {
                self.note(format!(
                    "the tool `{name}` is listed twice: the first is taken"
                ));
            } else if self.listing.tools.len() == TOOLS_PER_SERVER_MAX
                || self.bytes + bytes > DEFINITIONS_BYTES_MAX
            {
                self.full = true;
                self.note(format!(
                    "the list is longer than {TOOLS_PER_SERVER_MAX} tools or {DEFINITIONS_BYTES_MAX} bytes: the rest is left out"
                ));
            } else {
                self.bytes += bytes;
                self.listing.tools.push(tool);
            }
        }
    }

    fn note(&mut self, note: String) {
        if self.listing.notes.len() < NOTES_MAX {
            self.listing.notes.push(note);
        }
    }
}

fn is_usable(name: &str) -> bool {
    !name.is_empty() && name.len() <= TOOL_NAME_BYTES_MAX && !name.chars().any(char::is_control)
}

fn bounded(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rmcp::model::JsonObject;

    use super::*;

    fn tool(name: impl Into<String>, description: usize) -> Tool {
        Tool::new(
            name.into(),
            "x".repeat(description),
            Arc::new(JsonObject::new()),
        )
    }

    fn collect(tools: Vec<Tool>) -> Listing {
        let mut collected = Collected::default();
        collected.page(tools);
        collected.listing
    }

    #[test]
    fn unusable_tools_are_left_out_with_a_note() {
        let listing = collect(vec![
            tool("good", 1),
            tool("", 1),
            tool("line\nbreak", 1),
            tool("x".repeat(TOOL_NAME_BYTES_MAX), 1),
            tool("y".repeat(TOOL_NAME_BYTES_MAX + 1), 1),
            tool("good", 2),
            tool("large", DEFINITION_BYTES_MAX),
        ]);
        assert_eq!(listing.tools.len(), 2);
        assert_eq!(listing.tools[0].description.as_deref(), Some("x"));
        assert_eq!(listing.notes.len(), 5, "{:#?}", listing.notes);
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let many = (0..TOOLS_PER_SERVER_MAX + 2)
            .map(|n| tool(n.to_string(), 1))
            .collect();
        let listing = collect(many);
        assert_eq!(
            (listing.tools.len(), listing.notes.len()),
            (TOOLS_PER_SERVER_MAX, 1)
        );

        let large = (0..100)
            .map(|n| tool(n.to_string(), DEFINITION_BYTES_MAX - 1_000))
            .collect();
        let listing = collect(large);
        assert_eq!((listing.tools.len(), listing.notes.len()), (64, 1));
    }

    #[test]
    fn notes_are_bounded() {
        let bad = (0..NOTES_MAX * 2).map(|_| tool("", 1)).collect();
        assert_eq!(collect(bad).notes.len(), NOTES_MAX);
    }
}
