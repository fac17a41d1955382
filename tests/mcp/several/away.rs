//! A database that goes away and comes back: what needs none goes on, the rest says what is wrong, and nothing has to be
//! restarted.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::configuration;
use crate::{
    http::{HttpHost, initialize, vesicle},
    postgresql::Server,
};

/// A host with a database of its own, and a token for it.
fn host(database: &Server, plugins: &std::path::Path) -> (HttpHost, String) {
    let directory = database.directory().display();
    let url = format!("postgres://postgres:open%20sesame@/postgres?host={directory}&port=5432");
    let toml = configuration(&url, plugins, "a");
    let mut token = String::new();
    let made = Mutex::new(&mut token);
    let make = |data: &std::path::Path| {
        **made.lock() = vesicle(data, &["token", "create", "--name", "ci"]);
    };
    let host = HttpHost::start_with(&toml, &make, &[]);
    (host, format!("Bearer {token}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_its_database_degrades_and_recovers() {
    let database = Server::own(&[]);
    let plugins = tempfile::TempDir::new().unwrap();
    let (host, token) = host(&database, plugins.path());
    let headers = [("host", "vesicle.test"), ("authorization", token.as_str())];
    assert_eq!(
        host.run("await state.set('k', 1); return 1", &headers)
            .await,
        1
    );
    assert_eq!(host.get("/readyz", &headers[..1]).await.status, 200);

    database.kill();
    let kept =
        "try { return await state.get('k') } catch (error) { return [error.code, error.message] }";
    let told = host.run(kept, &headers).await;
    assert_eq!(told[0], "unavailable", "{told}");
    assert!(
        told[1].as_str().unwrap().contains("is not there now"),
        "{told}"
    );
    let asked = json!({"query": "k", "domain": "d"});
    let answer = host.call("query_memory", &asked, &headers).await;
    let answer = answer.message();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    // Whoever was let in before is so still, for some time, and what needs no database runs.
    assert_eq!(host.run("return 2", &headers).await, 2);
    super::wait_for("it is not ready", async || {
        host.get("/readyz", &headers[..1]).await.status == 503
    })
    .await;

    database.start();
    super::wait_for("it is ready", async || {
        host.get("/readyz", &headers[..1]).await.status == 200
    })
    .await;
    assert_eq!(host.run(kept, &headers).await, 1);
    super::wait_for("what was not logged is told", async || {
        host.run("return 3", &headers).await;
        vesicle(host.data(), &["audit", "tail", "--json"]).contains(r#""kind":"gap""#)
    })
    .await;
    let verified = vesicle(host.data(), &["audit", "verify"]);
    assert!(verified.ends_with("\nintact"), "{verified}");
    // A line that is changed in the database is found there.
    database.sql(
        "postgres",
        "UPDATE vesicle_host.audit_lines SET line = replace(line, 'ci', 'me') WHERE seq = 1",
    );
    let (found, is_well) = crate::http::told(host.data(), &["audit", "verify"]);
    assert!(
        !is_well && found.contains("a, line 1: changed or inserted"),
        "{found}"
    );
    database.sql(
        "postgres",
        "DELETE FROM vesicle_host.audit_lines WHERE seq = (SELECT max(seq) FROM vesicle_host.audit_lines)",
    );
    let (found, _) = crate::http::told(host.data(), &["audit", "verify"]);
    assert!(found.contains("are missing at the end"), "{found}");
}

const CLIENTS: usize = 4;
/// How many writes have to be acknowledged before the database ends, and after; and how many refused meanwhile.
const WRITES_MIN: usize = 40;

/// What became of writes.
#[derive(Debug, Default)]
struct Told {
    episodes: Vec<String>,
    keys: Vec<String>,
    refused: usize,
}

/// Writes in turn to the memory and to the state.
async fn work(host: Arc<HttpHost>, token: String, told: Arc<Mutex<Told>>, client: usize) {
    let headers = [("host", "vesicle.test"), ("authorization", token.as_str())];
    let tried = async |tool: &str, arguments: Value| {
        let answer = host.call(tool, &arguments, &headers).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let result = answer.message()["result"].clone();
        if result["isError"] == false {
            return Some(result["structuredContent"].clone());
        }
        let text = result.to_string();
        assert!(text.contains("is not there now"), "{text}");
        told.lock().refused += 1;
        None
    };
    for turn in 0.. {
        let task = format!("{client} does {turn}");
        let episode = json!({"task_description": task, "domain": "d", "task_type": "analysis"});
        if let Some(made) = tried("create_episode", episode).await {
            let id = made["episode_id"].as_str().unwrap().to_owned();
            told.lock().episodes.push(id);
        }
        let key = format!("of {client}: {}", turn % 100);
        let code = format!("await state.set('{key}', {turn}); return 'kept'");
        if tried("execute_agent_code", json!({ "code": code }))
            .await
            .is_some()
        {
            told.lock().keys.push(key);
        }
    }
}

/// The database ends while clients write, as in a loss of power, and comes back: what was acknowledged is there, what was not was refused
/// with the reason, and sessions go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_ends_under_load_loses_nothing_acknowledged() {
    let database = Server::own(&[]);
    let plugins = tempfile::TempDir::new().unwrap();
    let (host, token) = host(&database, plugins.path());
    let headers = [("host", "vesicle.test"), ("authorization", token.as_str())];
    let opened = host.post(&initialize(), &headers).await;
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    let host = Arc::new(host);
    let told = Arc::new(Mutex::new(Told::default()));
    let until = async |is_so: &dyn Fn(&Told) -> bool| {
        let began = std::time::Instant::now();
        while !is_so(&told.lock()) {
            assert!(
                began.elapsed() < Duration::from_secs(120),
                "{:?}",
                told.lock()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(work(host.clone(), token.clone(), told.clone(), client));
    }
    let acknowledged = |told: &Told| told.episodes.len() + told.keys.len();
    until(&|told| acknowledged(told) >= WRITES_MIN).await;
    database.kill();
    until(&|told| told.refused >= WRITES_MIN).await;
    let before = acknowledged(&told.lock());
    database.start();
    until(&|told| acknowledged(told) >= before + WRITES_MIN).await;
    clients.shutdown().await;

    let told = std::mem::take(&mut *told.lock());
    for ids in told.episodes.chunks(50) {
        let asked = json!({ "episode_ids": ids });
        let found = host.call("bulk_episodes", &asked, &headers).await.message();
        let text = found["result"].to_string();
        for id in ids {
            assert!(text.contains(id), "{id} is lost: {found}");
        }
    }
    let kept = host.run("return await state.keys('')", &headers).await;
    for key in &told.keys {
        let kept = kept.as_array().unwrap();
        assert!(kept.contains(&json!(key)), "{key} is lost");
    }
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let of_session = [
        ("mcp-session-id", session.as_str()),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    let of_session = [&headers[..], &of_session].concat();
    assert_eq!(host.post(&list, &of_session).await.status, 200);
}
