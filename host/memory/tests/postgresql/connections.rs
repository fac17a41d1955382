//! Connections of one host: a bounded number, whatever it keeps in the database.

use std::sync::Arc;

use vesicle_memory::database::{CONNECTIONS_MAX, CONNECTIONS_SHARE_MAX, Link};

use crate::place::{Scratch, memory};
use crate::shared::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn accounts_share_the_connections_of_their_host() {
    let scratch = Scratch::new();
    let url = scratch.url();
    let mut accounts = tokio::task::JoinSet::new();
    for number in 0..3 * CONNECTIONS_MAX {
        let url = url.of_account(&format!("a{number}"));
        accounts.spawn(async move {
            let memory = tokio::task::block_in_place(|| memory(&url));
            create(&memory, "Of one account").await;
            let found = found(&memory, "account").await;
            (memory, found.len())
        });
    }
    let memories = accounts.join_all().await;
    // Each in its own schema, although one connection serves now one and now another.
    assert!(memories.iter().all(|(_, found)| *found == 1));
    // One more is the memory that the test itself has.
    let open = scratch.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'vesicle'",
    );
    let open: usize = open.parse().unwrap();
    assert!(open <= CONNECTIONS_MAX + 1, "{open}");
}

#[tokio::test]
async fn one_memory_leaves_connections_for_others() {
    let scratch = Scratch::new();
    let url = scratch.url();
    let link = Arc::new(Link::new(&url.of_account("greedy")).unwrap());
    let held: Vec<_> = (0..CONNECTIONS_SHARE_MAX)
        .map(|_| link.session().unwrap())
        .collect();
    let other = Arc::new(Link::new(&url.of_account("other")).unwrap());
    assert!(other.session().is_ok());
    let error = link.session().unwrap_err();
    insta::assert_snapshot!(error, @"all 8 connections to PostgreSQL that one memory may have were in use for 10 s; send it again");
    drop(held);
    assert!(link.session().is_ok());
}
