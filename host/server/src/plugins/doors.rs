//! Plugins as tools of code and of other plugins: `plugins.name.tool`, beside the tools of servers.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::value::{RawValue, to_raw_value};
use vesicle_bridge::{Decision, value_of};
use vesicle_sandbox::{CapabilityError, ErrorType, Outcome, Tool, ToolCall};

use super::{
    Called, Dispatcher, Named, NotCalled, OnBehalf, PREFIX, PluginError, ShelfTool,
    dispatch::Asked, narrowed::Narrowed,
};

/// What servers and plugins have.
pub struct WithPlugins {
    dispatcher: Dispatcher,
    behalf: OnBehalf,
    /// Where a plugin calls, what it is granted.
    of_plugin: Option<Arc<Narrowed>>,
}

impl WithPlugins {
    /// For code: whatever its profile has.
    pub fn of_program(dispatcher: Dispatcher, behalf: OnBehalf) -> Self {
        Self {
            dispatcher,
            behalf,
            of_plugin: None,
        }
    }

    /// For a plugin: of what the profile has, what it is granted.
    pub fn of_plugin(dispatcher: Dispatcher, behalf: OnBehalf, granted: Narrowed) -> Self {
        Self {
            dispatcher,
            behalf,
            of_plugin: Some(Arc::new(granted)),
        }
    }

    fn of_servers(&self) -> &dyn ToolCall {
        match &self.of_plugin {
            Some(narrowed) => &**narrowed,
            None => &*self.behalf.tools,
        }
    }

    fn may(&self, named: &Named) -> bool {
        let allowed = self.behalf.profile.plugins.grants();
        let name = format!("{PREFIX}{}", named.text());
        allowed.decide(named.plugin.as_str(), &named.tool) != Decision::Deny
            && self
                .of_plugin
                .as_ref()
                .is_none_or(|it| it.is_granted(&name))
    }

    async fn named(&self, text: &str) -> Result<Named, CapabilityError> {
        if !text.contains('.') {
            let what = format!("`{PREFIX}{text}` names no tool: write `{PREFIX}name.tool`");
            return Err(CapabilityError::InvalidInput(what));
        }
        let named = self.dispatcher.named(text).await.map_err(|error| {
            let absent = matches!(error, PluginError::Store(_) | PluginError::Name(_));
            match absent {
                true => CapabilityError::NotFound(error.to_string()),
                false => CapabilityError::Failed(error.to_string()),
            }
        })?;
        if let Some(narrowed) = &self.of_plugin {
            narrowed.check(&format!("{PREFIX}{}", named.text()))?;
        }
        Ok(named)
    }
}

#[async_trait]
impl ToolCall for WithPlugins {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let mut found = self.of_servers().search(query, limit).await?;
        if let Ok(shelf) = self.dispatcher.shelf().await {
            let may = |tool: &ShelfTool| self.may(&named(tool));
            let hits = shelf.search(query, limit, may);
            // No score is common to both: each has its best ones among the first.
            let of_plugins = hits.into_iter().filter_map(described).collect();
            found = in_turns(found, of_plugins, limit);
        }
        Ok(found)
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        let Some(text) = name.strip_prefix(PREFIX) else {
            return self.of_servers().describe(name).await;
        };
        let named = self.named(text).await?;
        let failed = |error: PluginError| CapabilityError::Failed(error.to_string());
        let shelf = self.dispatcher.shelf().await.map_err(failed)?;
        let tool = shelf.tool(&named).and_then(described);
        tool.ok_or_else(|| {
            let what = format!("`{}` has no tool `{}`", named.plugin, named.tool);
            CapabilityError::NotFound(what)
        })
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        let Some(text) = name.strip_prefix(PREFIX) else {
            return self.of_servers().call(name, arguments).await;
        };
        let named = self.named(text).await?;
        let asked = Asked {
            named: &named,
            arguments,
            timeout: None,
        };
        let called = self.dispatcher.call(&self.behalf, asked).await;
        answer(&named, called.map_err(refused)?)
    }
}

fn named(tool: &ShelfTool) -> Named {
    Named {
        plugin: tool.plugin.clone(),
        tool: tool.tool.clone(),
    }
}

/// One of each in turn, up to `limit`.
fn in_turns(first: Vec<Tool>, second: Vec<Tool>, limit: usize) -> Vec<Tool> {
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::new();
    while all.len() < limit {
        let before = all.len();
        all.extend(first.next());
        all.extend(second.next());
        if all.len() == before {
            break;
        }
    }
    all.truncate(limit);
    all
}

fn described(tool: &ShelfTool) -> Option<Tool> {
    let definition = &tool.definition;
    let output = definition.output_schema.as_ref().map(to_raw_value);
    Some(Tool {
        name: format!("{PREFIX}{}", named(tool).text()),
        description: definition.description.as_deref()?.to_owned(),
        input_schema: to_raw_value(&definition.input_schema).ok()?,
        output_schema: output.transpose().ok()?,
    })
}

fn answer(named: &Named, called: Called) -> Result<Box<RawValue>, CapabilityError> {
    if called.is_success()
        && let Outcome::Success { output, .. } = &called.outcome
    {
        // Programs have of content what they have of that of servers.
        return match called.content() {
            None => Ok(output.clone()),
            Some(content) => {
                let value = value_of(content, &named.text());
                let value = value.map_err(|error| CapabilityError::Failed(error.to_string()))?;
                to_raw_value(&value.0).map_err(|error| CapabilityError::Failed(error.to_string()))
            }
        };
    }
    let why = format!("{PREFIX}{}: {}", named.text(), called.explanation());
    Err(match called.outcome {
        Outcome::Error {
            error_type: ErrorType::InvalidInput,
            ..
        } => CapabilityError::InvalidInput(why),
        Outcome::Timeout { .. } => CapabilityError::Timeout(why),
        // The tool's own.
        Outcome::Success { .. } => CapabilityError::Upstream(why),
        _ => CapabilityError::Failed(why),
    })
}

fn refused(error: NotCalled) -> CapabilityError {
    let why = error.to_string();
    if let Some(ms) = error.busy() {
        return CapabilityError::Unavailable {
            message: why,
            retry_after_ms: Some(u32::try_from(ms).unwrap_or(u32::MAX)),
        };
    }
    if error.is_unknown() {
        return CapabilityError::NotFound(why);
    }
    match error {
        NotCalled::NotAllowed { .. } | NotCalled::Chain(_) => CapabilityError::Denied(why),
        _ => CapabilityError::Failed(why),
    }
}
