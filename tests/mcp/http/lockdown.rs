//! What a host gives up, seen from outside of it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use super::{HttpHost, initialize};

/// A place that the host was not told of, which is not among those for temporary files either.
fn outside() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// What a process has given up: `NoNewPrivs` and `Seccomp`.
fn given_up(status: &str) -> (&str, &str) {
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim()
    };
    (of("NoNewPrivs:"), of("Seccomp:"))
}

/// The text of a file that another process writes, once it ends with a line `end`.
fn written(path: &Path) -> String {
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if text.ends_with("end\n") {
            return text;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn every_thread_has_given_up_what_it_does_not_need() {
    let locked = HttpHost::start(&[]);
    assert_eq!(locked.run("return 1", &[]).await, 1);
    let tasks = fs::read_dir(format!("/proc/{}/task", locked.id())).unwrap();
    let mut count = 0;
    for task in tasks {
        // Threads of a pool may have ended meanwhile.
        let Ok(status) = fs::read_to_string(task.unwrap().path().join("status")) else {
            continue;
        };
        assert_eq!(given_up(&status), ("1", "2"), "{status}");
        count += 1;
    }
    assert!(count > 2, "{count} threads");
    assert!(!locked.told().contains("locked down"), "{}", locked.told());

    let open = HttpHost::start(&["--no-lockdown"]);
    let status = fs::read_to_string(format!("/proc/{}/status", open.id())).unwrap();
    assert_eq!(given_up(&status), ("0", "0"), "{status}");
    assert!(
        open.told().contains("without --no-lockdown"),
        "{}",
        open.told()
    );
}

/// As somebody would who can make the host open a path of theirs.
#[tokio::test]
async fn a_path_that_the_configuration_does_not_name_cannot_be_opened() {
    for (options, status) in [
        (&[] as &[&str], StatusCode::INTERNAL_SERVER_ERROR),
        (&["--no-lockdown"], StatusCode::OK),
    ] {
        let outside = outside();
        let host = HttpHost::start_with("[auth]\nrequired = true\n", &|_| {}, options);
        let token = host.vesicle(&["token", "create", "--name", "one"]);
        let token = format!("Bearer {token}");
        let token = [("authorization", &*token)];
        assert_eq!(host.run("return 1", &token).await, 1);
        let (here, there) = (
            host.data().join("tokens.toml"),
            outside.path().join("t.toml"),
        );
        fs::copy(&here, &there).unwrap();
        fs::remove_file(&here).unwrap();
        symlink(&there, &here).unwrap();
        let answer = host.post(&initialize(), &token).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test]
async fn what_the_configuration_names_is_within_reach() {
    let (granted, kept) = (outside(), outside());
    fs::write(granted.path().join("in"), "read").unwrap();
    let toml = format!(
        "[[preopen]]\nhost = {granted:?}\nguest = \"/data\"\naccess = \"read-write\"\n\
         [audit]\ndir = {audit:?}\n[state]\nfile = {state:?}\n[memory]\nfile = {memory:?}\n",
        granted = granted.path(),
        audit = kept.path().join("audit"),
        state = kept.path().join("a/state.db"),
        memory = kept.path().join("b/memory.db"),
    );
    let host = HttpHost::start_with(&toml, &|_| {}, &[]);
    let code = "await fs.writeFile('/data/out', 'written'); await state.set('key', 'kept'); \
        return await fs.readFile('/data/in', 'utf8') + await state.get('key')";
    assert_eq!(host.run(code, &[]).await, "readkept");
    let text = fs::read_to_string(granted.path().join("out")).unwrap();
    assert_eq!(text, "written");
    let episode = json!({"task_description": "t", "domain": "d", "task_type": "analysis"});
    let made = host.call("create_episode", &episode, &[]).await.message();
    assert_eq!(made["result"]["isError"], false, "{made}");
    for made in ["audit", "a/state.db", "b/memory.db"] {
        assert!(kept.path().join(made).exists(), "{made}");
    }
}

#[tokio::test]
async fn servers_keep_the_disk_and_give_up_the_rest() {
    let outside = outside();
    let file = outside.path().join("status");
    let script = format!("(cat /proc/self/status; echo end) > {}", file.display());
    let toml = format!("[servers.probe]\ncommand = \"/bin/sh\"\nargs = [\"-c\", {script:?}]\n");
    let host = HttpHost::start_with(&toml, &|_| {}, &[]);
    let status = written(&file);
    assert_eq!(given_up(&status), ("1", "2"), "{status}");
    assert_eq!(host.run("return 1", &[]).await, 1);
}
