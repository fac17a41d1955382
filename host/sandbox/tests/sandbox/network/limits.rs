//! Each bound at its edge.

use std::time::Duration;

use super::World;

const KB: usize = 1 << 10;

#[tokio::test]
async fn as_many_requests_as_allowed_and_no_more() {
    let mut world = World::new().await;
    world.limits.requests = 3;
    let code = "let sent = 0;
        try { for (;;) { await fetch(input.api + '/json'); sent++ } }
        catch (error) { return `${sent} ${error.code} ${error.message}` }";
    insta::assert_snapshot!(world.output(code).await.as_str().unwrap(), @"3 limit_exceeded fetch failed: the code sends more requests than the 3 that `network.requests` allows; ask for more with each");
    // A redirect is a request.
    assert!(
        world
            .error("fetch(input.api + '/again/2')")
            .await
            .contains("done")
    );
    assert!(
        world
            .error("fetch(input.api + '/again/3')")
            .await
            .contains("limit_exceeded")
    );
}

#[tokio::test]
async fn as_many_at_once_as_allowed_while_the_rest_waits() {
    let mut world = World::new().await;
    world.limits.requests_at_once = 3;
    let code = "const all = await Promise.all(Array.from({ length: 10 }, () => fetch(input.plain + '/slow-head/50')));
        return all.map((one) => one.status).join()";
    assert_eq!(world.output(code).await, ["200"; 10].join(","));
    assert_eq!(world.plain.at_once(), 3);
}

#[tokio::test]
async fn answers_that_code_does_not_take_hold_their_place() {
    let mut world = World::new().await;
    world.limits.requests_at_once = 2;
    let code = "for (let i = 0; i < 20; i++) fetch(input.plain + '/json');
        const began = performance.now();
        while (performance.now() - began < 1500);
        return 1";
    let execution = world.execution(code, world.network());
    let running = tokio::spawn(crate::support::execute(execution));
    while world.plain.received().len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Time for a third, while the code computes and takes nothing.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.plain.received().len(), 2);
    running.await.unwrap();
    assert_eq!(world.plain.received().len(), 20);
}

