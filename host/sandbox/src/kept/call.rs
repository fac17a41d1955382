//! What a sandbox does with modules that are kept.

use std::sync::Arc;
use std::time::Instant;

use serde_json::value::RawValue;
use wasmtime::component::Instance;
use wasmtime::{Store, Trap};

use super::{KeptModule, KeptTool, Loaded, load};
use crate::execution::{grants, program};
use crate::foreign::{CompileLimits, LoadError, ending};
use crate::guest::{Guest, evaluate};
use crate::report::{self, Ended, Ran};
use crate::residence::{InstanceCall, Residence};
use crate::sandbox::{Sandbox, enter};
use crate::source::Form;
use crate::{ExecuteError, Execution, Outcome, RuleAction, ViolationType, preparation};

impl Sandbox {
    /// Evaluates a module, whose default export takes `{tool, arguments}`, and makes a component of
    /// the engine with it: one that offers `vesicle:plugin/tools`, and that [`Sandbox::load_kept`]
    /// knows. The same text and tools make the same bytes. What the module prints is with the outcome;
    /// what it asks of the outside at its top level is refused.
    ///
    /// # Errors
    /// As for [`Sandbox::execute`].
    pub async fn keep(
        &self,
        mut execution: Execution,
        tools: &[KeptTool],
    ) -> Result<Outcome<Vec<u8>>, ExecuteError> {
        execution.limits.check()?;
        if let Some(outcome) = report::too_long(&execution) {
            return Ok(outcome.try_map(|_| Ok(Vec::new())));
        }
        // Whether it may ask hosts is known when it is called.
        execution.source_policy = execution
            .source_policy
            .with(ViolationType::Network, RuleAction::Off);
        let shared = self.shared();
        let instrumented = shared.kept.instrumented(&shared.javascript).await;
        let instrumented = instrumented.map_err(ExecuteError::Internal)?;
        let execution = Arc::new(execution);
        let admitted = self.admit(execution.session.as_ref()).await?;
        let start = Instant::now();
        let (prepared, _admitted) = shared.preparation.prepare(&execution, admitted).await?;
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(rejection) => {
                let outcome = report::rejected(rejection, start.elapsed());
                return Ok(outcome.try_map(|_| Ok(Vec::new())));
            }
        };
        let module = program(&execution, Form::Module, prepared.code);
        let mut component = Vec::new();
        let work = async |store: &mut Store<Guest>| {
            Ok(instrumented
                .keep(store, &module, tools)
                .await?
                .map(|snapshot| {
                    component = snapshot;
                    evaluate::Completion {
                        value: "null".to_owned(),
                        uncaught: Vec::new(),
                    }
                }))
        };
        let (runtime, grants) = (&instrumented.runtime, grants(&execution));
        let ran = self
            .run(runtime, &execution.limits, grants, start, work)
            .await?;
        let outcome = told(execution, ran).await?;
        Ok(outcome
            .with_warnings(prepared.warnings)
            .try_map(|_| Ok(component)))
    }

    /// Loads what [`Sandbox::keep`] made. Where it was made with this engine, it shares the engine's
    /// code, and is there in some milliseconds; otherwise it is compiled as any component is.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load_kept(&self, wasm: Arc<[u8]>) -> Result<KeptModule, LoadError> {
        let shared = self.shared();
        let base = shared.kept.base(&shared.javascript, self);
        let base = base.await.map_err(LoadError::Internal)?.clone();
        let expected = base.call.clone();
        let (bytes, runtime) = (wasm.clone(), shared.javascript.runtime.clone());
        let sharing = tokio::task::spawn_blocking(move || {
            load::check(&bytes)?;
            KeptModule::sharing(&base, runtime, &bytes)
        });
        let sharing = sharing
            .await
            .map_err(|error| LoadError::Internal(error.into()))?;
        if let Some(module) = sharing? {
            return Ok(module);
        }
        let component = self.load(wasm, CompileLimits::default()).await?;
        component.into_kept(&expected)
    }

    /// Calls a tool of a kept module in an instance of its own: `execution` has its arguments as input,
    /// and limits and grants as for a program. With a residence, the instance stays there for further
    /// calls. `code` gives the module's text, where places in it have
    /// to be told; [`Execution::code`] is of no account.
    ///
    /// # Errors
    /// As for [`Sandbox::execute`].
    pub async fn call_kept(
        &self,
        module: &KeptModule,
        tool: &str,
        mut execution: Execution,
        residence: Option<&Residence>,
        code: impl FnOnce() -> String,
    ) -> Result<Outcome, ExecuteError> {
        execution.limits.check()?;
        if execution.limits.fuel.is_some() {
            return Err(ExecuteError::Fuel);
        }
        if let Some(outcome) = report::too_long(&execution) {
            return Ok(outcome);
        }
        let session = execution.session.as_ref();
        let arrived = Instant::now();
        let mut visit = enter(residence).await?;
        let _admitted = self.admit(session).await?;
        let start = Instant::now();
        let input: &RawValue = &execution.input;
        let (loaded, limits, grants) = (&module.loaded, &execution.limits, grants(&execution));
        let (runtime, linked) = (&*loaded.runtime, &loaded.linked);
        let work = async |store: &mut Store<Guest>, instance: &Instance| {
            loaded.call(store, instance, tool, input.get()).await
        };
        let call = InstanceCall {
            runtime,
            linked,
            limits,
            grants,
            session,
            start,
        };
        let mut ran = self.run_instance(visit.as_mut(), call, work).await?;
        ran.resources.phases.queue = start - arrived;
        if is_trap(&ran) {
            // The memory that it began with is not ours, nor is all code.
            let outcome = ending::outcome(&execution.limits, ran)?;
            return Ok(outcome.try_map(|_| Ok(RawValue::NULL.to_owned())));
        }
        if report::reads_source(&ran.ended, &ran.left) {
            execution.code = code();
        }
        told(Arc::new(execution), ran).await
    }
}

impl Loaded {
    async fn call(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
        tool: &str,
        arguments: &str,
    ) -> wasmtime::Result<Result<evaluate::Completion, evaluate::Failure>> {
        type Called = (Result<evaluate::Completion, evaluate::Failure>,);
        let call = instance.get_typed_func::<(&str, &str), Called>(&mut *store, self.call)?;
        Ok(call.call_async(&mut *store, (tool, arguments)).await?.0)
    }
}

/// Whether the guest broke the rules, other than by what the engine can tell of.
fn is_trap<T>(ran: &Ran<T>) -> bool {
    match &ran.ended {
        Ended::Returned(Err(error)) => {
            let trap = error.downcast_ref::<Trap>();
            trap != Some(&Trap::StackOverflow) && !ran.left.memory_refused
        }
        _ => false,
    }
}

/// The outcome, in the module's own places.
async fn told(
    execution: Arc<Execution>,
    ran: Ran<Result<evaluate::Completion, evaluate::Failure>>,
) -> Result<Outcome, ExecuteError> {
    let Ran {
        ended,
        left,
        elapsed,
        resources,
    } = ran;
    if preparation::is_short(&execution) || !report::reads_source(&ended, &left) {
        return report::ended(&execution, ended, left, elapsed, resources);
    }
    preparation::apart(move || report::ended(&execution, ended, left, elapsed, resources)).await?
}
