//! Fuel: a bound that does not depend on the machine.

use std::time::Duration;

use vesicle_sandbox::{LimitKind, Outcome};

use crate::support::{cache_dir, execute, limited, sandbox_for, told, with_input};

const PROGRAM: &str = "
    const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2);
    const rows = Array.from({ length: 200 }, (_, id) => ({ id, name: `row ${id}`, tags: new Set([id % 7]) }));
    console.log(rows.length);
    await null;
    return [fib(input), JSON.stringify(rows.map(row => [...row.tags])).length]";

/// What a program took of plenty.
async fn fuel(input: u32) -> u64 {
    let mut execution = with_input(PROGRAM, input);
    execution.limits.fuel = Some(u64::MAX);
    let outcome = execute(execution).await;
    assert!(outcome.is_success(), "{}", told(&outcome));
    outcome.resources().fuel.expect("fuel is counted")
}

async fn with_fuel(fuel: u64) -> Outcome {
    let mut execution = with_input(PROGRAM, 12);
    execution.limits.fuel = Some(fuel);
    execute(execution).await
}

#[tokio::test]
async fn the_same_program_takes_the_same() {
    let first = fuel(12).await;
    assert!(first > 100_000, "{first}");
    for _ in 0..5 {
        assert_eq!(fuel(12).await, first);
    }
    assert!(fuel(13).await > first);

    // In another sandbox as well, as in another process.
    let mut execution = with_input(PROGRAM, 12);
    execution.limits.fuel = Some(u64::MAX);
    let outcome = sandbox_for(1).await.execute(execution).await.unwrap();
    assert_eq!(outcome.resources().fuel, Some(first));
}

#[tokio::test]
async fn fuel_ends_where_it_says() {
    // Wasmtime looks at the fuel where functions and loops begin, and not after the last of them.
    let taken = fuel(12).await;
    let (mut too_little, mut enough) = (taken - 1_000, taken);
    while enough - too_little > 1 {
        let middle = (too_little + enough) / 2;
        match with_fuel(middle).await.is_success() {
            true => enough = middle,
            false => too_little = middle,
        }
    }
    let outcome = with_fuel(enough).await;
    assert!(outcome.is_success(), "{}", told(&outcome));
    for too_little in [enough - 1, enough / 2, 1, 0] {
        let outcome = with_fuel(too_little).await;
        let Outcome::LimitExceeded {
            limit: LimitKind::Fuel,
            limit_value,
            resources,
            ..
        } = &outcome
        else {
            panic!("{too_little}: {}", told(&outcome));
        };
        assert_eq!(*limit_value, too_little);
        assert_eq!(resources.fuel, Some(too_little), "all of it is used");
    }
    insta::assert_snapshot!(with_fuel(1_000).await.explanation(), @"the code used its 1000 units of fuel; compute less per call, or ask for more `fuel`");
}

/// Time is bounded beside it.
#[tokio::test]
async fn fuel_does_not_replace_time() {
    let spinning = limited("for (;;);", |limits| {
        limits.fuel = Some(u64::MAX);
        limits.wall_time = Duration::from_millis(300);
    });
    let outcome = execute(spinning).await;
    assert!(
        matches!(outcome, Outcome::Timeout { .. }),
        "{}",
        told(&outcome)
    );
}

#[tokio::test]
async fn nothing_is_counted_where_nothing_is_bounded() {
    let outcome = execute(limited("return 1", |_| {})).await;
    assert_eq!(outcome.resources().fuel, None);
}

/// One entry of the cache for each of the two engines.
#[tokio::test]
async fn the_second_engine_is_kept_on_disk() {
    fuel(1).await;
    let names = std::fs::read_dir(cache_dir()).unwrap();
    let names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".cwasm"))
        .collect();
    let engine = blake3::hash(include_bytes!("../../../../../plugins/js-engine.wasm")).to_hex();
    let of_engine = names.iter().filter(|name| name.starts_with(&*engine));
    assert_eq!(of_engine.count(), 2, "{names:?}");
}
