//! Plugins that agents write: saved as any other plugin is added, and granted nothing by that. Only what was saved so
//! is changed or removed so.

use std::sync::Arc;

use super::{
    About, AddError, Dispatcher, NotCalled, PluginError, Smoke, call::broken, call::ready,
    pack_script,
};
use crate::lazy::RunError;
use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value};
use vesicle_plugins::{
    document::DocumentError,
    grants::{Grant, Rights},
    manifest::{Contents, Manifest, Provenance, Reuse},
    name::{NameError, PluginName},
    permissions::Permissions,
    store::{Existing, Listed, Staged, StoreError},
};

/// Who added a plugin that was saved, as its provenance has it.
pub const PROVENANCE: &str = "save_plugin";

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// TypeScript.
    #[default]
    TypeScript,
    /// JavaScript.
    JavaScript,
}

impl Language {
    /// Names, as callers write them.
    pub const NAMES: [&str; 2] = ["typescript", "javascript"];

    /// The language of this name, or of files that end so.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "typescript" | "ts" => Some(Self::TypeScript),
            "javascript" | "js" => Some(Self::JavaScript),
            _ => None,
        }
    }

    fn file(self, name: &PluginName) -> String {
        match self {
            Self::TypeScript => format!("{name}.ts"),
            Self::JavaScript => format!("{name}.js"),
        }
    }
}

/// A plugin that is to be saved.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    /// A module; the functions that it exports are its tools.
    pub source: String,
    /// What that is written in.
    pub language: Language,
    /// What it does.
    pub description: Option<String>,
    /// Which calls share an instance.
    pub reuse: Reuse,
    /// The call that it has to pass before it serves.
    pub smoke: Option<Smoke>,
    /// What it asks for, as a manifest has it.
    pub permissions: Map<String, Value>,
    /// Who wants it, by their own account.
    pub from: String,
}

/// A plugin that was saved.
#[derive(Debug)]
pub struct Saved {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whether it is another than before.
    pub changed: bool,
    /// What it may do.
    pub rights: Rights,
    /// What of it is no tool, and other notes.
    pub notes: Vec<String>,
}

/// Why a plugin was not saved, or not removed. What was there before serves as before.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It cannot be called so.
    #[error("`name`: {0}")]
    Name(#[from] NameError),
    /// It asks for what nobody can have.
    #[error("`permissions`: {0}")]
    Permissions(String),
    /// It makes no plugin.
    #[error("`source`: {0}")]
    Source(#[from] AddError),
    /// It is the operator's.
    #[error(
        "the plugin `{0}` was not saved by an agent, so that agents neither change nor remove it; take another name, or ask the operator"
    )]
    Operators(PluginName),
    /// It cannot be used as it is.
    #[error("it was not saved, since it does not pass its first call: {0}")]
    Smoke(String),
    /// The store refused or failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// There is no sandbox.
    #[error(transparent)]
    Sandbox(#[from] RunError),
}

impl From<StoreError> for SaveError {
    fn from(error: StoreError) -> Self {
        Self::Plugin(error.into())
    }
}

impl From<DocumentError> for SaveError {
    fn from(error: DocumentError) -> Self {
        Self::Source(error.into())
    }
}

impl From<NotCalled> for SaveError {
    fn from(error: NotCalled) -> Self {
        Self::Smoke(error.to_string())
    }
}

/// Whether an agent saved it.
pub fn is_saved(contents: &Contents) -> bool {
    let provenance = contents.provenance.as_ref();
    provenance.is_some_and(|it| it.by == PROVENANCE)
}

/// What a caller wrote as a manifest's section `permissions` has it.
fn permissions(sent: &Map<String, Value>) -> Result<Permissions, SaveError> {
    let told = |error: &dyn std::fmt::Display| SaveError::Permissions(error.to_string());
    let table = toml::Table::try_from(sent).map_err(|error| told(&error))?;
    let text = toml::to_string(&table).map_err(|error| told(&error))?;
    Permissions::parse("permissions", &text).map_err(|error| told(&error))
}

impl Dispatcher {
    /// Makes a plugin of a module, and its next version where the same agent or another saved one of its name. The
    /// one before serves until this one passed its first call.
    ///
    /// # Errors
    /// See [`SaveError`].
    pub async fn save(&self, wanted: Wanted) -> Result<Saved, SaveError> {
        let name = PluginName::parse(&wanted.name)?;
        let permissions = permissions(&wanted.permissions)?;
        // What changes is told only to those who know what was there.
        self.shelf().await?;
        let before = self.saved(&name).await?;
        let version = before
            .as_ref()
            .map(|it| it.manifest.contents().version.clone());
        let sandbox = self.sandbox().sandbox().await?;
        let about = About {
            name: name.clone(),
            version,
            description: wanted.description,
            reuse: wanted.reuse,
            permissions,
            provenance: Provenance {
                by: PROVENANCE.to_owned(),
                at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
                from: wanted.from,
            },
        };
        let file = wanted.language.file(&name);
        let packed = pack_script(&sandbox, &file, &wanted.source, about).await?;
        let manifest = match &before {
            Some(before) if before.manifest.identity() != packed.manifest.identity() => {
                let contents = packed.manifest.contents();
                let version = next(&contents.version);
                Manifest::new(&Contents {
                    version,
                    ..contents.clone()
                })?
            }
            _ => packed.manifest,
        };
        let changed = self
            .install(
                &manifest,
                packed.component,
                before.is_some(),
                wanted.smoke.as_ref(),
            )
            .await?;
        // Others are told of it now.
        self.shelf().await?;
        Ok(Saved {
            rights: self.rights(&manifest)?,
            manifest,
            changed,
            notes: [packed.refused, packed.warnings].concat(),
        })
    }

