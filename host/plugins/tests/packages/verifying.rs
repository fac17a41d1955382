//! Damage of every kind is found, and costs one version at most.

use std::fs;
use std::path::PathBuf;

use vesicle_plugins::store::{Severity, Store, StoreError};

use crate::support::{component, files, install, name, serves, store};

fn paths(store: &Store, part: &str) -> Vec<PathBuf> {
    let found = files(store.root())
        .into_iter()
        .filter(|file| file.contains(part));
    found.map(|file| store.root().join(file)).collect()
}

#[test]
fn every_flipped_or_missing_byte_is_found() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    assert!(store.verify().unwrap().findings.is_empty());
    let digests = [
        paths(&store, "components/"),
        paths(&store, "/versions.toml"),
        paths(&store, "plugins/a/"),
    ]
    .concat();
    for path in digests {
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).unwrap();
            let loaded = store.load(&name("a"));
            assert!(loaded.is_err(), "{path:?} {at}");
            assert!(
                !store.verify().unwrap().findings.is_empty(),
                "{path:?} {at}"
            );
        }
        for length in (0..whole.len()).step_by(7) {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(store.load(&name("a")).is_err(), "{path:?} {length}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(store.verify().unwrap().findings.is_empty());
}

#[test]
fn a_damaged_version_hides_no_other_plugin_and_can_be_left() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    install(&store, "a", "2", "two").unwrap();
    install(&store, "b", "1", "three").unwrap();
    let current = store.versions(&name("a")).unwrap().current.unwrap();
    let path = store
        .root()
        .join(format!("plugins/a/{}.toml", current.hex()));
    fs::write(&path, "gibberish").unwrap();
    let listing = store.list().unwrap();
    assert_eq!(listing.plugins.len(), 1);
    let [(broken, why)] = &listing.broken[..] else {
        panic!("{listing:?}");
    };
    assert_eq!(broken, &name("a"));
    let told = why.to_string();
    assert!(
        told.contains("is damaged") && told.contains("`vesicle plugin rollback a`"),
        "{told}"
    );
    store.rollback(&name("a")).unwrap();
    assert_eq!(serves(&store, "a").0, "1");
    assert!(
        store.rollback(&name("a")).is_err(),
        "nothing goes back to what is damaged"
    );
    assert_eq!(serves(&store, "a").0, "1");
}

#[test]
fn adding_again_replaces_a_damaged_component() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let path = &paths(&store, "components/")[0];
    fs::write(path, component("other")).unwrap();
    assert!(matches!(
        store.load(&name("a")),
        Err(StoreError::Damaged { .. })
    ));
    install(&store, "a", "1", "one").unwrap();
    assert_eq!(serves(&store, "a").1, component("one"));
}

#[test]
fn a_manifest_under_another_name_is_refused() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    fs::rename(
        store.root().join("plugins/a"),
        store.root().join("plugins/b"),
    )
    .unwrap();
    let told = store.load(&name("b")).unwrap_err().to_string();
    assert!(told.contains("it is the manifest of `a`"), "{told}");
}

#[test]
fn what_lies_around_is_told() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    install(&store, "b", "1", "two").unwrap();
    store.remove(&name("b")).unwrap();
    let root = store.root();
    fs::create_dir(root.join("aside")).unwrap();
    fs::create_dir(root.join("plugins/con")).unwrap();
    for (path, text) in [
        ("incoming/1-1", "half"),
        ("aside/2-1", "half"),
        ("components/readme", ""),
        ("plugins/c", ""),
        ("plugins/a/notes", ""),
    ] {
        fs::write(root.join(path), text).unwrap();
    }
    let report = store.verify().unwrap();
    let told = report.findings.iter().map(|finding| {
        let path = finding
            .path
            .strip_prefix(root)
            .unwrap()
            .display()
            .to_string();
        let path = match path.ends_with(".wasm") {
            true => "components/HEX.wasm".to_owned(),
            false => path,
        };
        format!("{:?} {path}: {}", finding.severity, finding.what)
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
    assert!(!report.is_sound());
    assert_eq!((report.plugins, report.versions), (1, 1));
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Note)
    );
}
