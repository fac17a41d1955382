//! Compiled components, in memory and on disk.
//!
//! Loading a compiled component is running native code, so an entry on disk is loaded only if it
//! is ours: the directory is private, and each entry carries a MAC over its name and its bytes,
//! under a key that lies in the same private place. The name holds the digest of the component and
//! of everything about the engine that its code depends on. An entry that is damaged, of another
//! engine, or put there by somebody else is thrown away, and the component is compiled again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use parking_lot::Mutex;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::usage::Lookups;

/// How many compiled components are kept in memory; the one used longest ago goes first.
pub const COMPONENTS_IN_MEMORY_MAX: usize = 64;

/// What compiled components may take on disk, in bytes; those used longest ago go first.
pub const COMPONENTS_ON_DISK_BYTES_MAX: u64 = 1 << 30;
/// How much a process writes before it looks at that again, in bytes. By so much each may be above.
const LOOK_EVERY_BYTES: u64 = 32 << 20;
/// How the names of entries end.
const ENDING: &str = "cwasm";

const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const KEY_FILE: &str = "key";
const MAC_BYTES: usize = blake3::OUT_LEN;

/// Compiles each component once.
pub struct ComponentCache {
    engine: Engine,
    /// What of the engine the code depends on.
    compatibility: String,
    disk: Option<Disk>,
    /// Used last comes last.
    memory: Mutex<Vec<(blake3::Hash, Component)>>,
    found_in_memory: AtomicU64,
    found_on_disk: AtomicU64,
    missed: AtomicU64,
}

/// Where a component came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was in memory.
    Memory,
    /// It was on disk, and is ours.
    Disk,
    /// It was compiled.
    Compiled,
}

impl ComponentCache {
    /// A cache for `engine`, in memory and, if a directory is given and usable, on disk. A
    /// directory that cannot be private is not used, and a warning says why.
    /// `kind` is part of names, for engines whose code is the same and whose places are not.
    pub fn new(engine: &Engine, kind: &str, dir: Option<&Path>) -> Self {
        let disk = dir.and_then(|dir| {
            Disk::open(dir)
                .inspect_err(|error| {
                    tracing::warn!(dir = %dir.display(), %error, "compiled components are not kept on disk");
                })
                .ok()
        });
        Self {
            engine: engine.clone(),
            compatibility: format!("{}{kind}", compatibility(engine)),
            disk,
            memory: Mutex::default(),
            found_in_memory: AtomicU64::new(0),
            found_on_disk: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        }
    }

    /// The compiled component of `wasm`. Blocks for a second or more where it has to compile.
    ///
    /// # Errors
    /// When `wasm` is no component that this engine accepts.
    pub fn load(&self, wasm: &[u8]) -> wasmtime::Result<(Component, Source)> {
        let digest = blake3::hash(wasm);
        if let Some(found) = self.find(&digest) {
            return Ok(found);
        }
        let artifact = self.engine.precompile_component(wasm)?;
        // SAFETY: this engine has just made it.
        let component = unsafe { self.keep(digest, &artifact)? };
        Ok((component, Source::Compiled))
    }

    /// The compiled component of the WebAssembly with this digest, if it is here.
    pub fn find(&self, digest: &blake3::Hash) -> Option<(Component, Source)> {
        if let Some(component) = self.recall(digest) {
            self.found_in_memory.fetch_add(1, Relaxed);
            return Some((component, Source::Memory));
        }
        let Some(component) = self.load_from_disk(&self.name(digest)) else {
            self.missed.fetch_add(1, Relaxed);
            return None;
        };
        self.found_on_disk.fetch_add(1, Relaxed);
        self.remember(*digest, &component);
        Some((component, Source::Disk))
    }

    /// Where components were found until now.
    pub fn lookups(&self) -> Lookups {
        Lookups {
            memory: self.found_in_memory.load(Relaxed),
            disk: self.found_on_disk.load(Relaxed),
            missed: self.missed.load(Relaxed),
        }
    }

