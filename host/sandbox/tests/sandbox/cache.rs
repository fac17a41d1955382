//! Compiled components on disk: used when they are ours, thrown away when they are not, and never
//! a reason not to run.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vesicle_sandbox::{Config, Sandbox};

use crate::support::{cache_dir, execution, sandbox, success};

/// Starts a sandbox with this cache and runs something in it.
async fn start(dir: &Path) {
    let sandbox = Sandbox::new(Config {
        cache_dir: Some(dir.to_owned()),
        concurrency_max: 2,
        ..Config::default()
    });
    let outcome = sandbox
        .await
        .expect("the sandbox starts")
        .execute(execution("return 1 + 1"))
        .await;
    assert_eq!(success(outcome.unwrap()).get(), "2");
}

/// A cache that a sandbox has filled: a copy of the tests' own.
async fn filled() -> TempDir {
    sandbox().await;
    let dir = TempDir::new().unwrap();
    for file in fs::read_dir(cache_dir()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    start(dir.path()).await;
    dir
}

/// The compiled components in `dir`.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let mut entries: Vec<_> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "cwasm")
        })
        .collect();
    entries.sort();
    entries
}

/// The entry that the engine in use loads: the one whose like appears in an empty directory.
async fn entry(dir: &Path) -> PathBuf {
    static NAME: tokio::sync::OnceCell<std::ffi::OsString> = tokio::sync::OnceCell::const_new();
    let name = NAME.get_or_init(|| async {
        let fresh = TempDir::new().unwrap();
        start(fresh.path()).await;
        entries(fresh.path())
            .pop()
            .expect("one entry")
            .file_name()
            .unwrap()
            .to_owned()
    });
    dir.join(name.await)
}

