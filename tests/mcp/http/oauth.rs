//! Tokens of an authorization server that others make: `oidc-provider`, which its tests certify for OpenID.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{HttpHost, initialize};
use crate::support::in_repository;

/// An authorization server on this machine.
pub struct Authorization {
    server: Child,
    lines: BufReader<ChildStdout>,
    pub issuer: String,
}

impl Authorization {
    pub fn start(algorithm: &str) -> Self {
        let directory = in_repository("tests/servers/authorization");
        assert!(
            directory.join("node_modules/.installed-from").exists(),
            "the server is not installed: run tests/clients/setup.sh"
        );
        let mut command = Command::new("node");
        command.arg(directory.join("server.mjs")).arg(algorithm);
        let mut server = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap());
        let mut started = Self {
            server,
            lines,
            issuer: String::new(),
        };
        started.issuer = started.line();
        started
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "it ended");
        line.trim().to_owned()
    }

    fn take_another_key(&mut self) {
        let id = self.server.id().to_string();
        let sent = Command::new("kill").args(["-HUP", &id]).status().unwrap();
        assert!(sent.success());
        assert_eq!(self.line(), "another key");
    }

    /// The value of `Authorization` with a token for `client`.
    async fn token(&self, client: &str, resource: &str, scope: &str) -> String {
        let asked = format!(
            "grant_type=client_credentials&client_id={client}&client_secret=a+secret+of+tests&scope={}&resource={resource}",
            scope.replace(' ', "+")
        );
        let request = super::client()
            .post(format!("{}/token", self.issuer))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(asked);
        let answer = super::answer(request).await;
        let given: Value = serde_json::from_str(&answer.text).unwrap();
        let token = given["access_token"].as_str();
        format!("Bearer {}", token.unwrap_or_else(|| panic!("{given}")))
    }
}

