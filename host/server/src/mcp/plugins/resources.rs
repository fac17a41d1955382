//! Resources of plugins. A plugin names its own as it likes; for clients they lie at
//! `vesicle://plugins/NAME/resources/ADDRESS`, so that no plugin can pass for another or for this server, unless the
//! operator lets its names stand alone.

use percent_encoding::{percent_decode_str, utf8_percent_encode};
use rmcp::{
    ErrorData,
    model::{
        ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    },
};
use vesicle_plugins::{
    Request as Asked,
    content::{self, Document, Link, PARTS_MAX, Template},
    name::PluginName,
};

use super::{
    Request, Service,
    call::{Asking, Came, offered},
};
use crate::{
    harmless::harmless,
    mcp::{Host, resources::ENCODED},
    plugins::shown,
};

/// This server's own addresses.
const OWN: &str = "vesicle:";
const PREFIX: &str = "vesicle://plugins/";
const BETWEEN: &str = "/resources/";

/// The address of a plugin's resource for clients.
fn address(service: &Service, plugin: &PluginName, uri: &str) -> String {
    match service.dispatcher.is_bare(plugin) {
        true => uri.to_owned(),
        false => format!(
            "{PREFIX}{plugin}{BETWEEN}{}",
            utf8_percent_encode(uri, ENCODED)
        ),
    }
}

/// The same for a template, whose expressions stay.
fn form(service: &Service, plugin: &PluginName, template: &str) -> String {
    if service.dispatcher.is_bare(plugin) {
        return template.to_owned();
    }
    let mut encoded = format!("{PREFIX}{plugin}{BETWEEN}");
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        encoded.extend(utf8_percent_encode(literal, ENCODED));
        let (expression, after) = after.split_once('}').unwrap_or((after, ""));
        encoded.push_str(&format!("{{{expression}}}"));
        rest = after;
    }
    encoded.extend(utf8_percent_encode(rest, ENCODED));
    encoded
}

/// Whose resource this is, and its address there.
fn named(uri: &str) -> Option<(PluginName, String)> {
    let (plugin, uri) = uri.strip_prefix(PREFIX)?.split_once(BETWEEN)?;
    let uri = percent_decode_str(uri).decode_utf8().ok()?;
    Some((PluginName::parse(plugin).ok()?, uri.into_owned()))
}

/// All that is listed.
///
/// # Errors
/// See [`Asking::new`].
pub async fn all(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
) -> Result<Vec<Resource>, ErrorData> {
    let mut all = Vec::new();
    for plugin in service.offering(host, |offers| offers.resources).await {
        let links = super::listed::<Link>(service, host, request, &plugin, Asked::Resources);
        for link in links.await? {
            let Ok(mut resource) = shown::resource(link) else {
                tracing::warn!(%plugin, "a resource without an address is left out");
                continue;
            };
            if is_own(service, &plugin, &resource.uri) {
                continue;
            }
            resource.uri = address(service, &plugin, &resource.uri);
            resource.name = harmless(&resource.name).into_owned();
            resource.title = resource.title.map(plain);
            resource.description = resource.description.map(plain);
            all.push(resource);
        }
    }
    Ok(all)
}

/// The forms of addresses.
///
/// # Errors
/// See [`Asking::new`].
pub async fn templates(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
) -> Result<Vec<ResourceTemplate>, ErrorData> {
    let all = forms(service, host, request).await?.into_iter();
    Ok(all.map(|form| form.template).collect())
}

/// A form of addresses of a plugin's.
struct Form {
    plugin: PluginName,
    /// Its name there.
    name: String,
    /// As clients are told of it.
    template: ResourceTemplate,
}

/// Whose form of addresses this is, and its name there.
///
/// # Errors
/// See [`Asking::new`].
pub async fn owner(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
    uri_template: &str,
) -> Result<Option<(PluginName, String)>, ErrorData> {
    let mut all = forms(service, host, request).await?.into_iter();
    let found = all.find(|form| form.template.uri_template == uri_template);
    Ok(found.map(|found| (found.plugin, found.name)))
}

