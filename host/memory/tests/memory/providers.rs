//! Providers over HTTP, and what configures them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vesicle_memory::embeddings::{
    EmbeddingRules, EmbeddingSettings, Patience, Provider, connect, reconnect,
};
use vesicle_memory::memory::ConfigureEmbeddings;
use vesicle_memory::store::DomainGrant;
use vesicle_memory::{EmbedError, Embeddings, Memory, Purpose};

use crate::shared::*;
use crate::stub_server::{DIMENSION, Fault, StubServer};

/// Cargo sets it for tests, to the package's name.
const KEY_ENV: &str = "CARGO_PKG_NAME";
const KEY: &str = "vesicle-memory";

fn rules(server: &StubServer) -> EmbeddingRules {
    EmbeddingRules {
        base_urls: vec![server.address.clone(), format!("{}/v1", server.address)],
        api_key_envs: vec![KEY_ENV.to_owned()],
        patience: Patience {
            answer: Duration::from_millis(300),
            pause_first: Duration::from_millis(5),
            pause_max: Duration::from_secs(2),
            ..Patience::default()
        },
    }
}

fn settings(server: &StubServer, provider: Provider) -> EmbeddingSettings {
    let path = if provider == Provider::Ollama {
        ""
    } else {
        "/v1/"
    };
    EmbeddingSettings {
        provider,
        model: Some("letters".to_owned()),
        api_key_env: (provider != Provider::Ollama).then(|| KEY_ENV.to_owned()),
        base_url: Some(format!("{}{path}", server.address)),
        similarity_threshold: 0.7,
        batch_size: 2,
        dimension: None,
    }
}

async fn connected(server: &StubServer, provider: Provider) -> Arc<dyn Embeddings> {
    connect(&settings(server, provider), &rules(server))
        .await
        .unwrap()
}

async fn embed(
    provider: &Arc<dyn Embeddings>,
    texts: &[&str],
) -> Result<Vec<Vec<f32>>, EmbedError> {
    let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
    provider.embed(&texts, Purpose::Document).await
}

