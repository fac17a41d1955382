//! The tools of a component that was made of a module, called as what they are.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;
use vesicle_sandbox::{
    Execution, Grants, KeptModule, Limits, LoadError, Outcome, Residence, Sandbox,
};

use super::embedded::Embedded;
use super::{Script, ScriptError};
use crate::call::{Answer, CallError, Invocation, refused};
use crate::checks::Checks;

/// A module, ready to be called.
pub struct ScriptTools {
    script: Script,
    module: KeptModule,
    /// For each tool, in their order.
    checks: Vec<Checks>,
}

impl ScriptTools {
    /// The tools of a component; `None` where it was not made of a module.
    ///
    /// # Errors
    /// As for loading any component; a text that is no module makes an invalid one.
    pub async fn load(sandbox: &Sandbox, wasm: &Arc<[u8]>) -> Result<Option<Self>, LoadError> {
        let bytes = wasm.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let Some(found) = Embedded::find(&bytes) else {
                return Ok(None);
            };
            let script = Script::read(&found.file, &found.source)?;
            let checks = script
                .tools()
                .iter()
                .map(|tool| Checks::new(&tool.input_schema));
            Ok::<_, ScriptError>(Some((checks.collect(), script)))
        });
        let read = reading.await.map_err(|error| no_plugin(&error))?;
        let Some((checks, script)) = read.map_err(|error| no_plugin(&error))? else {
            return Ok(None);
        };
        let module = sandbox.load_kept(wasm.clone()).await?;
        Ok(Some(Self {
            script,
            module,
            checks,
        }))
    }

    /// The module.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// What of memory is the module's own; see [`KeptModule::own_bytes`].
    pub fn own_bytes(&self) -> Option<usize> {
        self.module.own_bytes()
    }

    /// Calls one of them.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(
        &self,
        sandbox: &Sandbox,
        invocation: Invocation<'_>,
    ) -> Result<Outcome<Answer>, CallError> {
        let Invocation {
            tool,
            arguments,
            limits,
            grants,
            session,
            residence,
        } = invocation;
        let place = self.script.place(tool)?;
        if let Some(checks) = self.checks.get(place)
            && let Err(why) = check(checks, arguments.get())
        {
            return Ok(refused(why));
        }
        let execution = self.execution(arguments.to_owned(), limits, grants, session);
        let outcome = self
            .run(sandbox, tool, execution, residence.as_ref())
            .await?;
        Ok(outcome.try_map(|result| Ok(Answer::Result(result))))
    }

    /// A call of the module, with what it may use.
    pub(super) fn execution(
        &self,
        input: Box<RawValue>,
        limits: Limits,
        grants: Grants,
        session: Option<Arc<str>>,
    ) -> Execution {
        Execution {
            name: self.script.name.clone(),
            input,
            limits,
            tools: grants.tools,
            state: grants.state,
            memories: grants.memories,
            files: grants.files,
            network: grants.network,
            session,
            caller: grants.caller,
            off_clock: grants.off_clock,
            ..Execution::default()
        }
    }

    /// Makes it, and tells of it in the module's own text.
    pub(super) async fn run(
        &self,
        sandbox: &Sandbox,
        tool: &str,
        execution: Execution,
        residence: Option<&Residence>,
    ) -> Result<Outcome, CallError> {
        let code = || self.script.code.clone();
        let outcome = sandbox
            .call_kept(&self.module, tool, execution, residence, code)
            .await?;
        Ok(self.script.outcome(outcome))
    }
}

fn no_plugin(why: &dyn std::fmt::Display) -> LoadError {
    LoadError::Invalid(format!(
        "the text that it has of itself is no plugin: {why}"
    ))
}

fn check(checks: &Checks, arguments: &str) -> Result<(), String> {
    let given: Value =
        serde_json::from_str(arguments).map_err(|error| format!("arguments: {error}"))?;
    match given {
        Value::Object(_) => checks.check("arguments", &given),
        _ => Err("arguments: expected an object".to_owned()),
    }
}
