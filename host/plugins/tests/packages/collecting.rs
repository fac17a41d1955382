//! What no plugin needs goes, and nothing else.

use std::fs;
use std::time::{Duration, SystemTime};

use vesicle_plugins::store::{Collected, Store};

use crate::support::{files, install, name, serves, store, undisturbed};

const AT_ONCE: Duration = Duration::ZERO;

fn count(store: &Store, part: &str) -> usize {
    files(store.root())
        .iter()
        .filter(|file| file.contains(part))
        .count()
}

#[test]
fn the_current_and_the_previous_version_are_kept() {
    let _undisturbed = undisturbed();
    let (_directory, store) = store();
    for version in ["1", "2", "3"] {
        install(&store, "a", version, version).unwrap();
    }
    assert_eq!(count(&store, "components/"), 3);
    let collected = store.collect(AT_ONCE).unwrap();
    assert_eq!((collected.components, collected.manifests), (1, 1));
    assert!(collected.bytes > 0);
    assert_eq!(serves(&store, "a").0, "3");
    store.rollback(&name("a")).unwrap();
    assert_eq!(serves(&store, "a").0, "2");
    assert!(store.verify().unwrap().findings.is_empty());
    assert_eq!(store.collect(AT_ONCE).unwrap(), Collected::default());
}

#[test]
fn what_is_in_use_is_kept_until_it_is_not() {
    let _undisturbed = undisturbed();
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let used = store.load(&name("a")).unwrap();
    store.remove(&name("a")).unwrap();
    let collected = store.collect(AT_ONCE).unwrap();
    assert_eq!((collected.components, collected.in_use), (0, 1));
    drop(used);
    assert_eq!(store.collect(AT_ONCE).unwrap().components, 1);
}

#[test]
fn what_is_needed_no_longer_since_less_than_the_bound_is_kept() {
    let _undisturbed = undisturbed();
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let hour = Duration::from_secs(3_600);
    let component = store.root().join(
        files(store.root())
            .into_iter()
            .find(|file| file.ends_with(".wasm"))
            .unwrap(),
    );
    let age = |age: Duration| {
        let file = fs::File::options().append(true).open(&component).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    };
    // Written long ago, needed until now.
    age(hour * 100);
    store.remove(&name("a")).unwrap();
    assert_eq!(store.collect(hour).unwrap().components, 0);
    age(hour + Duration::from_secs(60));
    assert_eq!(store.collect(hour).unwrap().components, 1);
}

#[test]
fn strangers_files_are_left_alone() {
    let _undisturbed = undisturbed();
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    for path in [
        "components/readme",
        "components/abc.wasm",
        "plugins/a/notes.toml",
    ] {
        fs::write(store.root().join(path), "x").unwrap();
    }
    assert_eq!(store.collect(AT_ONCE).unwrap(), Collected::default());
}

#[test]
fn nothing_is_collected_while_it_is_unknown_what_is_needed() {
    let _undisturbed = undisturbed();
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    install(&store, "b", "1", "two").unwrap();
    store.remove(&name("b")).unwrap();
    let manifest = files(store.root())
        .into_iter()
        .find(|file| file.len() > 64 && file.ends_with(".toml"))
        .unwrap();
    fs::write(store.root().join(manifest), "gibberish").unwrap();
    assert!(store.collect(AT_ONCE).is_err());
    assert_eq!(count(&store, "components/"), 2);
}

#[test]
fn plugins_that_were_never_wholly_written_go() {
    let _undisturbed = undisturbed();
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let half = store.root().join("plugins/half");
    fs::create_dir(&half).unwrap();
    fs::write(half.join(format!("{}.toml", "0a".repeat(32))), "").unwrap();
    assert_eq!(store.verify().unwrap().findings.len(), 1);
    assert_eq!(store.collect(AT_ONCE).unwrap().manifests, 1);
    assert_eq!(store.verify().unwrap().findings, []);
    assert!(!half.exists());
}
