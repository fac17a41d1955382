//! What the host tells of itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{HttpHost, initialize, vesicle};
use crate::{servers::raw, support::in_repository};

/// How long anything is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Figures by name and labels, as they stand in a line.
type Lines = BTreeMap<String, f64>;

async fn scraped(host: &HttpHost, headers: &[(&str, &str)]) -> Lines {
    let answer = host.get("/metrics", headers).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let lines = answer.text.lines().filter(|line| !line.starts_with('#'));
    let figure = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    lines.map(figure).collect()
}

/// Waits until figures are so.
async fn until(host: &HttpHost, wanted: &[(&str, f64)]) -> Lines {
    let began = Instant::now();
    loop {
        let lines = scraped(host, &[]).await;
        if wanted
            .iter()
            .all(|(name, value)| lines.get(*name) == Some(value))
        {
            return lines;
        }
        assert!(began.elapsed() < PATIENCE, "{wanted:?} in {lines:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What a tool answers, which must succeed.
async fn answered(
    host: &HttpHost,
    tool: &str,
    arguments: Value,
    headers: &[(&str, &str)],
) -> Value {
    let message = host.call(tool, &arguments, headers).await.message();
    let result = &message["result"];
    assert_ne!(result["isError"], true, "{message}");
    result["structuredContent"].clone()
}

fn with_raw(data: &Path) {
    let servers = json!({"mcpServers": {"raw": raw(&[])}});
    std::fs::write(data.join(".mcp.json"), servers.to_string()).unwrap();
}

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

#[tokio::test]
async fn what_is_in_use_is_told_while_it_is() {
    let toml = "[profiles.default]\nwall_time_ms = 300000\n";
    let host = HttpHost::start_with(toml, &|_| {}, &["--concurrency", "1"]);
    host.run("return 1", &[]).await;
    let lines = scraped(&host, &[]).await;
    assert_eq!(lines["vesicle_permits_in_use{of=\"programs\"}"], 0.0);
    assert_eq!(lines["vesicle_permits_max{of=\"programs\"}"], 1.0);
    assert_eq!(lines["vesicle_pool_slots_in_use"], 0.0);
    assert!(lines["vesicle_pool_slots_max"] >= 1.0);
    let sleeping = json!({"code": "await new Promise((done) => setTimeout(done, 250000))"});
    let calls = async {
        tokio::join!(
            host.call("execute_agent_code", &sleeping, &[]),
            host.call("execute_agent_code", &sleeping, &[]),
        )
    };
    let wanted = [
        ("vesicle_permits_in_use{of=\"programs\"}", 1.0),
        ("vesicle_waiting{of=\"programs\"}", 1.0),
        ("vesicle_pool_slots_in_use", 1.0),
    ];
    tokio::select! {
        _ = calls => panic!("they sleep"),
        lines = until(&host, &wanted) => {
            // Both calls, and this request.
            assert!(lines["vesicle_connections"] >= 3.0, "{lines:?}");
        }
    }
    let opened = host.post(&initialize(), &[]).await;
    assert_eq!(opened.status, StatusCode::OK);
    until(&host, &[("vesicle_sessions", 1.0)]).await;
}

#[tokio::test]
async fn calls_of_other_servers_are_told_with_what_they_came_to() {
    let toml = "[tools]\ndeny = [\"raw.write\"]\n[servers.raw.tools.count]\ncache_ttl_ms = 60000\n";
    let host = HttpHost::start_with(toml, &with_raw, &[]);
    until(&host, &[("vesicle_upstream_up{server=\"raw\"}", 1.0)]).await;
    let code = "
        await tools.raw.count({ key: 'a' });
        await tools.raw.count({ key: 'a' });
        await tools.raw.slow({ ms: 50 });
        await tools.raw.fail({ message: 'no' }).catch(() => {});
        await tools.raw.write({ key: 'a' }).catch(() => {});
        return 1";
    assert_eq!(host.run(code, &[]).await, 1);
    let lines = scraped(&host, &[]).await;
    for (line, value) in [
        (
            "vesicle_upstream_calls_total{server=\"raw\",outcome=\"success\"}",
            3.0,
        ),
        (
            "vesicle_upstream_calls_total{server=\"raw\",outcome=\"upstream\"}",
            1.0,
        ),
        (
            "vesicle_upstream_calls_total{server=\"raw\",outcome=\"denied\"}",
            1.0,
        ),
        ("vesicle_upstream_call_seconds_count{server=\"raw\"}", 3.0),
        (
            "vesicle_upstream_call_seconds_bucket{le=\"+Inf\",server=\"raw\"}",
            3.0,
        ),
        (
            "vesicle_cache_lookups_total{cache=\"results\",result=\"hit\"}",
            1.0,
        ),
        (
            "vesicle_cache_lookups_total{cache=\"results\",result=\"miss\"}",
            1.0,
        ),
        ("vesicle_host_calls_denied_total", 1.0),
    ] {
        assert_eq!(lines.get(line), Some(&value), "{line}\n{lines:#?}");
    }
    assert!(lines["vesicle_result_cache_bytes"] > 0.0);
    // The program waited for its calls, and for little else.
    let waited = lines["vesicle_execution_seconds_sum{phase=\"host_calls\"}"];
    let all = lines["vesicle_execution_seconds_sum{phase=\"all\"}"];
    assert!(waited >= 0.05 && waited <= all, "{waited} of {all}");
    let compiled = |result: &str| {
        lines[&format!("vesicle_cache_lookups_total{{cache=\"components\",result=\"{result}\"}}")]
    };
    assert!(compiled("hit") + compiled("miss") >= 1.0);
}

#[tokio::test]
async fn the_protocol_tells_what_http_tells() {
    let host = HttpHost::start_with("", &with_raw, &[]);
    until(&host, &[("vesicle_upstream_up{server=\"raw\"}", 1.0)]).await;
    host.run("return tools.raw.echo({ text: 'a' })", &[]).await;
    let failing = json!({"code": "throw new Error('x')"});
    host.call("execute_agent_code", &failing, &[]).await;
    let episode =
        json!({"task_description": "something", "domain": "d", "task_type": "code_generation"});
    answered(&host, "create_episode", episode, &[]).await;
    host.get("/nothing", &[]).await;

    let told = answered(&host, "get_metrics", json!({}), &[]).await;
    let figures = &told["host"];
    let lines = scraped(&host, &[]).await;
    let line = |name: &str| {
        *lines
            .get(name)
            .unwrap_or_else(|| panic!("{name} in {lines:#?}"))
    };
    let same = |name: &str, path: &str| {
        let figure = figures.pointer(path).and_then(Value::as_f64);
        assert_eq!(figure, Some(line(name)), "{name}, {path}\n{figures:#}");
    };
    let by = |family: &str, label: &str, value: &str| format!("{family}{{{label}=\"{value}\"}}");
    for outcome in figures["executions"].as_object().unwrap().keys() {
        same(
            &by("vesicle_executions_total", "outcome", outcome),
            &format!("/executions/{outcome}"),
        );
    }
    for phase in figures["phases"].as_object().unwrap().keys() {
        same(
            &by("vesicle_execution_seconds_count", "phase", phase),
            &format!("/phases/{phase}/count"),
        );
        same(
            &by("vesicle_execution_seconds_sum", "phase", phase),
            &format!("/phases/{phase}/seconds"),
        );
    }
    for of in ["programs", "nested"] {
        for (family, path) in [
            ("permits_in_use", "running/used"),
            ("permits_max", "running/total"),
            ("waiting", "waiting/used"),
            ("waiting_max", "waiting/total"),
        ] {
            same(
                &by(&format!("vesicle_{family}"), "of", of),
                &format!("/permits/{of}/{path}"),
            );
        }
    }
    for (name, path) in [
        (
            "vesicle_executions_total{outcome=\"success\"}",
            "/executions/success",
        ),
        ("vesicle_pool_slots_max", "/pool_slots/total"),
        ("vesicle_host_calls_denied_total", "/host_calls_denied"),
        (
            "vesicle_cache_lookups_total{cache=\"components\",result=\"hit\"}",
            "/caches/components/hits",
        ),
        (
            "vesicle_cache_lookups_total{cache=\"plugins\",result=\"miss\"}",
            "/caches/plugins/misses",
        ),
        (
            "vesicle_upstream_calls_total{server=\"raw\",outcome=\"success\"}",
            "/servers/raw/outcomes/success",
        ),
        (
            "vesicle_upstream_call_seconds_sum{server=\"raw\"}",
            "/servers/raw/latency/seconds",
        ),
        (
            "vesicle_memory_episodes{account=\"\"}",
            "/memories//episodes",
        ),
        (
            "vesicle_memory_size_bytes{account=\"\"}",
            "/memories//bytes",
        ),
        (
            "vesicle_memory_tool_calls_total{tool=\"create_episode\",outcome=\"success\"}",
            "/memory_tools/create_episode/calls",
        ),
        (
            "vesicle_http_responses_total{status=\"404\"}",
            "/http/responses/404",
        ),
        ("vesicle_sessions", "/http/sessions"),
        ("vesicle_process_max_fds", "/process/open_files_max"),
    ] {
        same(name, path);
    }
    assert_eq!(line("vesicle_executions_total{outcome=\"error\"}"), 1.0);
    assert_eq!(line("vesicle_memory_episodes{account=\"\"}"), 1.0);
    assert_eq!(told["episodes"]["episodes"], 1);
    assert_eq!(told["performance"]["create_episode"]["calls"], 1);
    assert_eq!(told["system"], figures["process"]);
}

#[tokio::test]
async fn the_protocol_tells_of_the_same_health() {
    let host = HttpHost::start(&[]);
    let health = answered(&host, "health_check", json!({}), &[]).await;
    assert_eq!(health["status"], "healthy", "{health}");
    let names: Vec<_> = health["components"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["disk", "embeddings", "engine", "index", "store"]);

    let gone = "[memory]\nurl = \"postgres://nobody@127.0.0.1:9/none?connect_timeout=1\"\n";
    let host = HttpHost::start_with(gone, &|_| {}, &[]);
    let health = answered(&host, "health_check", json!({}), &[]).await;
    let ready = host.get("/readyz", &[]).await;
    let parts: Value = serde_json::from_str(&ready.text).unwrap();
    assert_eq!(health["status"], "unhealthy");
    assert_eq!(health["components"]["store"]["error"], parts["memory"]);
    assert_eq!(health["components"]["engine"]["status"], "healthy");
}

#[tokio::test]
async fn accounts_see_their_own_figures_and_admins_those_of_all() {
    let toml = "[auth]\nrequired = true\n[accounts.boss]\nadmin = true\n";
    let host = HttpHost::start_with(toml, &|_| {}, &[]);
    let token = |name: &str| {
        let token = vesicle(host.data(), &["token", "create", "--name", name]);
        format!("Bearer {token}")
    };
    let (boss, ada) = (token("boss"), token("ada"));
    let (boss, ada) = ([("authorization", &*boss)], [("authorization", &*ada)]);
    let episode =
        json!({"task_description": "something", "domain": "d", "task_type": "code_generation"});
    answered(&host, "create_episode", episode, &ada).await;

    let told = answered(&host, "get_metrics", json!({}), &ada).await;
    assert_eq!(told["episodes"]["episodes"], 1);
    assert_eq!(told.get("host"), None, "{told}");
    let told = answered(&host, "get_metrics", json!({}), &boss).await;
    assert_eq!(told["episodes"]["episodes"], 0);
    assert_eq!(told["host"]["memories"]["ada"]["episodes"], 1, "{told}");
    let lines = scraped(&host, &boss).await;
    assert_eq!(lines["vesicle_memory_episodes{account=\"ada\"}"], 1.0);
    assert_eq!(lines["vesicle_memory_episodes{account=\"boss\"}"], 0.0);
}

#[tokio::test]
async fn the_readme_names_every_figure_and_no_other() {
    let host = HttpHost::start_with("", &with_raw, &["--isolation", "process"]);
    answered(
        &host,
        "execute_agent_code",
        json!({"code": "return 1"}),
        &[],
    )
    .await;
    answered(&host, "get_metrics", json!({}), &[]).await;
    let answer = host.get("/metrics", &[]).await;
    let types = answer
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    let told: BTreeSet<(String, String)> = types
        .map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            let ending = if kind == "counter" { "_total" } else { "" };
            (format!("{name}{ending}"), kind.to_owned())
        })
        .collect();
    let readme = std::fs::read_to_string(in_repository("README.md")).unwrap();
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `vesicle_"));
    let named: BTreeSet<(String, String)> = rows
        .map(|row| {
            let (name, rest) = row.split_once('`').unwrap();
            let kind = rest.split('|').nth(1).unwrap().trim();
            (format!("vesicle_{name}"), kind.to_owned())
        })
        .collect();
    assert_eq!(named, told);
}
