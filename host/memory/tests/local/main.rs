//! Local models: all-MiniLM-L6-v2 as it is, and small ones that the tests make.

// Helpers are tests too, which clippy cannot see.
#![allow(clippy::unwrap_used, clippy::panic)]

mod directory;
mod grouping;
mod memory;
mod vectors;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{DType, Device};
use candle_nn::{VarBuilder, VarMap};
use candle_transformers::models::bert::{BertModel, Config};
use vesicle_memory::embeddings::{EmbeddingRules, EmbeddingSettings, Provider, connect};
use vesicle_memory::{EmbedError, Embeddings};

/// all-MiniLM-L6-v2.
fn minilm() -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/local/.model");
    assert!(
        directory.join(".installed-from").exists(),
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
        batch_size: 32,
        dimension: None,
    };
    connect(&settings, &EmbeddingRules::default()).await
}

/// Numbers of a vector of [`small`].
const SMALL_DIMENSION: usize = 32;

/// Makes a model of one layer that was never trained, with the tokenizer of all-MiniLM-L6-v2.
fn small(directory: &Path) {
    let json = std::fs::read_to_string(minilm().join("config.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
    json["hidden_size"] = SMALL_DIMENSION.into();
    json["intermediate_size"] = 64.into();
    json["num_attention_heads"] = 4.into();
    json["num_hidden_layers"] = 1.into();
    std::fs::write(directory.join("config.json"), json.to_string()).unwrap();
    let config: Config = serde_json::from_value(json).unwrap();
    let weights = VarMap::new();
    let builder = VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu);
    BertModel::load(builder, &config).unwrap();
    weights.save(directory.join("model.safetensors")).unwrap();
    copy("tokenizer.json", directory);
}

/// Copies a file of all-MiniLM-L6-v2.
fn copy(name: &str, directory: &Path) {
    std::fs::copy(minilm().join(name), directory.join(name)).unwrap();
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
    products.sum()
}
