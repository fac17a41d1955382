//! What plugins ask of callers, as MCP has it: elicitation, sampling and roots.
#![expect(
    deprecated,
    reason = "clients of every revision so far may answer such questions"
)]

use std::time::Duration;

use rmcp::{
    RoleServer,
    model::{
        ClientCapabilities, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
        ElicitResult, ElicitationSchema, InputRequest, ListRootsResult, RequestParamsMeta as _,
        Role, SamplingMessage, SamplingMessageContentBlock,
    },
    service::{Peer, RequestContext, ServiceError},
};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use vesicle_sandbox::{Askable, Asked, CapabilityError, Question};

use crate::{harmless::harmless, mcp::tasks::Job, secrets::Secrets};

/// How long the client may take for an answer.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(600);

/// A question as it is sent.
#[derive(Debug)]
pub enum Sent {
    /// To a person.
    Form(Box<ElicitRequestParams>),
    /// To their model.
    Model(Box<CreateMessageRequestParams>),
    /// For their directories.
    Roots,
}

/// What this client says it can be asked for.
pub fn askable(context: &RequestContext<RoleServer>) -> Askable {
    let Some(capabilities) = context.client_capabilities() else {
        return Askable::default();
    };
    let elicitation = capabilities.elicitation.as_ref();
    Askable {
        // One that names no mode knows forms.
        form: elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none()),
        model: capabilities.sampling.is_some(),
        roots: capabilities.roots.is_some(),
    }
}

/// Whether this can be asked there.
pub fn can(askable: Askable, question: &Question) -> bool {
    match &question.asked {
        Asked::Form { .. } => askable.form,
        Asked::Model { .. } => askable.model,
        Asked::Roots => askable.roots,
    }
}

/// Adds what this question needs.
pub fn note(needed: &mut Askable, question: &Question) {
    match &question.asked {
        Asked::Form { .. } => needed.form = true,
        Asked::Model { .. } => needed.model = true,
        Asked::Roots => needed.roots = true,
    }
}

/// What a client has to declare for this.
pub fn capabilities(needed: Askable) -> ClientCapabilities {
    let mut capabilities = ClientCapabilities::builder()
        .enable_elicitation()
        .enable_sampling()
        .enable_roots()
        .build();
    if !needed.form {
        capabilities.elicitation = None;
    }
    if !needed.model {
        capabilities.sampling = None;
    }
    if !needed.roots {
        capabilities.roots = None;
    }
    capabilities
}

/// A plugin's question, as it is sent. A person reads who asks.
///
/// # Errors
/// It is none that can be asked, or not of this client.
pub fn sent(
    question: &Question,
    plugin: &str,
    askable: Askable,
    secrets: &Secrets,
) -> Result<Sent, CapabilityError> {
    let plain = |text: &str| harmless(&secrets.redact(text.to_owned())).into_owned();
    let what = match &question.asked {
        Asked::Form { .. } => "shows no forms (`elicitation`)",
        Asked::Model { .. } => "asks no model (`sampling`)",
        Asked::Roots => "tells no directories (`roots`)",
    };
    if !can(askable, question) {
        return Err(CapabilityError::Denied(format!(
            "`{}` cannot be asked: the client says that it {what}; see `can-be-asked`",
            question.name
        )));
    }
    Ok(match &question.asked {
        Asked::Form { message, schema } => {
            let schema = secrets.redact(schema.get().to_owned());
            let requested_schema: ElicitationSchema =
                serde_json::from_str(&schema).map_err(|error| {
                    CapabilityError::InvalidInput(format!(
                        "the schema of `{}` is none of a form: {error}",
                        question.name
                    ))
                })?;
            Sent::Form(Box::new(ElicitRequestParams::FormElicitationParams {
                meta: None,
                message: format!("{}\n(asked by the plugin `{plugin}`)", plain(message)),
                requested_schema,
            }))
        }
        Asked::Model {
            text,
            system,
            tokens_max,
        } => {
            let text = SamplingMessageContentBlock::text(plain(text));
            let message = SamplingMessage::new(Role::User, text);
            let mut params = CreateMessageRequestParams::new(vec![message], *tokens_max);
            params.system_prompt = system.as_deref().map(plain);
            Sent::Model(Box::new(params))
        }
        Asked::Roots => Sent::Roots,
    })
}

