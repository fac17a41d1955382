//! Installing, changing and removing plugins.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use vesicle_plugins::digest::Digest;
use vesicle_plugins::store::{
    COMPONENT_BYTES_MAX, Existing, PLUGINS_MAX, SIGNATURE_BYTES_MAX, Staged, Store, StoreError,
    check_component, read_component,
};

use crate::support::{HEADER, component, files, install, manifest, name, serves, store};

#[test]
fn what_is_installed_is_listed_and_loaded() {
    let (_directory, store) = store();
    install(&store, "slugify", "1", "one").unwrap();
    install(&store, "csv-query", "1", "two").unwrap();
    let listing = store.list().unwrap();
    let names: Vec<_> = listing
        .plugins
        .iter()
        .map(|plugin| plugin.manifest.name().as_str())
        .collect();
    assert_eq!(names, ["csv-query", "slugify"]);
    assert!(listing.broken.is_empty());
    let loaded = store.load(&name("slugify")).unwrap();
    assert_eq!(loaded.component.bytes(), component("one"));
    assert_eq!(loaded.component.digest(), loaded.manifest.contents().digest);
    assert_eq!(loaded.signature, None);
}

#[test]
fn a_store_that_is_not_there_is_empty_and_is_not_made_by_looking() {
    let (directory, store) = store();
    assert!(store.list().unwrap().plugins.is_empty());
    assert!(matches!(
        store.load(&name("a")),
        Err(StoreError::Absent { .. })
    ));
    assert!(store.verify().unwrap().is_sound());
    assert_eq!(files(directory.path()), [""; 0]);
}

#[test]
fn the_same_twice_is_one_plugin() {
    let (_directory, store) = store();
    let first = install(&store, "a", "1", "x").unwrap();
    let before = files(store.root());
    let second = install(&store, "a", "1", "x").unwrap();
    assert_eq!(second, Staged::Unchanged(first.version()));
    assert_eq!(files(store.root()), before);
}

#[test]
fn two_plugins_of_one_component_share_it() {
    let (_directory, store) = store();
    install(&store, "a", "1", "x").unwrap();
    install(&store, "b", "1", "x").unwrap();
    let is_component = |file: &&String| file.starts_with("components/");
    assert_eq!(files(store.root()).iter().filter(is_component).count(), 1);
}

#[test]
fn a_new_version_serves_only_when_it_proved_itself() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let bytes = component("two");
    let second = manifest("a", "2", &bytes);
    let staged = store
        .stage(&second, &bytes, None, Existing::Update)
        .unwrap();
    assert_eq!(serves(&store, "a").0, "1");
    let on_trial = store.load_version(&name("a"), staged.version()).unwrap();
    assert_eq!(on_trial.component.bytes(), bytes);
    let failed = store.settle(&name("a"), staged, || {
        Err(StoreError::Overtaken(name("its-smoke-call-failed")))
    });
    assert!(
        failed
            .unwrap_err()
            .to_string()
            .contains("its-smoke-call-failed")
    );
    assert_eq!(serves(&store, "a").0, "1");
    assert_eq!(store.versions(&name("a")).unwrap().staged, None);
    let staged = store
        .stage(&second, &bytes, None, Existing::Update)
        .unwrap();
    store.activate(&name("a"), staged.version()).unwrap();
    assert_eq!(serves(&store, "a"), ("2".to_owned(), bytes));
}

#[test]
fn a_first_version_that_fails_leaves_no_plugin() {
    let (_directory, store) = store();
    let bytes = component("x");
    let staged = store
        .stage(&manifest("a", "1", &bytes), &bytes, None, Existing::Refuse)
        .unwrap();
    assert!(store.list().unwrap().plugins.is_empty());
    store.discard(&name("a"), staged.version()).unwrap();
    assert!(matches!(
        store.versions(&name("a")),
        Err(StoreError::Absent { .. })
    ));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn rollback_goes_back_and_forth() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    assert_eq!(
        store.rollback(&name("a")).unwrap_err().to_string(),
        "plugin `a` has no previous version"
    );
    install(&store, "a", "2", "two").unwrap();
    for version in ["1", "2", "1"] {
        store.rollback(&name("a")).unwrap();
        assert_eq!(serves(&store, "a").0, version);
    }
}

#[test]
fn what_was_staged_meanwhile_overtakes() {
    let (_directory, store) = store();
    let stage = |version: &str| {
        let bytes = component(version);
        store
            .stage(
                &manifest("a", version, &bytes),
                &bytes,
                None,
                Existing::Update,
            )
            .unwrap()
    };
    let (one, two) = (stage("1"), stage("2"));
    let overtaken = store.activate(&name("a"), one.version());
    assert!(matches!(overtaken, Err(StoreError::Overtaken(_))));
    store.discard(&name("a"), one.version()).unwrap();
    store.activate(&name("a"), two.version()).unwrap();
}

#[test]
fn names_are_taken_once() {
    let (_directory, store) = store();
    install(&store, "csv-lib", "1", "x").unwrap();
    let bytes = component("y");
    let stage =
        |name: &str| store.stage(&manifest(name, "1", &bytes), &bytes, None, Existing::Refuse);
    assert!(matches!(stage("csv-lib"), Err(StoreError::Taken(_))));
    for alike in ["csv_lib", "csv-1ib", "csv-llb", "csvlib"] {
        let told = stage(alike).unwrap_err().to_string();
        assert!(told.contains("looks like the plugin `csv-lib`"), "{told}");
    }
    assert!(stage("csv-lab").is_ok());
    let absent = store.load(&name("csv-lip")).unwrap_err().to_string();
    assert!(absent.contains("did you mean `csv-lib`?"), "{absent}");
}

