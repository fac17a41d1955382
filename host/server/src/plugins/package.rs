//! From a file to a plugin that can be added: its component, and a manifest that says what that is.

use std::sync::Arc;

use vesicle_plugins::{
    Tools,
    adapt::{AdaptError, Kind, adapt},
    digest::Digest,
    document::DocumentError,
    manifest::{Claim, Contents, Manifest, Provenance, Reuse, Tool, differences, offers_differ},
    name::PluginName,
    permissions::Permissions,
};
use vesicle_sandbox::{CompileLimits, LoadError, Sandbox};

use super::{
    listed::{ListError, all_tools},
    script::{BuildScriptError, WORLD, recipe},
};

/// How many functions that are no tools an error tells of.
const REFUSED_TOLD: usize = 5;
/// The version of plugins that name none.
const FIRST_VERSION: &str = "0.1.0";

/// What its component does not say of a plugin.
#[derive(Debug, Clone)]
pub struct About {
    /// Its name.
    pub name: PluginName,
    /// Its version; the first one where nothing is said.
    pub version: Option<String>,
    /// What it does; a list of its tools where nothing is said.
    pub description: Option<String>,
    /// Which calls share an instance.
    pub reuse: Reuse,
    /// What it asks for.
    pub permissions: Permissions,
    /// How it came here.
    pub provenance: Provenance,
}

/// Where the words come from that a plugin is described with.
#[derive(Debug)]
pub enum Words {
    /// A manifest that came with it.
    Manifest(Manifest),
    /// Its component, and this.
    About(Box<About>),
}

/// A plugin that can be added.
#[derive(Debug)]
pub struct Packed {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its component's bytes.
    pub component: Vec<u8>,
    /// What the file was.
    pub kind: Kind,
    /// Functions that are no tools, and why.
    pub refused: Vec<String>,
    /// What of a module was not understood, and is taken for something more general, each with its place.
    pub warnings: Vec<String>,
}

/// Why a file makes no plugin.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// It is no component, and cannot be made one.
    #[error(transparent)]
    Adapt(#[from] AdaptError),
    /// Its WIT is none.
    #[error(
        "cannot take comments from the WIT `{path}`: {why}; a WIT that uses others is a directory, with them in its `deps`"
    )]
    Wit {
        /// Where it is.
        path: String,
        /// Why not.
        why: String,
    },
    /// It is not taken.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It is a module that makes no component.
    #[error(transparent)]
    Script(#[from] BuildScriptError),
    /// Nothing of it can be called.
    #[error("the component has no tools{}", because(.0))]
    NoTools(Vec<String>),
    /// The tools that it lists itself are not known.
    #[error(transparent)]
    List(#[from] ListError),
    /// It cannot be described by a manifest.
    #[error(transparent)]
    Manifest(#[from] DocumentError),
    /// The manifest that came with it is one of another component.
    #[error(
        "the manifest says that its component is {claimed}, and this one is {actual}; build it again, or correct the manifest"
    )]
    Other {
        /// By the manifest.
        claimed: Digest,
        /// By its bytes.
        actual: Digest,
    },
    /// The manifest that came with it says something else of its tools than they are.
    #[error("the manifest is not one of this component: {}", listed(.0))]
    Lies(Vec<Claim>),
}

/// Makes a plugin of a file: with the manifest that is made of it, or with the one that came with it, if that is
/// right about it.
///
/// # Errors
/// See [`AddError`].
pub async fn pack(sandbox: &Sandbox, file: &[u8], words: Words) -> Result<Packed, AddError> {
    let limits = CompileLimits::default();
    let (kind, component) = adapt(file, &limits)?;
    let component: Arc<[u8]> = component.into();
    let tools = Tools::load(sandbox, component.clone(), limits).await?;
    let refused: Vec<String> = tools
        .refused()
        .iter()
        .map(|refused| format!("{} {}", refused.function, refused.why))
        .collect();
    let actual = all_tools(sandbox, &tools).await?;
    if actual.is_empty() && !tools.offers().any() {
        return Err(AddError::NoTools(refused));
    }
    let digest = Digest::of(&component);
    let manifest = match words {
        Words::Manifest(manifest) => {
            let claimed = manifest.contents();
            if claimed.digest != digest {
                return Err(AddError::Other {
                    claimed: claimed.digest,
                    actual: digest,
                });
            }
            let mut lies = differences(&claimed.tools, &actual);
            lies.extend(offers_differ(claimed.offers, tools.offers()));
            if !lies.is_empty() {
                return Err(AddError::Lies(lies));
            }
            manifest
        }
        Words::About(about) => Manifest::new(&Contents {
            name: about.name,
            version: about.version.unwrap_or_else(|| FIRST_VERSION.to_owned()),
            description: about.description.unwrap_or_else(|| described(&actual)),
            world: tools.script().map(|_| WORLD.to_owned()),
            digest,
            source: tools.script().map(|script| script.name().to_owned()),
            source_digest: tools
                .script()
                .map(|script| Digest::of(script.source().as_bytes())),
            recipe: tools.script().map(recipe),
            offers: tools.offers(),
            tools: actual,
            reuse: about.reuse,
            permissions: about.permissions,
            provenance: Some(about.provenance),
        })?,
    };
    Ok(Packed {
        manifest,
        component: component.to_vec(),
        kind,
        refused,
        warnings: Vec::new(),
    })
}

fn described(tools: &[Tool]) -> String {
    match tools {
        [] => String::new(),
        [tool] => tool
            .description
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
        tools => format!(
            "{} tools, {} first.",
            tools.len(),
            tools.first().map_or("", |tool| tool.name.as_str())
        ),
    }
}

fn because(refused: &[String]) -> String {
    match refused {
        [] => ": it exports no functions".to_owned(),
        refused => {
            let told: Vec<&str> = refused
                .iter()
                .take(REFUSED_TOLD)
                .map(String::as_str)
                .collect();
            format!(": {}", told.join("; "))
        }
    }
}

fn listed(claims: &[Claim]) -> String {
    let told: Vec<String> = claims.iter().map(ToString::to_string).collect();
    told.join("; ")
}
