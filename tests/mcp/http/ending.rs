//! The end: what is under way is finished, what comes later is told to come back.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use super::{HttpHost, initialize};

const SLOW: &str = "await new Promise(r => setTimeout(r, 2000)); return 'done'";

#[tokio::test]
async fn calls_under_way_end_and_new_ones_are_told_to_come_back() {
    let mut host = HttpHost::start(&[]);
    assert_eq!(host.run("return 1", &[]).await, 1);
    let (done, ()) = tokio::join!(host.run(SLOW, &[]), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        host.signal("-TERM");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let refused = host.post(&initialize(), &[]).await;
        assert_eq!(
            refused.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{refused:?}"
        );
        assert!(refused.header("retry-after").is_some());
        let ready = host.get("/readyz", &[]).await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(host.get("/healthz", &[]).await.status, StatusCode::OK);
    });
    assert_eq!(done, "done");
    let ended = host.ended(Duration::from_secs(10));
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
}

#[tokio::test]
async fn calls_that_take_too_long_are_not_waited_for() {
    let mut host = HttpHost::start_with("[http]\ndrain_ms = 300\n", &|_| {}, &[]);
    assert_eq!(host.run("return 1", &[]).await, 1);
    let asked = json!({"code": "await new Promise(r => setTimeout(r, 4000)); return 1"});
    let call = host.call("execute_agent_code", &asked, &[]);
    let call = tokio::time::timeout(Duration::from_millis(500), call).await;
    assert!(call.is_err(), "it runs");
    let mut second = HttpHost::start_with("[http]\ndrain_ms = 300\n", &|_| {}, &[]);
    second.signal("-TERM");
    assert!(
        second.ended(Duration::from_secs(5)).is_some(),
        "with nothing under way it ends at once"
    );
    host.signal("-TERM");
    assert!(host.ended(Duration::from_secs(5)).is_some());
}
