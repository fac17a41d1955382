//! What is of pgvector alone.

use std::sync::Arc;

use vesicle_memory::store::Search;
use vesicle_memory::{Memory, PostgresStore, Store as _};

use crate::nearest::{vector, with_vectors};
use crate::server;
use crate::shared::*;

/// The server has an index for the vectors of one model, and can take it for a search.
#[tokio::test]
async fn the_active_model_has_an_index() {
    let scratch = Scratch::new();
    with_vectors(&scratch.memory, 300).await;
    let indexes = scratch
        .sql("SELECT string_agg(indexdef, ' ') FROM pg_indexes WHERE indexdef LIKE '%hnsw%'");
    assert!(
        indexes.contains("numbers)::vector(64)) vector_cosine_ops"),
        "{indexes}"
    );
    assert_eq!(
        indexes.matches("CREATE INDEX").count(),
        1,
        "those of other models are gone: {indexes}"
    );
    let model = scratch.sql("SELECT model FROM vesicle_memory.models");
    let numbers = vector(3)
        .iter()
        .map(f32::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let plan = scratch.sql(&format!(
                "SET search_path = vesicle_memory, public; SET enable_seqscan = off; SET enable_sort = off;
                 EXPLAIN SELECT episode FROM vectors WHERE model = {model} AND vector_dims(numbers) = 64
                 ORDER BY numbers::vector(64) <=> '[{numbers}]'::text::vector(64) LIMIT 10"
            ));
    assert!(plan.contains("Index Scan using vectors_hnsw_"), "{plan}");
}

/// Hosts that had no pgvector wrote vectors all the same; the first that has it makes the numbers and the index.
#[tokio::test]
async fn pgvector_that_comes_later_finds_what_was_there() {
    let scratch = Scratch::new();
    // Who may not make the extension goes on without.
    scratch.sql(
        "DROP EXTENSION vector CASCADE; DROP SCHEMA vesicle_memory CASCADE;
         CREATE ROLE plain LOGIN PASSWORD 'plain'",
    );
    let database = scratch.sql("SELECT current_database()");
    scratch.sql(&format!("GRANT CREATE ON DATABASE {database} TO plain"));
    let url = server::shared().url_as("plain", "plain", &database);
    let store = PostgresStore::open(&url).unwrap();
    assert!(!store.has_pgvector());
    let memory = Memory::new(Arc::new(store)).unwrap();
    let ids = with_vectors(&memory, 40).await;
    drop(memory);
    scratch.sql("CREATE EXTENSION vector");
    let store = PostgresStore::open(&url).unwrap();
    assert!(store.has_pgvector());
    let search = Search {
        vector: Some(("test/64".to_owned(), vector(3))),
        per_channel: 1,
        ..Search::default()
    };
    let found = store.search(&search).unwrap();
    assert_eq!(found[0].id, ids[3]);
    assert!(found[0].semantic.unwrap() > 0.999);
    let indexes = "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'";
    assert_eq!(scratch.sql(indexes), "1");
    drop(store);
    scratch.sql("DROP OWNED BY plain CASCADE");
    scratch.sql("DROP ROLE plain");
}