    /// Takes in what was compiled of the WebAssembly with this digest.
    ///
    /// # Safety
    /// The artifact runs as native code: an engine configured like this one must have made it.
    ///
    /// # Errors
    /// When the component does not fit into the engine's pool.
    pub unsafe fn keep(
        &self,
        digest: blake3::Hash,
        artifact: &[u8],
    ) -> wasmtime::Result<Component> {
        // SAFETY: as the caller promises.
        let component = unsafe { Component::deserialize(&self.engine, artifact)? };
        if let Some(disk) = &self.disk {
            let name = self.name(&digest);
            // A full disk is no reason not to run: the next start compiles again.
            if let Err(error) = disk.write(&name, artifact) {
                tracing::warn!(name, %error, "a compiled component is not kept on disk");
            }
        }
        self.remember(digest, &component);
        Ok(component)
    }

    fn name(&self, digest: &blake3::Hash) -> String {
        format!("{digest}-{}.{ENDING}", self.compatibility)
    }

    fn recall(&self, digest: &blake3::Hash) -> Option<Component> {
        let mut memory = self.memory.lock();
        let index = memory.iter().position(|(known, _)| known == digest)?;
        let entry = memory.remove(index);
        let component = entry.1.clone();
        memory.push(entry);
        Some(component)
    }

    fn remember(&self, digest: blake3::Hash, component: &Component) {
        let mut memory = self.memory.lock();
        if memory.iter().any(|(known, _)| *known == digest) {
            return;
        }
        if memory.len() == COMPONENTS_IN_MEMORY_MAX {
            memory.remove(0);
        }
        memory.push((digest, component.clone()));
    }

    fn load_from_disk(&self, name: &str) -> Option<Component> {
        let disk = self.disk.as_ref()?;
        let artifact = match disk.read(name) {
            Ok(artifact) => artifact?,
            Err(error) => {
                tracing::warn!(name, %error, "a compiled component is thrown away");
                disk.remove(name);
                return None;
            }
        };
        // SAFETY: the MAC says that this process owner's `keep` wrote exactly these bytes for
        // exactly this engine, and they are in memory of our own since they were checked.
        match unsafe { Component::deserialize(&self.engine, artifact) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(name, %error, "a compiled component is thrown away");
                disk.remove(name);
                None
            }
        }
    }
}

/// A digest of all that `Engine::precompile_compatibility_hash` says code depends on.
fn compatibility(engine: &Engine) -> String {
    struct Digest(blake3::Hasher);
    impl Hasher for Digest {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            let digest = self.0.finalize();
            u64::from_le_bytes(digest.as_bytes()[..8].try_into().unwrap_or_default())
        }
    }
    let mut digest = Digest(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut digest);
    digest.0.finalize().to_hex()[..32].to_owned()
}

/// The private directory.
struct Disk {
    dir: PathBuf,
    key: [u8; blake3::KEY_LEN],
    bytes_max: u64,
    /// How much may be written before it is looked how much there is.
    unlooked: AtomicU64,
}

