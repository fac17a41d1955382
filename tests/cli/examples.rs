//! The programs that the README and `examples/` show do what they say.

use insta::assert_snapshot;

use crate::{support::in_repository, vesicle};

fn example(program: &str, input: &str) -> String {
    let program = in_repository("examples").join(program);
    let input = in_repository("examples").join(input);
    let finished = vesicle(&[
        "run",
        program.to_str().expect("a UTF-8 path"),
        "--input-text",
        &format!("@{}", input.display()),
    ]);
    assert_eq!((finished.code(), finished.stderr()), (Some(0), ""));
    finished.stdout().to_owned()
}

#[test]
fn sales() {
    assert_snapshot!(example("sales.ts", "sales.csv"), @r#"
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
    assert_snapshot!(example("log-report.ts", "app.log"), @r"
    16 lines in 4.0 minutes
    10 INFO, 5 ERROR, 1 WARN
    requests: median 21 ms, slowest tenth from 1502 ms

    errors:
       3  payments: card declined for order #
       2  search: index shard # not reachable
    ");
}
