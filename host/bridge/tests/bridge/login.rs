//! Servers that ask for a login.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use vesicle_bridge::{LoginError, ServerConfig, State};

use crate::support::{
    PATIENCE, Program, bridge, free_port, in_repository, python, raw, server, start, status,
    until_state, value,
};

fn program(port: u16, seconds: u32) -> Program {
    let mut command = Command::new(python());
    command
        .arg(in_repository("tests/servers/oauth.py"))
        .args([port.to_string(), seconds.to_string()]);
    Program::listening(&mut command, port)
}

fn guarded(port: u16) -> ServerConfig {
    server(
        "guarded",
        json!({"url": format!("http://127.0.0.1:{port}/mcp")}),
    )
}

/// Opens an address as a browser would, whose person agrees to everything.
fn browse(address: &str) {
    let address = address.to_owned();
    tokio::spawn(async move {
        let page = reqwest::get(address).await.unwrap();
        assert!(page.status().is_success(), "{}", page.status());
        assert!(page.text().await.unwrap().contains("You are logged in"));
    });
}

fn credentials(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory.join("credentials")).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .collect()
}

#[tokio::test]
async fn a_login_is_kept_and_renewed() {
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let _server = program(port, 2);
    let first = start([guarded(port)], Some(directory.path()));
    first.settled(PATIENCE).await;
    let error = status(&first, "guarded").last_error.unwrap();
    assert!(
        error.contains("asks for a login") && error.contains("vesicle servers login guarded"),
        "{error}"
    );
    first.login("guarded", browse).await.unwrap();
    until_state(&first, "guarded", State::Ready).await;
    value(&first, "guarded.refreshed", json!({})).await;
    let [file] = credentials(directory.path()).try_into().unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    first.shut_down().await;

    tokio::time::sleep(Duration::from_secs(3)).await;
    let second = start([guarded(port)], Some(directory.path()));
    let refreshed = value(&second, "guarded.refreshed", json!({})).await;
    assert!(refreshed["result"].as_u64().unwrap() >= 1, "{refreshed}");
}

#[tokio::test]
async fn others_that_come_to_the_port_do_not_log_in() {
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let _server = program(port, 60);
    let bridge = start([guarded(port)], Some(directory.path()));
    let wrong = |address: &str| {
        let address = reqwest::Url::parse(address).unwrap();
        let redirect = address
            .query_pairs()
            .find(|(key, _)| key == "redirect_uri")
            .unwrap()
            .1
            .into_owned();
        tokio::spawn(async move {
            let other = redirect.replace("/callback", "/favicon.ico");
            assert_eq!(reqwest::get(other).await.unwrap().status(), 404);
            let page = reqwest::get(format!("{redirect}?code=stolen&state=guessed"))
                .await
                .unwrap();
            assert_eq!(page.status(), 400);
        });
    };
    let error = bridge.login("guarded", wrong).await.unwrap_err();
    assert!(matches!(error, LoginError::Refused(_)), "{error}");
    assert_eq!(
        std::fs::read_dir(directory.path().join("credentials")).map_or(0, Iterator::count),
        0
    );
}

#[tokio::test]
async fn not_every_server_can_be_logged_in_to() {
    let bridge = bridge([raw("raw"), guarded(1)]);
    let error = async |name| bridge.login(name, |_: &str| ()).await.unwrap_err();
    assert!(matches!(error("nothing").await, LoginError::NoServer(_)));
    assert!(matches!(error("raw").await, LoginError::NotHttp(_)));
    assert!(matches!(error("guarded").await, LoginError::NoDirectory));
}
