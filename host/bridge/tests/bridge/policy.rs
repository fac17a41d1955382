//! What calls go through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use vesicle_bridge::{
    AskConsent, Caller, Consent, ConsentRequest, Decision, ErrorCode, Fallback, Grants, Shape,
    ToolOverride,
};

use crate::support::{
    PATIENCE, anyone, bridge, call, call_as, raw, script, status, until, value, with,
};

fn caller(rules: &[(&str, Decision)]) -> Caller {
    let grants = rules
        .iter()
        .try_fold(Grants::none(), |grants, (pattern, decision)| {
            grants.with(pattern, *decision)
        });
    Caller::new("profile `test`", Arc::new(grants.unwrap()))
}

#[tokio::test]
async fn results_are_the_most_structured_form() {
    let bridge = bridge([raw("raw")]);
    assert_eq!(
        value(&bridge, "raw.echo", json!({"text": "hi"})).await,
        "hi"
    );
    assert_eq!(
        value(&bridge, "raw.count", json!({"key": "a"})).await,
        json!({"calls": 1})
    );
    assert_eq!(value(&bridge, "raw.get.thing", json!({})).await, "thing");
    let reply = call(&bridge, "raw.echo", json!({"text": "{\"a\": [1]}"}))
        .await
        .unwrap();
    assert_eq!(
        (reply.value.get(), reply.shape, reply.attempts),
        ("{\"a\":[1]}", Shape::Json, 1)
    );
}

#[tokio::test]
async fn only_what_is_granted_is_called() {
    let bridge = bridge([raw("raw"), raw("other")]);
    let some = caller(&[("raw.*", Decision::Allow), ("raw.write", Decision::Deny)]);
    call_as(&some, &bridge, "raw.echo", json!({"text": "x"}))
        .await
        .unwrap();
    for name in ["raw.write", "other.echo"] {
        let error = call_as(&some, &bridge, name, json!({})).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Denied, "{error}");
        assert!(
            error.message.contains(name) && error.message.contains("profile `test`"),
            "{error}"
        );
    }
    assert_eq!(bridge.metrics()["raw"].tools.get("write"), None);
    assert_eq!(bridge.metrics()["raw"].total.denied, 1);
}

#[tokio::test]
async fn unknown_names_are_answered_with_the_nearest_that_are_granted() {
    let bridge = bridge([raw("raw"), raw("secret")]);
    let some = caller(&[("raw.*", Decision::Allow), ("raw.echo", Decision::Deny)]);
    let told = async |name: &str| {
        let error = call_as(&some, &bridge, name, json!({})).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidInput);
        error.message
    };
    insta::assert_snapshot!(told("raw.cuont").await, @"the server `raw` has no tool `cuont`; the nearest are `count`, `uncounted`, `wrong`");
    insta::assert_snapshot!(told("rae.count").await, @"there is no server `rae`; the nearest are `raw`");
    assert!(!told("raw.ech").await.contains("`echo`"));
    assert!(!told("secre.count").await.contains("`secret`"));
    let error = call_as(&caller(&[]), &bridge, "nothing.at_all", json!({}))
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "there is no server `nothing`, and none that may be called"
    );
}

struct Person {
    answer: Option<Consent>,
    asked: AtomicUsize,
}