#[tokio::test]
async fn each_form_is_spoken_as_its_providers_do() {
    let server = StubServer::start().await;
    let mut said = Vec::new();
    for provider in [Provider::OpenAi, Provider::Mistral, Provider::Ollama] {
        let embeddings = connected(&server, provider).await;
        assert_eq!(
            (embeddings.dimension(), embeddings.batch_size()),
            (DIMENSION, 2)
        );
        let vectors = embed(&embeddings, &["aaa", "b", ""]).await.unwrap();
        assert!(
            vectors[0][0] > 0.99 && vectors[1][1] > 0.99,
            "each under its own text, of length 1"
        );
        assert!(
            vectors
                .iter()
                .all(|vector| (vector.iter().map(|n| n * n).sum::<f32>() - 1.0).abs() < 1e-5)
        );
        let seen = server.last();
        let authorized = seen
            .headers
            .to_ascii_lowercase()
            .contains(&format!("authorization: bearer {KEY}"));
        let key = embeddings.key().replace(&server.address, "<address>");
        said.push(format!(
            "{key}: {} {} with key: {authorized}",
            seen.path, seen.body
        ));
    }
    assert_eq!(server.calls(), 9, "a trial, and two batches of two");
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn models_that_tell_queries_from_documents_are_told() {
    let server = StubServer::start().await;
    let mut settings = settings(&server, Provider::Ollama);
    settings.model = Some("nomic-embed-text:v1.5".to_owned());
    let embeddings = connect(&settings, &rules(&server)).await.unwrap();
    assert_eq!(server.last().body["input"][0], "search_document: a test");
    embeddings
        .embed(&["x".to_owned()], Purpose::Query)
        .await
        .unwrap();
    assert_eq!(server.last().body["input"][0], "search_query: x");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_no_sooner_than_the_provider_says() {
    let server = StubServer::start().await;
    let embeddings = connected(&server, Provider::OpenAi).await;
    server.fail_next([
        Fault::Status(
            429,
            "retry-after: 1\r\n",
            r#"{"error":{"message":"slow down"}}"#,
        ),
        Fault::Status(503, "", "busy"),
        Fault::HalfABody,
    ]);
    let began = Instant::now();
    embed(&embeddings, &["a"]).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.calls(), 1 + 4);
    server.fail_next([Fault::Reversed]);
    assert!(
        embed(&embeddings, &["a", "b"]).await.unwrap()[0][0] > 0.9,
        "the index counts, not the place"
    );
}

#[tokio::test]
async fn every_fault_says_what_it_is_and_what_to_do() {
    let server = StubServer::start().await;
    let embeddings = connected(&server, Provider::OpenAi).await;
    let faults = [
        vec![Fault::Status(
            429,
            "retry-after: 3600\r\n",
            r#"{"error":{"message":"quota"}}"#,
        )],
        vec![Fault::Status(503, "", "busy"); 5],
        vec![Fault::Status(
            401,
            "",
            r#"{"error":{"message":"Incorrect API key provided: vesicle-memory"}}"#,
        )],
        vec![Fault::Status(
            404,
            "",
            r#"{"error":"model \"letters\" not found"}"#,
        )],
        vec![Fault::Status(302, "location: http://example.com/\r\n", "")],
        vec![Fault::Silence],
        vec![Fault::HalfABody; 5],
        vec![Fault::Body("{\"data\":[{\"index\":0,\"embed")],
        vec![Fault::Body("<html>")],
        vec![Fault::Body(
            r#"{"data":[{"index":0,"embedding":[NaN,1]},{"index":1,"embedding":[1,2]}]}"#,
        )],
        vec![Fault::Body(
            r#"{"data":[{"index":0,"embedding":[1e39]},{"index":1,"embedding":[1]}]}"#,
        )],
        vec![Fault::Body(
            r#"{"data":[{"index":0,"embedding":[null]},{"index":1,"embedding":[1]}]}"#,
        )],
        vec![Fault::Body(
            r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
        )],
        vec![Fault::TooFew],
        vec![Fault::Dimension(5)],
    ];
    let mut said = Vec::new();
    for faults in faults {
        let (calls, expected) = (server.calls(), faults.len());
        server.fail_next(faults);
        let error = embed(&embeddings, &["a", "b"]).await.unwrap_err();
        assert_eq!(server.calls() - calls, expected, "{error}");
        let text = error.to_string();
        assert!(!text.contains(KEY) && !format!("{error:?} {embeddings:?}").contains(KEY));
        let kind = format!("{error:?}").split('(').next().unwrap().to_owned();
        said.push(format!("{kind}: {text}"));
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_tried_again_and_named() {
    let server = StubServer::start().await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut settings = settings(&server, Provider::Ollama);
    settings.base_url = Some(format!("http://{gone}"));
    let mut rules = rules(&server);
    rules.base_urls = vec![format!("http://{gone}")];
    let error = connect(&settings, &rules).await.unwrap_err();
    assert!(matches!(error, EmbedError::Unavailable(_)));
    assert!(
        error
            .to_string()
            .starts_with("ollama at 127.0.0.1 cannot be reached, or broke off"),
        "{error}"
    );
    settings.dimension = Some(DIMENSION);
    assert_eq!(
        reconnect(&settings, &rules).await.unwrap().dimension(),
        DIMENSION,
        "it may come back"
    );
}

#[tokio::test]
async fn neither_keys_nor_texts_go_where_the_host_did_not_allow_it() {
    let server = StubServer::start().await;
    let none = EmbeddingRules::default();
    let mut asked = settings(&server, Provider::OpenAi);
    let mut said = vec![connect(&asked, &none).await.unwrap_err().to_string()];
    asked.base_url = None;
    said.push(connect(&asked, &none).await.unwrap_err().to_string());
    asked.api_key_env = Some("VESICLE_TEST_NO_SUCH_KEY".to_owned());
    let allowed = EmbeddingRules {
        api_key_envs: vec!["VESICLE_TEST_NO_SUCH_KEY".to_owned()],
        ..none
    };
    said.push(connect(&asked, &allowed).await.unwrap_err().to_string());
    let mut directory = settings(&server, Provider::Local);
    directory.model = None;
    said.push(
        connect(&directory, &rules(&server))
            .await
            .unwrap_err()
            .to_string(),
    );
    asked.base_url = Some("x".repeat(2_001));
    said.push(connect(&asked, &allowed).await.unwrap_err().to_string());
    assert_eq!(server.calls(), 0);
    insta::assert_snapshot!(said.join("\n").replace(&server.address, "<address>"));
    // At another address a provider's own key is sent only when it is named.
    let mut unnamed = settings(&server, Provider::OpenAi);
    unnamed.api_key_env = None;
    connect(&unnamed, &rules(&server)).await.unwrap();
    assert!(
        !server
            .last()
            .headers
            .to_ascii_lowercase()
            .contains("authorization")
    );
}

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
