//! Tools of other servers, of which only some may be called: what was granted to a plugin, out of what the profile has.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::value::RawValue;
use vesicle_plugins::{name::PluginName, permissions::ToolPattern};
use vesicle_sandbox::{CapabilityError, Tool, ToolCall};

/// Tools within patterns.
pub struct Narrowed {
    /// All that the profile has.
    pub tools: Arc<dyn ToolCall>,
    /// What of them may be called.
    pub patterns: Vec<ToolPattern>,
    /// By whom.
    pub plugin: PluginName,
}

impl Narrowed {
    /// Whether this tool was granted.
    pub fn is_granted(&self, name: &str) -> bool {
        let (server, tool) = name.split_once('.').unwrap_or((name, ""));
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| pattern.matches(server, tool))
    }

    /// Refuses what was not granted.
    ///
    /// # Errors
    /// It was not.
    pub fn check(&self, name: &str) -> Result<(), CapabilityError> {
        match self.is_granted(name) {
            true => Ok(()),
            false => Err(CapabilityError::Denied(format!(
                "`{}` is not granted to the plugin `{}`",
                name.escape_debug(),
                self.plugin
            ))),
        }
    }
}

#[async_trait]
impl ToolCall for Narrowed {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let mut found = self.tools.search(query, limit).await?;
        found.retain(|tool| self.is_granted(&tool.name));
        Ok(found)
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        self.check(name)?;
        self.tools.describe(name).await
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        self.check(name)?;
        self.tools.call(name, arguments).await
    }
}

#[cfg(test)]
mod tests {
    use vesicle_sandbox::NoTools;

    use super::*;

    /// What gets past the patterns is told by [`NoTools`], in other words.
    #[tokio::test]
    async fn only_what_was_granted_gets_through() {
        let narrowed = Narrowed {
            tools: Arc::new(NoTools),
            patterns: vec![ToolPattern::parse("github.get_*").unwrap()],
            plugin: PluginName::parse("reader").unwrap(),
        };
        for (name, passes) in [
            ("github.get_issue", true),
            ("github.create_issue", false),
            ("gitlab.get_issue", false),
            ("github", false),
            ("", false),
        ] {
            let denied = narrowed.call(name, RawValue::NULL).await.unwrap_err();
            let is_ours = denied.to_string().contains("to the plugin `reader`");
            assert_eq!(is_ours, !passes, "{name}");
            let denied = narrowed.describe(name).await.unwrap_err();
            assert_eq!(denied.to_string().contains("to the plugin"), !passes);
        }
    }
}
