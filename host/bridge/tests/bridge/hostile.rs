//! Servers that misbehave harm nobody but themselves.

use std::time::Duration;

use serde_json::{Value, json};
use vesicle_bridge::{Bridge, ErrorCode, State, ToolError};

use crate::support::{PATIENCE, alone, bridge, call, raw, script, status, until, value, with};

/// A bridge to a server with this misdeed and to a good one.
async fn beside_a_good_one(misdeed: &str) -> Bridge {
    let bad = with(script("bad", "hostile.py", &[misdeed]), |policy| {
        policy.call_timeout = Duration::from_secs(5);
        policy.retries = 0;
    });
    let bridge = bridge([bad, raw("good")]);
    bridge.settled(PATIENCE).await;
    bridge
}

/// Calls the bad server, and the good one meanwhile and afterwards.
async fn misbehave(bridge: &Bridge) -> Result<Value, ToolError> {
    let good = async {
        for n in 0..20 {
            let text = n.to_string();
            assert_eq!(
                value(bridge, "good.echo", json!({"text": text})).await,
                text
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (bad, ()) = tokio::join!(call(bridge, "bad.t", json!({})), good);
    assert_eq!(
        value(bridge, "good.peak", json!({})).await,
        json!({"peak": 0})
    );
    assert_eq!(status(bridge, "good").connections, 1);
    bad.map(|reply| serde_json::from_str(reply.value.get()).unwrap())
}

fn memory_peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

#[tokio::test]
async fn a_gigabyte_in_one_line() {
    if !alone("hostile::a_gigabyte_in_one_line") {
        return;
    }
    let bridge = beside_a_good_one("gigabyte").await;
    let before = memory_peak_bytes();
    let error = misbehave(&bridge).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable, "{error}");
    assert!(memory_peak_bytes() - before < 200 << 20);
    until("it is started again", || {
        status(&bridge, "bad").connections == 2
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error_at_once() {
    let bridge = beside_a_good_one("large").await;
    let error = misbehave(&bridge).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Upstream);
    assert!(
        error.message.contains("is too large") && error.message.contains("message_bytes"),
        "{error}"
    );
    assert_eq!(status(&bridge, "bad").connections, 1);
}

#[tokio::test]
async fn half_a_line_and_no_answer() {
    for misdeed in ["half", "silent"] {
        let bridge = beside_a_good_one(misdeed).await;
        assert_eq!(
            misbehave(&bridge).await.unwrap_err().code,
            ErrorCode::Timeout,
            "{misdeed}"
        );
    }
}

#[tokio::test]
async fn what_is_no_answer_is_passed_over() {
    for misdeed in ["utf8", "garbage"] {
        let bridge = beside_a_good_one(misdeed).await;
        assert_eq!(misbehave(&bridge).await.unwrap(), "after", "{misdeed}");
    }
}

#[tokio::test]
async fn answers_to_what_was_not_asked_reach_nobody() {
    let bridge = beside_a_good_one("duplicates").await;
    for _ in 0..5 {
        assert_eq!(misbehave(&bridge).await.unwrap(), "for 0");
    }
}

#[tokio::test]
async fn answers_of_another_shape() {
    for misdeed in ["shape", "deep"] {
        let bridge = beside_a_good_one(misdeed).await;
        let error = misbehave(&bridge).await.unwrap_err();
        assert!(
            matches!(error.code, ErrorCode::Upstream | ErrorCode::Timeout),
            "{misdeed}: {error}"
        );
    }
}

#[tokio::test]
async fn endless_questions_and_notifications() {
    if !alone("hostile::endless_questions_and_notifications") {
        return;
    }
    for misdeed in ["questions", "flood"] {
        let bridge = beside_a_good_one(misdeed).await;
        let before = memory_peak_bytes();
        assert_eq!(
            misbehave(&bridge).await.unwrap_err().code,
            ErrorCode::Timeout,
            "{misdeed}"
        );
        assert!(memory_peak_bytes() - before < 100 << 20, "{misdeed}");
        bridge.shut_down().await;
    }
}

#[tokio::test]
async fn a_server_that_dies_of_each_call() {
    let bridge = beside_a_good_one("dies").await;
    for _ in 0..3 {
        assert_eq!(
            misbehave(&bridge).await.unwrap_err().code,
            ErrorCode::Unavailable
        );
    }
}

#[tokio::test]
async fn a_list_without_end() {
    let bridge = beside_a_good_one("pages").await;
    assert_eq!(status(&bridge, "bad").tools, 200);
    assert!(status(&bridge, "bad").notes[0].contains("more than 200 pages"));
}

#[tokio::test]
async fn a_full_standard_error_does_not_stop_a_server() {
    let bridge = beside_a_good_one("stderr").await;
    assert_eq!(value(&bridge, "bad.t", json!({})).await, "fine");
    let stderr = status(&bridge, "bad").stderr;
    assert_eq!((stderr.len(), stderr[0].len()), (1, 1_024));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let mute = with(script("mute", "hostile.py", &["mute"]), |policy| {
        policy.startup_timeout = Duration::from_millis(300);
        policy.wait = Duration::from_millis(100);
    });
    let bridge = bridge([mute]);
    let error = call(&bridge, "mute.t", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(error.message.contains("still starting"), "{error}");
    until("it is given up", || {
        status(&bridge, "mute").state == State::Down
    })
    .await;
    assert!(
        status(&bridge, "mute")
            .last_error
            .unwrap()
            .contains("did not start within 300ms")
    );
}
