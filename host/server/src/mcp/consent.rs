//! Asking a person about a call, by MCP elicitation.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use rmcp::{
    RoleServer,
    model::{
        ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
        RequestParamsMeta as _,
    },
    service::{ElicitationMode, Peer, RequestContext, ServiceError},
};
use vesicle_bridge::{AskConsent, Consent, ConsentRequest};

use super::{
    plugins::Sent,
    revision::has_sessions,
    tasks::{Asks, Job, can_show_forms},
};
use crate::{harmless::harmless, secrets::Secrets};

/// How much of the arguments a person is shown, in bytes.
const ARGUMENTS_SHOWN_MAX: usize = 2_000;
/// How much of a tool's description a person is shown, in bytes.
const DESCRIPTION_SHOWN_MAX: usize = 300;
/// Longer than any configured time: the bridge gives up first.
const ANSWER_MAX: Duration = Duration::from_secs(2 * 3_600);

/// Asks whoever sits before the client.
struct Elicitation {
    way: Way,
    secrets: Secrets,
}

/// How the client is asked.
enum Way {
    /// By a request of this server; where the call is a task, that says so meanwhile.
    Request(Peer<RoleServer>, Option<Arc<Job>>),
    /// By an answer to the client's own request, whose next one brings the person's.
    Answer(Arc<Job>),
}

/// Somebody to ask, if the client can ask. Without a session only a call that may outlive its request can wait.
pub fn consent(
    context: &RequestContext<RoleServer>,
    secrets: &Secrets,
) -> Option<Arc<dyn AskConsent>> {
    let job = context
        .extensions
        .get::<Asks>()
        .map(|asks| asks.job.clone());
    let way = if has_sessions(context) {
        let modes = context.peer.supported_elicitation_modes();
        let can = modes.contains(&ElicitationMode::Form);
        can.then(|| Way::Request(context.peer.clone(), job))
    } else {
        job.filter(|_| can_show_forms(context)).map(Way::Answer)
    };
    let secrets = secrets.clone();
    way.map(|way| Arc::new(Elicitation { way, secrets }) as Arc<dyn AskConsent>)
}

impl Way {
    async fn ask(&self, mut params: ElicitRequestParams) -> Result<ElicitationAction, String> {
        let told = |error: ServiceError| error.to_string();
        match self {
            Self::Request(peer, job) => {
                let _asking = job.as_ref().map(|job| job.asking());
                if let Some(job) = job {
                    *params.meta_mut() = Some(job.related());
                }
                let asked = peer.create_elicitation_with_timeout(params, Some(ANSWER_MAX));
                Ok(asked.await.map_err(told)?.action)
            }
            Self::Answer(job) => {
                let request = Sent::Form(Box::new(params)).as_input_request();
                let request = request.map_err(|error| error.to_string())?;
                let answers = job.ask(vec![request]).await?;
                let answer = answers.into_iter().next().unwrap_or_default();
                let answer = serde_json::from_value::<ElicitResult>(answer);
                Ok(answer.map_err(|error| error.to_string())?.action)
            }
        }
    }
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
        match self.way.ask(params).await {
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
