//! Each right of a plugin, in real calls: denied without a grant, had with one.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::{
    Finished, command,
    config::Place,
    network::echo,
    plugin_new::probe,
    plugins::{done, guest, json_of, plugin},
    support::VESICLE,
    terminal::handles_interrupts,
};

fn place() -> Place {
    Place::with("data_dir = \"data\"\naudit.enabled = \"always\"\n")
}

/// The place with the probe, which asks for this.
fn probing(asks: &[&str]) -> Place {
    let place = place();
    let asks: Vec<&str> = asks.iter().flat_map(|ask| ["--ask", *ask]).collect();
    done(&place, &[&["add", &probe()], &asks[..]].concat());
    place
}

fn call(place: &Place, tool: &str, arguments: &Value) -> Value {
    json_of_any(&plugin(
        place,
        &["call", tool, &arguments.to_string(), "-o", "json"],
    ))
}

fn json_of_any(finished: &Finished) -> Value {
    serde_json::from_str(finished.stdout()).unwrap_or_else(|_| panic!("{finished}"))
}

#[test]
fn variables() {
    let place = probing(&["env=GREETING"]);
    let read = |place: &Place| {
        let arguments = [
            "plugin",
            "call",
            "probe.variable",
            r#"{"name": "GREETING"}"#,
        ];
        let finished = place.vesicle_with(&[("GREETING", "hello"), ("OTHER", "no")], &arguments);
        finished.stdout().trim().to_owned()
    };
    assert_eq!(read(&place), "null");
    done(&place, &["grant", "probe", "env=OTHER"]);
    assert_eq!(read(&place), "null", "granted is another");
    done(&place, &["grant", "probe", "--all"]);
    assert_eq!(read(&place), "\"hello\"");
}

#[test]
fn state_is_its_own_and_lasts() {
    let place = probing(&["state"]);
    let count = |place: &Place| call(place, "probe.count", &json!({}));
    assert!(
        count(&place)["failure"]
            .as_str()
            .is_some_and(|why| why.starts_with("Error::Denied"))
    );
    done(&place, &["grant", "probe", "--all"]);
    assert_eq!(count(&place)["output"], 1);
    assert_eq!(count(&place)["output"], 2);
    done(
        &place,
        &["add", &probe(), "--name", "other", "--ask", "state"],
    );
    done(&place, &["grant", "other", "state"]);
    assert_eq!(call(&place, "other.count", &json!({}))["output"], 1);
}

#[test]
fn limits_are_the_profiles_until_others_are_granted() {
    let place = probing(&["memory_mb=64"]);
    place.write(
        "vesicle.toml",
        "data_dir = \"data\"\nprofile = \"small\"\n[profiles.small]\ninherits = \"default\"\nmemory_mb = 16\n",
    );
    let take = |place: &Place| call(place, "probe.take", &json!({"mb": 32}));
    assert_ne!(take(&place)["status"], "success", "{}", take(&place));
    done(&place, &["grant", "probe", "memory_mb=48"]);
    assert_eq!(take(&place)["output"], 32);
    assert_ne!(
        call(&place, "probe.take", &json!({"mb": 60}))["status"],
        "success"
    );
    // Granted is more than was asked for.
    done(&place, &["grant", "probe", "memory_mb=200"]);
    assert_ne!(
        call(&place, "probe.take", &json!({"mb": 100}))["status"],
        "success"
    );
}

#[test]
fn directories_and_how_much_may_be_written_there() {
    let place = probing(&["preopen=/out:rw"]);
    fs::create_dir(place.0.path().join("out")).expect("a directory");
    let write = |path: &str, bytes: u32| {
        let written = call(&place, "probe.save", &json!({"path": path, "bytes": bytes}));
        match written["status"].as_str() {
            Some("success") => None,
            _ => Some(written["failure"].as_str().expect("why not").to_owned()),
        }
    };
    assert!(write("/out/a", 1).is_some());
    done(&place, &["grant", "probe", "preopen=out:/out"]);
    assert!(write("/out/a", 1).is_some(), "granted for reading");
    let right = "preopen=out:/out:rw,quota_mb=1";
    done(&place, &["grant", "probe", right]);
    assert_eq!(write("/out/a", 1 << 20), None);
    assert!(
        write("/out/b", (1 << 20) + 1).is_some(),
        "one byte too many"
    );
    let info = json_of(&place, &["info", "probe"]);
    let effective = info["rights"]["preopen"]["effective"].to_string();
    assert!(effective.contains("1 MB"), "{effective}");
}

