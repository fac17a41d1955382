//! Changes of the provider of embeddings: while they last, when they fail, and over a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use vesicle_memory::memory::Query;
use vesicle_memory::{EmbedError, Embeddings, Memory, OutcomeKind, Purpose};

use crate::shared::*;

/// A provider that is let through one call at a time.
#[derive(Debug)]
struct Stub {
    calls: AtomicUsize,
    is_down: AtomicBool,
    gate: Semaphore,
}

impl Stub {
    fn new(calls_let_through: usize) -> Arc<Self> {
        let gate = Semaphore::new(calls_let_through);
        Arc::new(Self {
            calls: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
            gate,
        })
    }
}

#[async_trait]
impl Embeddings for Stub {
    fn provider(&self) -> &str {
        "stub"
    }
    fn model(&self) -> &str {
        "letters"
    }
    fn dimension(&self) -> usize {
        26
    }
    fn batch_size(&self) -> usize {
        2
    }
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(EmbedError::Unavailable(
                "the stub is down; start it".to_owned(),
            ));
        }
        if purpose == Purpose::Document {
            self.gate.acquire().await.unwrap().forget();
            self.calls.fetch_add(1, Ordering::SeqCst);
        }
        let vectors = texts.iter().map(|text| {
            let mut vector = vec![0.01_f32; 26];
            for byte in text.bytes().filter(u8::is_ascii_lowercase) {
                vector[(byte - b'a') as usize] += 1.0;
            }
            vesicle_memory::embeddings::normalize(&mut vector);
            vector
        });
        Ok(vectors.collect())
    }
}

async fn until(memory: &Memory, what: impl Fn(&Memory) -> bool) {
    for _ in 0..400 {
        if what(memory) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to that: {:?}", memory.reindex_progress());
}

#[tokio::test]
async fn a_new_provider_embeds_everything_and_the_old_one_serves_meanwhile() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let mut ids = Vec::new();
    for text in ["zzz", "yyy", "xxx", "www", "vvv"] {
        ids.push(create(memory, text).await);
    }
    let stub = Stub::new(1);
    memory.use_embeddings(stub.clone()).await.unwrap();
    until(memory, |memory| memory.reindex_progress().done == 2).await;
    assert_eq!(
        memory.embeddings().provider(),
        "builtin",
        "not all are there yet"
    );
    assert_eq!(found(memory, "zzz").await, [ids[0]]);
    stub.gate.add_permits(100);
    until(memory, |memory| {
        memory.embeddings().provider() == "stub" && !memory.reindex_progress().running
    })
    .await;
    assert_eq!(memory.reindex_progress().done, 5);
    let stats = memory.stats().await.unwrap();
    assert_eq!(stats.active_vectors.as_deref(), Some("stub/letters/26"));
    let hit = memory
        .query_semantic_memory(serde_json::from_str(r#"{"query":"wwww"}"#).unwrap())
        .await
        .unwrap();
    assert_eq!(hit.results[0].episode_id, ids[3]);
    // What is written from now on is embedded by it as well.
    let next = create(memory, "qqq").await;
    until(memory, |memory| memory.reindex_progress().done == 6).await;
    let hit = memory
        .query_semantic_memory(serde_json::from_str(r#"{"query":"qq"}"#).unwrap())
        .await
        .unwrap();
    assert_eq!(hit.results[0].episode_id, next);
    complete(memory, next, OutcomeKind::Success).await;
    until(memory, |memory| memory.reindex_progress().done == 7).await;
}

#[tokio::test]
async fn what_was_embedded_before_a_restart_is_not_embedded_again() {
    let scratch = Scratch::new();
    for text in ["zzz", "yyy", "xxx", "www", "vvv", "uuu"] {
        create(&scratch.memory, text).await;
    }
    let first = Stub::new(2);
    scratch.memory.use_embeddings(first.clone()).await.unwrap();
    until(&scratch.memory, |memory| {
        memory.reindex_progress().done == 4
    })
    .await;
    let again = scratch.again();
    let second = Stub::new(100);
    again.use_embeddings(second.clone()).await.unwrap();
    until(&again, |memory| memory.embeddings().provider() == "stub").await;
    assert_eq!(second.calls.load(Ordering::SeqCst), 1);
    let third = scratch.again();
    third.use_embeddings(second.clone()).await.unwrap();
    assert_eq!(
        third.embeddings().provider(),
        "stub",
        "all are there, and it is used at once"
    );
    assert_eq!(second.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn words_are_searched_while_the_provider_is_down() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let id = create(memory, "Fix the login").await;
    let stub = Stub::new(100);
    memory.use_embeddings(stub.clone()).await.unwrap();
    until(memory, |memory| memory.embeddings().provider() == "stub").await;
    stub.is_down.store(true, Ordering::SeqCst);
    let query = Query {
        query: "login".to_owned(),
        ..Query::default()
    };
    let found = memory.query_memory(query.clone()).await.unwrap();
    assert_eq!(found.episodes[0].episode.episode_id, id);
    insta::assert_snapshot!(found.warnings.join("\n"), @"only words were searched, as the query could not be embedded: the stub is down; start it");
    assert_eq!(memory.health().await.status, "degraded");
    let late = create(memory, "Mend the logout").await;
    until(memory, |memory| {
        memory.reindex_progress().last_error.is_some()
    })
    .await;
    stub.is_down.store(false, Ordering::SeqCst);
    until(memory, |memory| memory.reindex_progress().done == 2).await;
    let found = memory.query_memory(query).await.unwrap();
    assert!(found.warnings.is_empty());
    assert_eq!(
        memory.similar_episodes(id, 1).await.unwrap()[0]
            .episode
            .episode_id,
        late
    );
}
