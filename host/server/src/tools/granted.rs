//! The tools as one caller may use them, for one run of a program or one call over MCP.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::value::{RawValue, to_raw_value};
use vesicle_bridge::{
    AskConsent, CallReply, Caller, Catalog, CatalogServer, CatalogTool, Consent, ConsentRequest,
    Decision, StartError, hygiene, names::nearest, search::Query,
};
use vesicle_sandbox::{CapabilityError, OffClock, Tool, ToolCall};

use super::{Toolbox, failure::failure, mark::marked};

/// How many names are told where one is wrong.
const NEAREST: usize = 3;
/// How long the time of one run may stand still in all, while people are asked.
pub const CONSENT_WAIT_MAX: Duration = Duration::from_secs(600);

/// Tools with what a caller is granted of them. Dropping it ends the run, and counts what it used.
pub struct Granted {
    toolbox: Toolbox,
    caller: Caller,
    used: Mutex<Vec<String>>,
    off_clock: OffClock,
}

impl Granted {
    pub(super) fn new(toolbox: Toolbox, mut caller: Caller) -> Self {
        let off_clock = OffClock::new(CONSENT_WAIT_MAX);
        caller.consent = caller.consent.map(|person| {
            Arc::new(Patient {
                person,
                off_clock: off_clock.clone(),
            }) as Arc<dyn AskConsent>
        });
        Self {
            off_clock,
            toolbox,
            caller,
            used: Mutex::default(),
        }
    }

    /// What stops the run's wall time while a person is asked.
    pub fn off_clock(&self) -> OffClock {
        self.off_clock.clone()
    }

    /// On whose behalf.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Calls `server.tool`, and keeps in mind that it was.
    ///
    /// # Errors
    /// What the policy or the server says.
    pub async fn reply(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<CallReply, CapabilityError> {
        let Some((server, tool)) = name.split_once('.') else {
            let what = format!("`{name}` names no tool: write `server.tool`");
            return Err(CapabilityError::InvalidInput(what));
        };
        let bridge = self.toolbox.bridge().map_err(unavailable)?;
        let reply = bridge.call(&self.caller, server, tool, arguments).await;
        let reply = reply.map_err(failure)?;
        {
            let mut used = self.used.lock();
            if !used.iter().any(|known| known == name) {
                used.push(name.to_owned());
            }
        }
        let catalog = bridge.catalog();
        let promises = |(_, tool): (_, &Arc<CatalogTool>)| tool.definition.output_schema.is_some();
        if !reply.stale && !reply.fallback && !catalog.find(name).is_none_or(promises) {
            self.toolbox.memory().saw(name, &reply.value);
        }
        Ok(reply)
    }

    /// The tool of this name, if the caller may call it.
    ///
    /// # Errors
    /// There is none, or not for this caller; with the nearest names.
    pub fn find<'c>(
        &self,
        catalog: &'c Catalog,
        name: &str,
    ) -> Result<(&'c CatalogServer, &'c CatalogTool), CapabilityError> {
        if let Some((server, tool)) = catalog.find(name)
            && self.is_granted(server, tool)
        {
            return Ok((server, tool));
        }
        let granted = catalog
            .tools()
            .filter(|(server, tool)| self.is_granted(server, tool));
        let names: Vec<String> = granted
            .map(|(server, tool)| format!("{}.{}", server.name, tool.name()))
            .collect();
        let near = nearest(name, names.iter().map(String::as_str), NEAREST);
        let shown: String = name
            .chars()
            .take(100)
            .flat_map(char::escape_debug)
            .collect();
        Err(CapabilityError::NotFound(match near.as_slice() {
            [] => format!("there is no tool `{shown}`, and none that may be called"),
            near => format!(
                "there is no tool `{shown}` that may be called; the nearest are `{}`",
                near.join("`, `")
            ),
        }))
    }

    /// Whether the caller may call it, asked or not.
    pub fn is_granted(&self, server: &CatalogServer, tool: &CatalogTool) -> bool {
        tool.standing == vesicle_bridge::Standing::Approved
            && self.caller.grants.decide(server.name.as_str(), tool.name()) != Decision::Deny
    }

    /// The tools that this run has called.
    pub fn used(&self) -> Vec<String> {
        self.used.lock().clone()
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        self.toolbox.memory().used(self.used.get_mut());
        self.toolbox.keep_soon();
    }
}

/// Asks a person, whose time is not the program's.
struct Patient {
    person: Arc<dyn AskConsent>,
    off_clock: OffClock,
}

#[async_trait]
impl AskConsent for Patient {
    async fn ask(&self, request: &ConsentRequest<'_>) -> Consent {
        let _stopped = self.off_clock.stop();
        self.person.ask(request).await
    }
}

/// There is no bridge at all.
pub fn unavailable(error: &StartError) -> CapabilityError {
    CapabilityError::Unavailable {
        message: format!("no server is connected, since the configuration cannot be used: {error}"),
        retry_after_ms: None,
    }
}

fn described(server: &CatalogServer, tool: &CatalogTool) -> Result<Tool, CapabilityError> {
    let definition = &tool.definition;
    let failed = |error: serde_json::Error| CapabilityError::Failed(error.to_string());
    let description = definition.description.as_deref().unwrap_or_default();
    Ok(Tool {
        name: format!("{}.{}", server.name, tool.name()),
        description: hygiene::strip(description).into_owned(),
        input_schema: to_raw_value(&definition.input_schema).map_err(failed)?,
        output_schema: definition
            .output_schema
            .as_ref()
            .map(to_raw_value)
            .transpose()
            .map_err(failed)?,
    })
}

#[async_trait]
impl ToolCall for Granted {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let catalog = self.toolbox.catalog(None).await.map_err(unavailable)?;
        let used = self.used();
        let used: Vec<&str> = used.iter().map(String::as_str).collect();
        let query = Query {
            text: query,
            server: None,
            limit,
            used: &used,
        };
        self.toolbox
            .search(&catalog, &self.caller, query)
            .iter()
            .filter_map(|(server, tool)| catalog.find(&format!("{server}.{tool}")))
            .map(|(server, tool)| described(server, tool))
            .collect()
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        let server = name.split_once('.').map(|(server, _)| server);
        let catalog = self.toolbox.catalog(server).await.map_err(unavailable)?;
        let (server, tool) = self.find(&catalog, name)?;
        described(server, tool)
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        Ok(marked(&self.reply(name, arguments).await?))
    }
}
