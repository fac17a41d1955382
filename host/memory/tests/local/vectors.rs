//! What a text becomes, against vectors that `vectors.py` made with numpy.

use serde::Deserialize;
use vesicle_memory::{Embeddings, Purpose};

use crate::{cosine, minilm, open};

#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

fn references() -> Vec<Reference> {
    serde_json::from_str(include_str!("../data/minilm-vectors.json")).unwrap()
}

async fn embed(model: &dyn Embeddings, texts: &[&str]) -> Vec<Vec<f32>> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    model.embed(&texts, Purpose::Document).await.unwrap()
}

#[tokio::test]
async fn vectors_are_those_of_the_reference_alone_and_together() {
    let references = references();
    let model = open(&minilm()).await.unwrap();
    assert_eq!(
        (model.provider(), model.model(), model.dimension()),
        ("local", ".model", 384)
    );
    let texts: Vec<_> = references.iter().map(|one| one.text.as_str()).collect();
    // Texts of 2 to 256 tokens, so that most of them are padded.
    let together = embed(&*model, &texts).await;
    assert_eq!(together.len(), references.len());
    for (reference, together) in references.iter().zip(&together) {
        let alone = &embed(&*model, &[&reference.text]).await[0];
        for ours in [together, alone] {
            let alike = cosine(ours, &reference.vector);
            assert!(alike > 0.999_99, "{:?}: {alike}", reference.text);
            assert!((cosine(ours, ours) - 1.0).abs() < 1e-5);
        }
    }
    let [flaky, paraphrase, other] = [&together[0], &together[1], &together[2]];
    assert!(cosine(flaky, paraphrase) > cosine(flaky, other) + 0.3);
}

#[tokio::test]
async fn a_text_is_cut_where_the_model_ends() {
    let model = open(&minilm()).await.unwrap();
    // 256 tokens, of which two mark the beginning and the end.
    let texts = [253, 254, 255, 1_000].map(|words| "word ".repeat(words));
    let vectors = embed(&*model, &texts.each_ref().map(String::as_str)).await;
    assert!(cosine(&vectors[1], &vectors[2]) > 0.999_999);
    assert!(cosine(&vectors[1], &vectors[3]) > 0.999_999);
    let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-4);
    assert!(apart(&vectors[0], &vectors[1]));
}

#[tokio::test]
async fn any_text_has_a_vector_and_none_has_none() {
    let model = open(&minilm()).await.unwrap();
    let texts = [
        "",
        " \n\t",
        "\0",
        "\u{200b}\u{fffd}",
        "[PAD] [CLS] [MASK]",
        &"x".repeat(100_000),
    ];
    for vector in embed(&*model, &texts).await {
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5, "{vector:?}");
    }
    assert!(embed(&*model, &[]).await.is_empty());
}

/// The test has one thread: if a model computed on it, nothing else would run until it is done.
#[tokio::test]
async fn others_go_on_while_a_model_computes() {
    let model = open(&minilm()).await.unwrap();
    let texts = vec!["word ".repeat(200); 8];
    let embedding = model.embed(&texts, Purpose::Document);
    tokio::pin!(embedding);
    let mut turns = 0;
    let vectors = loop {
        tokio::select! {
            biased;
            vectors = &mut embedding => break vectors.unwrap(),
            () = tokio::task::yield_now() => turns += 1,
        }
    };
    assert_eq!(vectors.len(), 8);
    assert!(turns > 1, "{turns}");
}

#[tokio::test]
async fn a_query_does_not_wait_until_a_batch_is_embedded() {
    let model = open(&minilm()).await.unwrap();
    let texts = vec!["word ".repeat(200); 64];
    let batch = model.embed(&texts, Purpose::Document);
    let query = async {
        tokio::task::yield_now().await;
        embed(&*model, &["Fix the flaky login test"]).await
    };
    tokio::pin!(batch, query);
    tokio::select! {
        _ = &mut batch => panic!("the batch came first"),
        vectors = &mut query => assert_eq!(vectors.len(), 1),
    }
    assert_eq!(batch.await.unwrap().len(), 64);
}
