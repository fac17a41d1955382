//! What fits where a prompt or a form of addresses of a plugin is filled in: the plugin is asked, if it knows.

use rmcp::ErrorData;
use vesicle_plugins::{
    Blank, CallError, Request as Asked,
    content::{self, OFFERED_MAX},
    name::PluginName,
};

use super::{
    Request, Service,
    call::{Asking, Came, offered},
    prompts, resources,
};
use crate::{harmless::harmless, mcp::Host, plugins::NotCalled};

/// Where something is filled in, as a client names it.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// An argument of this prompt.
    Prompt(&'a str),
    /// A variable in this form of addresses.
    Template(&'a str),
}

/// What fits, the best first; nothing where no plugin knows.
///
/// # Errors
/// See [`Asking::new`].
pub async fn suggested(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
    place: Place<'_>,
    (argument, typed): (&str, &str),
    filled_in: Vec<(String, String)>,
) -> Result<Vec<String>, ErrorData> {
    let found = match place {
        Place::Prompt(name) => prompts::owner(service, host, request, name).await?,
        Place::Template(uri) => resources::owner(service, host, request, uri).await?,
    };
    let Some((plugin, of)) = found else {
        return Ok(Vec::new());
    };
    let (argument, typed) = (argument.to_owned(), typed.to_owned());
    let is_of_prompt = matches!(place, Place::Prompt(_));
    let asking = Asking::new(host, &plugin, request, &["suggestions"], (None, None))?;
    let asked: PluginName = plugin.clone();
    let ran = asking
        .run(
            host,
            request.context,
            &service.dispatcher,
            |dispatcher, behalf, stop| async move {
                let blank = Blank {
                    of: &of,
                    argument: &argument,
                    typed: &typed,
                    filled_in: &filled_in,
                };
                let blank = match is_of_prompt {
                    true => Asked::ForPrompt(blank),
                    false => Asked::ForTemplate(blank),
                };
                dispatcher.request(&behalf, &asked, blank, stop.why()).await
            },
        )
        .await?;
    let answered = match ran {
        Ok(Came::To(Err(NotCalled::Call {
            why: CallError::OffersNone,
            ..
        }))) => return Ok(Vec::new()),
        Ok(Came::To(called)) => offered(host, called).map_err(|(why, _)| why),
        Ok(Came::Waits(_)) => Err("nobody is asked what fits".to_owned()),
        Err(why) => Err(why),
    };
    let listed = answered.and_then(|json| content::list::<String>(&json, OFFERED_MAX));
    let texts = listed.unwrap_or_else(|why| {
        tracing::warn!(%plugin, why, "what fits is left out");
        Vec::new()
    });
    let plain = |text: String| harmless(&host.secrets.redact(text)).into_owned();
    Ok(texts.into_iter().map(plain).collect())
}
