//! One program per misdeed, with what must become of it in its first lines; and programs that do
//! nothing wrong and must not be hindered. After each, the next call has its place, and the host its
//! memory.

mod disk;
mod expectation;
mod header;
mod network;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vesicle_sandbox::{Outcome, Sandbox};

use crate::support::{alone, execution, sandbox_without_queue};
pub use disk::Disk;
pub use expectation::abridged;
use header::Header;
use network::Hosts;

/// How much more the process may have after a program than before the first: a guest's memory of
/// 128 MB that stays is seen.
const RESIDENT_GROWTH_BYTES_MAX: usize = 64 << 20;
/// How long the host may take to take note of a guest's end.
pub const END_TIME_MAX: Duration = Duration::from_secs(60);

/// A test for each folder, and how many programs it has at least.
macro_rules! folders {
    ($($folder:ident: $least:literal,)*) => {
        const FOLDERS: &[&str] = &[$(stringify!($folder)),*];
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $folder() {
                run_all(stringify!($folder), $least).await;
            }
        )*
    };
}

folders! {
    file_system: 12,
    legitimate: 10,
    network: 12,
    path_traversal: 10,
    prototype_tricks: 15,
    resource_exhaustion: 12,
}

pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs")
}

pub fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Folders that other tests run: programs that say what becomes of them with and without the source
/// check (`tests/sandbox/source_check_attacks.rs`); and what is no program (`lying/`, `std_fs.rs`, `wasi_http.rs`).
const RUN_ELSEWHERE: &[&str] = &["source-check", "lying-components", "components"];

#[test]
fn every_folder_is_run() {
    for folder in entries(&programs()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let run =
            RUN_ELSEWHERE.contains(&name) || FOLDERS.contains(&name.replace('-', "_").as_str());
        assert!(run, "no test runs {name}: add it to `folders!`");
    }
}

async fn run_all(folder: &str, least: usize) {
    let _alone = alone().await;
    let folder = folder.replace('_', "-");
    let paths = entries(&programs().join(&folder));
    assert!(paths.len() >= least, "{folder}: {} programs", paths.len());

    let sandbox = sandbox_without_queue(1).await;
    works(&sandbox).await.expect("the sandbox works at first");
    let hosts = match folder == network::FOLDER {
        true => Some(Hosts::start().await),
        false => None,
    };
    let resident_before = resident_bytes();
    let mut wrong = String::new();
    for path in paths {
        let name = format!("{folder}/{}", path.file_name().unwrap().display());
        if let Err(why) = run_one(&sandbox, &path, resident_before, hosts.as_ref()).await {
            wrong.push_str(&format!("\n{name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

async fn run_one(
    sandbox: &Sandbox,
    path: &Path,
    resident_before: usize,
    hosts: Option<&Hosts>,
) -> Result<(), String> {
    let code = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let header = Header::read(&code)?;
    let mut execution = execution(code.as_str());
    header.apply(&mut execution.limits)?;
    let disk = Disk::new();
    execution.files = disk.files();
    if let Some(hosts) = hosts {
        hosts.grant(&mut execution);
    }
    let deadline = execution.limits.wall_time + END_TIME_MAX;
    let executed = tokio::time::timeout(deadline, sandbox.execute(execution)).await;
    let executed = executed.map_err(|_| "the host does not come back".to_owned())?;
    let outcome = executed.map_err(|error| format!("THE HOST FAILED: {error}"))?;
    let as_expected = disk
        .is_untouched(&serde_json::to_string(&outcome).unwrap())
        .and_then(|()| header.check(&outcome));
    drop(outcome);

    works(sandbox).await?;
    if let Some(hosts) = hosts {
        hosts.nobody_was_inside()?;
    }
    check_resident(resident_before)?;
    as_expected
}

/// Whether the host has its memory back.
pub fn check_resident(before: usize) -> Result<(), String> {
    let growth = resident_bytes().saturating_sub(before);
    match growth > RESIDENT_GROWTH_BYTES_MAX {
        true => Err(format!("{growth} bytes more are resident than at first")),
        false => Ok(()),
    }
}

/// Whether an ordinary program finds a place at once, and its world as it should be.
pub async fn works(sandbox: &Sandbox) -> Result<(), String> {
    let ordinary = execution(
        "console.log('out');
        const { n } = await tools.test.echo({ n: 41 });
        return [n + 1, Object.keys(globalThis).includes('left'), ({} as any).polluted ?? 'clean']",
    );
    match sandbox.execute(ordinary).await {
        Ok(Outcome::Success { output, stdout, .. })
            if output.get() == r#"[42,false,"clean"]"# && stdout == "out\n" =>
        {
            Ok(())
        }
        Ok(outcome) => Err(format!("the next program: {outcome:?}")),
        Err(error) => Err(format!("the next program: {error}")),
    }
}

/// What the process has in memory, in bytes, without what its allocator keeps for later: after texts
/// of some megabytes on several threads, that alone was 33 MB.
pub fn resident_bytes() -> usize {
    // SAFETY: any thread may call it at any time, with any padding.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.unwrap().parse::<usize>().unwrap() << 10
}
