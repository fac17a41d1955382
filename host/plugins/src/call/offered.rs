//! What components offer beside tools, asked for in instances of their own: prompts and resources.

use std::sync::Arc;

use vesicle_sandbox::{Grants, Limits, Outcome, Sandbox, Val};

use super::{Answer, CallError, answer};
use crate::Tools;
use crate::interface::{Behind, Known};

/// What a component is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// A list of [`Prompt`](crate::content::Prompt)s.
    Prompts,
    /// The [`Message`](crate::content::Message)s of one.
    Prompt {
        /// Its name.
        name: &'a str,
        /// What is filled in.
        arguments: &'a [(String, String)],
    },
    /// A list of [`Link`](crate::content::Link)s.
    Resources,
    /// A list of [`Template`](crate::content::Template)s.
    Templates,
    /// The [`Document`](crate::content::Document)s at an address.
    Resource {
        /// The address.
        uri: &'a str,
    },
}

impl Request<'_> {
    /// What it is called in logs: the function's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prompts => "list-prompts",
            Self::Prompt { .. } => "get-prompt",
            Self::Resources => "list-resources",
            Self::Templates => "list-templates",
            Self::Resource { .. } => "read-resource",
        }
    }

    fn values(self) -> Vec<Val> {
        match self {
            Self::Prompts | Self::Resources | Self::Templates => Vec::new(),
            Self::Prompt { name, arguments } => {
                let text = |text: &String| Val::String(text.clone());
                let pairs = arguments
                    .iter()
                    .map(|(name, value)| Val::Tuple(vec![text(name), text(value)]));
                vec![Val::String(name.to_owned()), Val::List(pairs.collect())]
            }
            Self::Resource { uri } => vec![Val::String(uri.to_owned())],
        }
    }
}

impl Tools {
    /// Asks for what the component offers. The answer is the JSON of what [`Request`] says; a component's own
    /// error is an [`Answer::Failure`].
    ///
    /// # Errors
    /// [`CallError::OffersNone`] where it has no such interface, and what the sandbox says.
    pub async fn request(
        &self,
        sandbox: &Sandbox,
        request: Request<'_>,
        limits: Limits,
        grants: Grants,
        session: Option<Arc<str>>,
    ) -> Result<Outcome<Answer>, CallError> {
        let (component, contract) = match self.behind() {
            Behind::Component(component, contract) => (component, contract),
            Behind::Script(script) => {
                return script
                    .request(sandbox, request, limits, grants, session)
                    .await;
            }
        };
        let known: Option<&Known> = match (request, &contract.prompts, &contract.resources) {
            (Request::Prompts, Some([list, _]), _) => Some(list),
            (Request::Prompt { .. }, Some([_, get]), _) => Some(get),
            (Request::Resources, _, Some([list, ..])) => Some(list),
            (Request::Templates, _, Some([_, list, _])) => Some(list),
            (Request::Resource { .. }, _, Some([.., read])) => Some(read),
            _ => None,
        };
        let Known { function, reply } = known.ok_or(CallError::OffersNone)?;
        let call = vesicle_sandbox::Call {
            component: component.clone(),
            function: function.clone(),
            arguments: request.values(),
            limits,
            grants,
            session,
            residence: None,
        };
        let output_bytes = limits.output_bytes;
        let called = sandbox.call(call).await?;
        Ok(called.try_map(|results| answer(&results, reply, output_bytes)))
    }
}
