//! Asking a person whether a plugin that was just saved may have what it asks for. The answer comes from the client and
//! from no tool; where nobody can be asked, the operator's command is left.

use std::{collections::BTreeMap, time::Duration};

use rmcp::{
    RoleServer,
    model::{ElicitRequestParams, ElicitationAction, ElicitationSchema},
    service::{ElicitationMode, Peer},
};

use crate::{
    harmless::harmless,
    mcp::{Host, cut::cut},
    plugins::{Dispatcher, Saved},
};

/// How much of the source a person is shown, in bytes.
const SOURCE_SHOWN_MAX: usize = 4_000;

/// Asks, and grants what is asked for if the answer is yes. Says what became of it; nothing where nobody was asked.
pub async fn ask(
    host: &Host,
    dispatcher: &Dispatcher,
    peer: &Peer<RoleServer>,
    saved: &mut Saved,
    source: &str,
) -> Option<&'static str> {
    let modes = peer.supported_elicitation_modes();
    if !modes.contains(&ElicitationMode::Form) || saved.rights.is_complete() {
        return None;
    }
    let question = ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: host.secrets.redact(question(saved, source)),
        // Yes or no is in the answer's action; there is nothing to fill in.
        requested_schema: ElicitationSchema::new(BTreeMap::new()),
    };
    let patience: Duration = host.toolbox.consent_timeout();
    let asked = peer.create_elicitation_with_timeout(question, Some(patience));
    Some(match asked.await.map(|answer| answer.action) {
        Ok(ElicitationAction::Accept) => match dispatcher.grant(&saved.manifest).await {
            Ok(rights) => {
                saved.rights = rights;
                "a person granted it"
            }
            Err(error) => {
                tracing::warn!(%error, "what a person granted could not be written down");
                "a person granted it, and the grant could not be written; the operator has to do it"
            }
        },
        Ok(ElicitationAction::Decline) => "a person declined to grant it",
        Ok(_) => "a person was asked and did not answer",
        Err(_) => "nobody answered whether to grant it",
    })
}

/// What the person reads. The agent's own words come last, and are marked as such.
fn question(saved: &Saved, source: &str) -> String {
    let contents = saved.manifest.contents();
    let shown = match cut(source, SOURCE_SHOWN_MAX) {
        None => source.to_owned(),
        Some(cut) => format!("{}… ({} bytes in all)", cut.shown, cut.bytes),
    };
    let text = format!(
        "An agent saved the plugin `{}`, version {}. Every later session could call it. It asks for: {}\n\
         Grant that to this version of it? Directories are granted by `vesicle plugin grant` only.\n\
         Its source, as the agent wrote it:\n{shown}",
        contents.name,
        contents.version,
        saved.rights.missing(),
    );
    harmless(&text).into_owned()
}