/// A component that nobody wrote for Vesicle, by `wasi:http`.
#[test]
fn hosts_and_where_they_may_be() {
    let place = place();
    let port = echo();
    place.write(
        "script/requests",
        &format!("get http://localhost:{port}/\n"),
    );
    let host = format!("hosts=http://localhost:{port}");
    let asks = ["--ask", "preopen=/script", "--ask", &host];
    done(&place, &[&["add", &guest("http.wasm")], &asks[..]].concat());
    done(&place, &["grant", "http", "preopen=script:/script"]);
    let told = |place: &Place| {
        let answer = call(place, "http.run", &json!({}));
        answer["output"]["stdout"]
            .as_str()
            .map_or_else(|| answer.to_string(), str::to_owned)
    };
    assert!(told(&place).contains("refused"), "{}", told(&place));
    done(&place, &["grant", "http", &host]);
    assert!(
        told(&place).contains("refused"),
        "names lead to public addresses alone"
    );
    done(&place, &["grant", "http", &format!("{host}@127.0.0.1,::1")]);
    assert!(!told(&place).contains("refused"), "{}", told(&place));
    // `--all` leaves addresses as they were granted.
    done(&place, &["grant", "http", "--all"]);
    assert!(!told(&place).contains("refused"), "{}", told(&place));
    done(&place, &["revoke", "http"]);
    assert_ne!(call(&place, "http.run", &json!({}))["status"], "success");
}