#[tokio::test]
async fn bodies_of_requests_end_at_their_largest() {
    let mut world = World::new().await;
    world.limits.request_bytes = 10 * KB as u64;
    let send = |bytes: usize| {
        format!(
            "fetch(input.api + '/json', {{ method: 'POST', body: 'x'.repeat({bytes}) }}).then((r) => r.status)"
        )
    };
    assert_eq!(world.error(&send(10 * KB)).await, r#"["done",200]"#);
    insta::assert_snapshot!(world.error(&send(10 * KB + 1)).await, @"limit_exceeded fetch failed: the request has a larger body than the 10240 that `network.request_bytes` allows; send less at once");
    assert_eq!(world.api.received().len(), 1, "nothing of it is sent");
}

#[tokio::test]
async fn bodies_of_answers_end_at_their_largest() {
    let mut world = World::new().await;
    world.limits.response_bytes = 50 * KB as u64;
    let get = |path: &str, bytes: usize| {
        format!("fetch(input.api + '/{path}/{bytes}').then((r) => r.text()).then((t) => t.length)")
    };
    for path in ["large", "chunked"] {
        assert_eq!(
            world.error(&get(path, 50 * KB)).await,
            r#"["done",51200]"#,
            "{path}"
        );
        let error = world.error(&get(path, 50 * KB + 1)).await;
        assert!(
            error.starts_with("limit_exceeded") && error.contains("`network.response_bytes`"),
            "{path}: {error}"
        );
    }
    // What is only announced is refused before it comes.
    insta::assert_snapshot!(world.error(&get("announced", usize::MAX / 2)).await, @"limit_exceeded fetch failed: the answer of api.test:API has a larger body than the 51200 that `network.response_bytes` allows; ask the host for less, or for a part");
}

#[tokio::test]
async fn headers_end_at_their_longest_and_at_their_most() {
    let mut world = World::new().await;
    world.limits.header_bytes = 4 * KB;
    let get = |path: &str, count: usize| {
        format!("fetch(input.api + '/{path}/{count}').then((r) => r.status)")
    };
    assert_eq!(
        world.error(&get("headers", 4 * KB)).await,
        r#"["done",200]"#
    );
    insta::assert_snapshot!(world.error(&get("headers", 4 * KB + 1)).await, @"limit_exceeded fetch failed: an answer has headers of 4097 bytes, more than the 4096 that `network.header_bytes` allows; use fewer or shorter ones");
    let error = world.error(&get("headers", 200 * KB)).await;
    assert!(error.contains("`network.header_bytes`"), "{error}");
    let most = vesicle_sandbox::HEADERS_MAX;
    assert_eq!(world.error(&get("many", most)).await, r#"["done",200]"#);
    let error = world.error(&get("many", most + 1)).await;
    assert!(error.contains("`network.header_bytes`"), "{error}");
    // Those of requests as well: a name of one letter, a colon, a space and two for the end.
    let send = |bytes: usize| {
        format!(
            "fetch(input.api + '/json', {{ headers: {{ x: 'y'.repeat({}) }} }}).then((r) => r.status)",
            bytes - 5
        )
    };
    assert_eq!(world.error(&send(4 * KB)).await, r#"["done",200]"#);
    insta::assert_snapshot!(world.error(&send(4 * KB + 1)).await, @"limit_exceeded fetch failed: a request has headers of 4097 bytes, more than the 4096 that `network.header_bytes` allows; use fewer or shorter ones");
}

#[tokio::test]
async fn each_time_is_up_in_its_own_words() {
    let mut world = World::new().await;
    let ms = Duration::from_millis;
    world.limits.connect = ms(400);
    world.limits.first_byte = ms(500);
    world.limits.between_bytes = ms(300);
    world.limits.total = ms(1_500);
    let get = |path: &str| format!("fetch(input.plain + '{path}').then((r) => r.text())");
    // In time.
    assert_eq!(
        world.error(&get("/slow-head/100")).await,
        r#"["done","late"]"#
    );
    assert_eq!(
        world.error(&get("/slow-body/50")).await,
        r#"["done","halfhalf"]"#
    );
    assert!(world.error(&get("/drip/20")).await.contains("done"));
    // Not in time.
    let told = [
        world.error(&get("/hang")).await,
        world.error(&get("/slow-body/3000")).await,
        world.error(&get("/drip/500")).await,
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    unavailable fetch failed: plain.test:PLAIN did not begin to answer within 500 ms (`network.first_byte_ms`); try again later
    unavailable fetch failed: plain.test:PLAIN did not go on with its answer within 300 ms (`network.between_bytes_ms`); try again later
    unavailable fetch failed: plain.test:PLAIN did not end its answer within 1500 ms (`network.total_ms`); try again later
    "#);
}

#[tokio::test]
async fn a_host_that_takes_no_connection_is_given_up() {
    let mut world = World::new().await;
    world.limits.connect = Duration::from_millis(300);
    // It accepts connections and never begins TLS.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let host = vesicle_sandbox::AllowedHost::parse(&format!("127.0.0.1:{port}")).unwrap();
    let transport = std::sync::Arc::new(vesicle_sandbox::Transport::new(world.config()));
    let network = vesicle_sandbox::Network::new([host], transport);
    let error = world
        .error_with(&format!("fetch('https://127.0.0.1:{port}')"), network)
        .await;
    insta::assert_snapshot!(error.replace(&port.to_string(), "SILENT"), @"unavailable fetch failed: 127.0.0.1:SILENT could not be connected to within 300 ms (`network.connect_ms`); try again later");
}

#[tokio::test]
async fn requests_are_host_calls_with_their_bytes() {
    let world = World::new().await;
    let mut execution = world.execution(
        "return await fetch(input.api + '/large/3000').then((r) => r.status)",
        world.network(),
    );
    execution.limits.call_bytes = 3_000;
    let outcome = crate::support::execute(execution.clone()).await;
    assert!(
        crate::support::told(&outcome).contains("`call_bytes`"),
        "{outcome:?}"
    );
    execution.limits.call_bytes = 4_000;
    execution.limits.host_calls = 1;
    assert_eq!(
        crate::support::success(crate::support::execute(execution.clone()).await).get(),
        "200"
    );
    execution.limits.host_calls = 0;
    let outcome = crate::support::execute(execution).await;
    assert!(
        crate::support::told(&outcome).contains("`host_calls`"),
        "{outcome:?}"
    );
}
