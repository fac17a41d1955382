//! `vesicle doctor`: what is wrong is found, told with what to do, and left as it is.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::{Value, json};

use crate::{Finished, config::Place, support::in_repository};

/// A place with a data directory of its own.
fn place(text: &str) -> Place {
    Place::with(&format!("data_dir = \"data\"\n{text}"))
}

fn checked(place: &Place, options: &[&str]) -> (Finished, Vec<Value>) {
    let arguments: Vec<&str> = ["doctor", "--json"]
        .iter()
        .chain(options)
        .copied()
        .collect();
    let finished = place.vesicle(&arguments);
    let told: Value = serde_json::from_str(finished.stdout()).expect("JSON");
    let checks = told["checks"].as_array().expect("checks").clone();
    assert_eq!(told["ok"] == true, finished.code() == Some(0), "{finished}");
    (finished, checks)
}

/// What was found of an area that is not as it should be: how bad, what, and what to do.
fn faults(checks: &[Value], area: &str) -> Vec<(String, String, String)> {
    let text = |check: &Value, key: &str| check[key].as_str().expect("a text").to_owned();
    let of_area = checks
        .iter()
        .filter(|check| check["area"] == area && check["level"] != "ok");
    of_area
        .map(|check| {
            (
                text(check, "level"),
                text(check, "what"),
                text(check, "advice"),
            )
        })
        .collect()
}

fn one(checks: &[Value], area: &str) -> (String, String, String) {
    let mut faults = faults(checks, area);
    assert_eq!(faults.len(), 1, "{area}: {checks:#?}");
    faults.remove(0)
}

#[test]
fn a_place_where_nothing_was_done_yet_is_well_and_stays_as_it_was() {
    let place = place("");
    let finished = place.vesicle(&["doctor"]);
    assert_eq!(
        (finished.code(), finished.stderr()),
        (Some(0), ""),
        "{finished}"
    );
    for part in [
        "sandbox: a program ran",
        "memory of past work: ",
        "clock: 20",
        "there are none",
        "0 problems",
    ] {
        assert!(finished.stdout().contains(part), "{part}: {finished}");
    }
    assert!(!finished.stdout().contains('\u{1b}'), "{finished}");
    assert!(!place.0.path().join("data/memory.db").exists());
    assert!(!place.0.path().join("data/state.db").exists());
}

#[test]
fn a_wrong_configuration_is_told_with_its_lines() {
    let place = place("[serve]\ntolls = \"core\"\n");
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(1));
    let (level, what, _) = one(&checks, "configuration");
    assert_eq!(level, "problem");
    assert!(
        what.contains("vesicle.toml:3") && what.contains("tolls"),
        "{what}"
    );
    // The machine can be told of all the same.
    assert!(checks.iter().any(|check| check["area"] == "memory"));
}

#[test]
fn a_secret_that_is_not_there_is_told() {
    let place = place("[secrets.key]\nenv = \"VESICLE_TEST_NOT_SET\"\n");
    let (finished, checks) = checked(&place, &["--no-servers"]);
    assert_eq!(finished.code(), Some(1));
    assert!(one(&checks, "secrets").1.contains("VESICLE_TEST_NOT_SET"));
}

#[test]
fn servers_are_connected_and_their_tools_counted() {
    let raw = in_repository("tests/servers/raw.py");
    let place = place(&format!(
        "[servers.raw]\ncommand = \"python3\"\nargs = [{}]\n[servers.gone]\ncommand = \"no-such-program-anywhere\"\n\
         [servers.silent]\ncommand = \"sleep\"\nargs = [\"60\"]\n",
        json!(raw)
    ));
    let (finished, checks) = checked(&place, &["--wait", "3s"]);
    assert_eq!(finished.code(), Some(1));
    let well = checks
        .iter()
        .find(|check| check["area"] == "servers" && check["level"] == "ok");
    let well = well.expect("one answers")["what"]
        .as_str()
        .expect("a text")
        .to_owned();
    assert!(well.contains("`raw` has 21 tools"), "{well}");
    let faults = faults(&checks, "servers");
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults
            .iter()
            .any(|fault| fault.1.contains("`gone`") && fault.1.contains("not found")),
        "{faults:?}"
    );
    assert!(
        faults
            .iter()
            .any(|fault| fault.1.contains("`silent`") && fault.1.contains("3000 ms")),
        "{faults:?}"
    );
    let (_, without) = checked(&place, &["--no-servers"]);
    assert!(without.iter().all(|check| check["area"] != "servers"));
}