impl Disk {
    fn open(dir: &Path) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(DIR_MODE)
            .create(dir)?;
        let metadata = fs::symlink_metadata(dir)?;
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other(
                "it is no directory of the user that runs this",
            ));
        }
        if metadata.mode() & 0o777 != DIR_MODE {
            // Whoever could write here could not make a MAC; from now on they cannot write either.
            fs::set_permissions(dir, fs::Permissions::from_mode(DIR_MODE))?;
        }
        let key = key(&dir.join(KEY_FILE))?;
        Ok(Self {
            dir: dir.to_owned(),
            key,
            bytes_max: COMPONENTS_ON_DISK_BYTES_MAX,
            unlooked: AtomicU64::new(0),
        })
    }

    /// The artifact of this name; `None` if there is none, an error if it is not ours.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut entry = Vec::new();
        match File::open(self.dir.join(name)) {
            Ok(mut file) => {
                // It was used now. On a disk that cannot be written nothing has to go either.
                let _ = file.set_modified(SystemTime::now());
                file.read_to_end(&mut entry)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some((mac, artifact)) = entry.split_at_checked(MAC_BYTES) else {
            return Err(io::Error::other("it is too short"));
        };
        // `blake3::Hash` compares in constant time.
        let claimed = blake3::Hash::from_slice(mac).map_err(io::Error::other)?;
        if claimed != self.mac(name, artifact) {
            return Err(io::Error::other("its MAC is wrong"));
        }
        entry.drain(..MAC_BYTES);
        Ok(Some(entry))
    }

    /// Whole or not at all, also when the machine stops in between.
    fn write(&self, name: &str, artifact: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
        file.write_all(self.mac(name, artifact).as_bytes())?;
        file.write_all(artifact)?;
        file.as_file().sync_all()?;
        file.persist(self.dir.join(name))?;
        let bytes = artifact.len() as u64;
        let spend = |left: u64| left.checked_sub(bytes).or(Some(LOOK_EVERY_BYTES));
        let left = self.unlooked.fetch_update(Relaxed, Relaxed, spend);
        if left.is_ok_and(|left| left < bytes) {
            self.make_room()?;
        }
        Ok(())
    }

    /// Removes what was used longest ago, as far as there is too much. Whoever uses it has it in memory.
    fn make_room(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            // Another process may have removed it.
            if path.extension().is_some_and(|ending| ending == ENDING)
                && let Ok(metadata) = fs::symlink_metadata(&path)
            {
                entries.push((metadata.modified()?, metadata.len(), path));
            }
        }
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, freed, path) in entries {
            if bytes <= self.bytes_max {
                break;
            }
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => bytes -= freed,
            }
        }
        Ok(())
    }

    fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.dir.join(name)) {
            tracing::debug!(name, %error, "nothing to remove");
        }
    }

    /// The name is part of it: an entry of ours under another name is not ours.
    fn mac(&self, name: &str, artifact: &[u8]) -> blake3::Hash {
        let mut mac = blake3::Hasher::new_keyed(&self.key);
        mac.update(&(name.len() as u64).to_le_bytes());
        mac.update(name.as_bytes());
        mac.update(artifact);
        mac.finalize()
    }
}

/// The key in `path`, made at the first use. Two processes that make it at once agree on one.
fn key(path: &Path) -> io::Result<[u8; blake3::KEY_LEN]> {
    let mut key = [0; blake3::KEY_LEN];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let dir = path.parent().unwrap_or(Path::new("."));
    if !path.exists() {
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&key)?;
        file.as_file().sync_all()?;
        if let Err(error) = file.persist_noclobber(path)
            && error.error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(error.error);
        }
    }
    let mut file = OpenOptions::new().read(true).mode(FILE_MODE).open(path)?;
    if file.metadata()?.len() != key.len() as u64 {
        // Entries under it are lost, and compiled again.
        fs::remove_file(path)?;
        return Err(io::Error::other(
            "its key was damaged and is removed; the next start makes another",
        ));
    }
    file.read_exact(&mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn so_much_is_on_disk_and_what_was_used_longest_ago_goes_first() {
        const BYTES: u64 = 1_000;
        let scratch = tempfile::tempdir().unwrap();
        let mut disk = Disk::open(&scratch.path().join("cache")).unwrap();
        let artifact = vec![7; BYTES as usize - MAC_BYTES];
        let began = SystemTime::now() - Duration::from_secs(60);
        for (second, name) in ["a.cwasm", "b.cwasm", "c.cwasm"].into_iter().enumerate() {
            disk.write(name, &artifact).unwrap();
            let file = File::open(disk.dir.join(name)).unwrap();
            file.set_modified(began + Duration::from_secs(second as u64))
                .unwrap();
        }
        disk.bytes_max = 3 * BYTES;
        disk.make_room().unwrap();
        assert!(disk.read("a.cwasm").unwrap().is_some(), "all of it fits");
        // Now it is `b` that was used longest ago.
        disk.bytes_max = 3 * BYTES - 1;
        disk.make_room().unwrap();
        assert!(disk.read("b.cwasm").unwrap().is_none());
        assert!(disk.read("a.cwasm").unwrap().is_some());
        // Who writes much looks again.
        disk.bytes_max = BYTES;
        disk.unlooked.store(BYTES, Relaxed);
        disk.write("d.cwasm", &artifact).unwrap();
        assert!(disk.read("c.cwasm").unwrap().is_some());
        disk.write("e.cwasm", &artifact).unwrap();
        assert_eq!(
            fs::read_dir(&disk.dir).unwrap().count(),
            2,
            "the key and one"
        );
    }
}
