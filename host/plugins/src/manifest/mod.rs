//! `plugin.toml`: what a plugin says of itself.

mod claims;
mod read;
mod write;

use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;

pub use claims::{Claim, differences, offers_differ};

use crate::digest::Digest;
use crate::document::{DocumentError, Reader};
pub use crate::interface::TOOLS_MAX;
use crate::name::PluginName;
use crate::permissions::Permissions;

/// The file's name.
pub const FILE_NAME: &str = "plugin.toml";
/// The longest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 4 << 20;
/// The longest schema of a tool, in bytes of JSON.
pub const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// The longest description, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 8 << 10;
/// The longest of all other texts, in bytes.
pub const TEXT_BYTES_MAX: usize = 1_024;
/// The longest version, in bytes.
pub const VERSION_BYTES_MAX: usize = 64;

/// Stands before what a signature and an identity are made of, so that neither can be taken for anything else.
const IDENTITY: &str = "vesicle plugin manifest 1\n";

/// A manifest that was read or made. Its text stays as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    text: Arc<str>,
    contents: Arc<Contents>,
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The plugin's name.
    pub name: PluginName,
    /// Its version: a digit first, then letters, digits, `.`, `-` and `+`.
    pub version: String,
    /// What it does, for people and models.
    pub description: String,
    /// The WIT world of its component, if it has a name.
    pub world: Option<String>,
    /// The digest of its component.
    pub digest: Digest,
    /// Where its source is.
    pub source: Option<String>,
    /// The digest of its source.
    pub source_digest: Option<Digest>,
    /// How its component was made of its source.
    pub recipe: Option<String>,
    /// Its tools, with their schemas, so that it can be listed without its component.
    pub tools: Vec<Tool>,
    /// What it offers beside tools.
    pub offers: Offers,
    /// Which calls share an instance.
    pub reuse: Reuse,
    /// What it asks for.
    pub permissions: Permissions,
    /// How it came here. No part of what is signed.
    pub provenance: Option<Provenance>,
}

/// What a plugin offers beside tools. What exactly, its component is asked each time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offers {
    /// Prompts.
    pub prompts: bool,
    /// Resources.
    pub resources: bool,
}

impl Offers {
    /// Whether it offers anything.
    pub fn any(self) -> bool {
        self.prompts || self.resources
    }

    /// The names of what it offers.
    pub fn names(self) -> Vec<&'static str> {
        let all = [(self.prompts, PROMPTS), (self.resources, RESOURCES)];
        let offered = all.into_iter().filter(|(is_offered, _)| *is_offered);
        offered.map(|(_, name)| name).collect()
    }
}

const PROMPTS: &str = "prompts";
const RESOURCES: &str = "resources";
/// Which calls of a plugin share an instance of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reuse {
    /// None: each has one of its own.
    #[default]
    Call,
    /// Those of one session, one after the other.
    Session,
}

impl Reuse {
    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Session => "session",
        }
    }
}

impl FromStr for Reuse {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = [Self::Call, Self::Session].into_iter();
        all.find(|reuse| reuse.name() == name)
            .ok_or_else(|| "it is `call` or `session`".to_owned())
    }
}

/// A tool of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, for models.
    pub description: String,
    /// The function as its language has it, where it has one.
    pub signature: Option<String>,
    /// The JSON Schema of its arguments.
    pub input: String,
    /// The JSON Schema of its result, where there is one.
    pub output: Option<String>,
    /// The JSON Schema of its own failures, where it tells of any.
    pub error: Option<String>,
}

/// How a plugin came here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Who or what added it.
    pub by: String,
    /// When, as RFC 3339 has it.
    pub at: String,
    /// From where: a path, an address, a session.
    pub from: String,
}

impl Manifest {
    /// Reads a manifest. Messages name it `file`.
    ///
    /// # Errors
    /// All that is wrong with it, each at its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, DocumentError> {
        let contents = Reader::read(file, text, |root| {
            if text.len() > MANIFEST_BYTES_MAX {
                root.problem(
                    format!(
                        "this has {} bytes, and may have {MANIFEST_BYTES_MAX}",
                        text.len()
                    ),
                    "leave out what is not needed",
                );
                return None;
            }
            Contents::read(root)
        })?;
        Ok(Self {
            text: text.into(),
            contents: Arc::new(contents),
        })
    }

    /// Writes a manifest that says this.
    ///
    /// # Errors
    /// Where it says what no manifest can, as [`Self::parse`] would tell it.
    pub fn new(contents: &Contents) -> Result<Self, DocumentError> {
        Self::parse(FILE_NAME, &contents.write())
    }

    /// Its text, byte by byte as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The plugin's name.
    pub fn name(&self) -> &PluginName {
        &self.contents.name
    }

    /// What a signature is made of: everything that it says but how it came here, in one form, whatever its text
    /// looks like.
    pub fn canonical(&self) -> Vec<u8> {
        let said = Contents {
            provenance: None,
            ..(*self.contents).clone()
        };
        format!("{IDENTITY}{}", said.write()).into_bytes()
    }

    /// The digest of [`Self::canonical`]: two manifests with the same are one version of one plugin.
    pub fn identity(&self) -> Digest {
        Digest::of(&self.canonical())
    }

    /// The digest of its text, which it is stored under.
    pub fn text_digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}
