//! `vesicle memory`, over real runs.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Finished, config::Place, support::in_repository};

fn memory(place: &Place, arguments: &[&str]) -> Finished {
    let data = ["--data-dir", "data", "memory"];
    let arguments: Vec<&str> = data.iter().chain(arguments).copied().collect();
    place.vesicle(&arguments)
}

fn run_code(place: &Place, code: &str) -> Finished {
    place.write("program.ts", code);
    place.vesicle(&["--data-dir", "data", "run", "program.ts"])
}

fn answer(finished: &Finished) -> Value {
    assert_eq!(finished.code(), Some(0), "{finished}");
    serde_json::from_str(finished.stdout()).unwrap()
}

fn imported() -> Place {
    let place = Place::empty();
    let runs = in_repository("host/memory/tests/data/airline-episodes.jsonl");
    let import = ["import", runs.to_str().unwrap(), "--format", "tau-bench"];
    let finished = memory(&place, &import);
    assert_eq!(
        finished.stdout().lines().next(),
        Some("200 episodes imported, 0 were there, 0 were there in another state and stayed")
    );
    place
}

#[test]
fn runs_are_imported_found_and_shown() {
    let place = imported();
    let stats = answer(&memory(&place, &["stats", "-o", "json"]));
    assert_eq!(
        (&stats["episodes"], &stats["steps"]),
        (&200.into(), &1164.into())
    );
    let search = ["search", "mia_li_3668 New York to Seattle", "--limit", "1"];
    let finished = memory(&place, &search);
    assert_eq!(finished.code(), Some(0), "{finished}");
    let id = finished.stdout().split("  ").next().unwrap().to_owned();
    let shown = memory(&place, &["show", &id]);
    assert!(shown.stdout().contains("reward "), "{shown}");
    let episode = answer(&memory(&place, &["show", &id, "-o", "json"]));
    assert_eq!(episode["episode_id"], id.as_str());
    let none = memory(&place, &["search", "x", "--domain", "no such domain"]);
    assert_eq!(none.code(), Some(1), "{none}");
    let unknown = memory(&place, &["show", "019a0000-0000-7000-8000-000000000000"]);
    assert_eq!(unknown.code(), Some(1), "{unknown}");
    assert!(
        unknown.stderr().contains("there is no episode"),
        "{unknown}"
    );
}

#[test]
fn what_is_exported_is_imported_elsewhere_and_kept_safe() {
    let place = imported();
    let exported = memory(&place, &["export", "all.jsonl"]);
    assert!(
        exported.stderr().contains("exported 200 episodes"),
        "{exported}"
    );
    // What is there is not written over.
    assert_eq!(memory(&place, &["export", "all.jsonl"]).code(), Some(1));
    let elsewhere = [
        "--data-dir",
        "other",
        "memory",
        "import",
        "all.jsonl",
        "-o",
        "json",
    ];
    assert_eq!(answer(&place.vesicle(&elsewhere))["episodes"], 200);
    assert_eq!(
        answer(&place.vesicle(&elsewhere))["episodes_unchanged"],
        200
    );
    let text = std::fs::read_to_string(place.0.path().join("all.jsonl")).unwrap();
    place.write("half.jsonl", text.split_at(text.len() / 2).0);
    let half = ["--data-dir", "third", "memory", "import", "half.jsonl"];
    let half = place.vesicle(&half);
    assert_eq!(half.code(), Some(1), "{half}");
    assert_eq!(memory(&place, &["backup", "copy.db"]).code(), Some(0));
    assert_eq!(memory(&place, &["backup", "copy.db"]).code(), Some(1));
    assert_eq!(
        memory(&place, &["doctor"]).stdout(),
        "the store is whole; healthy\n"
    );
}

#[test]
fn old_episodes_are_let_go_when_it_is_said_which() {
    let place = imported();
    assert_eq!(memory(&place, &["prune"]).code(), Some(2));
    let dry = memory(&place, &["prune", "--keep", "10", "--dry-run"]);
    assert_eq!(dry.stdout(), "190 episodes would be deleted\n");
    assert_eq!(
        answer(&memory(&place, &["prune", "--keep", "10", "-o", "json"]))["episodes"],
        190
    );
    assert_eq!(
        answer(&memory(&place, &["stats", "-o", "json"]))["episodes"],
        10
    );
}