#[test]
fn damaged_stores_are_told_and_left_where_they_are() {
    let place = place("");
    place.write(
        "keep.ts",
        "await state.set('a', 'x'.repeat(20000)); return 1",
    );
    assert_eq!(place.vesicle(&["run", "keep.ts"]).code(), Some(0));
    assert_eq!(place.vesicle(&["memory", "stats"]).code(), Some(0));
    let (finished, _) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(0), "{finished}");
    for name in ["state.db", "memory.db"] {
        let path = place.0.path().join("data").join(name);
        for beside in ["-wal", "-shm"] {
            let _ = fs::remove_file(place.0.path().join(format!("data/{name}{beside}")));
        }
        let mut bytes = fs::read(&path).expect("a file");
        let from = bytes.len() / 2;
        bytes[100..200].fill(0xff);
        bytes[from..].fill(0xff);
        fs::write(&path, &bytes).expect("a file");
        let (finished, checks) = checked(&place, &[]);
        assert_eq!(finished.code(), Some(1), "{finished}");
        let area = if name == "state.db" {
            "state"
        } else {
            "memory of past work"
        };
        let (level, _, advice) = one(&checks, area);
        assert!(level == "problem" && advice.contains("away"), "{advice}");
        assert_eq!(fs::read(&path).expect("it is there still"), bytes);
        fs::remove_file(&path).expect("it can be removed");
    }
}

#[test]
fn an_audit_log_that_was_changed_is_told() {
    let place = place("[audit]\nenabled = \"always\"\n");
    place.write("one.ts", "return 1");
    place.vesicle(&["run", "one.ts"]);
    place.vesicle(&["run", "one.ts"]);
    assert_eq!(checked(&place, &[]).0.code(), Some(0));
    let dir = place.0.path().join("data/audit");
    let log = fs::read_dir(&dir)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path());
    let log = log
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .expect("a log");
    let text = fs::read_to_string(&log)
        .expect("a file")
        .replacen("\"run\"", "\"fun\"", 1);
    fs::write(&log, text).expect("a file");
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(1));
    assert!(one(&checks, "audit log").1.contains("not intact"));
}

#[test]
fn a_plugin_that_was_changed_or_lacks_a_grant_is_told() {
    let place = place("");
    let plugin = in_repository("plugins/csv");
    let add = place.vesicle(&["plugin", "add", plugin.to_str().expect("a UTF-8 path")]);
    assert_eq!(add.code(), Some(0), "{add}");
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(0), "{finished}");
    for (level, what, advice) in faults(&checks, "plugins") {
        assert!(
            level == "warning"
                && what.contains("not granted")
                && advice.contains("vesicle plugin grant"),
            "{what}: {advice}"
        );
    }
    let components = place.0.path().join("data/plugins/components");
    let component = fs::read_dir(components)
        .expect("a directory")
        .next()
        .expect("one")
        .expect("an entry")
        .path();
    fs::set_permissions(&component, fs::Permissions::from_mode(0o600)).expect("it is ours");
    fs::write(&component, b"changed").expect("a file");
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(1), "{finished}");
    assert!(
        faults(&checks, "plugins")
            .iter()
            .any(|fault| fault.0 == "problem"),
        "{checks:#?}"
    );
}

