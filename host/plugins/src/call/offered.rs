//! What components offer beside tools, asked for in instances of their own: prompts, resources, and what fits
//! where these are filled in.

use std::sync::Arc;

use vesicle_sandbox::{Grants, Limits, Outcome, Sandbox, Val};

use super::{Answer, CallError, answer};
use crate::Tools;
use crate::interface::{Behind, Known};

/// What is being filled in.
#[derive(Debug, Clone, Copy)]
pub struct Blank<'a> {
    /// The prompt, or the form of addresses, by its name.
    pub of: &'a str,
    /// The argument, or the variable.
    pub argument: &'a str,
    /// What was typed of it.
    pub typed: &'a str,
    /// The others, as far as they are known.
    pub filled_in: &'a [(String, String)],
}

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
    /// Texts that fit an argument of a prompt.
    ForPrompt(Blank<'a>),
    /// Texts that fit a variable of a template.
    ForTemplate(Blank<'a>),
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
            Self::ForPrompt(_) => "suggest-for-prompt",
            Self::ForTemplate(_) => "suggest-for-template",
        }
    }

    fn values(self) -> Vec<Val> {
        match self {
            Self::Prompts | Self::Resources | Self::Templates => Vec::new(),
            Self::Prompt { name, arguments } => {
                vec![Val::String(name.to_owned()), pairs(arguments)]
            }
            Self::Resource { uri } => vec![Val::String(uri.to_owned())],
            Self::ForPrompt(blank) | Self::ForTemplate(blank) => {
                let texts = [blank.of, blank.argument, blank.typed];
                let texts = texts.map(|text| Val::String(text.to_owned()));
                let filled_in = pairs(blank.filled_in);
                texts.into_iter().chain([filled_in]).collect()
            }
        }
    }
}

/// Texts by name.
fn pairs(pairs: &[(String, String)]) -> Val {
    let text = |text: &String| Val::String(text.clone());
    let pairs = pairs
        .iter()
        .map(|(name, value)| Val::Tuple(vec![text(name), text(value)]));
    Val::List(pairs.collect())
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
        let prompts = contract.prompts.as_ref();
        let resources = contract.resources.as_ref();
        let suggestions = contract.suggestions.as_ref();
        let known: Option<&Known> = match request {
            Request::Prompts => prompts.map(|[list, _]| list),
            Request::Prompt { .. } => prompts.map(|[_, get]| get),
            Request::Resources => resources.map(|[list, ..]| list),
            Request::Templates => resources.map(|[_, list, _]| list),
            Request::Resource { .. } => resources.map(|[.., read]| read),
            Request::ForPrompt(_) => suggestions.map(|[of_prompt, _]| of_prompt),
            Request::ForTemplate(_) => suggestions.map(|[_, of_template]| of_template),
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
