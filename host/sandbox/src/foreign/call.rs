//! What the caller asks of a component.

use std::sync::Arc;

use wasmtime::component::Val;

use super::{Component, Function};
use crate::{ErrorType, ExecuteError, Grants, Limits, Outcome, Residence, Resources};

/// One call of a function of a component, with what it is given and what it may use.
#[derive(Clone)]
pub struct Call {
    /// The component.
    pub component: Component,
    /// The function, one of the component's own.
    pub function: Function,
    /// Its arguments, one for each parameter.
    pub arguments: Vec<Val>,
    /// How much it may use. [`Limits::code_bytes`] and [`Limits::input_bytes`] are of no account.
    pub limits: Limits,
    /// What it may use beside its own memory.
    pub grants: Grants,
    /// Whose it is, as for an [`Execution`](crate::Execution).
    pub session: Option<Arc<str>>,
    /// Where its instance stays for further calls; `None` for an instance of its own. A program, which
    /// ends with its call, always has one of its own.
    pub residence: Option<Residence>,
}

impl Call {
    /// A call with the default profile and no grants.
    pub fn new(component: &Component, function: &Function, arguments: Vec<Val>) -> Self {
        Self {
            component: component.clone(),
            function: function.clone(),
            arguments,
            limits: Limits::default(),
            grants: Grants::default(),
            session: None,
            residence: None,
        }
    }

    /// The outcome of a call that cannot be tried.
    pub(crate) fn refused<T>(&self) -> Result<Option<Outcome<T>>, ExecuteError> {
        if self.limits.fuel.is_some() != self.component.counts_fuel() {
            return Err(ExecuteError::Fuel);
        }
        let (given, taken) = (self.arguments.len(), self.function.ty.params().len());
        if given == taken {
            return Ok(None);
        }
        Ok(Some(Outcome::Error {
            error_type: ErrorType::InvalidInput,
            name: "InputError".to_owned(),
            message: format!("{:?} takes {taken} arguments, got {given}", self.function),
            location: None,
            stack: String::new(),
            warnings: Vec::new(),
            stdout: String::new(),
            stderr: String::new(),
            execution_time_us: 0,
            resources: Resources::default(),
        }))
    }
}
