//! A plugin, ready to be called: read from the store, looked at, compiled, and compared with what it says of itself.

use std::sync::Arc;

use vesicle_plugins::{
    Tools,
    grants::Rights,
    manifest::{Manifest, differences},
    name::PluginName,
    signatures::Verdict,
    store::{Loaded, StoreError},
};
use vesicle_sandbox::{CompileLimits, Sandbox};

use super::{PluginError, Plugins, package::of_definition};

/// A plugin that can be called.
pub struct Opened {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its component's bytes.
    pub component: Arc<[u8]>,
    /// Its tools.
    pub tools: Tools,
    /// What it may do.
    pub rights: Rights,
    /// What its signature is worth.
    pub verdict: Verdict,
}

/// Opens the current version of a plugin.
///
/// # Errors
/// See [`PluginError`].
pub async fn open(
    plugins: &Plugins,
    sandbox: &Sandbox,
    name: &PluginName,
) -> Result<Opened, PluginError> {
    let (plugins, named) = (plugins.clone(), name.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let loaded = plugins.store().load(&named)?;
        let verdict = plugins.verdict(&loaded)?;
        let rights = plugins.rights(&loaded.manifest)?;
        Ok::<_, PluginError>((loaded, verdict, rights))
    });
    let (loaded, verdict, rights) = reading.await.map_err(broken)??;
    let Ready {
        manifest,
        component,
        tools,
        ..
    } = ready(sandbox, loaded).await?;
    Ok(Opened {
        manifest,
        component,
        tools,
        rights,
        verdict,
    })
}

/// A version that was loaded. What it may do, and whether its signature does, is not settled with that: both change.
pub(super) struct Ready {
    pub manifest: Manifest,
    pub component: Arc<[u8]>,
    pub tools: Tools,
    pub signature: Option<String>,
}

/// Loads what was read from the store, and compares its tools with what its manifest says of them.
///
/// # Errors
/// See [`PluginError`].
pub(super) async fn ready(sandbox: &Sandbox, read: Loaded) -> Result<Ready, PluginError> {
    let Loaded {
        manifest,
        component,
        signature,
        ..
    } = read;
    let name = manifest.name();
    let bytes: Arc<[u8]> = component.bytes().into();
    let loaded = sandbox
        .load(bytes.clone(), CompileLimits::default())
        .await
        .map_err(|why| PluginError::Load {
            name: name.clone(),
            why,
        })?;
    let read = bytes.clone();
    let tools = tokio::task::spawn_blocking(move || Tools::read(&loaded, &read));
    let tools = tools.await.map_err(broken)?;
    let actual: Vec<_> = tools.definitions().iter().map(of_definition).collect();
    let claims = differences(&manifest.contents().tools, &actual);
    if !claims.is_empty() {
        return Err(PluginError::Lies {
            name: name.clone(),
            claims: claims.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(Ready {
        manifest,
        component: bytes,
        tools,
        signature,
    })
}

pub(super) fn broken(error: tokio::task::JoinError) -> PluginError {
    StoreError::Io {
        doing: "read",
        path: "the plugin".into(),
        source: std::io::Error::other(error),
    }
    .into()
}