#[test]
fn each_call_is_a_line_of_the_audit_log() {
    let place = probing(&["env=GREETING"]);
    done(
        &place,
        &["call", "probe.variable", r#"{"name": "PRIVATE"}"#],
    );
    let text = fs::read_to_string(place.0.path().join("data/audit/audit-00000001.jsonl"));
    let text = text.expect("a log");
    assert!(!text.contains("PRIVATE"), "{text}");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let line = lines
        .iter()
        .find(|line| line["kind"] == "execution")
        .expect("a line");
    assert_eq!(line["tool"], "plugins.probe.variable");
    assert_eq!(line["outcome"]["status"], "success");
    assert_eq!(place.vesicle(&["audit", "verify"]).code(), Some(0));
}

/// Linux only: elsewhere there is no telling when the handler is in place.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_a_call() {
    let place = probing(&[]);
    let call = ["plugin", "call", "probe.spin", "--profile", "permissive"];
    let child = command(VESICLE, &call)
        .current_dir(place.0.path())
        .env("VESICLE_SANDBOX_CACHE_DIR", crate::support::cache_dir())
        .spawn()
        .expect("vesicle starts");
    while !handles_interrupts(child.id()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = ["-INT", &child.id().to_string()];
    assert!(
        Command::new("kill")
            .args(kill)
            .status()
            .expect("kill starts")
            .success()
    );
    let finished = Finished(child.wait_with_output().expect("vesicle ends"));
    assert_eq!(
        (finished.code(), finished.stdout()),
        (Some(130), ""),
        "{finished}"
    );
}

#[test]
fn a_store_that_cannot_be_written_serves_and_says_so() {
    let place = probing(&[]);
    const READ_ONLY: &str = "mount --bind data/plugins data/plugins && \
        mount -o remount,bind,ro data/plugins || exit 99; exec \"$0\" \"$@\"";
    let run = |arguments: &[&str]| {
        let shell = ["--mount", "sh", "-c", READ_ONLY, VESICLE, "plugin"];
        let finished = command("unshare", &[&shell[..], arguments].concat())
            .current_dir(place.0.path())
            .env("VESICLE_SANDBOX_CACHE_DIR", crate::support::cache_dir())
            .output()
            .expect("unshare starts");
        Finished(finished)
    };
    let called = run(&["call", "probe.take", r#"{"mb": 1}"#]);
    if called.code() == Some(99) || called.stderr().contains("unshare failed") {
        return eprintln!("not tried: mounts are not allowed here");
    }
    assert_eq!(
        (called.code(), called.stdout()),
        (Some(0), "1\n"),
        "{called}"
    );
    for change in [
        &["add", &*probe(), "--name", "another"][..],
        &["remove", "probe"],
        &["rollback", "probe"],
    ] {
        let told = run(change);
        assert_eq!(told.code(), Some(1), "{told}");
        assert!(
            told.stderr().contains("cannot be written to") || told.stderr().contains("rolled back"),
            "{told}"
        );
    }
    assert_eq!(json_of(&place, &["list"])["plugins"][0]["name"], "probe");
}

/// Asks for what a module has beside its tools and its state.
const REACHING: &str = "export async function fetched({ url }: { url: string }): Promise<number> {
  return (await fetch(url)).status;
}

export async function remembered({ domain }: { domain: string }): Promise<string[]> {
  const { episodes } = await memory.query({ query: 'water the plants', domain });
  return episodes.map((episode: { task_description: string }) => episode.task_description);
}

export async function remember({ domain }: { domain: string }): Promise<void> {
  const task_description = 'water the plants';
  const context = { domain, tags: [] };
  const { episode_id } = await memory.record.start({ task_description, task_type: 'analysis', ...context });
  await memory.record.step(episode_id, { step_number: 1, tool: 'can', action: 'pour' });
  await memory.record.complete(episode_id, { outcome_type: 'success', verdict: 'They are wet.' });
}";

/// A place with a module that asks for these.
fn reaching(asks: &[&str]) -> Place {
    let place = place();
    place.write("reach.ts", REACHING);
    let asks: Vec<&str> = asks.iter().flat_map(|ask| ["--ask", *ask]).collect();
    done(&place, &[&["add", "reach.ts"], &asks[..]].concat());
    place
}

#[test]
fn hosts_of_a_module() {
    let port = echo();
    let host = format!("hosts=http://localhost:{port}");
    let place = reaching(&[&host]);
    let fetched = || {
        let url = format!("http://localhost:{port}/");
        call(&place, "reach.fetched", &json!({ "url": url }))
    };
    assert!(
        fetched().to_string().contains("not granted"),
        "{}",
        fetched()
    );
    done(
        &place,
        &["grant", "reach", &format!("{host}@127.0.0.1,::1")],
    );
    assert_eq!(fetched()["output"], 200, "{}", fetched());
    done(&place, &["revoke", "reach"]);
    assert_ne!(fetched()["status"], "success");
}

#[test]
fn memory_of_a_module() {
    let place = reaching(&["memory=garden", "record"]);
    let ask = |tool: &str, domain: &str| call(&place, tool, &json!({ "domain": domain }));
    let denied = |answer: &Value| {
        let message = answer["message"].as_str();
        answer["name"] == "MemoryError" && message.is_some_and(|it| it.contains("grant"))
    };
    for tool in ["reach.remembered", "reach.remember"] {
        assert!(denied(&ask(tool, "garden")), "{}", ask(tool, "garden"));
    }
    done(&place, &["grant", "reach", "memory=garden"]);
    assert_eq!(
        ask("reach.remembered", "garden")["output"],
        json!([]),
        "{}",
        ask("reach.remembered", "garden")
    );
    let unrecorded = ask("reach.remember", "garden");
    assert!(
        denied(&unrecorded),
        "reading is granted, and not writing: {unrecorded}"
    );
    done(&place, &["grant", "reach", "record"]);
    let remembered = ask("reach.remember", "garden");
    assert_eq!(remembered["status"], "success", "{remembered}");
    assert_ne!(ask("reach.remember", "secrets")["status"], "success");
    assert_eq!(
        ask("reach.remembered", "garden")["output"],
        json!(["water the plants"])
    );
}
