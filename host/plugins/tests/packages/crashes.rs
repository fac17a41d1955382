//! The process is ended at every step of every change. Whatever it was doing, the store is sound afterwards, what served goes
//! on serving, and the change can be made again.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vesicle_plugins::store::{Action, Store, StoreError, Watch};

use crate::support::{install, name, scratch, serves, spawn, undisturbed};

const DIRECTORY: &str = "PACKAGES_CRASH_DIRECTORY";
const CHANGE: &str = "PACKAGES_CRASH_CHANGE";
const STEP: &str = "PACKAGES_CRASH_STEP";

/// Changes, and the versions of `a` that may serve after one was broken off.
const CHANGES: [(&str, &[&str]); 6] = [
    ("first", &["2"]),
    ("update", &["2", "3"]),
    ("rollback", &["2", "1"]),
    ("sign", &["2"]),
    ("remove", &["2", ""]),
    ("collect", &["2"]),
];

fn change(store: &Store, change: &str) -> Result<(), StoreError> {
    match change {
        "first" => install(store, "new", "1", "new").map(drop),
        "update" => install(store, "a", "3", "three").map(drop),
        "rollback" => store.rollback(&name("a")).map(drop),
        "sign" => store.sign(&name("a"), "signed"),
        "remove" => store.remove(&name("a")),
        _ => store.collect(Duration::ZERO).map(drop),
    }
}

/// A store with two versions of `a`, a plugin `b`, and something to collect.
fn filled(root: &Path) -> Store {
    let store = Store::open(root).unwrap();
    for version in ["0", "1", "2"] {
        install(&store, "a", version, version).unwrap();
    }
    install(&store, "b", "1", "b").unwrap();
    store
}

fn steps(change_name: &str) -> Vec<(Action, String)> {
    let _undisturbed = undisturbed();
    let directory = scratch();
    filled(directory.path());
    let steps = Arc::new(Mutex::new(vec![]));
    let seen = steps.clone();
    let root = fs::canonicalize(directory.path()).unwrap();
    let watch: Watch = Arc::new(move |step| {
        let path = step.path.strip_prefix(&root).unwrap().display().to_string();
        seen.lock().unwrap().push((step.action, path));
        Ok(())
    });
    change(
        &Store::watched(directory.path(), Some(watch)).unwrap(),
        change_name,
    )
    .unwrap();
    let steps = steps.lock().unwrap().clone();
    assert!(!steps.is_empty());
    steps
}

/// What every store has to be after anything. Returns the version of `a` that serves.
fn check_sound(root: &Path, what: &str) -> String {
    let store = Store::open(root).unwrap();
    let report = store.verify().unwrap();
    assert!(report.is_sound(), "{what}: {report:?}");
    assert!(store.list().unwrap().broken.is_empty(), "{what}");
    assert_eq!(serves(&store, "b").0, "1", "{what}");
    match store.load(&name("a")) {
        Ok(loaded) => loaded.manifest.contents().version.clone(),
        Err(StoreError::Absent { .. }) => String::new(),
        Err(error) => panic!("{what}: {error}"),
    }
}

/// The change is made again, wholly; then nothing half is left.
fn check_repeats(root: &Path, name_of_change: &str, what: &str) {
    let _undisturbed = undisturbed();
    let store = Store::open(root).unwrap();
    match change(&store, name_of_change) {
        // It was done, or done as far as anybody sees.
        Ok(()) | Err(StoreError::Absent { .. }) => {}
        Err(error) => panic!("{what}: {error}"),
    }
    store.collect(Duration::ZERO).unwrap();
    assert_eq!(store.verify().unwrap().findings, [], "{what}");
}

#[test]
fn a_process_that_ends_at_any_step_leaves_a_sound_store() {
    for (change, versions) in CHANGES {
        for (index, step) in steps(change).iter().enumerate() {
            let what = format!("{change}, ended at step {index}, {step:?}");
            let directory = scratch();
            filled(directory.path());
            let mut process = Command::new(std::env::current_exe().unwrap());
            process
                .args(["--exact", "crashes::a_process_that_ends"])
                .env(DIRECTORY, directory.path())
                .env(CHANGE, change)
                .env(STEP, index.to_string())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let status = spawn(&mut process).unwrap().wait().unwrap();
            assert_eq!(
                status.signal(),
                Some(rustix::process::Signal::ABORT.as_raw()),
                "{what}"
            );
            let serves = check_sound(directory.path(), &what);
            assert!(
                versions.contains(&serves.as_str()),
                "{what}: `{serves}` serves"
            );
            check_repeats(directory.path(), change, &what);
        }
    }
}

