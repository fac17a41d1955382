//! Who may call what.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use globset::{GlobBuilder, GlobMatcher};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::ToolError;

/// How long a person may take to answer, unless the caller says otherwise.
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(120);

/// What a rule says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may be made.
    Allow,
    /// A person decides, each time.
    Ask,
    /// It may not be made.
    Deny,
}

/// Rules over servers and tools. What no rule speaks of is denied; of several that match, the strictest holds, so that
/// their order does not matter.
#[derive(Debug, Clone, Default)]
pub struct Grants(Vec<Rule>);

#[derive(Debug, Clone)]
struct Rule {
    server: GlobMatcher,
    tool: GlobMatcher,
    decision: Decision,
}

/// The pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{pattern}` names no tools: {what}. Write `server.tool`, with `*` for any text, as in `github.get_*` or `*.*`"
)]
pub struct InvalidPattern {
    pattern: String,
    what: String,
}

impl Grants {
    /// No call at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every call, as for the operator at the command line.
    pub fn everything() -> Self {
        Self::default()
            .with("*.*", Decision::Allow)
            .unwrap_or_default()
    }

    /// These, and a rule for the tools that match `server.tool`. A pattern without a dot means all tools of a server.
    pub fn with(mut self, pattern: &str, decision: Decision) -> Result<Self, InvalidPattern> {
        let (server, tool) = pattern.split_once('.').unwrap_or((pattern, "*"));
        let compile = |part: &str| {
            if part.is_empty() {
                return Err(InvalidPattern {
                    pattern: pattern.to_owned(),
                    what: "a part of it is empty".to_owned(),
                });
            }
            // `*` matches a `/` as well: names of tools are no paths.
            let glob = GlobBuilder::new(part)
                .literal_separator(false)
                .backslash_escape(true)
                .build();
            glob.map(|glob| glob.compile_matcher())
                .map_err(|error| InvalidPattern {
                    pattern: pattern.to_owned(),
                    what: error.kind().to_string(),
                })
        };
        let (server, tool) = (compile(server)?, compile(tool)?);
        self.0.push(Rule {
            server,
            tool,
            decision,
        });
        Ok(self)
    }

    /// What the rules say of this tool.
    pub fn decide(&self, server: &str, tool: &str) -> Decision {
        let matching = self
            .0
            .iter()
            .filter(|rule| rule.server.is_match(server) && rule.tool.is_match(tool));
        matching
            .map(|rule| rule.decision)
            .max()
            .unwrap_or(Decision::Deny)
    }

    /// Whether any tool of this server may be reached; what is not reachable need not be named to the caller.
    pub fn reaches(&self, server: &str) -> bool {
        self.0
            .iter()
            .any(|rule| rule.decision != Decision::Deny && rule.server.is_match(server))
    }
}

/// What a person is asked.
#[derive(Debug)]
pub struct ConsentRequest<'a> {
    /// On whose behalf.
    pub caller: &'a str,
    /// The server.
    pub server: &'a str,
    /// The tool.
    pub tool: &'a str,
    /// What it does, in its server's words.
    pub description: Option<&'a str>,
    /// What it would be called with.
    pub arguments: &'a Map<String, Value>,
}

/// What the person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Yes, this once.
    Granted,
    /// No, or nobody can be asked; with the reason.
    Refused(String),
}

/// Asks a person, by MCP elicitation for one.
#[async_trait]
pub trait AskConsent: Send + Sync {
    /// Asks about one call. Given up after the caller's `consent_timeout`, which counts as a refusal.
    async fn ask(&self, request: &ConsentRequest<'_>) -> Consent;
}

/// On whose behalf calls are made.
#[derive(Clone)]
pub struct Caller {
    /// A profile, plugin or session, for messages and questions.
    pub name: String,
    /// What it may call.
    pub grants: Arc<Grants>,
    /// Who is asked where the grants say so. Nobody means no.
    pub consent: Option<Arc<dyn AskConsent>>,
    /// How long a question may stay unanswered.
    pub consent_timeout: Duration,
}

impl Caller {
    /// A caller with these grants, on whose behalf nobody can be asked.
    pub fn new(name: impl Into<String>, grants: Arc<Grants>) -> Self {
        Self {
            name: name.into(),
            grants,
            consent: None,
            consent_timeout: CONSENT_TIMEOUT,
        }
    }

    /// The same, with somebody to ask.
    #[must_use]
    pub fn with_consent(mut self, consent: Arc<dyn AskConsent>) -> Self {
        self.consent = Some(consent);
        self
    }

    pub(super) async fn ask(&self, request: &ConsentRequest<'_>) -> Result<(), ToolError> {
        let (server, tool) = (request.server, request.tool);
        let Some(consent) = &self.consent else {
            return Err(ToolError::denied(format!(
                "`{server}.{tool}` needs a person's consent, and this client cannot ask for it: use one with elicitation, or allow the tool in the configuration"
            )));
        };
        match tokio::time::timeout(self.consent_timeout, consent.ask(request)).await {
            Ok(Consent::Granted) => Ok(()),
            Ok(Consent::Refused(reason)) => Err(ToolError::denied(format!(
                "`{server}.{tool}` was not consented to: {reason}"
            ))),
            Err(_) => Err(ToolError::denied(format!(
                "nobody consented to `{server}.{tool}` within {:?}",
                self.consent_timeout
            ))),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("name", &self.name)
            .field("grants", &self.grants)
            .field("can_ask", &self.consent.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_rule_holds_whatever_the_order() {
        let rules = [
            ("github.*", Decision::Allow),
            ("github.delete_*", Decision::Ask),
            ("*.delete_repository", Decision::Deny),
            ("files.{read,list}", Decision::Allow),
            ("memory", Decision::Allow),
        ];
        for order in [rules.to_vec(), rules.iter().rev().copied().collect()] {
            let grants = order
                .iter()
                .try_fold(Grants::none(), |grants, (pattern, decision)| {
                    grants.with(pattern, *decision)
                })
                .unwrap();
            for (server, tool, decision) in [
                ("github", "get_issue", Decision::Allow),
                ("github", "get/issue.v2", Decision::Allow),
                ("github", "delete_branch", Decision::Ask),
                ("github", "delete_repository", Decision::Deny),
                ("files", "read", Decision::Allow),
                ("files", "write", Decision::Deny),
                ("memory", "anything", Decision::Allow),
                ("other", "read", Decision::Deny),
                ("github2", "get_issue", Decision::Deny),
            ] {
                assert_eq!(grants.decide(server, tool), decision, "{server}.{tool}");
            }
            assert!(grants.reaches("files") && !grants.reaches("other"));
        }
        assert_eq!(Grants::everything().decide("a", "b"), Decision::Allow);
        assert_eq!(Grants::none().decide("a", "b"), Decision::Deny);
    }

    #[test]
    fn patterns_that_are_none() {
        for pattern in ["", ".", "a.", ".b", "a.[", "{a.b"] {
            let error = Grants::none()
                .with(pattern, Decision::Allow)
                .unwrap_err()
                .to_string();
            assert!(error.contains("server.tool"), "{error}");
        }
    }
}
