//! Programs in worker processes of a host that is locked down.

use std::{fs, process::Command};

use serde_json::json;

use super::HttpHost;

/// The worker processes of a host that have served somebody: the lock comes with the first program.
fn locked(host: &HttpHost) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_locked = |pid: &u32| {
        let read =
            |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let (status, command) = (read("status"), read("cmdline"));
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().parse::<u32>().unwrap_or(0)
        };
        // One filter is the host's, two are the worker's.
        field("PPid:") == host.id()
            && command.contains("run-programs")
            && (field("NoNewPrivs:"), field("Seccomp_filters:")) == (1, 3)
    };
    let mut found: Vec<u32> = pids.filter(is_locked).collect();
    found.sort_unstable();
    found
}

#[tokio::test]
async fn a_locked_host_has_locked_workers_and_tells_of_them() {
    let prepare = |data: &std::path::Path| fs::create_dir(data.join("files")).unwrap();
    let toml = "[sandbox]\nisolation = \"process\"\n[[preopen]]\nhost = \"files\"\nguest = \"/files\"\naccess = \"read-write\"\n";
    let host = HttpHost::start_with(toml, &prepare, &[]);
    let code = "await fs.writeFile('/files/new', 'text'); await state.set('k', [1]);
return [await fs.readFile('/files/new', 'utf8'), await state.get('k')]";
    assert_eq!(host.run(code, &[]).await, json!(["text", [1]]));
    assert_eq!(
        fs::read_to_string(host.data().join("files/new")).unwrap(),
        "text"
    );
    let first = locked(&host);
    assert!(!first.is_empty());
    let metrics = host.get("/metrics", &[]).await.text;
    assert!(
        metrics.contains("vesicle_workers{state=\"running\"} 0"),
        "{metrics}"
    );
    assert!(
        metrics.contains("vesicle_workers_ended_total{reason=\"failed\"} 0"),
        "{metrics}"
    );
    assert_eq!(host.get("/readyz", &[]).await.status, 200);

    // A worker that died between two calls is nobody's trouble.
    for pid in &first {
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.unwrap().success());
    }
    // Until they are zombies, or nothing: before that, what they had open is not closed.
    let is_there = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status"));
        status.is_ok_and(|status| !status.contains("State:\tZ"))
    };
    while first.iter().any(is_there) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(
        host.run("return await state.get('k')", &[]).await,
        json!([1])
    );
    assert_eq!(locked(&host).len(), 1);
}

#[tokio::test]
async fn accounts_have_processes_of_their_own() {
    let toml = "[auth]\nrequired = true\n[sandbox]\nisolation = \"process\"\n";
    let host = HttpHost::start_with(toml, &|_| {}, &[]);
    let token = |name: &str| {
        let token = host.vesicle(&["token", "create", "--name", name]);
        format!("Bearer {}", token.trim())
    };
    let (one, other) = (token("one"), token("other"));
    let run = async |token: &str| {
        let headers = [("authorization", token)];
        assert_eq!(host.run("return 1", &headers).await, 1);
        locked(&host)
    };
    let of_one = run(&one).await;
    let new = |before: &[u32], after: Vec<u32>| {
        let new = after.into_iter().filter(|pid| !before.contains(pid));
        new.collect::<Vec<_>>()
    };
    assert_eq!(new(&of_one, run(&one).await), [0_u32; 0]);
    let of_other = new(&of_one, run(&other).await);
    assert_eq!(of_other.len(), 1, "{of_one:?} {of_other:?}");
    // Both are kept.
    let known = [of_one, of_other].concat();
    assert_eq!(new(&known, run(&one).await), [0_u32; 0]);
    assert_eq!(new(&known, run(&other).await), [0_u32; 0]);
}
