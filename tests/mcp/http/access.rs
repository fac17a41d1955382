//! Who gets in, and what of others they see.

use std::{path::Path, process::Command};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{HttpHost, initialize, vesicle};
use crate::support::{VESICLE, unconfigured};

const REQUIRED: &str = "[auth]\nrequired = true\n";

fn token(data: &Path, arguments: &[&str]) -> String {
    let all: Vec<&str> = ["token", "create"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    format!("Bearer {}", vesicle(data, &all))
}

fn two_accounts() -> (HttpHost, String, String) {
    let host = HttpHost::start_with(REQUIRED, &|_| {}, &[]);
    let one = token(host.data(), &["--name", "one"]);
    let other = token(
        host.data(),
        &["--name", "other", "--profile", "restrictive"],
    );
    (host, one, other)
}

#[tokio::test]
async fn without_a_right_token_nobody_gets_in() {
    let (host, one, _) = two_accounts();
    assert_eq!(host.run("return 1", &[("authorization", &one)]).await, 1);
    let last = if one.ends_with('A') { "E" } else { "A" };
    let changed = format!("{}{last}", &one[..one.len() - 1]);
    for wrong in [
        None,
        Some("Bearer x"),
        Some("Basic b25lOnR3bw=="),
        Some(&*changed),
    ] {
        let headers: Vec<_> = wrong
            .iter()
            .map(|wrong| ("authorization", *wrong))
            .collect();
        let answer = host.post(&initialize(), &headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        );
        assert!(
            answer.text.contains("vesicle token create"),
            "{}",
            answer.text
        );
    }
    // Nobody has to show who they are to see whether it lives.
    assert_eq!(host.get("/healthz", &[]).await.status, StatusCode::OK);
}

/// An answer before the end of a body would break its stream off, and nobody would see the answer.
#[tokio::test]
async fn a_refusal_is_seen_over_http_2() {
    let (host, _, _) = two_accounts();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(super::tls())
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for _ in 0..20 {
        let request = client.post(host.url("/mcp")).body("x".repeat(100_000));
        let answer = request.bearer_auth("vesicle_x").send().await.unwrap();
        let status = answer.status();
        let is_refusal =
            [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS].contains(&status);
        assert!(is_refusal, "{status}");
        assert!(!answer.text().await.unwrap().is_empty());
    }
}

/// Also on this machine: who describes accounts means them.
#[tokio::test]
async fn accounts_that_are_described_need_their_tokens() {
    let host = HttpHost::start_with("[accounts.desk]\nadmin = true\n", &|_| {}, &[]);
    let nobody = host.post(&initialize(), &[]).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let open = HttpHost::start_with(
        "[auth]\nrequired = false\n[accounts.desk]\nadmin = true\n",
        &|_| {},
        &[],
    );
    assert_eq!(open.post(&initialize(), &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_that_is_taken_back_ends_at_once() {
    let (host, one, other) = two_accounts();
    assert_eq!(host.run("return 1", &[("authorization", &one)]).await, 1);
    host.vesicle(&["token", "revoke", "one"]);
    let answer = host.post(&initialize(), &[("authorization", &one)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(host.run("return 1", &[("authorization", &other)]).await, 1);
}

#[tokio::test]
async fn wrong_tokens_lock_out_for_longer_and_longer() {
    let (host, one, _) = two_accounts();
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(
            host.post(&initialize(), &[("authorization", "Bearer vesicle_x")])
                .await,
        );
    }
    let last = answers.last().unwrap();
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS, "{last:?}");
    assert!(last.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    // A right token that was not seen before has to wait as well.
    let answer = host.post(&initialize(), &[("authorization", &one)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn accounts_see_nothing_of_each_other() {
    let (host, one, other) = two_accounts();
    let (one, other) = ([("authorization", &*one)], [("authorization", &*other)]);
    // What programs keep.
    host.run("await state.set('secret', 'of one'); return 1", &one)
        .await;
    assert_eq!(
        host.run("return await state.get('secret') ?? null", &other)
            .await,
        json!(null)
    );
    assert_eq!(
        host.run("return await state.get('secret')", &one).await,
        "of one"
    );
    // Episodes.
    let episode =
        json!({"task_description": "learn a secret", "domain": "d", "task_type": "analysis"});
    let made = host.call("create_episode", &episode, &one).await.message();
    let id = made["result"]["structuredContent"]["episode_id"].clone();
    assert!(id.is_string(), "{made}");
    let asked = json!({"query": "learn a secret", "domain": "d"});
    let found = host.call("query_memory", &asked, &other).await.message();
    assert!(
        !found["result"].to_string().contains("learn a secret"),
        "{found}"
    );
    let found = host.call("query_memory", &asked, &one).await.message();
    assert!(
        found["result"].to_string().contains("learn a secret"),
        "{found}"
    );
    // By its id, which the other may have guessed.
    let got = host
        .call("get_episode", &json!({"episode_id": id}), &other)
        .await
        .message();
    assert_eq!(got["result"]["isError"], true, "{got}");
    // Plugins.
    let plugin = json!({"name": "mine", "language": "typescript", "description": "Tells a secret.",
        "source": "export function tell(): string { return 'of one' }"});
    let saved = host.call("save_plugin", &plugin, &one).await.message();
    assert_eq!(saved["result"]["isError"], false, "{saved}");
    let code = "try { return await plugins.mine.tell({}) } catch (error) { return error.code }";
    assert_eq!(host.run(code, &one).await, "of one");
    assert_ne!(host.run(code, &other).await, "of one");
    // Sessions.
    let opened = host.post(&initialize(), &one).await;
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let of = |account: &[(&'static str, &str); 1]| {
        vec![
            account[0].to_owned(),
            ("mcp-session-id", session.as_str()),
            ("mcp-protocol-version", "2025-11-25"),
        ]
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect::<Vec<_>>()
    };
    for (account, status) in [(&one, StatusCode::OK), (&other, StatusCode::NOT_FOUND)] {
        let headers = of(account);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        assert_eq!(host.post(&list, &headers).await.status, status);
    }
    // The audit log says whose call it was.
    let log = std::fs::read_dir(host.data().join("audit")).unwrap();
    let log: String = log
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(
        log.contains("\"account\":\"one\"") && log.contains("\"account\":\"other\""),
        "{log}"
    );
}

#[tokio::test]
async fn an_account_has_its_profile_and_nothing_wider() {
    let toml = "[auth]\nrequired = true\n[accounts.small]\nprofile = \"restrictive\"\n";
    let host = HttpHost::start_with(toml, &|_| {}, &[]);
    let small = token(host.data(), &["--name", "small"]);
    let small = [("authorization", &*small)];
    let asked = json!({"code": "return 1", "profile": "permissive"});
    let answer = host
        .call("execute_agent_code", &asked, &small)
        .await
        .message();
    let told = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        told.contains("`permissive` is not open to callers"),
        "{told}"
    );
    let asked = json!({"code": "return 1", "timeout_ms": 60000});
    let answer = host
        .call("execute_agent_code", &asked, &small)
        .await
        .message();
    let told = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(told.contains("of the profile `restrictive`"), "{told}");
}

#[tokio::test]
async fn an_account_has_so_many_calls_at_once_and_in_a_minute() {
    let toml = "[auth]\nrequired = true\n\
        [accounts.one]\ncalls_at_once = 1\n\
        [accounts.slow]\ncalls_per_minute = 1\n";
    let host = HttpHost::start_with(toml, &|_| {}, &[]);
    let one = token(host.data(), &["--name", "one"]);
    let one = [("authorization", &*one)];
    let code = "await new Promise(r => setTimeout(r, 1500)); return 1";
    let asked = json!({"code": code});
    let (first, second) = tokio::join!(host.call("execute_agent_code", &asked, &one), async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        host.call("execute_agent_code", &asked, &one).await
    });
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS, "{second:?}");
    assert!(second.header("retry-after").is_some());
    assert_eq!(host.run("return 2", &one).await, 2, "the turn came back");

    let slow = token(host.data(), &["--name", "slow"]);
    let slow = [("authorization", &*slow)];
    assert_eq!(host.run("return 1", &slow).await, 1);
    let answer = host.post(&initialize(), &slow).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        answer
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            > 30
    );
}

#[tokio::test]
async fn other_names_and_pages_are_refused() {
    let host = HttpHost::start_with(
        "[http]\nallowed_origins = [\"https://app.example\"]\n",
        &|_| {},
        &[],
    );
    for (headers, status) in [
        (vec![("host", "evil.example")], StatusCode::FORBIDDEN),
        (
            vec![("origin", "https://evil.example")],
            StatusCode::FORBIDDEN,
        ),
        (vec![("origin", "https://app.example")], StatusCode::OK),
        (vec![], StatusCode::OK),
    ] {
        assert_eq!(
            host.post(&initialize(), &headers).await.status,
            status,
            "{headers:?}"
        );
        let health = host.get("/healthz", &headers).await;
        assert_eq!(health.status, status, "{headers:?}");
    }
}

#[test]
fn beyond_this_machine_nobody_is_served_without_tokens() {
    let data = tempfile::TempDir::new().unwrap();
    let refused = |toml: &str| {
        std::fs::write(data.path().join("vesicle.toml"), toml).unwrap();
        let mut command = Command::new(VESICLE);
        command
            .args(["serve", "--http", "0.0.0.0:0", "--data-dir"])
            .arg(data.path());
        command.current_dir(data.path());
        let ran = unconfigured(&mut command).output().unwrap();
        assert!(!ran.status.success());
        String::from_utf8(ran.stderr).unwrap()
    };
    assert!(
        refused("").contains("vesicle token create"),
        "{}",
        refused("")
    );
    let off = refused("[auth]\nrequired = false\n");
    assert!(off.contains("`auth.required` is false"), "{off}");
}

#[tokio::test]
async fn refusals_are_in_the_audit_log() {
    let toml = "[auth]\nrequired = true\n[accounts.slow]\ncalls_per_minute = 1\n";
    let mut host = HttpHost::start_with(toml, &|_| {}, &[]);
    let slow = token(host.data(), &["--name", "slow"]);
    let slow = [("authorization", &*slow)];
    assert_eq!(host.run("return 1", &slow).await, 1);
    for _ in 0..2 {
        let answer = host.post(&initialize(), &slow).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let wrong = [("authorization", "Bearer vesicle_wrong_token")];
    for headers in [&wrong[..], &wrong, &[]] {
        let answer = host.post(&initialize(), headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    for _ in 0..2 {
        let answer = host.get("/healthz", &[("host", "evil.example")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    // What is still being counted is told at the end.
    host.signal("-TERM");
    assert!(host.ended(std::time::Duration::from_secs(10)).is_some());
    let lines = host.vesicle(&["audit", "tail", "--json"]);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines
        .filter(|line: &Value| line["kind"] == "refusal")
        .collect();
    let told = |who: Value, reason: &str| {
        let told = lines
            .iter()
            .filter(|line| line["who"] == who && line["reason"] == reason);
        let told: Vec<_> = told.map(|line| line["count"].as_u64().unwrap()).collect();
        // The first at once, the others together.
        assert_eq!(told.len(), 2, "{lines:?}");
        told.iter().sum::<u64>()
    };
    assert_eq!(told(json!({"account": "slow"}), "rate"), 2);
    assert_eq!(told(json!({"address": "127.0.0.1"}), "token"), 3);
    assert_eq!(told(json!({"address": "127.0.0.1"}), "name"), 2);
    assert!(host.vesicle(&["audit", "verify"]).ends_with("\nintact"));
    let told = host.vesicle(&["audit", "tail"]);
    assert!(told.contains("refused: token"), "{told}");
}
