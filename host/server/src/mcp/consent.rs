//! Asking a person about a call, by MCP elicitation.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use rmcp::{
    RoleServer,
    model::{ElicitRequestParams, ElicitationAction, ElicitationSchema},
    service::{ElicitationMode, Peer},
};
use vesicle_bridge::{AskConsent, Consent, ConsentRequest};

use crate::{harmless::harmless, secrets::Secrets};

/// How much of the arguments a person is shown, in bytes.
const ARGUMENTS_SHOWN_MAX: usize = 2_000;
/// How much of a tool's description a person is shown, in bytes.
const DESCRIPTION_SHOWN_MAX: usize = 300;
/// Longer than any configured time: the bridge gives up first.
const ANSWER_MAX: Duration = Duration::from_secs(2 * 3_600);

/// Asks whoever sits before the client.
struct Elicitation {
    peer: Peer<RoleServer>,
    secrets: Secrets,
}

/// Somebody to ask, if the client can ask.
pub fn consent(peer: &Peer<RoleServer>, secrets: &Secrets) -> Option<Arc<dyn AskConsent>> {
    let modes = peer.supported_elicitation_modes();
    modes.contains(&ElicitationMode::Form).then(|| {
        Arc::new(Elicitation {
            peer: peer.clone(),
            secrets: secrets.clone(),
        }) as Arc<dyn AskConsent>
    })
}

#[async_trait]
impl AskConsent for Elicitation {
    async fn ask(&self, request: &ConsentRequest<'_>) -> Consent {
        let params = ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: self.secrets.redact(question(request)),
            // Yes or no is in the answer's action; there is nothing to fill in.
            requested_schema: ElicitationSchema::new(BTreeMap::new()),
        };
        let asked = self
            .peer
            .create_elicitation_with_timeout(params, Some(ANSWER_MAX))
            .await;
        match asked.map(|answer| answer.action) {
            Ok(ElicitationAction::Accept) => Consent::Granted,
            Ok(ElicitationAction::Decline) => Consent::Refused("it was declined".to_owned()),
            Ok(_) => Consent::Refused("the question was dismissed".to_owned()),
            Err(error) => Consent::Refused(format!("the client could not ask: {error}")),
        }
    }
}

/// What the person reads. The tool's own words come last, and are marked as such.
fn question(request: &ConsentRequest<'_>) -> String {
    let ConsentRequest {
        caller,
        server,
        tool,
        description,
        arguments,
    } = request;
    let arguments = serde_json::to_string_pretty(arguments).unwrap_or_default();
    let arguments = shortened(&arguments, ARGUMENTS_SHOWN_MAX);
    let mut text = format!("Code in {caller} wants to call {server}.{tool} with\n{arguments}");
    if let Some(description) = description {
        let description = shortened(description, DESCRIPTION_SHOWN_MAX);
        text.push_str(&format!("\nIts server says of it: {description}"));
    }
    harmless(&text).into_owned()
}

fn shortened(text: &str, bytes_max: usize) -> String {
    match super::cut::cut(text, bytes_max) {
        None => text.to_owned(),
        Some(cut) => format!("{}… ({} bytes in all)", cut.shown, cut.bytes),
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::object;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_person_reads_what_would_be_done() {
        let arguments = object(json!({"path": "/a\u{202e}b", "text": "x".repeat(3_000)}));
        let text = question(&ConsentRequest {
            caller: "the profile `default`",
            server: "files",
            tool: "write",
            description: Some("Writes\u{1b}[2J."),
            arguments: &arguments,
        });
        assert!(text.starts_with("Code in the profile `default` wants to call files.write with\n"));
        assert!(text.contains("… (3"), "{text}");
        assert!(text.ends_with("Its server says of it: Writes."), "{text}");
        assert!(!text.contains('\u{202e}'));
    }
}
