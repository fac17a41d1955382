//! Local models: all-MiniLM-L6-v2 as it is, against vectors that `vectors.py` made with numpy.

// Helpers are tests too, which clippy cannot see.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use vesicle_memory::embeddings::{EmbeddingRules, EmbeddingSettings, Provider, connect};
use vesicle_memory::memory::{ConfigureEmbeddings, Query};
use vesicle_memory::transfer::{ImportFormat, import};
use vesicle_memory::{EmbedError, Embeddings, Memory, Purpose, SqliteOptions, SqliteStore};

const RUNS: &[u8] = include_bytes!("../data/airline-episodes.jsonl");

#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

fn model() -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/local/.model");
    assert!(
        directory.exists(),
        "the model is not there; run host/memory/tests/local/setup.sh"
    );
    directory
}

async fn open(directory: &Path) -> Result<Arc<dyn Embeddings>, EmbedError> {
    let settings = EmbeddingSettings {
        provider: Provider::Local,
        model: Some(directory.display().to_string()),
        api_key_env: None,
        base_url: None,
        similarity_threshold: 0.7,
        batch_size: 4,
        dimension: None,
    };
    connect(&settings, &EmbeddingRules::default()).await
}

#[tokio::test]
async fn vectors_are_those_of_the_reference() {
    let reference: Vec<Reference> =
        serde_json::from_str(include_str!("../data/minilm-vectors.json")).unwrap();
    let embeddings = open(&model()).await.unwrap();
    assert_eq!(embeddings.dimension(), 384);
    let texts: Vec<_> = reference.iter().map(|one| one.text.clone()).collect();
    // Together, of different lengths, in two batches.
    let ours = embeddings.embed(&texts, Purpose::Document).await.unwrap();
    assert_eq!(ours.len(), reference.len());
    for (ours, theirs) in ours.iter().zip(&reference) {
        let apart = ours.iter().zip(&theirs.vector).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f32::max);
        assert!(apart < 1e-5, "{}: {apart}", theirs.text);
    }
    let cosine = |a: usize, b: usize| {
        ours[a]
            .iter()
            .zip(&ours[b])
            .map(|(a, b)| a * b)
            .sum::<f32>()
    };
    assert!(cosine(0, 1) > cosine(0, 2) + 0.3);
}

#[tokio::test]
async fn a_directory_that_is_no_model_is_named_with_what_it_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    let place = directory.path().display().to_string();
    let mut tell = |error: EmbedError| {
        assert!(matches!(error, EmbedError::Configuration(_)));
        said.push(error.to_string().replace(&place, "<directory>"));
    };
    tell(open(directory.path()).await.unwrap_err());
    std::fs::copy(
        model().join("config.json"),
        directory.path().join("config.json"),
    )
    .unwrap();
    std::fs::write(directory.path().join("tokenizer.json"), "{}").unwrap();
    tell(open(directory.path()).await.unwrap_err());
    std::fs::copy(
        model().join("tokenizer.json"),
        directory.path().join("tokenizer.json"),
    )
    .unwrap();
    let weights = std::fs::read(model().join("model.safetensors")).unwrap();
    let half = &weights[..weights.len() / 2];
    std::fs::write(directory.path().join("model.safetensors"), half).unwrap();
    tell(open(directory.path()).await.unwrap_err());
    let lines: Vec<_> = said
        .iter()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    <directory>/config.json cannot be read
    <directory>/tokenizer.json cannot be read
    <directory>/model.safetensors cannot be read
    ");
}

/// For each of 200 runs, a query with its task's text: how many of the three other runs of the task are among the first
/// five others, and one over the place of the first.
async fn retrieval(memory: &Memory, by_meaning: bool) -> (f64, f64) {
    let all = Query {
        limit: Some(1_000),
        ..Query::default()
    };
    let mut tasks = BTreeMap::new();
    let mut runs = Vec::new();
    for hit in memory.query_memory(all).await.unwrap().episodes {
        tasks.insert(
            hit.episode.episode_id,
            hit.episode.metadata["task_id"].clone(),
        );
        runs.push((hit.episode.episode_id, hit.episode.task_description));
    }
    let (mut recall, mut reciprocal) = (0.0, 0.0);
    for (id, text) in &runs {
        let found: Vec<_> = if by_meaning {
            let query =
                serde_json::json!({ "query": text, "limit": 50, "similarity_threshold": 0.0 });
            let found = memory
                .query_semantic_memory(serde_json::from_value(query).unwrap())
                .await;
            found
                .unwrap()
                .results
                .iter()
                .map(|hit| hit.episode_id)
                .collect()
        } else {
            let query = Query {
                query: text.clone(),
                limit: Some(50),
                ..Query::default()
            };
            let found = memory.query_memory(query).await.unwrap().episodes;
            found.iter().map(|hit| hit.episode.episode_id).collect()
        };
        let others = found.iter().filter(|found| *found != id);
        let is_right: Vec<bool> = others.map(|found| tasks[found] == tasks[id]).collect();
        recall += is_right.iter().take(5).filter(|right| **right).count() as f64 / 3.0;
        let first = is_right.iter().position(|right| *right);
        reciprocal += first.map_or(0.0, |at| 1.0 / (at + 1) as f64);
    }
    (recall / runs.len() as f64, reciprocal / runs.len() as f64)
}

#[tokio::test]
async fn runs_of_the_same_task_are_found_by_it_and_by_what_is_built_in() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    let store = SqliteStore::open(&file, &SqliteOptions::default()).unwrap();
    let memory = Memory::new(Arc::new(store)).unwrap();
    import(
        &**memory.store(),
        &mut BufReader::new(RUNS),
        ImportFormat::TauBench,
        &mut |_| {},
    )
    .unwrap();
    let rules = EmbeddingRules::default();
    for provider in [Provider::Builtin, Provider::Local] {
        let model = (provider == Provider::Local).then(|| model().display().to_string());
        let wanted = serde_json::json!({ "provider": provider, "model": model });
        let wanted: ConfigureEmbeddings = serde_json::from_value(wanted).unwrap();
        memory.configure_embeddings(wanted, &rules).await.unwrap();
        while !memory.embedding_provider_status().await.unwrap().active {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        for (what, by_meaning) in [("vectors alone", true), ("words and vectors", false)] {
            let (recall, reciprocal) = retrieval(&memory, by_meaning).await;
            println!(
                "{}, {what}: recall@5 {recall:.3}, MRR {reciprocal:.3}",
                provider.as_str()
            );
            assert!(recall > 0.8 && reciprocal > 0.8, "{recall} {reciprocal}");
        }
    }
}
