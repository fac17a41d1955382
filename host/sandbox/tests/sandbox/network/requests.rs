//! Requests that would be two, or none of HTTP; and answers that are none.

use super::World;
use crate::hosts::Received;

#[tokio::test]
async fn what_frames_a_request_is_not_codes_to_say() {
    let world = World::new().await;
    let with = |headers: &str| {
        format!("fetch(input.api + '/echo', {{ method: 'POST', body: 'x', headers: {headers} }})")
    };
    let mut told = Vec::new();
    for headers in [
        "{ host: 'evil.test' }",
        "{ 'Content-Length': '0' }",
        "{ 'transfer-encoding': 'chunked' }",
        "{ connection: 'keep-alive, x' }",
        "{ upgrade: 'websocket' }",
        "{ te: 'trailers' }",
        "{ x: 'a\\r\\nhost: evil.test' }",
        "{ x: 'a\\nb' }",
        "{ 'x\\r\\nhost': 'evil.test' }",
        "{ 'x y': '1' }",
        "{ x: '\\u0100' }",
    ] {
        told.push(world.error(&with(headers)).await);
    }
    for options in [
        "{ method: 'CONNECT' }",
        "{ method: 'TRACE' }",
        "{ method: 'GET / HTTP/1.1\\r\\nx: y' }",
        "{ method: 'GET', body: 'x' }",
        "{ body: {} , method: 'POST' }",
    ] {
        told.push(
            world
                .error(&format!("fetch(input.api + '/echo', {options})"))
                .await,
        );
    }
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(world.api.received().len(), 0);
}

#[tokio::test]
async fn a_path_cannot_end_the_request_line() {
    let world = World::new().await;
    let code = "for (const path of ['/echo/a b', '/echo/\\r\\nx: y', '/echo?\\u00fc#x', '/echo/%0d%0a', '/a/%2e%2e/%2e']) {
          await fetch(input.api + path);
        }";
    world.output(code).await;
    let received = world.api.received();
    let lines: Vec<&str> = received.iter().map(Received::line).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn answers_that_are_none_are_errors() {
    let world = World::new().await;
    let mut told = Vec::new();
    for path in ["/garbage", "/short", "/upgrade", "/twice", "/folded"] {
        let error = world
            .error(&format!(
                "fetch(input.api + '{path}').then((r) => [r.status, [...r.headers]])"
            ))
            .await;
        told.push(format!("{path}: {error}"));
    }
    insta::assert_snapshot!(told.join("\n"));
}
