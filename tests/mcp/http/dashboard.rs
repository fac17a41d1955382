//! The dashboard: what it tells, to whom, and what a browser may do with it. `tests/dashboard` has the browser.

use std::{path::Path, process::Command};

use futures_util::StreamExt as _;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::{HttpHost, vesicle};
use crate::support::{VESICLE, cache_dir, in_repository};

/// As `host/server/src/http/dashboard/events.rs` has it.
const LISTENERS_MAX: usize = 8;

fn token(host: &HttpHost, name: &str) -> String {
    let token = vesicle(host.data(), &["token", "create", "--name", name]);
    format!("Bearer {token}")
}

/// Opens the stream of events.
pub async fn events(host: &HttpHost, headers: &[(&str, &str)]) -> Response {
    let mut request = super::client().get(host.url("/api/events"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// Reads a stream until it told something of this name that `fits`.
pub async fn told(stream: Response, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let mut text = String::new();
    let mut parts = stream.bytes_stream();
    let wait = async {
        while let Some(part) = parts.next().await {
            text.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
            while let Some((event, rest)) = text.split_once("\n\n") {
                let (head, data) = event.split_once("\ndata: ").unwrap();
                let value: Value = serde_json::from_str(data).unwrap();
                let is_it = head == format!("event: {name}") && fits(&value);
                text = rest.to_owned();
                if is_it {
                    return value;
                }
            }
        }
        panic!("the stream ended");
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, wait).await.unwrap()
}

#[tokio::test]
async fn a_browser_may_do_nothing_with_it_but_show_it() {
    let host = HttpHost::start(&[]);
    for path in ["/", "/page/main.js", "/page/style.css", "/api/session"] {
        let answer = host.get(path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{path}: {part}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert!(answer.header("cache-control").is_some(), "{path}");
        assert!(answer.header("set-cookie").is_none());
    }
    // Pages of others reach nothing of it, and names of others lead nowhere.
    for header in [("origin", "https://evil.example"), ("host", "evil.example")] {
        for path in ["/", "/api/events"] {
            let answer = host.get(path, &[header]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {header:?}");
        }
    }
}

#[tokio::test]
async fn it_can_be_turned_off() {
    let host = HttpHost::start_with("[http]\ndashboard = false\n", &|_| {}, &[]);
    for path in ["/", "/page/main.js", "/api/session", "/api/events"] {
        let answer = host.get(path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(host.run("return 1", &[]).await, 1);
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens() {
    let host = HttpHost::start(&[]);
    let stream = events(&host, &[]).await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    host.run("return 1", &[]).await;
    let seen = told(stream, "executions", |seen| seen["ended"] != json!([])).await;
    let ended = &seen["ended"][0];
    assert_eq!(
        (&ended["tool"], &ended["status"]),
        (&json!("execute_agent_code"), &json!("success"))
    );
    assert_eq!(ended["client"], "raw");
    assert_eq!(seen["counts"]["succeeded"], 1);
    // Whoever comes later sees it as well, in the figures and in the log too.
    let buckets = told(events(&host, &[]).await, "figures", |_| true).await;
    let buckets = buckets["buckets"].as_array().unwrap().iter();
    assert_eq!(
        buckets
            .map(|bucket| bucket["count"].as_u64().unwrap())
            .sum::<u64>(),
        1
    );
    let has_line = |seen: &Value| {
        seen["lines"]
            .as_array()
            .is_some_and(|lines| !lines.is_empty())
    };
    let audit = told(events(&host, &[]).await, "audit", has_line).await;
    let is_execution = |line: &&Value| line["kind"] == "execution";
    let line = audit["lines"].as_array().unwrap().iter().find(is_execution);
    assert_eq!(line.unwrap()["outcome"]["status"], "success");
}

#[tokio::test]
async fn an_account_sees_its_own_and_an_admin_sees_all() {
    let toml = "[auth]\nrequired = true\n[accounts.boss]\nadmin = true\n";
    let host = HttpHost::start_with(toml, &|_| {}, &[]);
    let (boss, one, other) = (
        token(&host, "boss"),
        token(&host, "one"),
        token(&host, "other"),
    );
    for path in ["/api/events", "/api/episodes", "/api/patterns"] {
        let answer = host.get(path, &[]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    // The page itself is no secret, and that a token is needed is said to anybody; neither counts as an attempt.
    assert_eq!(host.get("/", &[]).await.status, StatusCode::OK);
    let session = host.get("/api/session", &[]).await;
    assert_eq!(session.message(), json!({"needs_token": true}));
    host.run("return 1", &[("authorization", &one)]).await;
    for (token, sees, figures) in [(&one, 1, false), (&other, 0, false), (&boss, 1, true)] {
        let headers = [("authorization", token.as_str())];
        let session = host.get("/api/session", &headers).await.message();
        assert_eq!(
            (&session["sees_all"], &session["may_grant"]),
            (&json!(figures), &json!(figures))
        );
        let seen = told(events(&host, &headers).await, "executions", |_| true).await;
        assert_eq!(seen["ended"].as_array().unwrap().len(), sees, "{seen}");
        assert_eq!(seen["counts"]["succeeded"], sees, "{seen}");
        let servers = told(events(&host, &headers).await, "servers", |_| true).await;
        assert_eq!(servers["servers"], json!([]));
    }
    let figures = host.get("/metrics", &[("authorization", &boss)]).await;
    assert!(
        figures
            .text
            .contains("vesicle_refusals_total{reason=\"token\"} 3"),
        "{}",
        figures.text
    );
}

#[tokio::test]
async fn rights_are_granted_by_admins_who_saw_what_is_asked_for() {
    let toml = "[auth]\nrequired = true\n[accounts.boss]\nadmin = true\n[accounts.team]\n";
    let advise = in_repository("plugins/advise/advise.wasm");
    let advise = advise.to_str().unwrap().to_owned();
    let add = move |data: &Path| {
        let of_team = ["--account", "team", &advise];
        vesicle(
            data,
            &[&["plugin", "add", "--ask", "state"], &of_team[..]].concat(),
        );
    };
    let host = HttpHost::start_with(toml, &add, &[]);
    let (boss, team) = (token(&host, "boss"), token(&host, "team"));
    let as_boss = [("authorization", boss.as_str())];
    let plugins = told(events(&host, &as_boss).await, "plugins", |_| true).await;
    let place = plugins.as_array().unwrap().iter();
    let place = place
        .into_iter()
        .find(|place| place["account"] == "team")
        .unwrap();
    let digest = place["plugins"][0]["digest"].as_str().unwrap();
    assert_eq!(place["plugins"][0]["standing"], "never-granted");

    let json = ("content-type", "application/json");
    let origin = format!("http://{}", host.address());
    let from_page = ("origin", origin.as_str());
    let right = json!({"account": "team", "plugin": "advise", "digest": digest});
    let with = |key: &str, value: Value| {
        let mut wanted = right.clone();
        wanted[key] = value;
        wanted
    };
    for (wanted, token, headers, status) in [
        (&right, None, vec![json, from_page], 401),
        (&right, Some(&team), vec![json, from_page], 403),
        (&right, Some(&boss), vec![json], 403),
        (
            &right,
            Some(&boss),
            vec![json, ("origin", "https://evil.example")],
            403,
        ),
        (
            &right,
            Some(&boss),
            vec![("content-type", "text/plain"), from_page],
            415,
        ),
        (
            &with("more", json!(1)),
            Some(&boss),
            vec![json, from_page],
            400,
        ),
        (
            &with("account", json!("nobody")),
            Some(&boss),
            vec![json, from_page],
            404,
        ),
        (
            &with("account", json!(null)),
            Some(&boss),
            vec![json, from_page],
            404,
        ),
        (
            &with("plugin", json!("../x")),
            Some(&boss),
            vec![json, from_page],
            404,
        ),
        (
            &with("digest", json!("blake3:00")),
            Some(&boss),
            vec![json, from_page],
            409,
        ),
    ] {
        let mut request = super::client()
            .post(host.url("/api/grants"))
            .body(wanted.to_string());
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{wanted}");
        let info = host.vesicle(&[
            "plugin",
            "info",
            "--account",
            "team",
            "advise",
            "-o",
            "json",
        ]);
        let info: Value = serde_json::from_str(&info).unwrap();
        assert_eq!(info["standing"], "never-granted");
    }
    let request = super::client().post(host.url("/api/grants"));
    let request = request
        .header("authorization", &boss)
        .header(json.0, json.1);
    let request = request
        .header(from_page.0, from_page.1)
        .body(right.to_string());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let info = host.vesicle(&[
        "plugin",
        "info",
        "--account",
        "team",
        "advise",
        "-o",
        "json",
    ]);
    let info: Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["standing"], "granted");
    // Also what was tried is in the log, by whom, and of which plugin.
    let logged = |seen: &Value| {
        let lines = seen["lines"].as_array().unwrap().iter();
        lines.into_iter().any(|line| {
            line["outcome"]["status"] == "success"
                && line["tool"] == "grant:team/advise"
                && line["who"]["account"] == "boss"
        })
    };
    told(events(&host, &as_boss).await, "audit", logged).await;
}

#[tokio::test]
async fn the_last_page_that_may_follow_and_the_first_that_may_not() {
    let toml = "[auth]\nrequired = true\n";
    let host = HttpHost::start_with(toml, &|_| {}, &[]);
    let (one, other) = (token(&host, "one"), token(&host, "other"));
    let headers = [("authorization", one.as_str())];
    let mut open = Vec::new();
    for _ in 0..LISTENERS_MAX {
        let stream = events(&host, &headers).await;
        assert_eq!(stream.status(), StatusCode::OK);
        open.push(stream);
    }
    let refused = events(&host, &headers).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    // Others have places of their own, and one that is left is free again.
    let of_other = [("authorization", other.as_str())];
    assert_eq!(events(&host, &of_other).await.status(), StatusCode::OK);
    drop(open.pop());
    let patience = std::time::Instant::now();
    while events(&host, &headers).await.status() != StatusCode::OK {
        assert!(
            patience.elapsed().as_secs() < 60,
            "the place is not free again"
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn open_pages_do_not_keep_the_host_from_ending() {
    let mut host = HttpHost::start(&[]);
    let stream = events(&host, &[]).await;
    assert_eq!(stream.status(), StatusCode::OK);
    host.signal("-TERM");
    let ended = host.ended(std::time::Duration::from_secs(20));
    let ended = ended.expect("it did not end");
    assert!(ended.success(), "{ended}");
}

#[tokio::test]
async fn secrets_are_taken_out_of_what_is_told() {
    let toml = "[secrets.key]\nenv = \"DASHBOARD_TEST_KEY\"\n";
    let secret = "s3cret-value-of-nobody";
    let host = HttpHost::start_in_environment(toml, &[("DASHBOARD_TEST_KEY", secret)]);
    let stream = events(&host, &[]).await;
    let call = json!({"name": format!("files.{secret}"), "arguments": {}});
    host.call("call_tool", &call, &[]).await;
    host.run(&format!("return '{secret}'.length"), &[("x-none", "1")])
        .await;
    let task =
        json!({"task_description": format!("use {secret}"), "domain": "d", "task_type": "testing"});
    host.call("create_episode", &task, &[]).await;
    let seen = told(stream, "executions", |seen| {
        seen["counts"]["succeeded"] == 2
    })
    .await;
    assert!(!seen.to_string().contains(secret), "{seen}");
    let found = host.get("/api/episodes", &[]).await;
    assert!(
        found.text.contains("[secret key]") && !found.text.contains(secret),
        "{}",
        found.text
    );
}

#[tokio::test]
async fn the_last_episode_that_is_told_and_the_first_that_is_counted() {
    const HITS_MAX: usize = 30;
    let host = HttpHost::start(&[]);
    for count in 1..=HITS_MAX + 1 {
        let task = json!({"task_description": format!("task {count}"), "domain": "d", "task_type": "testing"});
        host.call("create_episode", &task, &[]).await;
        if count >= HITS_MAX {
            let found = host.get("/api/episodes", &[]).await.message();
            assert_eq!(found["episodes"].as_array().unwrap().len(), HITS_MAX);
            assert_eq!(found["total"], count);
        }
    }
    for path in [
        "/api/episodes/none",
        "/api/episodes/019a0000-0000-7000-8000-000000000000",
    ] {
        let answer = host.get(path, &[]).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        assert!(answer.message()["error"].is_string());
    }
}

/// All views, with the keyboard, in both colour schemes, as an admin and as others; the script says what it looks for.
#[test]
fn chromium_goes_through_each_view() {
    let installed = in_repository("tests/dashboard/node_modules/.installed-from");
    assert!(
        installed.exists(),
        "Chromium's driver is not installed: run tests/clients/setup.sh"
    );
    let script = in_repository("tests/dashboard/views.mjs");
    let ran = Command::new("node")
        .args([
            script.as_os_str(),
            VESICLE.as_ref(),
            cache_dir().as_os_str(),
        ])
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}
