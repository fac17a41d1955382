//! Faults of the machine: a host that is killed in the midst of work, and a disk that is full. What was acknowledged is kept,
//! what needs no writing goes on.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{HttpHost, stateless, tried, vesicle};
use crate::several::wait_for;

/// What writes at once.
const CLIENTS: usize = 6;
/// How much of each kind has to be acknowledged before the host is killed.
const EPISODES_MIN: usize = 30;
const KEYS_MIN: usize = 30;
const PLUGINS_MIN: usize = 3;
/// How long all of that may take.
const WORK_MAX: Duration = Duration::from_secs(180);

/// What was acknowledged.
#[derive(Debug, Default)]
struct Told {
    episodes: Vec<String>,
    keys: Vec<(String, usize)>,
    plugins: Vec<usize>,
}

impl Told {
    fn is_enough(&self) -> bool {
        self.episodes.len() >= EPISODES_MIN
            && self.keys.len() >= KEYS_MIN
            && self.plugins.len() >= PLUGINS_MIN
    }
}

fn episode(task: &str) -> Value {
    json!({"task_description": task, "domain": "d", "task_type": "analysis"})
}

fn set(key: &str, value: usize) -> Value {
    json!({"code": format!("await state.set('{key}', {value}); return 'kept'")})
}

fn plugin(number: usize) -> Value {
    let source = format!("export function number(): number {{ return {number} }}");
    json!({"name": format!("kept{number}"), "source": source})
}

/// The result of a call of a tool; none where the host is gone.
async fn call(url: &str, tool: &str, arguments: &Value) -> Option<Value> {
    let message = stateless("tools/call", json!({"name": tool, "arguments": arguments}));
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", tool),
    ];
    let answer = tried(url, &message, &headers).await.ok()?;
    assert_eq!(answer.status, 200, "{answer:?}");
    Some(answer.message()["result"].clone())
}

/// What it answered, where it is no failure.
fn well(result: Value) -> Value {
    assert_eq!(result["isError"], false, "{result}");
    result["structuredContent"].clone()
}

fn id(episode: Value) -> String {
    episode["episode_id"].as_str().unwrap().to_owned()
}

