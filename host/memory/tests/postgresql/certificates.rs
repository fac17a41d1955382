//! TLS. The server of pgserver is built without it.

use vesicle_memory::{PostgresStore, PostgresUrl};

use crate::entering::refused;
use crate::server::Server;

/// TLS is used where the server has it; a certificate that nobody known made is refused unless it is named.
#[test]
fn a_certificate_is_checked() {
    let own = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = own.path().join("server.pem");
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let settings = [
        "fsync=off",
        "listen_addresses=127.0.0.1",
        &format!("port={port}"),
    ];
    let server = Server::own(&settings);
    // The server writes them itself, as they must be its own user's.
    let data = server.directory().join("data").display().to_string();
    let key = made.signing_key.serialize_pem();
    for (file, text) in [("server.crt", made.cert.pem()), ("server.key", key)] {
        server.sql(
            "postgres",
            &format!(
                "COPY (SELECT unnest(string_to_array('{}', E'\\n'))) TO PROGRAM 'umask 077; cat > {data}/{file}'",
                text.trim()
            ),
        );
    }
    server.sql("postgres", "ALTER SYSTEM SET ssl = on");
    server.sql("postgres", "SELECT pg_reload_conf()");
    let url = |options: &str| -> PostgresUrl {
        format!("postgres://postgres:open%20sesame@localhost:{port}/postgres?hostaddr=127.0.0.1{options}")
            .parse()
            .unwrap()
    };
    let error = refused(&url(""));
    assert!(
        error.contains("is not trusted") && error.contains("sslrootcert=FILE"),
        "{error}"
    );
    let trusted = format!("&sslmode=verify-full&sslrootcert={}", certificate.display());
    let store = PostgresStore::open(&url(&trusted)).unwrap();
    assert_eq!(
        server.sql(
            "postgres",
            "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name = 'vesicle'"
        ),
        "1",
    );
    drop(store);
}
