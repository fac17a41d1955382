//! The one place where plugins are called, whoever calls: an MCP client, code, another plugin or the command line. It
//! knows what is installed now, what is granted now and what was loaded, and each call of it is logged.

mod calling;

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use vesicle_plugins::{
    grants::{GrantsFile, Rights},
    manifest::Manifest,
    name::PluginName,
    signatures::TrustFile,
};

pub use calling::{Asked, OnBehalf};

use super::{
    BareNames, Named, PluginError, Plugins, Shelf, Surroundings,
    call::{Ready, broken},
    fresh::Fresh,
    loaded::{LOADED_MAX, Loaded},
};
use crate::{audit::Audit, lazy::LazySandbox, metrics::Metrics};

/// Calls plugins. Clones are the same one.
#[derive(Clone)]
pub struct Dispatcher(Arc<Inner>);

struct Inner {
    parts: Parts,
    shelf: Fresh<Shelf>,
    changes: watch::Sender<u64>,
    grants: Fresh<GrantsFile>,
    trusted: Fresh<TrustFile>,
    loaded: Loaded<Ready>,
}

/// What a dispatcher is made of.
pub struct Parts {
    /// What there is of plugins.
    pub plugins: Plugins,
    /// What their calls may reach.
    pub surroundings: Surroundings,
    /// Where they run.
    pub sandbox: LazySandbox,
    /// Where calls are logged.
    pub audit: Audit,
    /// Where they are counted.
    pub metrics: Metrics,
    /// Whose names clients know alone.
    pub bare: BareNames,
}

impl Dispatcher {
    /// Calls plugins as `parts` has them. Nothing is read.
    pub fn new(parts: Parts) -> Self {
        let root = parts.plugins.store().root();
        let [grants, trusted] = parts.plugins.operator_files();
        Self(Arc::new(Inner {
            // Whatever changes in the store is written to `incoming` first, or moved there.
            shelf: Fresh::new([root.join("incoming"), root.join("plugins")]),
            changes: watch::Sender::new(0),
            grants: Fresh::new([grants]),
            trusted: Fresh::new([trusted]),
            loaded: Loaded::new(LOADED_MAX),
            parts,
        }))
    }

    /// What there is of plugins.
    pub fn plugins(&self) -> &Plugins {
        &self.0.parts.plugins
    }

    /// Whether a plugin's names stand alone.
    pub fn is_bare(&self, plugin: &PluginName) -> bool {
        self.0.parts.bare.is_bare(plugin)
    }

    /// Whether any plugin's do.
    pub fn has_bare(&self) -> bool {
        !self.0.parts.bare.plugins.is_empty()
    }

    /// Where they run.
    pub fn sandbox(&self) -> &LazySandbox {
        &self.0.parts.sandbox
    }

    /// Changes when others see other plugins.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// What is installed now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn shelf(&self) -> Result<Arc<Shelf>, PluginError> {
        if let Some(shelf) = self.0.shelf.unchanged() {
            return Ok(shelf);
        }
        let this = self.clone();
        let reading = tokio::task::spawn_blocking(move || this.read_shelf());
        reading.await.map_err(broken)?
    }

    /// What was installed when somebody last looked.
    pub fn last_shelf(&self) -> Option<Arc<Shelf>> {
        self.0.shelf.last()
    }

    /// Why tools cannot have their own names alone, where they should. Waits for the disk.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn collisions(&self) -> Result<Vec<String>, PluginError> {
        if !self.has_bare() {
            return Ok(Vec::new());
        }
        Ok(self.read_shelf()?.collisions().to_vec())
    }

    fn read_shelf(&self) -> Result<Arc<Shelf>, PluginError> {
        let before = self.0.shelf.last();
        let list = || {
            let shelf = Shelf::new(self.plugins().store().list()?, self.0.parts.bare.clone());
            for collision in shelf.collisions() {
                tracing::error!("{collision}; rename one, or take a plugin out of `plugins.bare`");
            }
            Ok::<_, PluginError>(shelf)
        };
        let shelf = self.0.shelf.get(list)?;
        if before.is_some_and(|before| !before.is_same(&shelf)) {
            self.0.changes.send_modify(|count| *count += 1);
        }
        Ok(shelf)
    }

    /// The tool that a caller names `plugin.tool`, or as code may write it.
    ///
    /// # Errors
    /// There is no such plugin.
    pub async fn named(&self, text: &str) -> Result<Named, PluginError> {
        let shelf = self.shelf().await?;
        if let Some(named) = shelf.named(text) {
            return Ok(named);
        }
        let plugin = text.split_once('.').map_or(text, |(plugin, _)| plugin);
        let name = PluginName::parse(plugin).map_err(PluginError::Name)?;
        let plugins = self.plugins().clone();
        let look = tokio::task::spawn_blocking(move || plugins.store().load(&name).map(drop));
        match look.await.map_err(broken)? {
            Err(error) => Err(error.into()),
            // It came just now.
            Ok(()) => Err(PluginError::NoTool(text.to_owned())),
        }
    }

    /// What a plugin asks for, is granted, and may do, by the file of grants as it is now.
    ///
    /// # Errors
    /// The file is wrong.
    pub fn rights(&self, manifest: &Manifest) -> Result<Rights, PluginError> {
        let grants = self.0.grants.get(|| self.plugins().grants())?;
        let contents = manifest.contents();
        let standing = grants.standing(&contents.name, contents.digest);
        Ok(Rights::new(&contents.permissions, standing))
    }

    /// Has what others see followed while nobody calls, so that they can be told.
    pub async fn follow(&self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            if let Err(error) = self.shelf().await {
                tracing::debug!(%error, "the plugins could not be read");
            }
        }
    }
}
