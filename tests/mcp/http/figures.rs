//! What the host tells of itself.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{HttpHost, vesicle};

#[tokio::test]
async fn a_host_says_whether_it_is_ready_and_why_not() {
    let host = HttpHost::start(&[]);
    let ready = host.get("/readyz", &[]).await;
    assert_eq!(ready.status, StatusCode::OK, "{ready:?}");
    let parts: Value = serde_json::from_str(&ready.text).unwrap();
    assert_eq!(parts, json!({"engine": "ok", "memory": "ok", "disk": "ok"}));

    let gone = "[memory]\nurl = \"postgres://nobody@127.0.0.1:9/none?connect_timeout=1\"\n";
    let host = HttpHost::start_with(gone, &|_| {}, &[]);
    let ready = host.get("/readyz", &[]).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let parts: Value = serde_json::from_str(&ready.text).unwrap();
    assert_eq!(parts["engine"], "ok");
    assert_ne!(parts["memory"], "ok");
    // What does not need the memory goes on.
    assert_eq!(host.run("return 1", &[]).await, 1);
}

#[tokio::test]
async fn strangers_are_not_told_what_is_wrong() {
    let gone = "[auth]\nrequired = true\n\
        [memory]\nurl = \"postgres://nobody@127.0.0.1:9/none?connect_timeout=1\"\n";
    let host = HttpHost::start_with(gone, &|_| {}, &[]);
    let ready = host.get("/readyz", &[]).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        ready.text.contains("not well") && !ready.text.contains("127.0.0.1"),
        "{}",
        ready.text
    );
}

#[tokio::test]
async fn figures_count_what_happened() {
    let host = HttpHost::start(&[]);
    host.run("return 1", &[]).await;
    host.run("return 2", &[]).await;
    let failing = json!({"code": "throw new Error('x')"});
    host.call("execute_agent_code", &failing, &[]).await;
    let figures = host.get("/metrics", &[]).await;
    assert!(
        figures
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    for line in [
        "vesicle_executions_total{outcome=\"success\"} 2",
        "vesicle_executions_total{outcome=\"error\"} 1",
        "vesicle_execution_seconds_count{phase=\"run\"} 3",
        "vesicle_execution_seconds_count{phase=\"instantiate\"} 3",
        "vesicle_sessions 0",
    ] {
        assert!(
            figures.text.lines().any(|told| told == line),
            "{line}\n{}",
            figures.text
        );
    }
}

#[tokio::test]
async fn figures_are_for_admins_where_there_are_accounts() {
    let toml = "[auth]\nrequired = true\n[accounts.boss]\nadmin = true\n";
    let host = HttpHost::start_with(toml, &|_| {}, &[]);
    let token = |name: &str| {
        format!(
            "Bearer {}",
            vesicle(host.data(), &["token", "create", "--name", name])
        )
    };
    let (boss, other) = (token("boss"), token("other"));
    assert_eq!(
        host.get("/metrics", &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
    let answer = host.get("/metrics", &[("authorization", &other)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = host.get("/metrics", &[("authorization", &boss)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer
            .text
            .contains("vesicle_refusals_total{reason=\"token\"} 1"),
        "{}",
        answer.text
    );
}
