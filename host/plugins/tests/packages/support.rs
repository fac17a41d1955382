//! Plugins and stores to test with.

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use tempfile::TempDir;
use vesicle_plugins::digest::Digest;
use vesicle_plugins::manifest::{Contents, Manifest, Offers, Provenance, Reuse, Tool};
use vesicle_plugins::name::PluginName;
use vesicle_plugins::permissions::Permissions;
use vesicle_plugins::store::{Existing, Staged, Store, StoreError};

/// How a component begins.
pub const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Bytes that the store takes for a component, another for each `seed`.
pub fn component(seed: &str) -> Vec<u8> {
    [HEADER, seed.as_bytes()].concat()
}

pub fn name(text: &str) -> PluginName {
    PluginName::parse(text).unwrap()
}

/// What a manifest of `component` says.
pub fn contents(plugin: &str, version: &str, component: &[u8]) -> Contents {
    Contents {
        name: name(plugin),
        version: version.to_owned(),
        description: format!("What {plugin} does."),
        world: None,
        digest: Digest::of(component),
        source: None,
        source_digest: None,
        recipe: None,
        tools: vec![Tool {
            name: "run".to_owned(),
            description: "Runs.".to_owned(),
            signature: None,
            input: r#"{"type":"object"}"#.to_owned(),
            output: None,
            error: None,
        }],
        reuse: Reuse::default(),
        offers: Offers::default(),
        permissions: Permissions::default(),
        provenance: Some(Provenance {
            by: "a test".to_owned(),
            at: "2026-11-21T12:00:00Z".to_owned(),
            from: "memory".to_owned(),
        }),
    }
}

pub fn manifest(plugin: &str, version: &str, component: &[u8]) -> Manifest {
    Manifest::new(&contents(plugin, version, component)).unwrap()
}

/// A directory for a store: in memory where the system has a place for that, since tests make some thousand files last.
pub fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// A store in a directory of its own.
pub fn store() -> (TempDir, Store) {
    let directory = scratch();
    let store = Store::open(&directory.path().join("plugins")).unwrap();
    (directory, store)
}

/// Installs a version without asking it for proof.
pub fn install(
    store: &Store,
    plugin: &str,
    version: &str,
    seed: &str,
) -> Result<Staged, StoreError> {
    let component = component(seed);
    let manifest = manifest(plugin, version, &component);
    let staged = store.stage(&manifest, &component, None, Existing::Update)?;
    store.settle(manifest.name(), staged, || Ok::<(), StoreError>(()))?;
    Ok(staged)
}

/// The version and component that serve.
pub fn serves(store: &Store, plugin: &str) -> (String, Vec<u8>) {
    let loaded = store.load(&name(plugin)).unwrap();
    let version = loaded.manifest.contents().version.clone();
    (version, loaded.component.bytes().to_vec())
}

/// A new process has this one's files until it runs its program, locks too, so that what was in use just before looks used
/// for a moment.
static STARTING: RwLock<()> = RwLock::new(());

/// Starts a process.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    let _alone = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Keeps other tests from starting processes, for what depends on what is in use. Not to be asked for twice at once.
pub fn undisturbed() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

/// All files below a directory, by their paths in it.
pub fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => directories.push(path),
                false => found.push(path.strip_prefix(root).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}
