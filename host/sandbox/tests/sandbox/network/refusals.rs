//! What is refused, in words that say what would allow it.

use vesicle_sandbox::Network;

use super::World;
use crate::support::{assert_transcript, execute, execution, told};

#[tokio::test]
async fn without_a_grant_the_source_check_tells_and_the_dodge_gains_nothing() {
    assert_transcript!(
        "return await fetch('https://api.example.com/v1')",
        "return await globalThis['fe' + 'tch']('https://api.example.com/v1')",
        "return await globalThis['fe' + 'tch']('http://10.0.0.5:8080/')",
        "return [typeof WebSocket, typeof XMLHttpRequest, typeof EventSource, typeof fetch, typeof Headers]",
    );
}

#[tokio::test]
async fn with_a_grant_the_rest_is_still_refused() {
    let world = World::new().await;
    let mut told = Vec::new();
    for url in [
        "https://evil.test/",
        "https://api.test/",
        "http://api.test:${input.apiPort}/",
        "https://api.test:${input.inside}/",
        "https://x.api.test:${input.apiPort}/",
        "https://api.test.evil.test:${input.apiPort}/",
        "https://127.0.0.1:${input.apiPort}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/latest/meta-data/",
        "http://0x7f.0.0.1:${input.inside}/",
        "http://0177.0.0.1:${input.inside}/",
        "http://[::ffff:127.0.0.1]:${input.inside}/",
        "https://api.test@evil.test/",
        "wss://api.test:${input.apiPort}/",
        "file:///etc/passwd",
        "/relative",
    ] {
        told.push(world.error(&format!("fetch(`{url}`)")).await);
    }
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(world.api.connections() + world.inside.connections(), 0);
}

#[tokio::test]
async fn a_refusal_has_the_stack_of_its_call() {
    let network = World::new().await.network();
    let code = "async function ask() {\n  await fetch('https://evil.test/');\n}\nawait ask();";
    let outcome = execute(vesicle_sandbox::Execution {
        network,
        ..execution(code)
    })
    .await;
    insta::assert_snapshot!(told(&outcome));
    assert!(Network::default().hosts().is_empty());
}