#[test]
fn what_it_is_worth_is_measured() {
    let place = Place::empty();
    let runs = in_repository("host/memory/tests/data/airline-episodes.jsonl");
    let report = answer(&memory(
        &place,
        &["eval", runs.to_str().unwrap(), "-o", "json"],
    ));
    assert_eq!(
        (&report["runs"], &report["tasks"]),
        (&200.into(), &50.into())
    );
    for (measure, least) in [
        ("recall_at_5", 0.9),
        ("mrr", 0.9),
        ("success_first_auc", 0.9),
        ("held_out_patterns_auc", 0.6),
    ] {
        let value = report[measure].as_f64().unwrap();
        assert!((least..=1.0).contains(&value), "{measure}: {value}");
    }
}

#[test]
fn a_model_is_refused_with_what_to_do() {
    let place = Place::empty();
    let runs = in_repository("host/memory/tests/data/airline-episodes.jsonl");
    let finished = memory(
        &place,
        &["eval", runs.to_str().unwrap(), "--model", "nowhere"],
    );
    assert_eq!(finished.code(), Some(1), "{finished}");
    let said = match cfg!(feature = "local-embeddings") {
        true => "name a directory with model.safetensors",
        false => "build it with `--features local-embeddings`",
    };
    assert!(finished.stderr().contains(said), "{finished}");
}

#[test]
fn a_damaged_file_is_set_aside_and_told() {
    let place = Place::empty();
    place.write("data/memory.db", &"no database at all ".repeat(1_000));
    let finished = memory(&place, &["doctor"]);
    assert_eq!(finished.code(), Some(1), "{finished}");
    assert!(finished.stderr().contains("was damaged"), "{finished}");
    let kept = std::fs::read_dir(place.0.path().join("data")).unwrap();
    let names: Vec<String> = kept
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("memory.db.damaged-")),
        "{names:?}"
    );
}

#[test]
fn a_database_that_is_not_there_and_a_memory_that_is_off_say_so() {
    // Nobody listens at port 1.
    let place = Place::with("[memory]\nurl = \"postgres://me:secret@127.0.0.1:1/vesicle\"\n");
    let finished = memory(&place, &["stats"]);
    assert_eq!(finished.code(), Some(1), "{finished}");
    let told = "PostgreSQL at postgres://me@127.0.0.1:1/vesicle is not there now";
    assert!(finished.stderr().contains(told), "{finished}");
    assert!(!finished.stderr().contains("secret"), "{finished}");
    let place = Place::with("[memory]\nenabled = false\n");
    let finished = memory(&place, &["stats"]);
    assert_eq!(finished.code(), Some(1), "{finished}");
    assert!(finished.stderr().contains("`enabled = true`"), "{finished}");
}

#[test]
fn weights_change_the_order() {
    let place = imported();
    let first = || {
        let found = memory(
            &place,
            &["search", "book a flight", "--limit", "20", "-o", "json"],
        );
        answer(&found)["episodes"].clone()
    };
    let usual = first();
    place.write(
        "vesicle.toml",
        "[memory]\nranking = [\"lexical=0\", \"semantic=0\", \"recency=0\", \"outcome=0\", \"reward=1\"]\n",
    );
    let rewarded = first();
    assert_ne!(usual, rewarded);
    for hit in rewarded.as_array().unwrap() {
        assert_eq!(hit["relevance"], hit["why"]["reward"], "{hit}");
    }
    place.write("vesicle.toml", "[memory]\nranking = [\"age=1\"]\n");
    let refused = memory(&place, &["stats"]);
    assert_eq!(refused.code(), Some(2), "{refused}");
    assert!(refused.stderr().contains("half_life_days"), "{refused}");
}

/// A PostgreSQL server of a test's own, which ends with it.
struct Database {
    server: Child,
    directory: tempfile::TempDir,
}