    /// The plugin of this name, if an agent saved it.
    async fn saved(&self, name: &PluginName) -> Result<Option<Listed>, SaveError> {
        let (plugins, looked) = (self.plugins().clone(), name.clone());
        let look = tokio::task::spawn_blocking(move || plugins.store().listed(&looked));
        match look.await.map_err(broken)?? {
            Some(listed) if !is_saved(listed.manifest.contents()) => {
                Err(SaveError::Operators(name.clone()))
            }
            listed => Ok(listed),
        }
    }

    /// Whether there is a new version, which passed its first call.
    async fn install(
        &self,
        manifest: &Manifest,
        component: Vec<u8>,
        update: bool,
        smoke: Option<&Smoke>,
    ) -> Result<bool, SaveError> {
        let existing = match update {
            true => Existing::Update,
            false => Existing::Refuse,
        };
        let (plugins, staged) = (self.plugins().clone(), manifest.clone());
        let stage = move || plugins.store().stage(&staged, &component, None, existing);
        let stage = tokio::task::spawn_blocking(stage).await;
        let staged = stage.map_err(broken)??;
        let Staged::Waiting(version) = staged else {
            return Ok(false);
        };
        let name = manifest.name();
        let proved = self.first_call(name, version, smoke).await;
        let (plugins, name) = (self.plugins().clone(), name.clone());
        let settle = move || plugins.store().settle(&name, staged, || proved);
        tokio::task::spawn_blocking(settle)
            .await
            .map_err(broken)??;
        Ok(true)
    }

    /// Makes the version ready as a caller would, and calls it.
    async fn first_call(
        &self,
        name: &PluginName,
        version: vesicle_plugins::digest::Digest,
        smoke: Option<&Smoke>,
    ) -> Result<(), SaveError> {
        let (plugins, name) = (self.plugins().clone(), name.clone());
        let read = move || plugins.store().load_version(&name, version);
        let read = tokio::task::spawn_blocking(read).await.map_err(broken)??;
        let sandbox = self.sandbox().sandbox().await?;
        let ready = ready(&sandbox, read).await?;
        match smoke {
            Some(smoke) => smoke.call(&sandbox, &ready).await.map_err(SaveError::Smoke),
            None => Ok(()),
        }
    }

    /// Removes a plugin that an agent saved, with its grant.
    ///
    /// # Errors
    /// See [`SaveError`].
    pub async fn remove_saved(&self, name: &str) -> Result<(), SaveError> {
        let name = PluginName::parse(name)?;
        self.saved(&name).await?;
        let plugins = self.plugins().clone();
        let remove = move || {
            // A file of grants that is wrong is told before anything is removed.
            let mut grants = plugins.grants()?;
            plugins.store().remove(&name)?;
            grants.revoke(&name)?;
            Ok::<_, PluginError>(())
        };
        tokio::task::spawn_blocking(remove)
            .await
            .map_err(broken)??;
        self.shelf().await?;
        Ok(())
    }

    /// Grants the version that this is the manifest of all that it asks for, but for directories. Only for what a person
    /// answered.
    ///
    /// # Errors
    /// The file of grants cannot be changed.
    pub async fn grant(&self, manifest: &Manifest) -> Result<Rights, PluginError> {
        let (this, manifest) = (self.clone(), Arc::new(manifest.clone()));
        let grant = move || {
            let contents = manifest.contents();
            let mut file = this.plugins().grants()?;
            let known = file.standing(&contents.name, contents.digest).granted();
            file.grant(&Grant {
                plugin: contents.name.clone(),
                digest: contents.digest,
                granted: known.with_all(&contents.permissions),
            })?;
            this.rights(&manifest)
        };
        tokio::task::spawn_blocking(grant).await.map_err(broken)?
    }
}

/// The version after this one.
fn next(version: &str) -> String {
    let (head, last) = version.rsplit_once('.').unwrap_or((version, "0"));
    match last.parse::<u64>() {
        Ok(number) => format!("{head}.{}", number.saturating_add(1)),
        Err(_) => format!("{version}.1"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_follow_each_other() {
        assert_eq!(
            ["0.1.0", "0.1.9", "1", "1.x"].map(next),
            ["0.1.1", "0.1.10", "1.1", "1.x.1"]
        );
    }

    #[test]
    fn permissions_are_those_of_a_manifest() {
        let Value::Object(sent) = json!({
            "hosts": ["api.example.com:443"],
            "preopen": [{"guest": "/data", "access": "read"}],
            "memory": {"domains": ["web-*"]},
            "limits": {"memory_mb": 64},
            "state": true,
        }) else {
            panic!("an object")
        };
        let read = permissions(&sent).unwrap();
        assert!(read.state && read.memory.domains.len() == 1 && read.preopens.len() == 1);
        for wrong in [
            json!({"host": []}),
            json!({"hosts": ["x y"]}),
            json!({"state": null}),
        ] {
            let Value::Object(sent) = wrong else {
                panic!("an object")
            };
            assert!(permissions(&sent).is_err(), "{sent:?}");
        }
    }
}
