//! What whoever adds or packs a plugin says of it, and what is read of its file.

use std::path::{Path, PathBuf};

use vesicle::plugins::{About, AddError, Documented, document};
use vesicle_plugins::{
    manifest::{Provenance, Reuse},
    name::PluginName,
    store::COMPONENT_BYTES_MAX,
};

use super::{
    plugin_name,
    right::{self, TypedRight},
};
use crate::cli::exit::UsageError;

/// What is said of a plugin that has no manifest yet, whatever it is made of.
#[derive(Debug, clap::Args)]
pub struct WordsArgs {
    /// Its name [default: the file's]
    #[arg(long, value_parser = plugin_name)]
    pub name: Option<PluginName>,

    /// What it does, for people and models [default: what the plugin itself says]
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Its version [default: 0.1.0]
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,

    /// What it asks for, such as hosts=api.example.com:443, preopen=/data:rw, env=NAME,
    /// tools=github.get_*, memory=web-*, record, state or memory_mb=64; can be given again
    #[arg(long, value_name = "RIGHT", value_parser = right::parse)]
    ask: Vec<TypedRight>,

    /// Which calls share an instance of it: `call`, none; `session`, those of one session, so that what it keeps in its memory
    /// is there again [default: call]
    #[arg(long, value_name = "call|session", value_parser = str::parse::<Reuse>)]
    reuse: Option<Reuse>,
}

/// Words for a component, or a module, that has no manifest yet.
#[derive(Debug, clap::Args)]
pub struct AboutArgs {
    #[command(flatten)]
    pub words: WordsArgs,

    /// The WIT that it was built from, a file or a directory: its comments become the tools' descriptions
    #[arg(long, value_name = "PATH")]
    pub wit: Option<PathBuf>,
}

impl WordsArgs {
    /// What is said of a plugin of this name.
    pub fn about(&self, name: PluginName, provenance: Provenance) -> Result<About, UsageError> {
        Ok(About {
            name,
            version: self.version.clone(),
            description: self.description.clone(),
            reuse: self.reuse.unwrap_or_default(),
            permissions: right::asked(&self.ask).map_err(UsageError)?,
            provenance,
        })
    }

    /// Whether anything is said.
    fn is_given(&self) -> bool {
        self.name.is_some()
            || self.description.is_some()
            || self.version.is_some()
            || self.reuse.is_some()
            || !self.ask.is_empty()
    }

    /// The name that was given, or the file's.
    pub fn name_of(&self, file: &Path) -> Result<PluginName, UsageError> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let stem = file.file_stem().unwrap_or_default();
        PluginName::parse(&stem.to_string_lossy())
            .map_err(|error| UsageError(format!("{error} (--name gives it one)")))
    }
}

impl AboutArgs {
    /// Whether anything is said.
    pub fn is_given(&self) -> bool {
        self.words.is_given() || self.wit.is_some()
    }

    /// The component that a file is or can be made, with the comments of the WIT that was named.
    pub fn document(&self, file: &[u8]) -> Result<Documented, AddError> {
        document(file, self.wit.as_deref())
    }
}

/// Reads a file of the user's that is to become a plugin.
pub fn component_file(path: &Path) -> Result<Vec<u8>, UsageError> {
    bounded(path, COMPONENT_BYTES_MAX)
        .map_err(|error| UsageError(format!("cannot read `{}`: {error}", path.display())))
}

/// Reads another file of the user's.
pub fn text(path: &Path, what: &str, bytes_max: usize) -> Result<String, UsageError> {
    let told = |error: &dyn std::fmt::Display| {
        UsageError(format!(
            "cannot read the {what} `{}`: {error}",
            path.display()
        ))
    };
    let bytes = bounded(path, bytes_max).map_err(|error| told(&error))?;
    String::from_utf8(bytes).map_err(|error| told(&error))
}

/// A path may name a device that never ends.
fn bounded(path: &Path, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > bytes_max {
        true => Err(std::io::Error::other(format!(
            "it has more than {bytes_max} bytes"
        ))),
        false => Ok(bytes),
    }
}