impl Database {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Command::new(in_repository("tests/postgresql/serve.sh"))
            .arg("/usr/lib/postgresql/15/bin")
            .arg(directory.path())
            .args(["keep", "fsync=off"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Self { server, directory }
    }

    /// What points a host at it.
    fn settings(&self) -> String {
        let directory = self.directory.path().display();
        format!(
            "[memory]\nurl = \"postgres://postgres:open%20sesame@/postgres?host={directory}\"\n"
        )
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        self.server.wait().unwrap();
    }
}

#[test]
fn hosts_share_a_database() {
    let database = Database::start();
    let [one, other] = [(); 2].map(|()| Place::with(&database.settings()));
    let began = Instant::now();
    while memory(&one, &["stats"]).code() != Some(0) {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "no server: run tests/postgresql/setup.sh"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    let runs = in_repository("host/memory/tests/data/airline-episodes.jsonl");
    let import = ["import", runs.to_str().unwrap(), "--format", "tau-bench"];
    let finished = memory(&one, &import);
    assert!(
        finished.stdout().starts_with("200 episodes imported"),
        "{finished}"
    );
    let search = ["search", "mia_li_3668 New York to Seattle", "--limit", "1"];
    let found = memory(&other, &search);
    assert_eq!(found.code(), Some(0), "{found}");
    assert_eq!(found.stdout(), memory(&one, &search).stdout());
    let asked = run_code(
        &other,
        "return (await memory.query({ query: 'mia_li_3668 New York to Seattle', limit: 1 })).episodes[0].episode_id",
    );
    let id = asked.stdout().trim_end();
    assert!(id.len() == 36 && found.stdout().starts_with(id), "{asked}");
    let backup = memory(&one, &["backup", "copy"]);
    assert!(backup.stderr().contains("pg_dump"), "{backup}");
    assert!(!one.vesicle(&["config", "show"]).stdout().contains("sesame"));
    assert!(!one.0.path().join("data/memory.db").exists());
}

#[test]
fn programs_ask_within_their_domains_and_write_where_that_is_granted() {
    let run = |settings: &str, code: &str| {
        let place = Place::with(settings);
        let finished = run_code(&place, code);
        assert_eq!(finished.code(), Some(0), "{finished}");
        serde_json::from_str::<Value>(finished.stdout()).unwrap()
    };
    let write = "const start = (domain) => memory.record.start({ task_description: 'Repair it', domain, task_type: 'testing' })\
        .then(made => made.success, error => error.code); return [await start('web-shop'), await start('bank')]";
    let granted = "[memory]\nprograms = \"record\"\ndomains = [\"web-*\"]\n";
    assert_eq!(run("", write), json!(["denied", "denied"]));
    assert_eq!(run(granted, write), json!([true, "invalid_input"]));
    assert_eq!(
        run(
            "[memory]\nprograms = \"none\"\n",
            "return [await memory.query('x').catch(error => error.code)]"
        ),
        json!(["denied"])
    );
    // An episode of another domain is not there, by whatever way it is asked for.
    let place = Place::with("[memory]\nprograms = \"record\"\n");
    let both = "const made = []; for (const domain of ['web-shop', 'bank']) made.push((await memory.record.start({ task_description: 'Repair the login', domain, task_type: 'testing' })).episode_id); return made";
    let made = run_code(&place, both);
    let ids: Vec<String> = serde_json::from_str(made.stdout()).unwrap();
    place.write("vesicle.toml", granted);
    let ask = format!(
        "const code = error => error.code; const {{ episodes }} = await memory.query('Repair the login'); \
         return [episodes.map(one => one.context.domain), await memory.episode('{bank}').catch(code), \
         await memory.similar('{bank}').catch(code), (await memory.query({{ query: 'Repair', domain: 'bank' }})).episodes.length, \
         (await memory.similar('{web}')).length, await memory.record.step('{bank}', {{ step_number: 1, tool: 't', action: 'a' }}).catch(code)]",
        web = ids[0],
        bank = ids[1]
    );
    let asked = run_code(&place, &ask);
    assert_eq!(
        serde_json::from_str::<Value>(asked.stdout()).unwrap(),
        json!([["web-shop"], "not_found", "not_found", 0, 0, "not_found"]),
        "{asked}"
    );
}
