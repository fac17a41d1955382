//! The programs that the README and `examples/` show do what they say.

use std::fs;

use insta::assert_snapshot;

use crate::{
    Finished, command,
    support::{VESICLE, in_repository},
};

/// What the example prints, by the command that its own comment tells people.
fn example(program: &str) -> String {
    told(&by_its_comment(program, &[]))
}

fn told(finished: &Finished) -> String {
    assert_eq!(
        (finished.code(), finished.stderr()),
        (Some(0), ""),
        "{finished}"
    );
    finished.stdout().to_owned()
}

fn by_its_comment(program: &str, environment: &[(&str, &str)]) -> Finished {
    let path = in_repository("examples").join(program);
    let text = fs::read_to_string(path).expect("an example");
    let mut commands = text
        .lines()
        .filter_map(|line| line.strip_prefix("//     vesicle "));
    let arguments = commands.next_back().expect("its command");
    let script = format!("exec '{VESICLE}' {arguments}");
    let finished = command("sh", &["-c", &script])
        .current_dir(in_repository(""))
        .envs(environment.iter().copied())
        .output();
    Finished(finished.expect("sh runs"))
}

#[test]
fn sales() {
    assert_snapshot!(example("sales.ts"), @r#"
    {
      "orders": 12,
      "revenue": 7643.5,
      "regions": [
        {
          "region": "North",
          "orders": 4,
          "revenue": 2451.6,
          "bestProduct": "Monitor, 27\""
        },
        {
          "region": "West",
          "orders": 3,
          "revenue": 1972.9,
          "bestProduct": "Office chair"
        },
        {
          "region": "East",
          "orders": 2,
          "revenue": 1633,
          "bestProduct": "Standing desk"
        },
        {
          "region": "South",
          "orders": 3,
          "revenue": 1586,
          "bestProduct": "Standing desk"
        }
      ]
    }
    "#);
}

#[test]
fn log_report() {
    assert_snapshot!(example("log-report.ts"), @r"
    16 lines in 4.0 minutes
    10 INFO, 5 ERROR, 1 WARN
    requests: median 21 ms, slowest tenth from 1502 ms

    errors:
       3  payments: card declined for order #
       2  search: index shard # not reachable
    ");
}

#[test]
fn csv_columns() {
    let told: serde_json::Value = serde_json::from_str(&example("csv-columns.ts")).expect("JSON");
    let sales = &told["sales.csv"];
    assert_eq!(sales["rows"], 12);
    assert_eq!(sales["columns"]["unit_price"]["range"], "37.5 to 649");
    assert_eq!(sales["columns"]["date"]["type"], "date");
}

#[test]
fn release_notes() {
    assert_snapshot!(example("release-notes.ts"));
}

#[test]
fn duplicates() {
    assert_snapshot!(example("duplicates.ts"));
}

#[test]
fn api_changes() {
    assert_snapshot!(example("api-changes.ts"));
}

#[test]
fn lessons() {
    let data = tempfile::tempdir().expect("a directory");
    let data = [("XDG_DATA_HOME", data.path().to_str().expect("a UTF-8 path"))];
    let nothing = told(&by_its_comment("lessons.ts", &data));
    assert_eq!(
        nothing,
        "Nothing like \"change a flight reservation\" was done before.\n"
    );
    let runs = in_repository("host/memory/tests/data/airline-episodes.jsonl");
    let runs = runs.to_str().expect("a UTF-8 path");
    let imported = command(
        VESICLE,
        &["memory", "import", runs, "--format", "tau-bench"],
    )
    .envs(data)
    .output();
    assert!(imported.expect("vesicle runs").status.success());
    assert_snapshot!(told(&by_its_comment("lessons.ts", &data)));
}

#[test]
fn every_example_is_run_here() {
    let here = include_str!("examples.rs");
    for entry in fs::read_dir(in_repository("examples")).expect("a directory") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("a UTF-8 name");
        assert!(
            !name.ends_with(".ts") || here.contains(&format!("(\"{name}\"")),
            "{name}"
        );
    }
}
