//! Another provider for what is there already: everything is embedded again, in any store.

use std::time::Duration;

use vesicle_memory::Memory;
use vesicle_memory::embeddings::EmbeddingRules;
use vesicle_memory::memory::ConfigureEmbeddings;
use vesicle_memory::store::DomainGrant;

use crate::shared::*;
use crate::stub_server::{DIMENSION, Fault, StubServer, rules};

fn wanted(server: &StubServer, json: &str) -> ConfigureEmbeddings {
    serde_json::from_str(&json.replace("<address>", &server.address)).unwrap()
}

const OLLAMA: &str = r#"{"provider":"ollama","model":"letters","base_url":"<address>","batch_size":2,"similarity_threshold":0.95}"#;

async fn until_active(memory: &Memory) {
    for _ in 0..1_000 {
        if memory.embedding_provider_status().await.unwrap().active {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", memory.embedding_provider_status().await);
}

async fn scores(memory: &Memory, query: &str) -> usize {
    let query = serde_json::from_value(serde_json::json!({ "query": query })).unwrap();
    memory
        .query_semantic_memory(query)
        .await
        .unwrap()
        .results_found
}

#[tokio::test]
async fn what_is_configured_embeds_everything_and_is_there_after_a_restart() {
    let server = StubServer::start().await;
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    for text in ["zzz", "zzzy", "zyyy"] {
        create(memory, text).await;
    }
    assert_eq!(
        memory
            .embedding_provider_status()
            .await
            .unwrap()
            .test
            .provider,
        "builtin"
    );
    let configured = memory
        .configure_embeddings(wanted(&server, OLLAMA), &rules(&server))
        .await
        .unwrap();
    assert_eq!((configured.dimension, configured.reindexed), (DIMENSION, 3));
    assert!(configured.warnings.is_empty(), "{:?}", configured.warnings);
    let strict = scores(memory, "zzz").await;
    let status = memory.embedding_provider_status().await.unwrap();
    assert!(status.active && status.test.available && status.test.sample_embedding.len() == 5);
    assert_eq!(status.similarity_threshold, 0.95);

    let calls = server.calls();
    let again = scratch.again();
    assert!(again.restore_embeddings(&rules(&server)).await.unwrap());
    let status = again.embedding_provider_status().await.unwrap();
    assert!(status.active && status.test.model == "letters" && status.similarity_threshold == 0.95);
    assert_eq!(
        server.calls(),
        calls + 1,
        "the trial of the status; nothing is embedded twice"
    );
    // The threshold is what decides.
    let lax = OLLAMA.replace("0.95", "0.0");
    let lax = again
        .configure_embeddings(wanted(&server, &lax), &rules(&server))
        .await
        .unwrap();
    assert_eq!(lax.reindexed, 0);
    assert!(strict < 3, "{strict}");
    assert_eq!(scores(&again, "zzz").await, 3);

    let back = again
        .configure_embeddings(
            wanted(&server, r#"{"provider":"builtin"}"#),
            &rules(&server),
        )
        .await
        .unwrap();
    assert_eq!((back.provider.as_str(), back.reindexed), ("builtin", 3));
    assert!(
        !Scratch::new()
            .memory
            .restore_embeddings(&rules(&server))
            .await
            .unwrap(),
        "nothing was configured there"
    );
}

#[tokio::test]
async fn a_provider_that_is_gone_after_a_restart_is_told() {
    let server = StubServer::start().await;
    let scratch = Scratch::new();
    create(&scratch.memory, "zzz").await;
    let configured = scratch
        .memory
        .configure_embeddings(wanted(&server, OLLAMA), &rules(&server))
        .await;
    assert_eq!(configured.unwrap().reindexed, 1);
    let again = scratch.again();
    // The operator allows its address no more.
    let refused = again.restore_embeddings(&EmbeddingRules::default()).await;
    let why = refused.unwrap_err().to_string();
    let status = again.embedding_provider_status().await.unwrap();
    assert!(
        !status.active && status.test.errors.contains(&why),
        "{status:?}"
    );
    let query = serde_json::from_value(serde_json::json!({ "query": "zzz" })).unwrap();
    let error = again.query_semantic_memory(query).await.unwrap_err();
    assert!(error.to_string().contains(&why), "{error}");
    assert!(
        error.to_string().contains("configure_embeddings"),
        "{error}"
    );
}

#[tokio::test]
async fn a_provider_that_does_not_work_changes_nothing() {
    let server = StubServer::start().await;
    let scratch = Scratch::new();
    create(&scratch.memory, "zzz").await;
    server.fail_next([Fault::Status(404, "", r#"{"error":"model not found"}"#)]);
    let error = scratch
        .memory
        .configure_embeddings(wanted(&server, OLLAMA), &rules(&server))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("model not found"), "{error}");
    assert!(
        !scratch
            .again()
            .restore_embeddings(&rules(&server))
            .await
            .unwrap()
    );
    for (json, part) in [
        (OLLAMA.replace("0.95", "1.5"), "similarity_threshold is 1.5"),
        (
            OLLAMA.replace("\"batch_size\":2", "\"batch_size\":0"),
            "batch_size is 0",
        ),
        (
            OLLAMA.replace("\"batch_size\":2", "\"batch_size\":257"),
            "from 1 to 256",
        ),
        (
            OLLAMA.replace("ollama", "builtin"),
            "base_url means nothing to the provider builtin",
        ),
    ] {
        let error = scratch
            .memory
            .configure_embeddings(wanted(&server, &json), &rules(&server))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    let granted = scratch
        .memory
        .granted(DomainGrant::new(vec!["web".to_owned()]));
    assert!(
        granted
            .configure_embeddings(wanted(&server, OLLAMA), &rules(&server))
            .await
            .is_err()
    );
    assert_eq!(server.calls(), 1);
    assert_eq!(scratch.memory.embeddings().provider(), "builtin");
}

#[tokio::test]
async fn a_restart_in_the_middle_goes_on_where_it_was_and_dimensions_never_mix() {
    let server = StubServer::start().await;
    let scratch = Scratch::new();
    for text in ["zzz", "yyy", "xxx", "www", "vvv"] {
        create(&scratch.memory, text).await;
    }
    // The trial works, the first batch too, and then the model is another one.
    let json = OLLAMA.replace("0.95", "0.5");
    server.fail_next([Fault::Dimension(DIMENSION), Fault::Dimension(DIMENSION)]);
    server.fail_next(vec![Fault::Dimension(5); 1_000]);
    let configured = scratch
        .memory
        .configure_embeddings(wanted(&server, &json), &rules(&server))
        .await
        .unwrap();
    assert_eq!(configured.reindexed, 2);
    assert!(
        configured.warnings[0].contains("a vector of 5 numbers"),
        "{:?}",
        configured.warnings
    );
    let status = scratch.memory.embedding_provider_status().await.unwrap();
    assert!(
        !status.active
            && !status.test.available
            && status.searched.unwrap().starts_with("builtin/")
    );
    assert_eq!(
        scratch.memory.embeddings().provider(),
        "builtin",
        "it serves meanwhile"
    );

    let again = scratch.again();
    server.faults.lock().clear();
    let embedded = |server: &StubServer| server.seen.lock().len();
    let before = embedded(&server);
    assert!(again.restore_embeddings(&rules(&server)).await.unwrap());
    until_active(&again).await;
    assert!(embedded(&server) > before);
    assert_eq!(again.reindex_progress().done, 3, "two were there");
    assert_eq!(scores(&again, "wwww").await, 1);
}
