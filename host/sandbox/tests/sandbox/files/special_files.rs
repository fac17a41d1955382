//! What has a place among files and is none: opening it could block a thread of the host for ever,
//! never end, or do something.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::json;
use vesicle_sandbox::{Access, Directory, DirectoryError, Execution, Files, Quota};

use super::World;
use crate::support::{execute, execution, success};

fn granted(host: &str, code: &str) -> Execution {
    let host = Path::new(host);
    let directory = Directory::open(host, "/host", Access::ReadWrite, Quota::default()).unwrap();
    Execution {
        files: Files::new([directory]).unwrap(),
        ..execution(code)
    }
}

async fn codes(host: &str, calls: &[&str]) -> Vec<String> {
    let mut codes = Vec::new();
    for call in calls {
        let code =
            format!("try {{ await {call}; return 'done' }} catch (error) {{ return error.code }}");
        let output = success(execute(granted(host, &code)).await);
        codes.push(serde_json::from_str(output.get()).unwrap());
    }
    codes
}

/// Opening one waits for the other end. Every thread that waits would be lost to everybody.
#[tokio::test]
async fn pipes() {
    let world = World::new();
    let pipe = world.host("data/pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    world.link("data/to-pipe", "pipe");
    let began = Instant::now();
    for _ in 0..20 {
        world
            .refuses(&[
                ("fs.readFile('/data/pipe')", "ENOTSUP"),
                ("fs.readFile('/data/to-pipe')", "ENOTSUP"),
                ("fs.writeFile('/data/pipe', 'x')", "ENOTSUP"),
                ("fs.appendFile('/data/pipe', 'x')", "ENOTSUP"),
            ])
            .await;
    }
    assert!(began.elapsed() < Duration::from_secs(30), "it waited");
    let kind = world
        .output("const s = await fs.stat('/data/pipe'); return [s.isFile(), s.isDirectory()]")
        .await;
    assert_eq!(kind, json!([false, false]));
}

#[tokio::test]
async fn devices() {
    let calls = [
        "fs.readFile('/host/zero')",
        "fs.readFile('/host/urandom')",
        "fs.writeFile('/host/null', 'x')",
        "fs.writeFile('/host/full', 'x')",
        "fs.readFile('/host/tty')",
    ];
    for (call, code) in calls.iter().zip(codes("/dev", &calls).await) {
        assert_eq!(code, "ENOTSUP", "{call}");
    }
}

#[tokio::test]
async fn sockets() {
    let world = World::new();
    let _listener = UnixListener::bind(world.host("data/socket")).unwrap();
    world
        .refuses(&[
            ("fs.readFile('/data/socket')", "ENOTSUP"),
            ("fs.writeFile('/data/socket', 'x')", "ENOTSUP"),
        ])
        .await;
}

/// Where `/` is granted, `/proc` would tell of the host's process, and let write to its memory.
#[tokio::test]
async fn proc_below_a_granted_root() {
    let calls = [
        "fs.readFile('/host/proc/self/environ')",
        "fs.readFile('/host/proc/self/mem')",
        "fs.writeFile('/host/proc/self/mem', 'x')",
        "fs.readdir('/host/proc/self/fd')",
        "fs.readFile('/host/proc/self/cwd/Cargo.toml')",
        "fs.readdir('/host/proc/self/root')",
        "fs.readdir('/host/proc')",
        "fs.readFile('/host/sys/kernel/uevent_seqnum')",
    ];
    for (call, code) in calls.iter().zip(codes("/", &calls).await) {
        assert!(code == "EACCES" || code == "ELOOP", "{call}: {code}");
    }
}

#[tokio::test]
async fn proc_through_links() {
    let world = World::new();
    world.link("data/environ", "/proc/self/environ");
    world.link("data/cwd", "/proc/self/cwd");
    world
        .refuses(&[
            ("fs.readFile('/proc/self/environ')", "EACCES"),
            ("fs.readFile('/data/environ')", "EACCES"),
            ("fs.readdir('/data/cwd')", "EACCES"),
        ])
        .await;
}

#[test]
fn proc_is_not_granted() {
    for host in ["/proc", "/proc/self", "/sys"] {
        let opened = Directory::open(Path::new(host), "/x", Access::Read, Quota::default());
        assert!(matches!(opened, Err(DirectoryError::Pseudo(_))), "{host}");
    }
}

#[test]
fn what_cannot_be_granted() {
    let world = World::new();
    fs::write(world.host("file"), "").unwrap();
    let opened = |host: &str, guest: &str| {
        Directory::open(&world.host(host), guest, Access::Read, Quota::default()).map(|_| ())
    };
    assert!(matches!(
        opened("none", "/x"),
        Err(DirectoryError::Open { .. })
    ));
    assert!(matches!(
        opened("file", "/x"),
        Err(DirectoryError::Open { .. })
    ));
    assert!(matches!(opened("data", "x"), Err(DirectoryError::Guest(_))));
    assert!(matches!(
        opened("data", "/x/.."),
        Err(DirectoryError::Guest(_))
    ));
    let name = |length: usize| format!("/{}", "x".repeat(length - 1));
    assert!(opened("data", &name(256)).is_ok());
    assert!(matches!(
        opened("data", &name(257)),
        Err(DirectoryError::Guest(_))
    ));
    let directories = |count: usize| {
        Files::new((0..count).map(|i| {
            let guest = format!("/{i}");
            let quota = Quota::default();
            Directory::open(&world.host("data"), &guest, Access::Read, quota).unwrap()
        }))
    };
    assert!(directories(16).is_ok());
    assert!(matches!(directories(17), Err(DirectoryError::TooMany)));
}
