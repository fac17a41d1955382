//! A memory that embeds with a local model: chosen, there after a restart, and measured on real runs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vesicle_memory::embeddings::EmbeddingRules;
use vesicle_memory::evaluation::evaluate;
use vesicle_memory::memory::{Configured, Query};
use vesicle_memory::transfer::{ImportFormat, import};
use vesicle_memory::{Memory, SqliteOptions, SqliteStore};

use crate::{SMALL_DIMENSION, minilm, small};

const RUNS: &str = include_str!("../data/airline-episodes.jsonl");

/// A memory in this file, with so many of the runs where it is new.
fn memory(file: &Path, runs: usize) -> Memory {
    let store = SqliteStore::open(file, &SqliteOptions::default()).unwrap();
    let lines: Vec<&str> = RUNS.lines().take(runs).collect();
    let mut lines = lines.join("\n");
    lines.push('\n');
    import(
        &store,
        &mut lines.as_bytes(),
        ImportFormat::TauBench,
        &mut |_| {},
    )
    .unwrap();
    Memory::new(Arc::new(store)).unwrap()
}

async fn configure(memory: &Memory, model: &Path) -> Configured {
    let wanted = serde_json::json!({ "provider": "local", "model": model });
    let wanted = serde_json::from_value(wanted).unwrap();
    let rules = EmbeddingRules::default();
    let configured = memory.configure_embeddings(wanted, &rules).await.unwrap();
    for _ in 0..6_000 {
        if memory.embedding_provider_status().await.unwrap().active {
            return configured;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", memory.embedding_provider_status().await);
}

/// How many runs are found by meaning, and of which task the first is.
async fn found(memory: &Memory, text: &str) -> (usize, String) {
    let query = serde_json::json!({ "query": text, "similarity_threshold": 0.0 });
    let query = serde_json::from_value(query).unwrap();
    let results = memory.query_semantic_memory(query).await.unwrap().results;
    (results.len(), results[0].task_description.clone())
}

#[tokio::test]
async fn what_is_configured_embeds_everything_and_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    let first = memory(&file, 8);
    let configured = configure(&first, &minilm()).await;
    assert_eq!(
        (configured.provider.as_str(), configured.dimension),
        ("local", 384)
    );
    let (count, best) = found(&first, "someone wants to fly out of New York").await;
    drop(first);

    let again = memory(&file, 0);
    let rules = EmbeddingRules::default();
    assert!(again.restore_embeddings(&rules).await.unwrap());
    let status = again.embedding_provider_status().await.unwrap();
    assert!(status.active && status.test.available, "{status:?}");
    assert_eq!(
        (status.test.dimension, status.reindex.done),
        (384, 0),
        "nothing is embedded twice"
    );
    assert_eq!(
        found(&again, "someone wants to fly out of New York").await,
        (count, best)
    );

    // Another model, of another dimension: its vectors never meet the ones from before.
    let other = directory.path().join("other");
    std::fs::create_dir(&other).unwrap();
    small(&other);
    configure(&again, &other).await;
    let status = again.embedding_provider_status().await.unwrap();
    assert_eq!(
        (status.test.dimension, status.reindex.done),
        (SMALL_DIMENSION, 8)
    );
    assert_eq!(found(&again, "someone wants to fly").await.0, count);

    // The directory is gone: what to do is said, and the memory answers without it.
    std::fs::remove_dir_all(&other).unwrap();
    let last = memory(&file, 0);
    let error = last.restore_embeddings(&rules).await.unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("config.json cannot be used") && error.contains("name a directory"),
        "{error}"
    );
    let query = Query {
        query: "fly out of New York".to_owned(),
        ..Query::default()
    };
    assert!(!last.query_memory(query).await.unwrap().episodes.is_empty());
}

/// As `vesicle memory eval --model` measures it.
#[tokio::test]
async fn runs_of_the_same_task_are_found_by_their_text() {
    let directory = tempfile::tempdir().unwrap();
    let wanted = serde_json::json!({ "provider": "local", "model": minilm() });
    let wanted = serde_json::from_value(wanted).unwrap();
    let mut shown = (0, 0);
    let mut show = |done, all| shown = (done, all);
    let found = evaluate(RUNS, directory.path(), Some(wanted), &mut show)
        .await
        .unwrap();
    println!("{found:?}");
    assert_eq!(shown, (200, 200));
    assert!(found.embeddings.starts_with("local/.model@"));
    assert_eq!((found.runs, found.tasks), (200, 50));
    assert!(found.recall_at_5 > 0.9 && found.mrr > 0.9, "{found:?}");
    assert!(found.success_first_auc > 0.9, "{found:?}");
}
