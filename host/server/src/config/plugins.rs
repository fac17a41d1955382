//! The keys of `[plugins]`.

use std::time::Duration;

use super::{
    Configuration, Settled, follow_data_dir,
    keys::{LISTED_PLUGIN_TOOLS_DEFAULT, SAVING},
    value::Value,
};
use crate::plugins::{PluginsConfig, Saving};

/// The key of the directory.
pub const PLUGIN_DIR: &str = "plugins.dir";

impl Configuration {
    /// Where plugins are, and what holds for them.
    pub fn plugins(&self) -> &PluginsConfig {
        &self.plugins
    }
}

/// How many instances of plugins are kept between calls.
pub(super) fn session_instances(settled: &mut Settled) -> u32 {
    match settled.value("plugins.session_instances") {
        Some(Value::Integer(count)) => u32::try_from(*count).unwrap_or(u32::MAX),
        _ => vesicle_sandbox::Config::default().residents_max,
    }
}

/// What the keys say. Files whose place nobody set lie in the data directory.
pub(super) fn resolve(settled: &mut Settled) -> PluginsConfig {
    let listed_tools = match settled.value("plugins.listed_tools") {
        Some(Value::Integer(count)) => *count,
        _ => LISTED_PLUGIN_TOOLS_DEFAULT,
    };
    let session_idle = match settled.value("plugins.session_idle_ms") {
        Some(Value::Integer(ms)) => Duration::from_millis(*ms),
        _ => Duration::ZERO,
    };
    let [_, operator, never] = SAVING;
    let saving = match settled.value("plugins.save") {
        Some(Value::Text(which)) if which == operator => Saving::Operator,
        Some(Value::Text(which)) if which == never => Saving::Never,
        _ => Saving::Ask,
    };
    let bare = settled.list("plugins.bare");
    let mut path = |key: &str, name: &str| {
        follow_data_dir(settled, key, name);
        match settled.value(key) {
            Some(Value::Path(path)) => Some(path.clone()),
            _ => None,
        }
    };
    PluginsConfig {
        listed_tools: usize::try_from(listed_tools).unwrap_or(usize::MAX),
        saving,
        bare,
        session_idle,
        dir: path(PLUGIN_DIR, "plugins"),
        grants: path("plugins.grants", "plugin-grants.toml"),
        trusted_keys: path("plugins.trusted_keys", "plugin-keys.toml"),
        require_signature: settled.value("plugins.require_signature")
            == Some(&Value::Boolean(true)),
        account: None,
    }
}
