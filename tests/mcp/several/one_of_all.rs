//! Whichever host a call lands on, it finds the same.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::json;

use super::{Hosts, wait_for};
use crate::http::{
    dashboard::{events, told},
    initialize, vesicle,
};

const COUNT: &str = "for (;;) {
    const n = await state.get('n');
    if (await state.compareAndSet('n', n, (n ?? 0) + 1)) return (n ?? 0) + 1;
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_on_every_host_and_finds_what_it_left() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    let opened = hosts.post(&initialize(), &[]).await;
    let id = opened.header("mcp-session-id").unwrap().to_owned();
    let session = [
        ("mcp-session-id", id.as_str()),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    let call = async |tool: &str, arguments: serde_json::Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}});
        let answer = hosts.post(&message, &session).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let host = answer.header("x-host").unwrap().to_owned();
        (host, answer.message()["result"].clone())
    };

    // One state.
    let mut landed = BTreeSet::new();
    for n in 1..=9 {
        let (host, result) = call("execute_agent_code", json!({"code": COUNT})).await;
        assert_eq!(result["structuredContent"]["output"], n, "{result}");
        landed.insert(host);
    }
    assert_eq!(landed.len(), 3, "{landed:?}");

    // One memory.
    let episode =
        json!({"task_description": "find the unicorn", "domain": "d", "task_type": "analysis"});
    let (_, made) = call("create_episode", episode).await;
    assert_eq!(made["isError"], false, "{made}");
    landed.clear();
    for _ in 0..3 {
        let asked = json!({"query": "unicorn", "domain": "d"});
        let (host, found) = call("query_memory", asked).await;
        assert!(found.to_string().contains("find the unicorn"), "{found}");
        landed.insert(host);
    }
    assert_eq!(landed.len(), 3, "{landed:?}");

    // One set of plugins, and one that is replaced is so everywhere at once.
    for told in ["first", "second"] {
        let source = format!("export function tell(): string {{ return '{told}' }}");
        let plugin = json!({"name": "mine", "language": "typescript", "description": "Tells.",
            "source": source});
        let (_, saved) = call("save_plugin", plugin).await;
        assert_eq!(saved["isError"], false, "{saved}");
        for _ in 0..3 {
            let code = json!({"code": "return await plugins.mine.tell({})"});
            let (host, result) = call("execute_agent_code", code).await;
            let output = &result["structuredContent"]["output"];
            assert_eq!(*output, told, "on {host}: {result}");
        }
    }

    // One audit log, with a chain for each host.
    wait_for("all lines are written", async || {
        hosts.sql("SELECT count(DISTINCT host) FROM vesicle_host.audit_lines") == "3"
    })
    .await;
    let verified = vesicle(hosts.all[0].data(), &["audit", "verify"]);
    for of in ["lines of a\n", "lines of b\n", "lines of c\n", "\nintact"] {
        assert!(verified.contains(of), "{verified}");
    }
    let tail = vesicle(hosts.all[0].data(), &["audit", "tail", "--json"]);
    assert_eq!(tail.lines().count(), 10, "{tail}");
    assert!(tail.contains(r#""account":"ci""#), "{tail}");
    // The page of any host shows what the account did on all.
    let authorization = ("authorization", hosts.token.as_str());
    let stream = events(&hosts.all[0], &[authorization]).await;
    let seen = told(stream, "audit", |_| true).await;
    assert_eq!(seen["has_log"], true, "{seen}");
    let seen = seen["lines"].as_array().unwrap();
    let of_all = hosts.sql(
        "SELECT count(*) FROM vesicle_host.audit_lines WHERE line LIKE '%\"account\":\"ci\"%'",
    );
    assert_eq!(seen.len().to_string(), of_all);

    // Nothing of it lies on a host.
    for host in &hosts.all {
        let there = std::fs::read_dir(host.data()).unwrap();
        let there: BTreeSet<_> = there.map(|entry| entry.unwrap().file_name()).collect();
        for own in [
            "state.db",
            "memory.db",
            "tokens.toml",
            "audit",
            "plugins",
            "accounts",
        ] {
            assert!(!there.contains(std::ffi::OsStr::new(own)), "{there:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_and_a_revoked_token_end_on_every_host() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    let authorization = ("authorization", hosts.token.as_str());
    let opened = hosts.all[0].post(&initialize(), &[authorization]).await;
    let id = opened.header("mcp-session-id").unwrap().to_owned();
    let headers = hosts.in_session(&id);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for host in &hosts.all {
        let answer = host.post(&list, &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    let ended = hosts.all[1].delete("/mcp", &headers).await;
    assert_eq!(ended.status, StatusCode::ACCEPTED, "{ended:?}");
    for host in &hosts.all {
        wait_for("the session is gone", async || {
            host.post(&list, &headers).await.status == StatusCode::NOT_FOUND
        })
        .await;
    }

    // Another account's session is nobody else's, on any host.
    let other = vesicle(hosts.all[2].data(), &["token", "create", "--name", "other"]);
    let other = format!("Bearer {other}");
    let opened = hosts.all[0].post(&initialize(), &[authorization]).await;
    let id = opened.header("mcp-session-id").unwrap().to_owned();
    for host in &hosts.all {
        let headers = [
            ("authorization", other.as_str()),
            ("mcp-session-id", id.as_str()),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        wait_for("the other is let in, and has no such session", async || {
            host.post(&list, &headers).await.status == StatusCode::NOT_FOUND
        })
        .await;
    }

    let listed = vesicle(hosts.all[1].data(), &["token", "list"]);
    assert!(
        listed.contains("  ci  ") && listed.contains("  other  "),
        "{listed}"
    );
    vesicle(hosts.all[2].data(), &["token", "revoke", "ci"]);
    for host in &hosts.all {
        wait_for("the token is refused", async || {
            let answer = host.post(&initialize(), &[authorization]).await;
            answer.status == StatusCode::UNAUTHORIZED
        })
        .await;
    }
}

/// An account may have so many sessions on all hosts together.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_counted_over_all_hosts() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    hosts.sql(
        "INSERT INTO vesicle_host.sessions (account, id, opened)
         SELECT 'ci', 'made up ' || n, '{}' FROM generate_series(1, 9999) AS n",
    );
    let opened = hosts.post(&initialize(), &[]).await;
    assert_eq!(opened.status, StatusCode::OK, "{opened:?}");
    let refused = hosts.post(&initialize(), &[]).await;
    assert_eq!(
        refused.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{refused:?}"
    );
}

/// What a client says of itself when it opens a session is kept up to a length; a longer one is its host's alone.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_say_too_much_stay_where_they_are() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    let authorization = ("authorization", hosts.token.as_str());
    for (length, on_others) in [
        (60 << 10, StatusCode::OK),
        (65 << 10, StatusCode::NOT_FOUND),
    ] {
        let mut opening = initialize();
        opening["params"]["clientInfo"]["title"] = json!("x".repeat(length));
        let opened = hosts.all[0].post(&opening, &[authorization]).await;
        let id = opened.header("mcp-session-id").unwrap().to_owned();
        let headers = hosts.in_session(&id);
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        let here = hosts.all[0].post(&list, &headers).await;
        assert_eq!(here.status, StatusCode::OK, "{here:?}");
        let there = hosts.all[1].post(&list, &headers).await;
        assert_eq!(there.status, on_others, "{length}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_tokens_in_the_database() {
    let hosts = Hosts::start();
    // One was made for all tests.
    hosts.sql(
        "INSERT INTO vesicle_host.tokens (id, account, hash, created_s)
         SELECT lpad(to_hex(n), 16, '0'), 'ci', hash, 0 FROM generate_series(1, 98) AS n, vesicle_host.tokens",
    );
    let create = ["token", "create", "--name", "ci"];
    vesicle(hosts.all[1].data(), &create);
    let (refused, is_well) = crate::http::told(hosts.all[1].data(), &create);
    assert!(
        !is_well && refused.contains("`ci` has 100 tokens"),
        "{refused}"
    );
    vesicle(hosts.all[1].data(), &["token", "create", "--name", "other"]);
}

/// As with files, the oldest lines go; what is left is intact, and says where it begins.
#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_in_the_database_has_an_end() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    let authorization = [("authorization", hosts.token.as_str())];
    let lines = async |count: &str| {
        let count = count.to_owned();
        wait_for("the lines are written", async || {
            hosts.sql("SELECT count(*) FROM vesicle_host.audit_lines") == count
        })
        .await;
    };
    for n in 1..=5 {
        hosts.all[0].run("return 1", &authorization).await;
        lines(&n.to_string()).await;
    }
    // 32 MB in each of 16 files is the most, which this log now seems to have.
    hosts.sql("UPDATE vesicle_host.audit_chains SET bytes = 512 << 20");
    hosts.all[0].run("return 1", &authorization).await;
    lines("1").await;
    let verified = vesicle(hosts.all[0].data(), &["audit", "verify"]);
    assert!(
        verified.starts_with("1 lines of a, from number 6 on\nhead 6 ")
            && verified.ends_with("\nintact"),
        "{verified}"
    );
}

/// Sessions that one host has in use are kept for the others, and those that nobody uses are forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_kept_as_long_as_any_host_uses_it() {
    let hosts = Hosts::start_with("session_idle_ms = 3000\n");
    hosts.know_the_token().await;
    let authorization = ("authorization", hosts.token.as_str());
    let mut ids = Vec::new();
    for _ in 0..2 {
        let opened = hosts.all[0].post(&initialize(), &[authorization]).await;
        ids.push(opened.header("mcp-session-id").unwrap().to_owned());
    }
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let (used, unused) = (&ids[0], &ids[1]);
    let is_known = |id: &str| {
        let sql = format!("SELECT count(*) FROM vesicle_host.sessions WHERE id = '{id}'");
        hosts.sql(&sql) == "1"
    };
    assert!(is_known(used) && is_known(unused));
    let began = Instant::now();
    while is_known(unused) {
        assert!(began.elapsed().as_secs() < 60, "nothing is forgotten");
        let answer = hosts.all[0].post(&list, &hosts.in_session(used)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let answer = hosts.all[1].post(&list, &hosts.in_session(used)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let answer = hosts.all[1].post(&list, &hosts.in_session(unused)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
}