impl Sent {
    /// As part of an answer that says that it is needed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn as_input_request(&self) -> Result<InputRequest, serde_json::Error> {
        let request = match self {
            Self::Form(params) => json!({"method": "elicitation/create", "params": params}),
            Self::Model(params) => json!({"method": "sampling/createMessage", "params": params}),
            Self::Roots => json!({"method": "roots/list", "params": {}}),
        };
        serde_json::from_value(request)
    }

    /// As a question of this task.
    pub fn related(mut self, job: &Job) -> Self {
        match &mut self {
            Self::Form(params) => *params.meta_mut() = Some(job.related()),
            Self::Model(params) => *params.meta_mut() = Some(job.related()),
            Self::Roots => {}
        }
        self
    }

    /// Asks the client, and waits.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn ask(self, peer: &Peer<RoleServer>) -> Result<Box<RawValue>, CapabilityError> {
        let asking = async {
            Ok::<_, ServiceError>(match self {
                Self::Form(params) => {
                    let within = Some(ANSWER_TIME_MAX);
                    let answer = peer
                        .create_elicitation_with_timeout(*params, within)
                        .await?;
                    told_form(answer)
                }
                Self::Model(params) => told(&peer.create_message(*params).await?),
                Self::Roots => told(&peer.list_roots().await?),
            })
        };
        match tokio::time::timeout(ANSWER_TIME_MAX, asking).await {
            Ok(Ok(Some(answer))) => Ok(answer),
            Ok(Ok(None)) => Err(CapabilityError::Failed(
                "the answer cannot be told".to_owned(),
            )),
            Ok(Err(error)) => Err(CapabilityError::Failed(format!(
                "the client did not answer: {error}"
            ))),
            Err(_) => Err(CapabilityError::Timeout(format!(
                "nobody answered within {} s",
                ANSWER_TIME_MAX.as_secs()
            ))),
        }
    }
}

/// What a client answered to this question, if it is an answer to it.
pub fn answered(question: &Question, answer: &Value) -> Option<Box<RawValue>> {
    let answer = answer.clone();
    match &question.asked {
        Asked::Form { .. } => told_form(serde_json::from_value::<ElicitResult>(answer).ok()?),
        Asked::Model { .. } => told(&serde_json::from_value::<CreateMessageResult>(answer).ok()?),
        Asked::Roots => told(&serde_json::from_value::<ListRootsResult>(answer).ok()?),
    }
}

fn told_form(answer: ElicitResult) -> Option<Box<RawValue>> {
    let mut told = json!({ "action": answer.action });
    if let Some(content) = answer.content {
        told["content"] = content;
    }
    to_raw_value(&told).ok()
}

fn told(answer: &impl serde::Serialize) -> Option<Box<RawValue>> {
    to_raw_value(answer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Question {
        let schema =
            r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#;
        Question {
            name: "who".to_owned(),
            asked: Asked::Form {
                message: "Your name?\u{1b}[2J".to_owned(),
                schema: RawValue::from_string(schema.to_owned()).unwrap(),
            },
        }
    }

    fn all() -> Askable {
        Askable {
            form: true,
            model: true,
            roots: true,
        }
    }

    #[test]
    fn a_person_reads_who_asks() {
        let sent = sent(&form(), "names", all(), &Secrets::default()).unwrap();
        let request = serde_json::to_value(sent.as_input_request().unwrap()).unwrap();
        assert_eq!(request["method"], "elicitation/create");
        assert_eq!(
            request["params"]["message"],
            "Your name?\n(asked by the plugin `names`)"
        );
        assert_eq!(
            request["params"]["requestedSchema"]["required"],
            json!(["name"])
        );
    }

    #[test]
    fn what_a_client_does_not_know_is_not_asked() {
        for asked in [
            form().asked,
            Asked::Model {
                text: "a".to_owned(),
                system: None,
                tokens_max: 1,
            },
            Asked::Roots,
        ] {
            let question = Question {
                name: "q".to_owned(),
                asked,
            };
            let secrets = Secrets::default();
            let refused = sent(&question, "p", Askable::default(), &secrets).unwrap_err();
            assert!(matches!(refused, CapabilityError::Denied(_)), "{refused}");
            assert!(sent(&question, "p", all(), &secrets).is_ok());
            assert!(answered(&question, &json!(12_345)).is_none());
        }
    }

    #[test]
    fn answers_are_what_the_contract_says() {
        let accepted = json!({"action": "accept", "content": {"name": "Ada"}, "_meta": {"x": 1}});
        let told = answered(&form(), &accepted).unwrap();
        assert_eq!(
            told.get(),
            r#"{"action":"accept","content":{"name":"Ada"}}"#
        );
        let told = answered(&form(), &json!({"action": "decline"})).unwrap();
        assert_eq!(told.get(), r#"{"action":"decline"}"#);
        assert!(answered(&form(), &json!({"action": "shrug"})).is_none());
    }
}
