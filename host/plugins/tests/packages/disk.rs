//! Disks that are full or cannot be written, as the system has them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use vesicle_plugins::store::{Existing, Store, StoreError};

use crate::support::{component, install, manifest, name, serves, spawn, store};

const DIRECTORY: &str = "PACKAGES_DISK_DIRECTORY";
const TRIAL: &str = "PACKAGES_DISK_TRIAL";
/// What the shell says where mounts are not allowed here.
const NOT_ALLOWED: i32 = 99;
/// Runs a command whose mounts nobody else sees.
const MOUNTING: [&str; 2] = ["unshare", "--mount"];

/// Runs a trial in a process of its own, after `prepare`, a shell command, for `$1`, the store. `around` runs the shell.
fn run(around: &[&str], trial: &str, prepare: &str, root: &Path) {
    let script = format!("{prepare}\nexec \"$0\" --exact disk::a_trial --nocapture");
    let line = [around, &["sh", "-c", &script]].concat();
    let mut process = Command::new(line[0]);
    process
        .args(&line[1..])
        .arg(std::env::current_exe().unwrap())
        .arg(root)
        .env(DIRECTORY, root)
        .env(TRIAL, trial)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(process) = spawn(&mut process) else {
        return eprintln!("not tried: there is no `{}`", line[0]);
    };
    let output = process.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(NOT_ALLOWED) || told.contains("unshare failed") {
        return eprintln!("not tried: mounts are not allowed here");
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
}

#[test]
fn a_read_only_store_serves_and_says_that_it_cannot_be_changed() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    install(&store, "a", "2", "two").unwrap();
    run(
        &MOUNTING,
        "read-only",
        "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 99",
        store.root(),
    );
    assert_eq!(serves(&store, "a").0, "2");
}

#[test]
fn a_full_disk_loses_nothing() {
    let (directory, _store) = store();
    let root = directory.path().join("full");
    fs::create_dir(&root).unwrap();
    run(
        &MOUNTING,
        "full",
        "mount -t tmpfs -o size=256k,mode=700 tmpfs \"$1\" || exit 99",
        &root,
    );
}

#[test]
fn a_bound_on_the_length_of_files_loses_nothing() {
    let (directory, _store) = store();
    let root = directory.path().join("bounded");
    // In blocks of 512 bytes; without the signal, writing fails instead of ending the process.
    run(&[], "bounded", "ulimit -f 64; trap '' XFSZ", &root);
}

/// The process; no test by itself.
#[test]
fn a_trial() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let root = Path::new(&directory);
    let store = Store::open(root).unwrap();
    if std::env::var(TRIAL).unwrap() == "read-only" {
        return read_only(&store);
    }
    install(&store, "a", "1", "one").unwrap();
    let large = component(&"x".repeat(400 << 10));
    let stage = || store.stage(&manifest("a", "2", &large), &large, None, Existing::Update);
    let error = stage().unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(serves(&store, "a").0, "1");
    assert_eq!(store.verify().unwrap().findings, []);
    // What is small still fits: the half that was written is gone.
    install(&store, "a", "3", "three").unwrap();
    assert_eq!(serves(&store, "a").0, "3");
}

fn read_only(store: &Store) {
    let bytes = component("three");
    let results = [
        store
            .stage(&manifest("a", "3", &bytes), &bytes, None, Existing::Update)
            .map(drop),
        store.rollback(&name("a")).map(drop),
        store.remove(&name("a")),
        store.collect(std::time::Duration::ZERO).map(drop),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    }
    assert_eq!(store.list().unwrap().plugins.len(), 1);
    assert_eq!(serves(store, "a").0, "2");
    assert_eq!(store.verify().unwrap().findings, []);
}
