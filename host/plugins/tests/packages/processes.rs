//! Several processes at one store.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use vesicle_plugins::store::{Existing, Store, StoreError};

use crate::support::{component, install, manifest, name, spawn, store, undisturbed};

const DIRECTORY: &str = "PACKAGES_SHARED_DIRECTORY";
const WHO: &str = "PACKAGES_SHARED_WHO";
const ROUNDS: usize = 12;

#[test]
fn writers_and_readers_do_not_disturb_each_other() {
    let (_directory, store) = store();
    install(&store, "shared", "0", "zero").unwrap();
    let mut writers: Vec<_> = (0..3)
        .map(|who| {
            let mut process = Command::new(std::env::current_exe().unwrap());
            process
                .args(["--exact", "processes::a_writer"])
                .env(DIRECTORY, store.root())
                .env(WHO, who.to_string())
                .stdout(Stdio::null());
            spawn(&mut process).unwrap()
        })
        .collect();
    let mut reads = 0;
    while writers
        .iter_mut()
        .any(|writer| writer.try_wait().unwrap().is_none())
    {
        let loaded = store.load(&name("shared")).unwrap();
        assert_eq!(loaded.component.digest(), loaded.manifest.contents().digest);
        assert!(store.list().unwrap().broken.is_empty());
        reads += 1;
    }
    assert!(reads > 0);
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    let _undisturbed = undisturbed();
    store.collect(Duration::ZERO).unwrap();
    let report = store.verify().unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.plugins, 4);
}

/// One of the processes; no test by itself.
#[test]
fn a_writer() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let who = std::env::var(WHO).unwrap();
    let store = Store::open(Path::new(&directory)).unwrap();
    let own = format!("own{who}x");
    for round in 1..=ROUNDS {
        let seed = format!("{who}-{round}");
        install(&store, &own, &round.to_string(), &seed).unwrap();
        let bytes = component(&seed);
        let shared = manifest("shared", &format!("{round}.{who}"), &bytes);
        let staged = store
            .stage(&shared, &bytes, None, Existing::Update)
            .unwrap();
        match store.settle(&name("shared"), staged, || Ok::<(), StoreError>(())) {
            Ok(()) | Err(StoreError::Overtaken(_)) => {}
            Err(error) => panic!("{error}"),
        }
        if round % 4 == 0 {
            store.collect(Duration::ZERO).unwrap();
        }
    }
}