impl Drop for Authorization {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn host(issuer: &str) -> HttpHost {
    let toml = format!(
        "[auth]\nissuer = \"{issuer}\"\nscopes = [\"mcp\"]\n\
         scope_profiles = [\"mcp:all=default\", \"mcp:few=restrictive\"]\n\
         [accounts.ci]\nsubjects = [\"robot\"]\nadmin = true\n\
         [accounts.one]\nsubjects = [\"jane\"]\n\
         [accounts.other]\nsubjects = [\"joan\"]\n"
    );
    HttpHost::start_with(&toml, &|_| {}, &[])
}

#[tokio::test]
async fn a_client_is_told_whose_tokens_are_taken() {
    let issuer = Authorization::start("ES256");
    let host = host(&issuer.issuer);
    let refused = host.post(&initialize(), &[]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let metadata = host.url("/.well-known/oauth-protected-resource/mcp");
    assert_eq!(
        refused.header("www-authenticate").unwrap(),
        format!(
            "Bearer realm=\"vesicle\", scope=\"mcp mcp:few\", resource_metadata=\"{metadata}\""
        )
    );
    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource",
    ] {
        let told = host.get(path, &[]).await;
        assert_eq!(told.status, StatusCode::OK);
        assert_eq!(
            told.message(),
            json!({
                "resource": host.url("/mcp"),
                "authorization_servers": [issuer.issuer],
                "scopes_supported": ["mcp", "mcp:all", "mcp:few"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Vesicle",
            })
        );
    }
    let other = host
        .get("/.well-known/oauth-protected-resource/x", &[])
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn tokens_of_the_issuer_are_taken_whatever_they_are_signed_by() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let issuer = Authorization::start(algorithm);
        let host = host(&issuer.issuer);
        let token = issuer
            .token("robot", &host.url("/mcp"), "mcp mcp:all")
            .await;
        let value = host.run("return 1", &[("authorization", &token)]).await;
        assert_eq!(value, 1, "{algorithm}");
    }
}

#[tokio::test]
async fn tokens_for_others_and_with_too_little_are_refused() {
    let issuer = Authorization::start("ES256");
    let host = host(&issuer.issuer);
    let here = host.url("/mcp");
    let another = Authorization::start("ES256");
    let metadata = host.url("/.well-known/oauth-protected-resource/mcp");
    for (token, status, challenge) in [
        (
            issuer
                .token("robot", "http://127.0.0.1:1/mcp", "mcp mcp:all")
                .await,
            StatusCode::UNAUTHORIZED,
            Some("invalid_token"),
        ),
        (
            another.token("robot", &here, "mcp mcp:all").await,
            StatusCode::UNAUTHORIZED,
            Some("invalid_token"),
        ),
        (
            issuer.token("robot", &here, "mcp").await,
            StatusCode::FORBIDDEN,
            Some("insufficient_scope"),
        ),
        (
            issuer.token("stranger", &here, "mcp mcp:all").await,
            StatusCode::FORBIDDEN,
            None,
        ),
        (
            format!("Bearer {}", "x".repeat(20_000)),
            StatusCode::UNAUTHORIZED,
            Some("invalid_token"),
        ),
    ] {
        let answer = host.post(&initialize(), &[("authorization", &token)]).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let told = challenge.map(|error| {
            format!(
                "Bearer realm=\"vesicle\", error=\"{error}\", scope=\"mcp mcp:few\", resource_metadata=\"{metadata}\""
            )
        });
        assert_eq!(answer.header("www-authenticate"), told.as_deref());
    }
    // The profile that the scope gives.
    let few = issuer.token("robot", &here, "mcp mcp:few").await;
    let few = [("authorization", &*few)];
    assert_eq!(host.run("return 1", &few).await, 1);
    let asked = json!({"code": "return 1", "profile": "default"});
    let answer = host
        .call("execute_agent_code", &asked, &few)
        .await
        .message();
    let told = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(told.contains("`default` is not open to callers"), "{told}");
    // An admin's token with less is no admin's.
    assert_eq!(
        host.get("/metrics", &few).await.status,
        StatusCode::FORBIDDEN
    );
    let all = issuer.token("robot", &here, "mcp mcp:all").await;
    let all = [("authorization", &*all)];
    assert_eq!(host.get("/metrics", &all).await.status, StatusCode::OK);
    // Tokens of this host's own are taken as well.
    let own = host.vesicle(&["token", "create", "--name", "own"]);
    let own = format!("Bearer {own}");
    assert_eq!(host.run("return 2", &[("authorization", &own)]).await, 2);
}

#[tokio::test]
async fn forged_tokens_lock_out_and_right_ones_pass() {
    let mut issuer = Authorization::start("ES256");
    let host = host(&issuer.issuer);
    let here = host.url("/mcp");
    let right = issuer.token("robot", &here, "mcp mcp:all").await;
    assert_eq!(host.run("return 1", &[("authorization", &right)]).await, 1);
    // Keys that came just now are not asked for again at once, whatever tokens come.
    issuer.take_another_key();
    let unknown = issuer.token("robot", &here, "mcp mcp:all").await;
    let mut last = None;
    for _ in 0..8 {
        let answer = host
            .post(&initialize(), &[("authorization", &unknown)])
            .await;
        last = Some(answer.status);
    }
    assert_eq!(last, Some(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(host.run("return 1", &[("authorization", &right)]).await, 1);
}

#[tokio::test]
async fn without_the_issuers_keys_a_token_has_to_wait() {
    let issuer = Authorization::start("ES256");
    let host = host("http://127.0.0.1:9");
    let token = issuer
        .token("robot", &host.url("/mcp"), "mcp mcp:all")
        .await;
    let answer = host.post(&initialize(), &[("authorization", &token)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(answer.header("retry-after").is_some());
}

/// Metadata, registration, login in a browser, PKCE, and the call: all by the client's own means.
#[test]
fn the_official_client_logs_in() {
    let issuer = Authorization::start("RS256");
    let host = host(&issuer.issuer);
    let ran = Command::new("node")
        .arg(in_repository("tests/clients/typescript/oauth.mjs"))
        .arg(host.url("/mcp"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
}
