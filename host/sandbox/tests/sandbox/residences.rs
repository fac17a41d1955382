//! Components whose instance stays from one call to the next.

use vesicle_sandbox::{
    Call, CompileLimits, Component, Config, ErrorType, ExecuteError, Limits, Outcome, Residence,
    Sandbox, Val,
};

use crate::support::{cache_dir, sandbox};

/// Counts its calls; fails; takes pages of memory, and says whether there were any.
const COUNTER: &str = r#"(component
  (core module $m
    (memory 1)
    (global $count (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (global.get $count))
    (func (export "fail") unreachable)
    (func (export "take") (param i32) (result i32)
      (i32.ne (memory.grow (local.get 0)) (i32.const -1))))
  (core instance $i (instantiate $m))
  (func (export "next") (result u32) (canon lift (core func $i "next")))
  (func (export "fail") (canon lift (core func $i "fail")))
  (func (export "take") (param "pages" u32) (result bool) (canon lift (core func $i "take"))))"#;

async fn load(sandbox: &Sandbox, text: &str) -> Component {
    let wasm = wat::parse_str(text).unwrap();
    sandbox.load(wasm, CompileLimits::default()).await.unwrap()
}

fn call(component: &Component, name: &str, arguments: Vec<Val>, residence: &Residence) -> Call {
    let function = component.function(None, name).unwrap();
    Call {
        residence: Some(residence.clone()),
        ..Call::new(component, function, arguments)
    }
}

async fn value(call: Call) -> Val {
    match sandbox().await.call(call).await.unwrap() {
        Outcome::Success { mut output, .. } => output.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn memory_is_there_again_until_a_call_traps() {
    let counter = load(&sandbox().await, COUNTER).await;
    let residence = Residence::default();
    let next = || call(&counter, "next", vec![], &residence);
    for expected in 1..=3 {
        assert_eq!(value(next()).await, Val::U32(expected));
    }
    let alone = Call {
        residence: None,
        ..next()
    };
    assert_eq!(value(alone).await, Val::U32(1));
    let fail = call(&counter, "fail", vec![], &residence);
    let failed = sandbox().await.call(fail).await.unwrap();
    let Outcome::Error { error_type, .. } = failed else {
        panic!("it does not fail");
    };
    assert_eq!(error_type, ErrorType::Trap);
    assert!(residence.is_vacant());
    assert_eq!(value(next()).await, Val::U32(1));
}

#[tokio::test]
async fn other_components_and_other_limits_have_other_instances() {
    let counter = load(&sandbox().await, COUNTER).await;
    let other = load(
        &sandbox().await,
        &COUNTER.replace("(memory 1)", "(memory 2)"),
    )
    .await;
    let residence = Residence::default();
    let next = |component| call(component, "next", vec![], &residence);
    assert_eq!(value(next(&counter)).await, Val::U32(1));
    assert_eq!(value(next(&other)).await, Val::U32(1));
    assert_eq!(value(next(&other)).await, Val::U32(2));
    let smaller = |call: Call| Call {
        limits: Limits {
            memory_bytes: 1 << 20,
            ..call.limits
        },
        ..call
    };
    assert_eq!(value(smaller(next(&other))).await, Val::U32(1));
    let sooner = |call: Call| Call {
        limits: Limits {
            wall_time: call.limits.wall_time / 2,
            ..call.limits
        },
        ..call
    };
    let again = sooner(smaller(next(&other)));
    assert_eq!(
        value(again).await,
        Val::U32(2),
        "how long it may take is the call's"
    );
}

#[tokio::test]
async fn all_calls_together_have_the_memory_of_one() {
    let counter = load(&sandbox().await, COUNTER).await;
    let residence = Residence::default();
    let take = |pages| {
        let call = call(&counter, "take", vec![Val::U32(pages)], &residence);
        Call {
            limits: Limits {
                memory_bytes: 4 << 16,
                ..call.limits
            },
            ..call
        }
    };
    assert_eq!(value(take(1)).await, Val::Bool(true));
    assert_eq!(value(take(2)).await, Val::Bool(true));
    // Who was refused memory is in a state that nobody knows, and does not stay.
    assert_eq!(value(take(1)).await, Val::Bool(false));
    assert!(residence.is_vacant());
    assert_eq!(value(take(3)).await, Val::Bool(true));
}

#[tokio::test]
async fn so_many_instances_stay_and_not_one_more() {
    let config = Config {
        cache_dir: Some(cache_dir()),
        concurrency_max: 1,
        residents_max: 2,
        ..Config::default()
    };
    let sandbox = Sandbox::new(config).await.unwrap();
    let counter = load(&sandbox, COUNTER).await;
    let mut places: Vec<Residence> = (0..3).map(|_| Residence::default()).collect();
    let next = |residence: &Residence| sandbox.call(call(&counter, "next", vec![], residence));
    for place in &places[..2] {
        assert!(next(place).await.unwrap().is_success());
    }
    assert!(matches!(
        next(&places[2]).await,
        Err(ExecuteError::Residents { most: 2, .. })
    ));
    // Those that are there go on, and calls that keep nothing have their place.
    assert!(next(&places[0]).await.unwrap().is_success());
    let alone = Call {
        residence: None,
        ..call(&counter, "next", vec![], &places[0])
    };
    assert!(sandbox.call(alone).await.unwrap().is_success());
    places.remove(0);
    assert!(next(&places[1]).await.unwrap().is_success());
}
