//! A database that goes away and comes back: what needs none goes on, the rest says what is wrong, and nothing has to be
//! restarted.

use serde_json::json;

use super::configuration;
use crate::{
    http::{HttpHost, vesicle},
    postgresql::Server,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_its_database_degrades_and_recovers() {
    let database = Server::own(&[]);
    let directory = database.directory().display();
    let url = format!("postgres://postgres:open%20sesame@/postgres?host={directory}&port=5432");
    let plugins = tempfile::TempDir::new().unwrap();
    let toml = configuration(&url, plugins.path(), "a");
    let mut token = String::new();
    let made = parking_lot::Mutex::new(&mut token);
    let make = |data: &std::path::Path| {
        **made.lock() = vesicle(data, &["token", "create", "--name", "ci"]);
    };
    let host = HttpHost::start_with(&toml, &make, &[]);
    let token = format!("Bearer {token}");
    let headers = [("host", "vesicle.test"), ("authorization", token.as_str())];
    assert_eq!(
        host.run("await state.set('k', 1); return 1", &headers)
            .await,
        1
    );
    assert_eq!(host.get("/readyz", &headers[..1]).await.status, 200);

    database.kill();
    let kept =
        "try { return await state.get('k') } catch (error) { return [error.code, error.message] }";
    let told = host.run(kept, &headers).await;
    assert_eq!(told[0], "unavailable", "{told}");
    assert!(
        told[1].as_str().unwrap().contains("is not there now"),
        "{told}"
    );
    let asked = json!({"query": "k", "domain": "d"});
    let answer = host.call("query_memory", &asked, &headers).await;
    let answer = answer.message();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    // Whoever was let in before is so still, for some time, and what needs no database runs.
    assert_eq!(host.run("return 2", &headers).await, 2);
    super::wait_for("it is not ready", async || {
        host.get("/readyz", &headers[..1]).await.status == 503
    })
    .await;

    database.start();
    super::wait_for("it is ready", async || {
        host.get("/readyz", &headers[..1]).await.status == 200
    })
    .await;
    assert_eq!(host.run(kept, &headers).await, 1);
    super::wait_for("what was not logged is told", async || {
        host.run("return 3", &headers).await;
        vesicle(host.data(), &["audit", "tail", "--json"]).contains(r#""kind":"gap""#)
    })
    .await;
    let verified = vesicle(host.data(), &["audit", "verify"]);
    assert!(verified.ends_with("\nintact"), "{verified}");
    // A line that is changed in the database is found there.
    database.sql(
        "postgres",
        "UPDATE vesicle_host.audit_lines SET line = replace(line, 'ci', 'me') WHERE seq = 1",
    );
    let (found, is_well) = crate::http::told(host.data(), &["audit", "verify"]);
    assert!(
        !is_well && found.contains("a, line 1: changed or inserted"),
        "{found}"
    );
    database.sql(
        "postgres",
        "DELETE FROM vesicle_host.audit_lines WHERE seq = (SELECT max(seq) FROM vesicle_host.audit_lines)",
    );
    let (found, _) = crate::http::told(host.data(), &["audit", "verify"]);
    assert!(found.contains("are missing at the end"), "{found}");
}
