//! Prompts and resources of plugins: asked of their components as tools are called, with the same rights, limits and log.

use std::time::Instant;

use serde_json::value::RawValue;
use vesicle_plugins::{Request, name::PluginName};

use super::{Called, Dispatcher, Named, NotCalled, OnBehalf, PREFIX, as_limits};

impl Dispatcher {
    /// Asks a plugin for what it offers, until `stop` says why nobody waits for it any more.
    ///
    /// # Errors
    /// See [`NotCalled`].
    pub async fn request(
        &self,
        behalf: &OnBehalf,
        plugin: &PluginName,
        request: Request<'_>,
        stop: impl Future<Output = &'static str>,
    ) -> Result<Called, NotCalled> {
        let named = Named {
            plugin: plugin.clone(),
            tool: request.name().to_owned(),
        };
        if !behalf.profile.plugins.grants().reaches(plugin.as_str()) {
            return Err(NotCalled::NotAllowed {
                name: named.text(),
                profile: behalf.profile.name.clone(),
            });
        }
        let chain = behalf.chain.with(&named)?;
        let told = format!("{PREFIX}{}", named.text());
        let recording = self.begin(behalf, &told, RawValue::NULL)?;
        let work = async {
            let sandbox = self.at_depth(behalf.chain.depth()).await?;
            let (ready, rights) = self.opened(plugin, &sandbox).await?;
            let limits = as_limits(&rights.effective, behalf.profile.limits);
            let tools = self.tools_of(plugin, &rights, behalf, chain);
            let grants = self.granted(plugin, &rights, behalf, tools, &recording)?;
            let session = behalf.who.account.as_deref().map(Into::into);
            let asked = ready
                .tools
                .request(&sandbox, request, limits, grants, session);
            let outcome = asked.await.map_err(|why| NotCalled::Call {
                plugin: plugin.clone(),
                why,
            })?;
            let grant_by = self.plugins().grant_by(plugin, &rights);
            Ok(Called::of(outcome, false, &rights, grant_by, false))
        };
        let began = Instant::now();
        let (answer, ended) = self.finish(behalf, &recording, began, work, stop).await;
        recording.end(ended).await?;
        answer
    }
}
