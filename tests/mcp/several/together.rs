//! What hosts count together, and the seal of calls that are made again on another host.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Hosts, wait_for};
use crate::{
    http::{Answer, HttpHost, stateless},
    support::in_repository,
};

const METHOD: &str = "tools/call";
/// Longer than it takes to be told.
const TOLD: Duration = Duration::from_millis(1_000);

/// Asks one of them for its tools, with this token.
async fn list(host: &HttpHost, token: &str) -> Answer {
    let headers = [
        ("host", "vesicle.test"),
        ("authorization", token),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
    ];
    host.post(&stateless("tools/list", json!({})), &headers)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_are_counted_by_all_hosts() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    // Five are free, so that three to each host would lock nobody out if each counted for itself.
    for _ in 0..3 {
        for host in &hosts.all {
            let answer = list(host, "Bearer vesicle_wrong_token").await;
            assert!([401, 429].contains(&answer.status.as_u16()), "{answer:?}");
        }
    }
    tokio::time::sleep(TOLD).await;
    for host in &hosts.all {
        let answer = list(host, "Bearer vesicle_wrong_token").await;
        assert_eq!(answer.status, 429, "{answer:?}");
        assert!(answer.text.contains("too many wrong tokens"), "{answer:?}");
        // Whoever is known to a host is let in all the same.
        assert_eq!(list(host, &hosts.token).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_an_account_are_counted_by_all_hosts() {
    const PER_MINUTE: usize = 60;
    let rate = format!("[accounts.ci]\ncalls_per_minute = {PER_MINUTE}\n");
    let hosts = Hosts::start_with(&rate);
    // Everybody listens before the first call is told.
    wait_for("all of them listen", async || {
        let listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND query = 'LISTEN vesicle_counts'";
        hosts.sql(listening) == "3"
    })
    .await;
    hosts.know_the_token().await;
    let mut let_in = 0;
    let mut refused = 0;
    for turn in 0.. {
        let answer = list(&hosts.all[turn % 3], &hosts.token).await;
        match answer.status.as_u16() {
            200 => let_in += 1,
            _ => {
                assert_eq!(answer.status, 429, "{answer:?}");
                refused += 1;
            }
        }
        // Each of them refuses.
        if refused >= 9 {
            break;
        }
        // One a second is given back meanwhile.
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert!(let_in >= PER_MINUTE / 2, "{let_in}");
    assert!(
        let_in < PER_MINUTE * 2,
        "{let_in}: each host counts for itself"
    );
}

/// Calls a tool that asks, on one of the hosts.
async fn call(host: &HttpHost, token: &str, answers: &Value, state: Option<&str>) -> Value {
    const TOOL: &str = "fixtures__test_input_required_result_multi_round";
    let mut params = json!({"name": TOOL, "arguments": {}});
    if let Some(state) = state {
        params["inputResponses"] = answers.clone();
        params["requestState"] = state.into();
    }
    let mut message = stateless(METHOD, params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"elicitation": {}});
    let headers = [
        ("host", "vesicle.test"),
        ("authorization", token),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", METHOD),
        ("mcp-name", TOOL),
    ];
    host.post(&message, &headers).await.message()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_asks_goes_on_on_any_host() {
    let hosts = Hosts::start();
    let component = in_repository("tests/programs/components/fixtures.wasm");
    let component = component.to_str().unwrap();
    let for_ci = ["--account", "ci"];
    let add = ["plugin", "add", component, "--ask", "questions"];
    hosts.all[0].vesicle(&[&add[..], &for_ci].concat());
    let grant = ["plugin", "grant", "fixtures", "--all"];
    hosts.all[0].vesicle(&[&grant[..], &for_ci].concat());
    hosts.know_the_token().await;
    let [a, b, c] = &hosts.all[..] else {
        panic!("three hosts")
    };
    let one = json!({"step1": {"action": "accept", "content": {"name": "Ada"}}, "more": {"action": "accept", "content": {}}});
    let two = json!({"step2": {"action": "accept", "content": {"color": "blue"}}});
    let begun = async |host: &HttpHost| {
        let first = call(host, &hosts.token, &Value::Null, None).await;
        let state = first["result"]["requestState"].as_str();
        state.unwrap_or_else(|| panic!("{first}")).to_owned()
    };
    let first = begun(a).await;
    let second = call(b, &hosts.token, &one, Some(&first)).await;
    let state = second["result"]["requestState"].as_str();
    let state = state.unwrap_or_else(|| panic!("{second}"));
    let third = call(c, &hosts.token, &two, Some(state)).await;
    let text = third["result"]["content"][0]["text"].as_str();
    let text = text.unwrap_or_else(|| panic!("{third}"));
    assert!(text.contains("Ada") && text.contains("blue"), "{text}");

    // A key that sealed for a day gets another one, which all hosts know before it seals. Whoever is shown what it does not know looks.
    let count = || hosts.sql("SELECT count(*) FROM vesicle_host.seals");
    assert_eq!(count(), "1");
    let older = |hours: u32| {
        hosts.sql(&format!(
            "UPDATE vesicle_host.seals SET made = made - interval '{hours} hours'"
        ));
    };
    let look = async |wanted: &str, host: &HttpHost| {
        wait_for("it looked", async || {
            let refused = call(host, &hosts.token, &one, Some("AAAA")).await;
            assert_eq!(refused["error"]["code"], -32602, "{refused}");
            let forged = "A".repeat(80);
            call(host, &hosts.token, &one, Some(&forged)).await;
            count() == wanted
        })
        .await;
    };
    older(25);
    look("2", a).await;
    let before = begun(b).await;
    let second = call(c, &hosts.token, &one, Some(&before)).await;
    assert!(second["result"]["requestState"].is_string(), "{second}");
    // Now the newer one seals, and what the older one sealed is too old.
    older(3);
    look("1", b).await;
    wait_for("it is refused", async || {
        let refused = call(b, &hosts.token, &one, Some(&before)).await;
        refused["error"]["code"] == -32602
    })
    .await;
    let after = begun(b).await;
    wait_for("another host knows it", async || {
        let second = call(c, &hosts.token, &one, Some(&after)).await;
        second["result"]["requestState"].is_string()
    })
    .await;
}
