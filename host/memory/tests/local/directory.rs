//! Directories that are no model, or not one that is run.

use std::fs;
use std::path::Path;

use vesicle_memory::{EmbedError, Purpose};

use crate::{SMALL_DIMENSION, copy, minilm, open, small};

/// What is said of a directory, without its name and the advice that follows each.
async fn said(directory: &Path) -> String {
    let error = open(directory).await.unwrap_err();
    assert!(matches!(error, EmbedError::Configuration(_)), "{error}");
    let said = error.to_string();
    let place = directory.display().to_string();
    let (what, advice) = said.rsplit_once("; name a directory with ").unwrap();
    assert!(advice.contains("model.safetensors, tokenizer.json and config.json"));
    what.replace(&place, "<directory>")
}

fn set(directory: &Path, name: &str, key: &str, value: impl Into<serde_json::Value>) {
    let file = directory.join(name);
    let mut json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    json[key] = value.into();
    fs::write(file, json.to_string()).unwrap();
}

#[tokio::test]
async fn what_lacks_or_is_no_such_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut lines = Vec::new();
    lines.push(
        said(&directory.join("nowhere"))
            .await
            .replace("/nowhere", ""),
    );
    fs::create_dir(directory.join("config.json")).unwrap();
    lines.push(said(directory).await);
    fs::remove_dir(directory.join("config.json")).unwrap();
    fs::write(directory.join("config.json"), "{}").unwrap();
    lines.push(said(directory).await);
    copy("config.json", directory);
    lines.push(said(directory).await);
    fs::write(directory.join("tokenizer.json"), "{}").unwrap();
    lines.push(said(directory).await);
    copy("tokenizer.json", directory);
    lines.push(said(directory).await);
    let weights = fs::read(minilm().join("model.safetensors")).unwrap();
    fs::write(
        directory.join("model.safetensors"),
        &weights[..weights.len() / 2],
    )
    .unwrap();
    lines.push(said(directory).await);
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_model_that_would_be_computed_wrongly_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut lines = Vec::new();
    for (key, value) in [
        ("model_type", serde_json::json!("mpnet")),
        ("num_attention_heads", 0.into()),
        ("num_attention_heads", 5.into()),
        ("max_position_embeddings", 2.into()),
        ("hidden_act", "swish".into()),
        // Not the weights': too many layers, another dimension.
        ("num_hidden_layers", 2.into()),
        ("hidden_size", 64.into()),
    ] {
        small(directory);
        set(directory, "config.json", key, value);
        lines.push(said(directory).await);
    }
    small(directory);
    fs::create_dir(directory.join("1_Pooling")).unwrap();
    copy("1_Pooling/config.json", directory);
    assert!(open(directory).await.is_ok());
    set(
        directory,
        "1_Pooling/config.json",
        "pooling_mode_mean_tokens",
        false,
    );
    lines.push(said(directory).await);
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_model_has_its_own_dimension_length_and_key() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    small(directory);
    let model = open(directory).await.unwrap();
    assert_eq!(model.dimension(), SMALL_DIMENSION);
    let texts = [
        "one two three four".to_owned(),
        "one two three five".to_owned(),
    ];
    let vectors = model.embed(&texts, Purpose::Query).await.unwrap();
    assert_eq!(vectors[0].len(), SMALL_DIMENSION);
    assert_ne!(vectors[0], vectors[1]);
    assert_eq!(open(directory).await.unwrap().key(), model.key());

    // Of five tokens, three are words.
    fs::write(
        directory.join("sentence_bert_config.json"),
        r#"{"max_seq_length": 5}"#,
    )
    .unwrap();
    let short = open(directory).await.unwrap();
    let vectors = short.embed(&texts, Purpose::Query).await.unwrap();
    assert_eq!(vectors[0], vectors[1]);
    assert_ne!(short.key(), model.key());
    // Other weights under the same name.
    small(directory);
    assert_ne!(open(directory).await.unwrap().key(), short.key());
}