/// Writes of one kind, until the host is gone.
async fn work(url: String, client: usize, next: Arc<AtomicUsize>, told: Arc<Mutex<Told>>) {
    for turn in 0.. {
        let number = next.fetch_add(1, Ordering::Relaxed);
        match client % 3 {
            0 => {
                let task = episode(&format!("{client} does {turn}"));
                let Some(made) = call(&url, "create_episode", &task).await else {
                    return;
                };
                told.lock().episodes.push(id(well(made)));
            }
            1 => {
                // So many keys fit.
                let key = format!("of {client}: {}", turn % 100);
                let kept = call(&url, "execute_agent_code", &set(&key, turn)).await;
                let Some(kept) = kept else { return };
                assert_eq!(well(kept)["output"], "kept");
                told.lock().keys.push((key, turn));
            }
            _ => {
                let Some(saved) = call(&url, "save_plugin", &plugin(number)).await else {
                    return;
                };
                well(saved);
                told.lock().plugins.push(number);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_killed_has_all_that_it_acknowledged() {
    let mut host = HttpHost::start(&[]);
    let told = Arc::new(Mutex::new(Told::default()));
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(work(host.url("/mcp"), client, next.clone(), told.clone()));
    }
    let began = Instant::now();
    while !told.lock().is_enough() {
        assert!(began.elapsed() < WORK_MAX, "{:?}", told.lock());
        assert!(
            clients.try_join_next().is_none(),
            "a client ended before the host"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    host.signal("-KILL");
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    host.start_again();

    let told = std::mem::take(&mut *told.lock());
    has_episodes(&host, &told.episodes).await;
    let all = "const all = {}; for (const key of await state.keys('')) all[key] = await state.get(key); return all";
    let kept = host.run(all, &[]).await;
    for (key, value) in &told.keys {
        // What was written last may have been written and not acknowledged.
        let found = kept[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} is lost"));
        assert!(found >= *value as u64, "{key} is {found}, and was {value}");
    }
    for number in &told.plugins {
        let tool = format!("kept{number}__number");
        let answer = host.call(&tool, &json!({}), &[]).await.message();
        assert_eq!(
            answer["result"]["content"][0]["text"],
            number.to_string(),
            "{answer}"
        );
    }
    let verified = host.vesicle(&["audit", "verify"]);
    assert!(verified.ends_with("\nintact"), "{verified}");
}

/// More than the host wants to have free, in MB.
const DISK_MB: u32 = 96;
/// How many writes may find room that is left in files before one is refused.
const WRITES_MAX: usize = 2_000;

/// A host whose data lie on a disk that nobody else has; none where mounts are not allowed.
fn on_a_small_disk() -> Option<(HttpHost, PathBuf)> {
    let allowed = Command::new("unshare").args(["--mount", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("not tried: mounts are not allowed here");
        return None;
    }
    let mount = format!("mount -t tmpfs -o size={DISK_MB}m,mode=700 tmpfs \"$PWD\" && exec \"$@\"");
    let around = ["unshare", "--mount", "sh", "-c", &mount, "sh"];
    let host = HttpHost::start_around(&around, "");
    let root = format!("/proc/{}/root", host.id());
    let inside = Path::new(&root).join(host.data().strip_prefix("/").unwrap());
    Some((host, inside))
}

/// Takes all that is left of a disk.
fn fill(file: &Path) {
    let mut file = std::fs::File::create(file).unwrap();
    for bytes in [1 << 20, 4 << 10, 1] {
        let block = vec![b'x'; bytes];
        while file.write_all(&block).is_ok() {}
    }
}

/// Writes until it is refused; why it was, and what came of the writes before.
async fn until_refused(
    host: &HttpHost,
    tool: &str,
    write: impl Fn(usize) -> Value,
) -> (String, Vec<Value>) {
    let mut done = Vec::new();
    while done.len() < WRITES_MAX {
        let written = call(&host.url("/mcp"), tool, &write(done.len())).await;
        let result = written.unwrap();
        if result["isError"] == true {
            return (result.to_string(), done);
        }
        done.push(result);
    }
    panic!("{tool}: nothing is refused");
}

/// Looks for all of these episodes.
async fn has_episodes(host: &HttpHost, ids: &[String]) {
    for ids in ids.chunks(50) {
        let asked = json!({ "episode_ids": ids });
        let found = host.call("bulk_episodes", &asked, &[]).await.message();
        let text = found["result"].to_string();
        for id in ids {
            assert!(text.contains(id), "{id} is lost: {found}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_is_written_and_nothing_else() {
    let Some((host, inside)) = on_a_small_disk() else {
        return;
    };
    let ready = async || host.get("/readyz", &[]).await.status == 200;
    let made = host.call("create_episode", &episode("before"), &[]).await;
    let before = well(made.message()["result"].clone());
    assert_eq!(
        host.run("await state.set('before', 1); return 1", &[])
            .await,
        1
    );
    well(
        call(&host.url("/mcp"), "save_plugin", &plugin(1))
            .await
            .unwrap(),
    );
    assert!(ready().await);

    let filler = inside.join("filler");
    fill(&filler);
    let room = "the host's data have room, and should have none";
    assert!(
        std::fs::write(inside.join("more"), [b'x'; 8192]).is_err(),
        "{room}"
    );
    let _ = std::fs::remove_file(inside.join("more"));
    wait_for("it is not ready", async || !ready().await).await;
    let told = host.get("/readyz", &[]).await.text;
    assert!(
        told.contains(" has 0 MB left, and should have 64"),
        "{told}"
    );
    assert_eq!(host.get("/healthz", &[]).await.status, 200);
    let (refused, episodes) = until_refused(&host, "create_episode", |turn| {
        episode(&format!("{turn} {}", "while it is full ".repeat(40)))
    })
    .await;
    assert!(
        refused.contains("the disk with the memory is full, and nothing was written"),
        "{refused}"
    );
    let value = "x".repeat(2_000);
    let (refused, keys) = until_refused(
        &host,
        "execute_agent_code",
        |turn| json!({"code": format!("await state.set('{}', '{value}')", turn % 500)}),
    )
    .await;
    assert!(
        refused.contains("the disk with the state is full, and nothing was written"),
        "{refused}"
    );
    let (refused, _) = until_refused(&host, "save_plugin", |turn| plugin(turn + 2)).await;
    assert!(refused.contains("nothing was changed"), "{refused}");

    // What writes nothing goes on.
    let kept = "return [await state.get('before'), (await state.keys('')).length]";
    assert_eq!(
        host.run(kept, &[]).await,
        json!([1, keys.len().min(500) + 1])
    );
    let asked = json!({"query": "before", "domain": "d", "limit": 50});
    let found = host.call("query_memory", &asked, &[]).await.message();
    assert!(
        found["result"].to_string().contains(&id(before.clone())),
        "{found}"
    );
    let called = host.call("kept1__number", &json!({}), &[]).await.message();
    assert_eq!(called["result"]["content"][0]["text"], "1", "{called}");

    std::fs::remove_file(&filler).unwrap();
    wait_for("it is ready", ready).await;
    let made = host.call("create_episode", &episode("after"), &[]).await;
    let after = well(made.message()["result"].clone());
    let set = "await state.set('after', 2); return await state.get('after')";
    assert_eq!(host.run(set, &[]).await, 2);
    well(
        call(&host.url("/mcp"), "save_plugin", &plugin(0))
            .await
            .unwrap(),
    );
    let ids = episodes.into_iter().map(well).chain([before, after]);
    let ids: Vec<String> = ids.map(id).collect();
    has_episodes(&host, &ids).await;
    wait_for("what was not logged is told", async || {
        host.run("return 3", &[]).await;
        let verified = vesicle(&inside, &["audit", "verify"]);
        verified.ends_with("\nintact")
    })
    .await;
}