#[test]
fn a_manifest_that_lies_about_its_component_is_refused() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let told = store
        .stage(
            &manifest("a", "2", &component("said")),
            &component("is"),
            None,
            Existing::Update,
        )
        .unwrap_err();
    assert!(matches!(told, StoreError::Lies { .. }), "{told}");
    assert_eq!(serves(&store, "a").0, "1");
}

#[test]
fn what_is_no_component_is_refused_with_what_it_is() {
    let (directory, store) = store();
    let path = directory.path().join("file.wasm");
    let mut told = Vec::new();
    let core = b"\0asm\x01\0\0\0".to_vec();
    for bytes in [
        vec![],
        b"<html>".to_vec(),
        HEADER[..6].to_vec(),
        core,
        b"\0asm\x0e\0\x01\0".to_vec(),
    ] {
        fs::write(&path, &bytes).unwrap();
        let error = read_component(&path).unwrap_err().to_string();
        told.push(error.replace(path.to_str().unwrap(), "file.wasm"));
        assert!(
            store
                .stage(&manifest("a", "1", &bytes), &bytes, None, Existing::Update)
                .is_err()
        );
    }
    insta::assert_snapshot!(told.join("\n"));
    for bit in 0..HEADER.len() * 8 {
        let mut flipped = component("x");
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(check_component("it", &flipped).is_err(), "{bit}");
    }
    assert!(read_component(directory.path()).is_err());
    assert!(read_component(&directory.path().join("absent")).is_err());
}

#[test]
fn a_file_is_read_up_to_its_bound() {
    let (directory, _store) = store();
    let path = directory.path().join("large.wasm");
    fs::write(&path, HEADER).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_len(COMPONENT_BYTES_MAX as u64).unwrap();
    assert_eq!(read_component(&path).unwrap().len(), COMPONENT_BYTES_MAX);
    for length in [COMPONENT_BYTES_MAX as u64 + 1, 200 << 20] {
        file.set_len(length).unwrap();
        let told = read_component(&path).unwrap_err().to_string();
        assert!(told.contains("has more than 67108864 bytes"), "{told}");
    }
}

#[test]
fn removing_leaves_nothing_but_the_component() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    install(&store, "b", "1", "two").unwrap();
    store.remove(&name("a")).unwrap();
    assert!(matches!(
        store.remove(&name("a")),
        Err(StoreError::Absent { .. })
    ));
    assert_eq!(serves(&store, "b").0, "1");
    let left = files(store.root());
    let plugins: Vec<_> = left
        .iter()
        .filter(|file| file.starts_with("plugins/a/"))
        .collect();
    assert!(plugins.is_empty(), "{left:?}");
    assert_eq!(
        left.iter()
            .filter(|file| file.starts_with("incoming/"))
            .count(),
        0
    );
}

#[test]
fn a_signature_lies_beside_the_version_it_is_of() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    store.sign(&name("a"), "signed").unwrap();
    assert_eq!(
        store.load(&name("a")).unwrap().signature.as_deref(),
        Some("signed")
    );
    assert!(
        store
            .sign(&name("a"), &"x".repeat(SIGNATURE_BYTES_MAX + 1))
            .is_err()
    );
    install(&store, "a", "2", "two").unwrap();
    assert_eq!(store.load(&name("a")).unwrap().signature, None);
    store.rollback(&name("a")).unwrap();
    assert_eq!(
        store.load(&name("a")).unwrap().signature.as_deref(),
        Some("signed")
    );
    assert!(store.verify().unwrap().findings.is_empty());
}

#[test]
fn files_and_directories_are_ours_alone() {
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let mode = |path: &str| {
        fs::metadata(store.root().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    for directory in ["", "components", "plugins", "plugins/a", "incoming"] {
        assert_eq!(mode(directory), 0o700, "{directory}");
    }
    for file in files(store.root()) {
        assert_eq!(mode(&file), 0o600, "{file}");
    }
    fs::set_permissions(store.root(), fs::Permissions::from_mode(0o770)).unwrap();
    let told = Store::open(store.root()).unwrap_err().to_string();
    assert!(told.contains("chmod go-w"), "{told}");
}

#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    let (directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let digest = Digest::of(&component("one"));
    let path = store
        .root()
        .join(format!("components/{}.wasm", digest.hex()));
    let elsewhere = directory.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert!(store.load(&name("a")).is_err());
}

#[test]
fn a_store_has_so_many_plugins() {
    let (_directory, store) = store();
    install(&store, "first", "1", "one").unwrap();
    let make =
        |index: usize| fs::create_dir(store.root().join(format!("plugins/p{index}x"))).unwrap();
    (2..PLUGINS_MAX).for_each(make);
    install(&store, "last", "1", "one").unwrap();
    assert!(matches!(
        install(&store, "beyond", "1", "one"),
        Err(StoreError::TooMany(_))
    ));
    install(&store, "first", "2", "two").unwrap();
}

#[test]
fn what_is_installed_is_listed_with_its_schemas_without_any_component() {
    let (_directory, store) = store();
    for index in 0..500 {
        install(&store, &format!("p{index}x"), "1", "one").unwrap();
    }
    fs::remove_dir_all(store.root().join("components")).unwrap();
    let listing = store.list().unwrap();
    assert_eq!((listing.plugins.len(), listing.broken.len()), (500, 0));
    let tools = listing
        .plugins
        .iter()
        .map(|plugin| plugin.manifest.contents().tools.as_slice());
    assert!(
        tools
            .into_iter()
            .all(|tools| tools[0].input == r#"{"type":"object"}"#)
    );
    assert!(store.load(&name("p7x")).is_err());
}
