//! A plugin, ready to be called: read from the store, looked at, compiled, and compared with what it says of itself.

use std::sync::Arc;

use vesicle_plugins::{
    Tools,
    digest::Digest,
    manifest::{Manifest, differences, offers_differ},
    store::{Loaded, StoreError},
};
use vesicle_sandbox::{CompileLimits, Sandbox};

use super::{PluginError, listed::all_tools};

/// A version that was loaded. What it may do, and whether its signature does, is not settled with that: both change.
pub(super) struct Ready {
    pub version: Digest,
    pub manifest: Manifest,
    pub tools: Tools,
    pub signature: Option<String>,
}

/// Loads what was read from the store, and compares its tools with what its manifest says of them.
///
/// # Errors
/// See [`PluginError`].
pub(super) async fn ready(sandbox: &Sandbox, read: Loaded) -> Result<Ready, PluginError> {
    let Loaded {
        version,
        manifest,
        component,
        signature,
        ..
    } = read;
    let name = manifest.name();
    let bytes: Arc<[u8]> = component.bytes().into();
    let tools = Tools::load(sandbox, bytes, CompileLimits::default())
        .await
        .map_err(|why| PluginError::Load {
            name: name.clone(),
            why,
        })?;
    let actual = all_tools(sandbox, &tools).await;
    let actual = actual.map_err(|why| PluginError::List {
        name: name.clone(),
        why,
    })?;
    let claimed = manifest.contents();
    let mut claims = differences(&claimed.tools, &actual);
    claims.extend(offers_differ(claimed.offers, tools.offers()));
    if !claims.is_empty() {
        return Err(PluginError::Lies {
            name: name.clone(),
            claims: claims.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(Ready {
        version,
        manifest,
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
