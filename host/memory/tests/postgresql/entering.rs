//! What can go wrong on the way in. Each error names what to do, and none the password.

use std::sync::Arc;

use vesicle_memory::{ErrorCode, PostgresStore, PostgresUrl};

use crate::server::{self, Kind, PASSWORD};
use crate::shared::*;

pub fn refused(url: &PostgresUrl) -> String {
    let error = PostgresStore::open(url).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unavailable, "{error}");
    let text = format!("{error} {error:?} {url} {url:?}");
    assert!(
        !text.contains(PASSWORD) && !text.contains("wrong%20one") && !text.contains("wrong one"),
        "{text}"
    );
    error.to_string()
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let error = refused(&server::shared().url_as("postgres", "wrong%20one", "postgres"));
    insta::assert_snapshot!(error, @r#"PostgreSQL does not let the user postgres in (password authentication failed for user "postgres"); look at the user and the password in `memory.url`, and at the server's pg_hba.conf"#);
}

#[test]
fn a_missing_password_is_told() {
    let url = format!(
        "postgres://postgres@/postgres?host={}",
        server::shared().directory().display()
    );
    insta::assert_snapshot!(refused(&url.parse().unwrap()), @"PostgreSQL wants a password of the user postgres; write it in `memory.url`");
}

#[test]
fn a_database_that_is_not_there_is_named() {
    insta::assert_snapshot!(refused(&server::shared().url("nowhere")), @"PostgreSQL has no database nowhere; make it with `createdb nowhere`, or name another in `memory.url`");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let url: PostgresUrl = "postgres://ann:wrong%20one@127.0.0.1:1/work?sslmode=disable"
        .parse()
        .unwrap();
    insta::assert_snapshot!(refused(&url), @"PostgreSQL at postgres://ann@127.0.0.1:1/work is not there now (Connection refused (os error 111)); what was not acknowledged may be sent again, and nothing has to be restarted once it is back");
}

#[test]
fn a_user_who_may_not_make_tables_is_told() {
    let scratch = Scratch::new();
    scratch
        .sql("CREATE ROLE reader LOGIN PASSWORD 'wrong one'; DROP SCHEMA vesicle_memory CASCADE");
    let database = scratch.sql("SELECT current_database()");
    let error = refused(&server::shared().url_as("reader", "wrong%20one", &database));
    scratch.sql("DROP ROLE reader");
    let error = error.replace(&database, "work");
    insta::assert_snapshot!(error, @"PostgreSQL does not allow this to the user reader (permission denied for database work); give it CREATE on the database work, or the schema vesicle_memory");
}

#[test]
fn tables_of_a_newer_program_are_left_alone() {
    let scratch = Scratch::new();
    scratch.sql("UPDATE vesicle_memory.version SET version = 99");
    let error = PostgresStore::open(&scratch.url()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Corrupt);
    insta::assert_snapshot!(error, @"the memory was written by a newer Vesicle (version 99 of its tables); use that one, or another `memory.url`");
    assert_eq!(
        scratch.sql("SELECT version FROM vesicle_memory.version"),
        "99"
    );
}

/// Tables before the first version are none at all: this is what every later migration begins with.
#[tokio::test]
async fn eight_hosts_that_come_at_once_make_the_tables_once() {
    let scratch = Scratch::new();
    scratch.sql("DROP SCHEMA vesicle_memory CASCADE");
    let start = Arc::new(std::sync::Barrier::new(8));
    let url = scratch.url();
    let stores = std::thread::scope(|scope| {
        let hosts: Vec<_> = (0..8)
            .map(|_| {
                let (start, url) = (Arc::clone(&start), url.clone());
                scope.spawn(move || {
                    start.wait();
                    PostgresStore::open(&url).unwrap()
                })
            })
            .collect();
        hosts
            .into_iter()
            .map(|host| host.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(
        scratch.sql("SELECT count(*) FROM vesicle_memory.version"),
        "1"
    );
    assert_eq!(
        scratch.sql("SELECT count(*) FROM vesicle_memory.counter"),
        "1"
    );
    for store in stores {
        assert_eq!(store.has_pgvector(), crate::KIND == Kind::Pgvector);
        let memory = vesicle_memory::Memory::new(Arc::new(store)).unwrap();
        create(&memory, "Every host can write").await;
    }
    assert_eq!(scratch.again().stats().await.unwrap().episodes, 8);
}

#[test]
fn a_backup_is_postgresqls_own() {
    let scratch = Scratch::new();
    let to = std::env::temp_dir().join("never-made");
    let error = scratch
        .memory
        .store()
        .backup(&to, &mut |_, _| {})
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidInput);
    let text = error.to_string();
    assert!(
        text.contains("pg_dump --schema=vesicle_memory") && !text.contains(PASSWORD),
        "{text}"
    );
    assert!(!to.exists());
    let usage = scratch.memory.store().usage().unwrap();
    assert_eq!((usage.backend, usage.schema_version), ("postgresql", 1));
    assert!(
        usage.bytes > 100_000 && !usage.place.contains("sesame"),
        "{usage:?}"
    );
}