/// What tells a file from another that replaced it.
fn identity(path: &Path) -> (u64, std::time::SystemTime) {
    let metadata = fs::metadata(path).unwrap();
    // Not when it was modified: that is set whenever it is used.
    (metadata.ino(), metadata.created().unwrap())
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_second_start_loads_what_the_first_compiled() {
    let dir = TempDir::new().unwrap();
    let cache = dir.path().join("made/on/demand");
    start(&cache).await;
    let [entry] = &entries(&cache)[..] else {
        panic!("one entry: {:?}", entries(&cache));
    };
    let (before, bytes) = (identity(entry), fs::read(entry).unwrap());
    start(&cache).await;
    assert_eq!(identity(entry), before);
    assert_eq!(fs::read(entry).unwrap(), bytes);
    assert_eq!(
        fs::read_dir(&cache).unwrap().count(),
        2,
        "the entry and the key"
    );
}

#[tokio::test]
async fn the_cache_is_private() {
    let dir = TempDir::new().unwrap();
    let cache = dir.path().join("cache");
    start(&cache).await;
    assert_eq!(mode(&cache), 0o700);
    for file in fs::read_dir(&cache).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn a_directory_that_others_could_read_is_made_private() {
    for open in [0o755, 0o777, 0o1777, 0o500] {
        let dir = filled().await;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(open)).unwrap();
        start(dir.path()).await;
        assert_eq!(mode(dir.path()), 0o700, "{open:o}");
    }
}

/// Damages the entry, starts, and checks that a whole one is in its place.
async fn check_replaced(how: &str, damage: impl FnOnce(&Path)) {
    let dir = filled().await;
    let entry = entry(dir.path()).await;
    let whole = fs::read(&entry).unwrap();
    damage(&entry);
    let damaged = identity(&entry);
    start(dir.path()).await;
    assert_ne!(
        identity(&entry),
        damaged,
        "{how}: the damaged entry is there still"
    );
    assert_eq!(fs::read(&entry).unwrap().len(), whole.len(), "{how}");
    assert_eq!(mode(&entry), 0o600, "{how}");
    // And the new one is good.
    let replaced = identity(&entry);
    start(dir.path()).await;
    assert_eq!(
        identity(&entry),
        replaced,
        "{how}: the new entry is not loaded"
    );
}

#[tokio::test]
async fn a_damaged_entry_is_replaced() {
    let flip = |at: fn(usize) -> usize| {
        move |entry: &Path| {
            let mut bytes = fs::read(entry).unwrap();
            let at = at(bytes.len());
            bytes[at] ^= 1;
            fs::write(entry, bytes).unwrap();
        }
    };
    check_replaced("a bit in the middle", flip(|length| length / 2)).await;
    check_replaced("the MAC", flip(|_| 0)).await;
    check_replaced("cut in half", |entry| {
        let bytes = fs::read(entry).unwrap();
        fs::write(entry, &bytes[..bytes.len() / 2]).unwrap();
    })
    .await;
    check_replaced("cut within the MAC", |entry| {
        fs::write(entry, [1; 31]).unwrap()
    })
    .await;
    check_replaced("empty", |entry| fs::write(entry, "").unwrap()).await;
    check_replaced("garbage", |entry| {
        fs::write(entry, vec![0xAA; 1 << 20]).unwrap()
    })
    .await;
    check_replaced("longer", |entry| {
        let mut bytes = fs::read(entry).unwrap();
        bytes.push(0);
        fs::write(entry, bytes).unwrap();
    })
    .await;
}

/// Made under the same key for another name: ours, and not what was asked for.
#[tokio::test]
async fn an_entry_of_another_name_is_not_loaded() {
    // Under two keys, two engines' worth of names would be needed to have a second real entry; a
    // name that differs in one digit is as foreign.
    let dir = filled().await;
    let entry = entry(dir.path()).await;
    let name = entry.file_name().unwrap().to_str().unwrap();
    let other = match name.strip_prefix('0') {
        Some(rest) => format!("1{rest}"),
        None => format!("0{}", &name[1..]),
    };
    fs::rename(&entry, dir.path().join(other)).unwrap();
    start(dir.path()).await;
    assert!(entry.exists(), "the engine was compiled for its own name");
}

/// Somebody else's entry, under somebody else's key.
#[tokio::test]
async fn an_entry_with_the_mac_of_another_key_is_replaced() {
    let foreign = TempDir::new().unwrap();
    start(foreign.path()).await;
    check_replaced("a foreign entry", |entry| {
        let theirs = foreign.path().join(entry.file_name().unwrap());
        assert_ne!(
            fs::read(&theirs).unwrap()[..32],
            fs::read(entry).unwrap()[..32]
        );
        fs::copy(theirs, entry).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_damaged_key_is_replaced() {
    for damaged in [&b""[..], b"short", &[7; 64]] {
        let dir = filled().await;
        let key = dir.path().join("key");
        fs::write(&key, damaged).unwrap();
        // Once without the disk, perhaps, and then again with a key of its own.
        start(dir.path()).await;
        start(dir.path()).await;
        assert_eq!(fs::read(&key).unwrap().len(), 32);
        assert_ne!(fs::read(&key).unwrap(), damaged);
        let entry = entry(dir.path()).await;
        let before = identity(&entry);
        start(dir.path()).await;
        assert_eq!(identity(&entry), before);
    }
}

/// Another key of the right length: the entries under the old one are worth nothing.
#[tokio::test]
async fn entries_under_a_lost_key_are_replaced() {
    let dir = filled().await;
    let entry = entry(dir.path()).await;
    let before = identity(&entry);
    fs::write(dir.path().join("key"), [7; 32]).unwrap();
    start(dir.path()).await;
    assert_ne!(identity(&entry), before);
}

#[tokio::test]
async fn what_is_no_private_directory_is_not_used() {
    let dir = TempDir::new().unwrap();

    let file = dir.path().join("file");
    fs::write(&file, "precious").unwrap();
    start(&file).await;
    assert_eq!(fs::read(&file).unwrap(), b"precious");

    let target = dir.path().join("target");
    fs::create_dir(&target).unwrap();
    let link = dir.path().join("link");
    symlink(&target, &link).unwrap();
    start(&link).await;
    assert_eq!(
        fs::read_dir(&target).unwrap().count(),
        0,
        "a link is not followed"
    );

    let dangling = dir.path().join("dangling");
    symlink(dir.path().join("nowhere"), &dangling).unwrap();
    start(&dangling).await;
    assert!(!dir.path().join("nowhere").exists());

    start(Path::new("/proc/nothing-can-be-made-here")).await;
    start(&file.join("below-a-file")).await;
}

/// An entry that is a link or a directory is no entry.
#[tokio::test]
async fn entries_that_are_no_files() {
    let dir = filled().await;
    let entry = entry(dir.path()).await;
    let moved = dir.path().join("moved");
    fs::rename(&entry, &moved).unwrap();
    fs::create_dir(&entry).unwrap();
    start(dir.path()).await;

    fs::remove_dir(&entry).unwrap_or_default();
    fs::remove_file(&entry).unwrap_or_default();
    symlink(dir.path().join("nowhere"), &entry).unwrap();
    start(dir.path()).await;
}

#[tokio::test]
async fn several_starts_at_once_agree() {
    let dir = TempDir::new().unwrap();
    let cache = dir.path().join("cache");
    let starts = [start(&cache), start(&cache), start(&cache)];
    let [first, second, third] = starts;
    tokio::join!(first, second, third);
    assert_eq!(
        fs::read_dir(&cache).unwrap().count(),
        2,
        "the entry and the key"
    );
    let entry = entry(&cache).await;
    let before = identity(&entry);
    start(&cache).await;
    assert_eq!(identity(&entry), before);
}

#[tokio::test]
async fn no_cache_is_needed() {
    let sandbox = Sandbox::new(Config {
        cache_dir: None,
        concurrency_max: 1,
        ..Config::default()
    });
    let outcome = sandbox
        .await
        .unwrap()
        .execute(execution("return 1"))
        .await
        .unwrap();
    assert!(outcome.is_success());
}