#[async_trait::async_trait]
impl AskConsent for Person {
    async fn ask(&self, request: &ConsentRequest<'_>) -> Consent {
        self.asked.fetch_add(1, Ordering::Relaxed);
        assert_eq!((request.server, request.tool), ("raw", "write"));
        assert_eq!(request.arguments["key"], "a");
        match &self.answer {
            Some(answer) => answer.clone(),
            None => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn a_person_is_asked_about_calls_that_could_be_made() {
    let bridge = bridge([raw("raw")]);
    let ask = || caller(&[("raw.*", Decision::Ask)]);
    let denied = async |caller: &Caller| {
        let error = call_as(caller, &bridge, "raw.write", json!({"key": "a"}))
            .await
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::Denied);
        error.message
    };
    assert!(denied(&ask()).await.contains("cannot ask for it"));
    let person = |answer| {
        Arc::new(Person {
            answer,
            asked: AtomicUsize::new(0),
        })
    };
    let no = person(Some(Consent::Refused("too late in the day".to_owned())));
    assert!(
        denied(&ask().with_consent(no))
            .await
            .contains("too late in the day")
    );
    let nobody = person(None);
    let mut hurried = ask().with_consent(nobody);
    hurried.consent_timeout = Duration::from_millis(20);
    assert!(denied(&hurried).await.contains("nobody consented"));
    let yes = person(Some(Consent::Granted));
    let consenting = ask().with_consent(yes.clone());
    call_as(&consenting, &bridge, "raw.write", json!({"key": "a"}))
        .await
        .unwrap();
    assert_eq!(yes.asked.load(Ordering::Relaxed), 1);
    let error = call_as(&consenting, &bridge, "raw.write", json!({"key": 1}))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidInput);
    assert_eq!(yes.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn arguments_are_checked_before_anything_is_sent() {
    let bridge = bridge([with(raw("raw"), |policy| policy.argument_bytes = 100)]);
    let told = async |arguments| {
        let error = call(&bridge, "raw.echo", arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidInput);
        error.message
    };
    insta::assert_snapshot!(told(json!({"text": 1})).await, @"the arguments of `raw.echo` are not what it takes: at /text: 1 is not of type \"string\"");
    insta::assert_snapshot!(told(json!({})).await, @"the arguments of `raw.echo` are not what it takes: \"text\" is a required property");
    insta::assert_snapshot!(told(json!([1])).await, @"the arguments of `raw.echo` are no object: pass {name: value}");
    insta::assert_snapshot!(told(json!({"text": "x".repeat(90)})).await, @"the arguments of `raw.echo` have 101 bytes, and 100 are allowed: send less at once");
    call(&bridge, "raw.echo", json!({"text": "x".repeat(89)}))
        .await
        .unwrap();
    call(&bridge, "raw.peak", json!(null)).await.unwrap();
    assert_eq!(bridge.metrics()["raw"].tools["echo"].invalid_input, 4);
}

#[tokio::test]
async fn the_rate_is_each_tools_own() {
    let servers = with(raw("raw"), |policy| {
        policy.calls_per_minute = 3;
        let mut rule = ToolOverride::new("pea*").unwrap();
        rule.calls_per_minute = Some(5);
        policy.tools.push(rule);
    });
    let bridge = bridge([servers]);
    for n in 0..3 {
        call(&bridge, "raw.echo", json!({"text": n.to_string()}))
            .await
            .unwrap();
    }
    let error = call(&bridge, "raw.echo", json!({"text": "x"}))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited);
    let wait = error.retry_after_ms.unwrap();
    assert!(wait > 0 && wait <= 20_001, "{wait}");
    for _ in 0..5 {
        call(&bridge, "raw.peak", json!({})).await.unwrap();
    }
    assert_eq!(
        call(&bridge, "raw.peak", json!({})).await.unwrap_err().code,
        ErrorCode::RateLimited
    );
}

#[tokio::test]
async fn calls_run_at_once_and_no_more_than_allowed() {
    let bridge = bridge([
        raw("ten"),
        with(raw("three"), |policy| policy.concurrency = 3),
    ]);
    for (name, peak) in [("ten", 10), ("three", 3)] {
        let slow = format!("{name}.slow");
        let calls = (0..10).map(|_| call(&bridge, &slow, json!({"ms": 100})));
        for result in futures_util::future::join_all(calls).await {
            result.unwrap();
        }
        assert_eq!(
            value(&bridge, &format!("{name}.peak"), json!({})).await,
            json!({"peak": peak})
        );
    }
}

#[tokio::test]
async fn a_place_is_waited_for_only_so_long() {
    let servers = with(raw("raw"), |policy| {
        policy.concurrency = 1;
        policy.wait = Duration::from_millis(100);
    });
    let bridge = bridge([servers]);
    bridge.settled(PATIENCE).await;
    let caller = anyone();
    let first = call_as(&caller, &bridge, "raw.slow", json!({"ms": 1_000}));
    let second = async {
        until("the first is there", || {
            status(&bridge, "raw").in_flight == 1
        })
        .await;
        call(&bridge, "raw.slow", json!({"ms": 0})).await
    };
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    let error = second.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(
        error.message.contains("busy with 1 calls") && error.retry_after_ms.is_some(),
        "{error}"
    );
}

#[tokio::test]
async fn results_of_reading_tools_are_used_again_until_something_is_written() {
    let bridge = bridge([
        raw("raw"),
        with(raw("off"), |policy| policy.cache_ttl = Duration::ZERO),
    ]);
    let count = async |name: &str, key: &str| {
        let reply = call(&bridge, name, json!({"key": key})).await.unwrap();
        (reply.value.get().to_owned(), reply.cached)
    };
    let calls = |n: u32| format!("{{\"calls\":{n}}}");
    assert_eq!(count("raw.count", "a").await, (calls(1), false));
    assert_eq!(count("raw.count", "a").await, (calls(1), true));
    assert_eq!(count("raw.count", "b").await, (calls(1), false));
    assert_eq!(count("raw.uncounted", "a").await, (calls(1), false));
    assert_eq!(count("raw.uncounted", "a").await, (calls(2), false));
    assert_eq!(count("raw.count", "a").await, (calls(2), false));
    assert_eq!(count("off.count", "a").await, (calls(1), false));
    assert_eq!(count("off.count", "a").await, (calls(2), false));
    let counts = &bridge.metrics()["raw"].tools["count"];
    assert_eq!((counts.cache_lookups, counts.cache_hits), (4, 1));
    assert_eq!(counts.hit_rate(), Some(0.25));
}

#[tokio::test]
async fn configuration_can_name_tools_whose_results_are_used_again() {
    let servers = with(raw("raw"), |policy| {
        let mut rule = ToolOverride::new("uncounted").unwrap();
        rule.cache_ttl = Some(Duration::from_millis(200));
        policy.tools.push(rule);
    });
    let bridge = bridge([servers]);
    let count =
        async || value(&bridge, "raw.uncounted", json!({"key": "a"})).await["calls"].as_u64();
    assert_eq!((count().await, count().await), (Some(1), Some(1)));
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(count().await, Some(2));
}

#[tokio::test]
async fn what_a_server_answers_is_checked() {
    let bridge = bridge([with(raw("raw"), |policy| policy.result_bytes = 1_000)]);
    let told = async |name: &str, arguments| {
        let error = call(&bridge, name, arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Upstream);
        error.message
    };
    insta::assert_snapshot!(told("raw.fail", json!({"message": "no such file"})).await, @"`raw.fail` answered: no such file");
    insta::assert_snapshot!(told("raw.protocol_error", json!({"message": "no"})).await, @"`raw.protocol_error` answered: no");
    insta::assert_snapshot!(told("raw.wrong", json!({})).await, @"the result of `raw.wrong` does not fit its output schema: at /a: \"x\" is not of type \"integer\". That is a mistake of its server");
    insta::assert_snapshot!(told("raw.large", json!({"bytes": 999})).await, @"the result of `raw.large` has 1001 bytes, and 1000 are allowed: ask for less, or raise `result_bytes`");
    call(&bridge, "raw.large", json!({"bytes": 998}))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_call_that_is_not_answered_in_time() {
    let servers = with(raw("raw"), |policy| {
        let mut rule = ToolOverride::new("never").unwrap();
        rule.call_timeout = Some(Duration::from_millis(100));
        policy.tools.push(rule);
    });
    let bridge = bridge([servers]);
    let error = call(&bridge, "raw.never", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Timeout);
    assert!(error.message.contains("100ms"), "{error}");
    call(&bridge, "raw.echo", json!({"text": "x"}))
        .await
        .unwrap();
    assert_eq!(status(&bridge, "raw").connections, 1);
}

#[tokio::test]
async fn fallbacks_stand_in_for_servers_that_are_down_and_never_for_refusals() {
    for fallback in [Fallback::Stale, Fallback::Static(json!({"none": true}))] {
        let is_stale = fallback == Fallback::Stale;
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("down");
        let server = with(
            script("raw", "raw.py", &[state.to_str().unwrap(), "down"]),
            |policy| {
                policy.fallback = fallback;
                policy.cache_ttl = Duration::from_millis(1);
                policy.wait = Duration::from_millis(10);
                policy.calls_per_minute = 4;
            },
        );
        let bridge = bridge([server]);
        bridge.settled(PATIENCE).await;
        call(&bridge, "raw.count", json!({"key": "a"}))
            .await
            .unwrap();
        let stopped = call(&bridge, "raw.stay_down", json!({})).await;
        if is_stale {
            // There is no earlier result of this tool, and none is kept of one that may change something.
            assert_eq!(stopped.unwrap_err().code, ErrorCode::Unavailable);
        } else {
            assert!(stopped.unwrap().fallback);
        }
        let reply = call(&bridge, "raw.count", json!({"key": "a"}))
            .await
            .unwrap();
        if is_stale {
            assert_eq!(
                (reply.value.get(), reply.stale, reply.fallback),
                ("{\"calls\":1}", true, false)
            );
            let other = call(&bridge, "raw.count", json!({"key": "b"}))
                .await
                .unwrap_err();
            assert_eq!(other.code, ErrorCode::Unavailable);
        } else {
            assert_eq!(
                (reply.value.get(), reply.stale, reply.fallback),
                ("{\"none\":true}", false, true)
            );
            call(&bridge, "raw.count", json!({"key": "b"}))
                .await
                .unwrap();
        }
        let refused = call_as(&caller(&[]), &bridge, "raw.count", json!({"key": "a"}))
            .await
            .unwrap_err();
        assert_eq!(refused.code, ErrorCode::Denied);
        let wrong = call(&bridge, "raw.count", json!({"key": 1}))
            .await
            .unwrap_err();
        assert_eq!(wrong.code, ErrorCode::InvalidInput);
        let fourth = call(&bridge, "raw.count", json!({"key": "a"}))
            .await
            .unwrap();
        assert!(fourth.stale || fourth.fallback);
        let limited = call(&bridge, "raw.count", json!({"key": "a"}))
            .await
            .unwrap_err();
        assert_eq!(limited.code, ErrorCode::RateLimited);
        assert!(bridge.metrics()["raw"].tools["count"].fallbacks >= 2);
    }
}

#[tokio::test]
async fn a_schema_that_cannot_be_used_keeps_its_tool_from_being_called() {
    let bridge = bridge([script("bad", "hostile.py", &["schema"])]);
    let error = call(&bridge, "bad.t", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Upstream);
    assert!(
        error.message.contains("only references within the schema"),
        "{error}"
    );
}