async fn forms(
    service: &Service,
    host: &Host,
    request: &Request<'_>,
) -> Result<Vec<Form>, ErrorData> {
    let mut all = Vec::new();
    for plugin in service.offering(host, |offers| offers.resources).await {
        let forms = super::listed::<Template>(service, host, request, &plugin, Asked::Templates);
        for said in forms.await? {
            if !shown::has_scheme(&said.uri_template)
                || is_own(service, &plugin, &said.uri_template)
            {
                tracing::warn!(%plugin, "a template without a scheme of its own is left out");
                continue;
            }
            let form = form(service, &plugin, &said.uri_template);
            let mut template = ResourceTemplate::new(form, plain(said.name.clone()));
            template.title = said.title.map(plain);
            template.description = said.description.map(plain);
            template.mime_type = said.mime_type;
            all.push(Form {
                plugin: plugin.clone(),
                name: said.name,
                template,
            });
        }
    }
    Ok(all)
}

fn plain(text: String) -> String {
    harmless(&text).into_owned()
}

/// Whether a plugin whose names stand alone takes an address of this server's.
fn is_own(service: &Service, plugin: &PluginName, uri: &str) -> bool {
    let is_own = service.dispatcher.is_bare(plugin) && uri.to_ascii_lowercase().starts_with(OWN);
    if is_own {
        tracing::warn!(%plugin, "an address of this server's is left out");
    }
    is_own
}

/// What lies there; nothing where no plugin has it.
///
/// # Errors
/// The plugin does not give it, or the client answers what was not asked.
pub async fn read(
    service: &Service,
    host: &Host,
    uri: &str,
    request: Request<'_>,
) -> Result<Option<ReadResourceResponse>, ErrorData> {
    if let Some((plugin, uri)) = named(uri) {
        return read_of(service, host, &plugin, &uri, &request).await;
    }
    if uri.to_ascii_lowercase().starts_with(OWN) || !shown::has_scheme(uri) {
        return Ok(None);
    }
    for plugin in service.offering(host, |offers| offers.resources).await {
        if service.dispatcher.is_bare(&plugin)
            && let Some(read) = read_of(service, host, &plugin, uri, &request).await?
        {
            return Ok(Some(read));
        }
    }
    Ok(None)
}

async fn read_of(
    service: &Service,
    host: &Host,
    plugin: &PluginName,
    uri: &str,
    request: &Request<'_>,
) -> Result<Option<ReadResourceResponse>, ErrorData> {
    let what = ["resources/read", plugin.as_str(), uri];
    let before = request.before.clone();
    let asking = Asking::new(host, plugin, request, &what, before)?;
    let (asked, place) = (plugin.clone(), uri.to_owned());
    let ran = asking
        .run(
            host,
            request.context,
            &service.dispatcher,
            |dispatcher, behalf, stop| async move {
                let read = Asked::Resource { uri: &place };
                dispatcher.request(&behalf, &asked, read, stop.why()).await
            },
        )
        .await?;
    let failed = |why: String| ErrorData::internal_error(why, None);
    let called = match ran.map_err(failed)? {
        Came::Waits(waits) => return Ok(Some(waits.into())),
        Came::To(called) => called,
    };
    let json = match offered(host, called) {
        Ok(json) => json,
        Err((_, true)) => return Ok(None),
        Err((why, false)) => return Err(failed(why)),
    };
    let documents = content::list::<Document>(&json, PARTS_MAX).and_then(|documents| {
        let contents = documents.into_iter().map(shown::contents);
        contents.collect::<Result<Vec<_>, _>>()
    });
    let mut documents =
        documents.map_err(|why| failed(format!("the resource of `{plugin}` is none: {why}")))?;
    for document in &mut documents {
        match document {
            ResourceContents::TextResourceContents { uri, text, .. } => {
                *text = harmless(text).into_owned();
                *uri = address(service, plugin, uri);
            }
            ResourceContents::BlobResourceContents { uri, .. } => {
                *uri = address(service, plugin, uri);
            }
            _ => {}
        }
    }
    // An empty list says that there is nothing.
    Ok(match documents.is_empty() {
        true => None,
        false => Some(ReadResourceResult::new(documents).into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_back_to_plugins() {
        let (plugin, uri) = named("vesicle://plugins/notes/resources/notes%3A%2F%2Fa%20b").unwrap();
        assert_eq!((plugin.as_str(), uri.as_str()), ("notes", "notes://a b"));
        for uri in [
            "vesicle://plugins/notes",
            "vesicle://plugins/No Plugin/resources/a",
            "vesicle://plugins/notes/resources/%ff",
            "notes://a",
        ] {
            assert!(named(uri).is_none(), "{uri}");
        }
    }
}