#[test]
fn places_that_others_read_or_nobody_writes_are_told() {
    let place = place("[sandbox]\ncache_dir = \"/proc/nothing\"\n");
    place.write("data/x", "");
    let data = place.0.path().join("data");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("it is ours");
    // The environment would be stronger than the file.
    let finished = crate::command(
        crate::support::VESICLE,
        &["doctor", "--json", "--no-servers"],
    )
    .current_dir(place.0.path())
    .output();
    let finished = Finished(finished.expect("vesicle runs"));
    assert_eq!(finished.code(), Some(1), "{finished}");
    let told: Value = serde_json::from_str(finished.stdout()).expect("JSON");
    let checks = told["checks"].as_array().expect("checks");
    assert_eq!(one(checks, "cache").0, "problem");
    let (level, what, advice) = one(checks, "data");
    assert_eq!(level, "warning", "{what}");
    assert!(advice.starts_with("chmod -R go-rwx"), "{advice}");
}

fn certificate(place: &Place, until: (i32, u8, u8)) {
    let mut params = rcgen::CertificateParams::new(["a.example".to_owned()]).expect("a name");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
    let key = rcgen::KeyPair::generate().expect("a key");
    let cert = params.self_signed(&key).expect("a certificate");
    place.write("cert.pem", &cert.pem());
    place.write("key.pem", &key.serialize_pem());
    let key = place.0.path().join("key.pem");
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).expect("it is ours");
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn the_address_the_certificate_and_the_tokens_of_http_are_tried() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let place = place(&format!(
        "[http]\nlisten = \"127.0.0.1:{port}\"\ntls_cert = \"cert.pem\"\ntls_key = \"key.pem\"\n[auth]\nrequired = true\n"
    ));
    certificate(&place, (2021, 1, 1));
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(1));
    let (level, what, _) = one(&checks, "http");
    assert_eq!(
        (&*level, what),
        ("warning", format!("127.0.0.1:{port} is taken"))
    );
    assert!(
        one(&checks, "certificate")
            .1
            .contains("was valid until 2021-01-01")
    );
    assert!(one(&checks, "accounts").2.contains("vesicle token create"));

    drop(taken);
    let made = place.vesicle(&["token", "create", "--name", "ci"]);
    assert_eq!(made.code(), Some(0), "{made}");
    certificate(&place, (2049, 12, 31));
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(0), "{finished}");
    assert!(faults(&checks, "http").is_empty() && faults(&checks, "accounts").is_empty());

    mode(&place.0.path().join("key.pem"), 0o644);
    assert!(
        one(&checked(&place, &[]).1, "certificate")
            .2
            .starts_with("chmod o-rwx")
    );
    place.write("key.pem", "no key");
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(1));
    assert_eq!(one(&checks, "certificate").0, "problem");
}

#[test]
fn a_clock_that_is_behind_is_told() {
    let place = place("");
    place.write("data/tokens.toml", "");
    mode(&place.0.path().join("data"), 0o700);
    let touched = std::process::Command::new("touch")
        .args(["-d", "2099-01-01"])
        .arg(place.0.path().join("data/tokens.toml"))
        .status();
    assert!(touched.expect("touch runs").success());
    let (finished, checks) = checked(&place, &[]);
    assert_eq!(finished.code(), Some(1));
    assert!(one(&checks, "clock").1.contains("tokens.toml"));
}

#[test]
fn a_limit_of_address_space_and_of_files_is_told() {
    let place = place("");
    let script = format!(
        "ulimit -v 8388608; ulimit -n 512; exec '{}' doctor --json",
        crate::support::VESICLE
    );
    let finished = crate::command("sh", &["-c", &script])
        .current_dir(place.0.path())
        .env("VESICLE_SANDBOX_CACHE_DIR", crate::support::cache_dir())
        .output();
    let finished = Finished(finished.expect("sh runs"));
    assert_eq!(finished.code(), Some(1), "{finished}");
    let told: Value = serde_json::from_str(finished.stdout()).expect("JSON");
    let checks = told["checks"].as_array().expect("checks");
    assert!(
        one(checks, "address space")
            .2
            .contains("ulimit -v unlimited")
    );
    assert!(one(checks, "open files").2.contains("ulimit -n 1024"));
    assert!(one(checks, "sandbox").1.contains("no program can run"));
}
