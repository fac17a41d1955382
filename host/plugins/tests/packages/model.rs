//! Any changes in any order, some of which fail at any step, against a model of what serves.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use vesicle_plugins::store::{Store, StoreError, Watch};

use crate::support::{install, name, scratch, undisturbed};

const PLUGINS: [&str; 2] = ["one", "another"];

#[derive(Debug, Clone, Copy)]
enum Change {
    Install(u8),
    Rollback,
    Remove,
    Sign,
    Collect,
}

/// The version that serves, and the one that would after a rollback.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Serving {
    current: Option<u8>,
    previous: Option<u8>,
}

impl Serving {
    fn after(self, change: Change) -> Self {
        match (change, self.current, self.previous) {
            (Change::Install(version), current, _) if current != Some(version) => Self {
                current: Some(version),
                previous: current,
            },
            (Change::Rollback, Some(current), Some(previous)) => Self {
                current: Some(previous),
                previous: Some(current),
            },
            (Change::Remove, ..) => Self::default(),
            _ => self,
        }
    }

    /// What the store has, read as anybody would.
    fn read(store: &Store, plugin: &str) -> Self {
        let version = |version| {
            let loaded = store.load_version(&name(plugin), version).unwrap();
            loaded.manifest.contents().version.parse().unwrap()
        };
        match store.versions(&name(plugin)) {
            Ok(versions) => Self {
                current: versions.current.map(version),
                previous: versions.previous.map(version),
            },
            Err(StoreError::Absent { .. }) => Self::default(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<(usize, Change, Option<isize>)>> {
    let change = prop_oneof![
        4 => (0_u8..4).prop_map(Change::Install),
        2 => Just(Change::Rollback),
        1 => Just(Change::Remove),
        1 => Just(Change::Sign),
        1 => Just(Change::Collect),
    ];
    let fails_at = prop::option::of(0_isize..30);
    prop::collection::vec((0..PLUGINS.len(), change, fails_at), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// A change is done or it is not; what is told as done is; and the store is sound whatever fails.
    #[test]
    fn what_serves_is_what_was_last_done(changes in changes()) {
        let _undisturbed = undisturbed();
        let directory = scratch();
        let countdown = Arc::new(AtomicIsize::new(-1));
        let counts = countdown.clone();
        let watch: Watch = Arc::new(move |_| match counts.fetch_sub(1, Ordering::Relaxed) {
            0 => Err(io::Error::from(rustix::io::Errno::IO)),
            _ => Ok(()),
        });
        let store = Store::watched(&directory.path().join("plugins"), Some(watch)).unwrap();
        let mut model = [Serving::default(); PLUGINS.len()];
        for (index, change, fails_at) in changes {
            let plugin = PLUGINS[index];
            countdown.store(fails_at.unwrap_or(-1), Ordering::Relaxed);
            let done = match change {
                Change::Install(version) => {
                    install(&store, plugin, &version.to_string(), &version.to_string()).map(drop)
                }
                Change::Rollback => store.rollback(&name(plugin)).map(drop),
                Change::Remove => store.remove(&name(plugin)),
                Change::Sign => store.sign(&name(plugin), "signed"),
                Change::Collect => store.collect(Duration::ZERO).map(drop),
            };
            countdown.store(-1, Ordering::Relaxed);
            let (before, after) = (model[index], model[index].after(change));
            let is = Serving::read(&store, plugin);
            prop_assert!(is == after || done.is_err() && is == before, "{change:?} {done:?}: {before:?} became {is:?}");
            model[index] = is;
            for (plugin, model) in PLUGINS.iter().zip(model) {
                prop_assert_eq!(Serving::read(&store, plugin), model);
            }
            let report = store.verify().unwrap();
            prop_assert!(report.is_sound(), "{change:?}: {report:?}");
        }
        store.collect(Duration::ZERO).unwrap();
        let notes: Vec<_> = store.verify().unwrap().findings;
        // Only a first version that was staged and never activated is left to tell of.
        prop_assert!(notes.iter().all(|note| note.what.contains("waits to be activated")), "{notes:?}");
    }
}
