//! A plugin, ready to be called: read from the store, looked at, compiled, and compared with what it says of itself.

use std::sync::Arc;

use vesicle_plugins::{
    Tools,
    grants::Rights,
    manifest::{Manifest, differences},
    name::PluginName,
    signatures::Verdict,
    store::StoreError,
};
use vesicle_sandbox::{CompileLimits, Sandbox};

use super::{PluginError, Plugins, listed::all_tools};

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
        let bytes: Arc<[u8]> = loaded.component.bytes().into();
        Ok::<_, PluginError>((loaded.manifest, bytes, verdict, rights))
    });
    let (manifest, component, verdict, rights) = reading.await.map_err(broken)??;
    let tools = Tools::load(sandbox, component.clone(), CompileLimits::default());
    let tools = tools.await.map_err(|why| PluginError::Load {
        name: name.clone(),
        why,
    })?;
    let actual = all_tools(sandbox, &tools).await;
    let actual = actual.map_err(|why| PluginError::List {
        name: name.clone(),
        why,
    })?;
    let claims = differences(&manifest.contents().tools, &actual);
    if !claims.is_empty() {
        return Err(PluginError::Lies {
            name: name.clone(),
            claims: claims.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(Opened {
        manifest,
        component,
        tools,
        rights,
        verdict,
    })
}

fn broken(error: tokio::task::JoinError) -> PluginError {
    StoreError::Io {
        doing: "read",
        path: "the plugin".into(),
        source: std::io::Error::other(error),
    }
    .into()
}
