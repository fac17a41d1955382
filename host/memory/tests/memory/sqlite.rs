//! What can happen to a file.

use std::fs;
use std::path::Path;

use vesicle_memory::{Error, ErrorCode, OutcomeKind, SqliteOptions, SqliteStore, Store};

use crate::shared::*;

fn try_open(path: &Path) -> Result<SqliteStore, Error> {
    SqliteStore::open(path, &SqliteOptions::default())
}

#[test]
fn a_file_that_is_no_store_is_set_aside_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("memory.db");
    let nonsense = "no database, but long enough to be taken for one at first sight".repeat(40);
    fs::write(&path, &nonsense).unwrap();
    let error = try_open(&path).unwrap_err();
    let Error::Corrupt { aside, cause } = &error else {
        panic!("{error}");
    };
    assert_eq!(cause, "file is not a database");
    assert_eq!(error.code(), ErrorCode::Corrupt);
    assert_eq!(fs::read_to_string(aside).unwrap(), nonsense);
    assert!(!path.exists());
    try_open(&path).unwrap();
    assert_eq!(fs::read_to_string(aside).unwrap(), nonsense);
}

#[tokio::test]
async fn damage_within_is_told_and_the_file_is_left_alone() {
    let scratch = Scratch::new();
    for n in 0..50 {
        episode(
            &scratch.memory,
            &format!("Deploy {n}"),
            &["build", "test"],
            OutcomeKind::Success,
        )
        .await;
    }
    let copy = scratch.directory.path().join("copy.db");
    scratch
        .memory
        .store()
        .backup(&copy, &mut |_, _| {})
        .unwrap();
    let mut bytes = fs::read(&copy).unwrap();
    let length = bytes.len();
    bytes[length / 3..length / 2].fill(0x5a);
    fs::write(&copy, &bytes).unwrap();
    match try_open(&copy) {
        Ok(store) => {
            assert!(!store.check().unwrap().is_empty());
            drop(store);
            let now = fs::read(&copy).unwrap();
            assert_eq!(now[length / 3..length / 2], bytes[length / 3..length / 2]);
        }
        Err(error) => assert_eq!(error.code(), ErrorCode::Corrupt, "{error}"),
    }
}

#[test]
fn a_newer_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("memory.db");
    drop(try_open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = try_open(&path).unwrap_err();
    insta::assert_snapshot!(error, @"the memory was written by a newer Vesicle (version 99 of its tables); use that one, or another `memory.url`");
    assert!(path.exists());
}

/// `/proc` takes no files, from root neither.
#[test]
fn a_directory_that_takes_no_files_is_named() {
    for path in ["/proc/memory.db", "/proc/new/memory.db"] {
        let error = try_open(Path::new(path)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unavailable);
        let text = error.to_string();
        assert!(
            text.starts_with("the memory cannot be written at /proc")
                && text.contains("`--data-dir`"),
            "{text}"
        );
    }
    let directory = tempfile::tempdir().unwrap();
    let error = try_open(directory.path()).unwrap_err();
    assert_eq!(
        error.code(),
        ErrorCode::Unavailable,
        "a directory is no file: {error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_loses_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("memory.db");
    let options = SqliteOptions {
        bytes_max: Some(400_000),
    };
    let store = std::sync::Arc::new(SqliteStore::open(&path, &options).unwrap());
    let memory = vesicle_memory::Memory::new(store).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let memory = memory.clone();
        tasks.spawn(async move {
            let mut kept = Vec::new();
            for round in 0..1000 {
                let text = format!("Fill {n} {round} {}", "x".repeat(2000));
                let new = vesicle_memory::memory::NewEpisode::new(&text, "web", vesicle_memory::TaskType::Testing);
                match memory.create_episode(new).await {
                    Ok(created) => kept.push(created.episode_id),
                    Err(error) => {
                        assert_eq!(error.to_string(), "the disk with the memory is full, and nothing was written; free some space and send it again");
                        return kept;
                    }
                }
            }
            panic!("it was never full");
        });
    }
    let kept: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert!(kept.len() > 20);
    let again = open(directory.path());
    for id in &kept {
        again.get_episode(*id).await.unwrap();
    }
    assert_eq!(
        again.stats().await.unwrap().episodes,
        kept.len() as u64,
        "what was refused is not there"
    );
    create(&again, "There is room again").await;
}

/// What is dead is cleared away from the index, and what is alive is found after it.
#[tokio::test]
async fn many_changes_do_not_fill_the_index() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    let keep = create(&scratch.memory, "keep this one").await;
    let id = create(&scratch.memory, "change this one").await;
    let mut largest = 0;
    for round in 0..30 {
        for part in 0..60 {
            let mut update = vesicle_memory::memory::UpdateEpisode::new(id);
            update.description = Some(format!("change round{round} part{part}"));
            scratch.memory.update_episode(update).await.unwrap();
            if part % 2 == 0 {
                store.frequencies(&[]).unwrap();
            }
        }
        largest = largest.max(store.usage().unwrap().index_bytes);
    }
    assert!(largest < 2_000_000, "{largest}");
    assert_eq!(found(&scratch.memory, "keep").await, [keep]);
    assert_eq!(
        found(&scratch.memory, "round29 part59").await.first(),
        Some(&id)
    );
    assert_eq!(store.count(&Default::default()).unwrap(), 2);
}

#[tokio::test]
async fn a_backup_is_made_while_others_write_and_is_whole() {
    let scratch = Scratch::new();
    for n in 0..7 {
        create(&scratch.memory, &format!("Before {n}")).await;
    }
    let to = scratch.directory.path().join("copy").join("memory.db");
    std::fs::create_dir(to.parent().unwrap()).unwrap();
    let store = scratch.memory.store().clone();
    let place = to.clone();
    let backup = tokio::task::spawn_blocking(move || {
        let mut last = (0, 0);
        store
            .backup(&place, &mut |done, all| last = (done, all))
            .unwrap();
        last
    });
    for n in 0..20 {
        create(&scratch.memory, &format!("Meanwhile {n}")).await;
    }
    let (done, all) = backup.await.unwrap();
    assert!(all > 0 && done == all);
    let copy = open(to.parent().unwrap());
    assert!(copy.store().check().unwrap().is_empty());
    assert!(copy.stats().await.unwrap().episodes >= 7);
    let error = scratch
        .memory
        .store()
        .backup(&to, &mut |_, _| {})
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Conflict);
}

#[test]
fn many_may_open_a_file_that_is_not_there_yet_at_once() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new").join("memory.db");
        let barrier = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    let store = try_open(&path).unwrap();
                    vesicle_memory::Memory::new(std::sync::Arc::new(store)).unwrap();
                });
            }
        });
    }
}
