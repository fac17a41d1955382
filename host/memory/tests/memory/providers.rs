//! Providers over HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vesicle_memory::embeddings::{EmbeddingRules, EmbeddingSettings, Provider, connect, reconnect};
use vesicle_memory::{EmbedError, Embeddings, Purpose};

use crate::stub_server::{DIMENSION, Fault, KEY, KEY_ENV, StubServer, rules};

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
