//! Prompts of plugins. Their components are asked each time: what they offer may depend on what they keep, and asking takes
//! less than a millisecond.

use std::collections::HashSet;

use rmcp::{
    ErrorData,
    model::{
        GetPromptResponse, GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage,
    },
};
use vesicle_plugins::{
    Request as Asked,
    content::{self, Message, OFFERED_MAX, PARTS_MAX},
    name::PluginName,
};

use super::{
    Request, Service,
    call::{Asking, Came, offered},
};
use crate::{
    harmless::harmless,
    mcp::Host,
    plugins::{mcp_name, shown},
};

/// A prompt that a plugin offers.
pub struct Offered {
    plugin: PluginName,
    name: String,
    /// As clients are told of it.
    pub prompt: Prompt,
}

/// All prompts that this client may use. What a plugin does not say as it should is left out, and the operator told.
///
/// # Errors
/// See [`Asking::new`].
pub async fn all(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
    taken: &[&str],
) -> Result<Vec<Offered>, ErrorData> {
    let mut names: HashSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    let mut all = Vec::new();
    for plugin in service.offering(host, |offers| offers.prompts).await {
        let listed =
            super::listed::<content::Prompt>(service, host, request, &plugin, Asked::Prompts);
        for prompt in listed.await? {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if prompt.name.is_empty() || !prompt.name.chars().all(fits) {
                tracing::warn!(%plugin, prompt = ?prompt.name, "a prompt is left out: names have letters, digits, `_` and `-`");
                continue;
            }
            let is_bare = service.dispatcher.is_bare(&plugin) && names.insert(prompt.name.clone());
            let name = match is_bare {
                true => prompt.name.clone(),
                false => mcp_name(&plugin, &prompt.name),
            };
            all.push(Offered {
                plugin: plugin.clone(),
                name: prompt.name.clone(),
                prompt: told(name, prompt),
            });
        }
    }
    Ok(all)
}

fn told(name: String, said: content::Prompt) -> Prompt {
    let plain = |text: &str| harmless(text).into_owned();
    let arguments = said.arguments.iter().take(OFFERED_MAX).map(|argument| {
        PromptArgument::new(plain(&argument.name))
            .with_description(plain(&argument.description))
            .with_required(argument.required)
    });
    let arguments: Vec<_> = arguments.collect();
    let arguments = (!arguments.is_empty()).then_some(arguments);
    let prompt = Prompt::new(name, Some(plain(&said.description)), arguments);
    match said.title {
        Some(title) => prompt.with_title(plain(&title)),
        None => prompt,
    }
}

/// Whose prompt this is, and its name there.
///
/// # Errors
/// See [`Asking::new`].
pub async fn owner(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
    name: &str,
) -> Result<Option<(PluginName, String)>, ErrorData> {
    let all = all(service, host, request, &crate::mcp::prompts::NAMES).await?;
    let mut all = all.into_iter();
    let found = all.find(|known| known.prompt.name == name);
    Ok(found.map(|found| (found.plugin, found.name)))
}

/// The prompt of this name, filled in; nothing where no plugin has one of that name.
///
/// # Errors
/// The plugin does not give it, or the client answers what was not asked.
pub async fn get(
    service: &Service,
    host: &Host,
    name: &str,
    arguments: &JsonObject,
    taken: &[&str],
    request: Request<'_>,
) -> Result<Option<GetPromptResponse>, ErrorData> {
    let mut all = all(service, host, &request, taken).await?.into_iter();
    let Some(Offered { plugin, name, .. }) = all.find(|known| known.prompt.name == name) else {
        return Ok(None);
    };
    let mut given = Vec::new();
    for (name, value) in arguments {
        let text = value.as_str().ok_or_else(|| {
            let why = format!("the argument `{name}` of a prompt is a text");
            ErrorData::invalid_params(why, None)
        })?;
        given.push((name.clone(), text.to_owned()));
    }
    let text = serde_json::to_string(arguments).unwrap_or_default();
    let what = ["prompts/get", plugin.as_str(), &name, &text];
    let context = request.context;
    let asking = Asking::new(host, &plugin, &request, &what, request.before.clone())?;
    let asked = plugin.clone();
    let ran = asking
        .run(
            host,
            context,
            &service.dispatcher,
            |dispatcher, behalf, stop| async move {
                let prompt = Asked::Prompt {
                    name: &name,
                    arguments: &given,
                };
                dispatcher
                    .request(&behalf, &asked, prompt, stop.why())
                    .await
            },
        )
        .await?;
    let failed = |why: String| ErrorData::internal_error(why, None);
    let called = match ran.map_err(failed)? {
        Came::Waits(waits) => return Ok(Some(waits.into())),
        Came::To(called) => called,
    };
    let json = offered(host, called).map_err(|(why, _)| ErrorData::invalid_params(why, None))?;
    let messages = content::list::<Message>(&json, PARTS_MAX)
        .and_then(|messages| messages.into_iter().map(message).collect());
    let messages: Vec<_> = messages
        .map_err(|why: String| failed(format!("the prompt of `{plugin}` is none: {why}")))?;
    Ok(Some(GetPromptResult::new(messages).into()))
}

fn message(said: Message) -> Result<PromptMessage, String> {
    let mut block = shown::block(said.part)?;
    if let rmcp::model::ContentBlock::Text(text) = &mut block {
        text.text = harmless(&text.text).into_owned();
    }
    Ok(PromptMessage::new(shown::role(said.role), block))
}
