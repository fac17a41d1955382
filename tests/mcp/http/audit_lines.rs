//! The audit log as a resource: for admins, and for nobody else.

use std::path::Path;

use serde_json::{Value, json};

use super::{HttpHost, stateless, vesicle};

const ACCOUNTS: &str =
    "[accounts.boss]\nadmin = true\n[accounts.desk]\nprofile = \"restrictive\"\n";
const ADDRESS: &str = "vesicle://audit";

async fn asked(host: &HttpHost, method: &str, params: Value, token: Option<&str>) -> Value {
    let uri = params["uri"].as_str().unwrap_or_default().to_owned();
    let mut headers = vec![
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
    ];
    if !uri.is_empty() {
        headers.push(("mcp-name", &uri));
    }
    headers.extend(token.map(|token| ("authorization", token)));
    host.post(&stateless(method, params), &headers)
        .await
        .message()
}

async fn read(host: &HttpHost, uri: &str, token: Option<&str>) -> Value {
    asked(host, "resources/read", json!({ "uri": uri }), token).await
}

/// The lines at an address.
async fn lines(host: &HttpHost, query: &str, token: &str) -> Vec<Value> {
    let answer = read(host, &format!("{ADDRESS}{query}"), Some(token)).await;
    let text = answer["result"]["contents"][0]["text"].as_str();
    let text = text.unwrap_or_else(|| panic!("{answer}"));
    let told: Value = serde_json::from_str(text).unwrap();
    assert_eq!(told["all_looked_through"], true, "{told}");
    told["lines"].as_array().unwrap().clone()
}

fn token(data: &Path, name: &str) -> String {
    format!(
        "Bearer {}",
        vesicle(data, &["token", "create", "--name", name])
    )
}

#[tokio::test]
async fn admins_read_the_log_and_others_see_no_such_thing() {
    let host = HttpHost::start_with(ACCOUNTS, &|_| {}, &[]);
    let [boss, desk] = ["boss", "desk"].map(|name| token(host.data(), name));
    for token in [&boss, &desk] {
        assert_eq!(host.run("return 1", &[("authorization", token)]).await, 1);
    }
    for (token, is_there) in [(&boss, true), (&desk, false)] {
        for (method, what) in [
            ("resources/list", ADDRESS),
            (
                "resources/templates/list",
                "vesicle://audit{?day,account,kind}",
            ),
        ] {
            let listed = asked(&host, method, json!({}), Some(token))
                .await
                .to_string();
            assert_eq!(listed.contains(what), is_there, "{method}: {listed}");
        }
    }
    let absent = read(&host, "vesicle://nothing", Some(&desk)).await;
    for uri in [ADDRESS, "vesicle://audit?account=desk"] {
        let refused = read(&host, uri, Some(&desk)).await;
        let why = |refused: &Value, uri: &str| {
            refused["error"]["message"]
                .as_str()
                .unwrap()
                .replace(uri, "")
        };
        assert_eq!(why(&refused, uri), why(&absent, "vesicle://nothing"));
        assert_eq!(refused["error"]["code"], absent["error"]["code"]);
    }

    let all = lines(&host, "", &boss).await;
    let accounts: Vec<&Value> = all.iter().map(|line| &line["who"]["account"]).collect();
    assert_eq!(accounts, ["boss", "desk"]);
    assert!(
        all.iter()
            .all(|line| line.get("payloads").is_none() && line["hash"].is_string())
    );
    let day = all[0]["time"].as_str().unwrap()[..10].to_owned();
    for (query, count) in [
        (format!("?day={day}"), 2),
        (format!("?day={day}&account=desk"), 1),
        ("?day=2001-01-01".to_owned(), 0),
        ("?account=nobody".to_owned(), 0),
        ("?kind=execution".to_owned(), 2),
        ("?kind=gap".to_owned(), 0),
    ] {
        assert_eq!(lines(&host, &query, &boss).await.len(), count, "{query}");
    }
    for wrong in ["?day=x", "?kind=x", "?x=y"] {
        let refused = read(&host, &format!("{ADDRESS}{wrong}"), Some(&boss)).await;
        let why = refused["error"]["message"].as_str().unwrap();
        assert!(
            why.contains("addresses are vesicle://audit{?day,account,kind}"),
            "{why}"
        );
    }
}

/// An agent's own program reaches a host without accounts as well as its user does.
#[tokio::test]
async fn without_accounts_nobody_is_an_admin() {
    let host = HttpHost::start(&[]);
    host.run("return 1", &[]).await;
    let listed = asked(&host, "resources/list", json!({}), None).await;
    assert!(!listed.to_string().contains(ADDRESS), "{listed}");
    let refused = read(&host, ADDRESS, None).await;
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("there is no `vesicle://audit`"),
        "{refused}"
    );
}

/// So many lines, and no more.
#[tokio::test]
async fn the_newest_lines_are_told() {
    const LINES_MAX: usize = 200;
    let host = HttpHost::start_with(ACCOUNTS, &|_| {}, &[]);
    let boss = token(host.data(), "boss");
    for n in 1..=LINES_MAX + 1 {
        host.run("return 1", &[("authorization", &boss)]).await;
        if n == LINES_MAX {
            let all = lines(&host, "", &boss).await;
            assert_eq!((all.len(), &all[0]["seq"]), (n, &json!(1)));
        }
    }
    let all = lines(&host, "", &boss).await;
    assert_eq!((all.len(), &all[0]["seq"]), (LINES_MAX, &json!(2)));
}