/// The process that is ended; no test by itself.
#[test]
fn a_process_that_ends() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let at: usize = std::env::var(STEP).unwrap().parse().unwrap();
    let count = AtomicUsize::new(0);
    let watch: Watch = Arc::new(move |_| match count.fetch_add(1, Ordering::Relaxed) == at {
        true => std::process::abort(),
        false => Ok(()),
    });
    let store = Store::watched(Path::new(&directory), Some(watch)).unwrap();
    change(&store, &std::env::var(CHANGE).unwrap()).unwrap();
}

#[test]
fn a_step_that_fails_is_told_and_changes_nothing_that_serves() {
    let errors = [
        rustix::io::Errno::NOSPC,
        rustix::io::Errno::ROFS,
        rustix::io::Errno::IO,
    ];
    for (change_name, versions) in CHANGES {
        for (index, step) in steps(change_name).iter().enumerate() {
            // Each step with one of them; which does not matter to the store.
            let errno = errors[index % errors.len()];
            let what = format!("{change_name}, {errno:?} at step {index}, {step:?}");
            let directory = scratch();
            filled(directory.path());
            let count = AtomicUsize::new(0);
            let watch: Watch =
                Arc::new(
                    move |_| match count.fetch_add(1, Ordering::Relaxed) == index {
                        true => Err(io::Error::from(errno)),
                        false => Ok(()),
                    },
                );
            let store = Store::watched(directory.path(), Some(watch)).unwrap();
            let result = {
                let _undisturbed = undisturbed();
                change(&store, change_name)
            };
            let is_cleaning = matches!(step, (Action::Remove, path) if path.contains("removed-"));
            assert_eq!(result.is_ok(), is_cleaning, "{what}");
            if let Err(error) = result {
                let is_full = matches!(error, StoreError::Full { .. });
                assert_eq!(
                    is_full,
                    errno == rustix::io::Errno::NOSPC,
                    "{what}: {error}"
                );
            }
            let serves = check_sound(directory.path(), &what);
            assert!(
                versions.contains(&serves.as_str()),
                "{what}: `{serves}` serves"
            );
            check_repeats(directory.path(), change_name, &what);
        }
    }
}

/// A power cut loses what was not made to last: so each file is before it gets its name, and each name after.
#[test]
fn files_last_before_their_names_and_names_before_what_follows() {
    for (change, _) in CHANGES {
        let steps = steps(change);
        for (index, (action, path)) in steps.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| steps[before].0);
            let is_file = steps[..index]
                .iter()
                .rev()
                .any(|(action, _)| *action == Action::Create);
            match action {
                Action::Rename if is_file && !path.contains("removed-") => {
                    assert_eq!(before, Some(Action::Sync), "{change} {path}");
                    assert_eq!(steps[index + 1].0, Action::SyncDirectory, "{change} {path}");
                }
                Action::Rename | Action::MakeDirectory => {
                    assert_eq!(steps[index + 1].0, Action::SyncDirectory, "{change} {path}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn half_writes_are_set_aside_and_told() {
    let _undisturbed = undisturbed();
    let directory = scratch();
    let store = filled(directory.path());
    let root = store.root();
    fs::write(root.join("incoming/7-0"), "half").unwrap();
    fs::create_dir(root.join("incoming/removed-x-1")).unwrap();
    let told = |store: &Store| {
        let report = store.verify().unwrap();
        let paths = report.findings.iter().map(|finding| {
            finding
                .path
                .strip_prefix(root)
                .unwrap()
                .display()
                .to_string()
        });
        paths
            .filter(|path| !path.starts_with("plugins") && !path.starts_with("components"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&store), ["incoming/7-0", "incoming/removed-x-1"]);
    for _ in 0..2 {
        fs::write(root.join("incoming/7-0"), "half").unwrap();
        install(&store, "c", "1", "c").unwrap();
        store.remove(&name("c")).unwrap();
    }
    assert_eq!(told(&store), ["aside/7-0", "aside/7-0-2"]);
    assert_eq!(store.collect(Duration::ZERO).unwrap().aside, 2);
    assert_eq!(told(&store), [""; 0]);
}
