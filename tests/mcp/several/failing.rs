//! A host that ends in the midst of work takes nothing along that was acknowledged, and no calls but its own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::Hosts;

const CLIENTS: usize = 6;
/// How many calls have to be done before the host ends, and after.
const CALLS_MIN: usize = 60;

/// What became of the calls.
#[derive(Debug, Default)]
struct Told {
    episodes: Vec<String>,
    keys: Vec<String>,
    /// The hosts that failed calls were given to.
    failed: Vec<String>,
}

impl Told {
    fn acknowledged(&self) -> usize {
        self.episodes.len() + self.keys.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_a_host_loses_nothing_acknowledged_and_only_its_own_calls() {
    let hosts = Hosts::start();
    hosts.know_the_token().await;
    let hosts = Arc::new(hosts);
    let told = Arc::new(Mutex::new(Told::default()));
    let until = |count: usize| {
        let told = told.clone();
        async move {
            let began = Instant::now();
            while told.lock().acknowledged() < count {
                assert!(
                    began.elapsed() < Duration::from_secs(120),
                    "no work is done"
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(work(hosts.clone(), told.clone(), client));
    }
    until(CALLS_MIN).await;
    hosts.all[1].signal("-KILL");
    let at_the_end = told.lock().acknowledged();
    until(at_the_end + CALLS_MIN).await;
    clients.shutdown().await;

    let told = std::mem::take(&mut *told.lock());
    let killed = hosts.all[1].address();
    assert!(told.failed.len() <= CLIENTS, "{:?}", told.failed);
    assert!(
        told.failed.iter().all(|host| host == killed),
        "{:?}",
        told.failed
    );
    for ids in told.episodes.chunks(50) {
        let answer = hosts
            .call("bulk_episodes", &json!({"episode_ids": ids}))
            .await;
        let message = answer.message();
        let text = message["result"].to_string();
        for id in ids {
            assert!(text.contains(id), "{id} is lost: {message}");
        }
    }
    let kept = hosts.run("return await state.keys('')").await;
    for key in &told.keys {
        assert!(
            kept.as_array().unwrap().contains(&json!(key)),
            "{key} is lost"
        );
    }
    assert!(told.episodes.len() > 10 && told.keys.len() > 10, "{told:?}");
}

/// Writes in turn to the memory and to the state, as long as it may.
async fn work(hosts: Arc<Hosts>, told: Arc<Mutex<Told>>, client: usize) {
    for turn in 0.. {
        let episode = json!({"task_description": format!("{client} does {turn}"), "domain": "d", "task_type": "analysis"});
        let made = tried(&hosts, &told, "create_episode", &episode).await;
        if let Some(id) = made.as_ref().and_then(|made| made["episode_id"].as_str()) {
            told.lock().episodes.push(id.to_owned());
        }
        // So many keys fit.
        let key = format!("of {client}: {}", turn % 100);
        let code = json!({"code": format!("await state.set('{key}', {turn}); return 'kept'")});
        let set = tried(&hosts, &told, "execute_agent_code", &code).await;
        if set.is_some_and(|set| set["output"] == "kept") {
            told.lock().keys.push(key);
        }
    }
}

/// The result of a call; none where the host was gone.
async fn tried(hosts: &Hosts, told: &Mutex<Told>, tool: &str, arguments: &Value) -> Option<Value> {
    let answer = hosts.call(tool, arguments).await;
    if answer.status == 502 {
        let host = answer.header("x-host").unwrap().to_owned();
        told.lock().failed.push(host);
        return None;
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    let message = answer.message();
    assert_eq!(message["result"]["isError"], false, "{message}");
    Some(message["result"]["structuredContent"].clone())
}
