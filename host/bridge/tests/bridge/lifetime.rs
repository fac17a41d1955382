//! No process outlives the bridge, however it ends.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::support::{bridge, is_alive, raw, server, until, value};

async fn processes(bridge: &vesicle_bridge::Bridge) -> [u64; 2] {
    let pid = value(bridge, "raw.process", json!({})).await["pid"]
        .as_u64()
        .unwrap();
    let grandchild = value(bridge, "raw.grandchild", json!({})).await["pid"]
        .as_u64()
        .unwrap();
    [pid, grandchild]
}

/// Says to a process of this binary that it is the host to be killed, and no test.
const IS_HOST: &str = "VESICLE_TEST_IS_HOST";

/// Starts a server and its child, tells who they are, and waits to be killed.
async fn host_to_be_killed() {
    let bridge = bridge([raw("raw")]);
    let [pid, grandchild] = processes(&bridge).await;
    println!("\npids {pid} {grandchild}");
    std::future::pending().await
}

#[tokio::test]
async fn a_killed_host_leaves_nothing_behind() {
    if std::env::var_os(IS_HOST).is_some() {
        return host_to_be_killed().await;
    }
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "lifetime::a_killed_host_leaves_nothing_behind",
            "--nocapture",
        ])
        .env(IS_HOST, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(host.stdout.take().unwrap()).lines();
    let pids: Vec<u64> = lines
        .map_while(Result::ok)
        .find_map(|line| {
            Some(
                line.strip_prefix("pids ")?
                    .split(' ')
                    .map(|pid| pid.parse().unwrap())
                    .collect(),
            )
        })
        .unwrap();
    assert!(pids.len() == 2 && pids.iter().all(|pid| is_alive(*pid)));
    host.kill().unwrap();
    host.wait().unwrap();
    until("the server and its child are gone", || {
        !pids.iter().any(|pid| is_alive(*pid))
    })
    .await;
}

#[tokio::test]
async fn a_shut_down_bridge_leaves_nothing_behind() {
    let bridge = bridge([raw("raw")]);
    let pids = processes(&bridge).await;
    bridge.shut_down().await;
    assert!(!is_alive(pids[0]));
    until("the server's child is gone", || !is_alive(pids[1])).await;
    let error = crate::support::call(&bridge, "raw.echo", json!({"text": "x"}))
        .await
        .unwrap_err();
    assert!(error.message.contains("shutting down"), "{error}");
}

#[tokio::test]
async fn a_dropped_bridge_leaves_nothing_behind() {
    let bridge = bridge([raw("raw")]);
    let pids = processes(&bridge).await;
    drop(bridge);
    until("the server and its child are gone", || {
        !pids.iter().any(|pid| is_alive(*pid))
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_want_to_end_is_ended() {
    let script = "trap '' TERM; echo up >&2; while :; do sleep 1; done";
    let bridge = bridge([server(
        "stubborn",
        json!({"command": "/bin/sh", "args": ["-c", script]}),
    )]);
    until("it is up", || {
        crate::support::status(&bridge, "stubborn").stderr == ["up"]
    })
    .await;
    let shells = || {
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
            .filter(|line| String::from_utf8_lossy(line).contains("trap '' TERM; echo up"))
            .count()
    };
    assert_eq!(shells(), 1);
    bridge.shut_down().await;
    assert_eq!(shells(), 0);
}

/// The runtime's threads come and go, and the kernel counts the one that forked as the parent.
#[test]
fn a_server_outlives_the_thread_that_asked_for_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let bridge = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let local = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let _runtime = runtime.enter();
                let bridge = bridge([raw("raw")]);
                local.block_on(async { value(&bridge, "raw.echo", json!({"text": "x"})).await });
                bridge
            })
            .join()
            .unwrap()
    });
    runtime.block_on(async {
        let pid = value(&bridge, "raw.process", json!({})).await["pid"]
            .as_u64()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(is_alive(pid));
        assert_eq!(crate::support::status(&bridge, "raw").connections, 1);
        bridge.shut_down().await;
    });
}

#[tokio::test]
async fn a_child_gets_only_the_environment_that_it_needs() {
    let mut server = raw("raw");
    if let vesicle_bridge::Transport::Stdio { env, .. } = &mut server.transport {
        env.insert("CONFIGURED".to_owned(), "yes".to_owned());
    }
    let bridge = bridge([server]);
    let environment = value(&bridge, "raw.environment", json!({})).await;
    let allowed = [
        "CONFIGURED",
        "HOME",
        "LOGNAME",
        "PATH",
        "SHELL",
        "TERM",
        "USER",
        "LC_CTYPE",
        "PWD",
        "SHLVL",
        "_",
    ];
    for name in environment.as_object().unwrap().keys() {
        assert!(allowed.contains(&name.as_str()), "{name}");
    }
    assert_eq!(environment["CONFIGURED"], "yes");
    assert!(environment.get("PATH").is_some());
    // There was something to leave out.
    assert!(std::env::vars().any(|(name, _)| environment.get(name).is_none()));
    let process = value(&bridge, "raw.process", json!({})).await;
    assert_eq!(process["pid"], process["group"]);
}
