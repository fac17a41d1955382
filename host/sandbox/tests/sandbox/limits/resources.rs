//! What a guest is made of. The engine's own need is the edge: one less is too little.

use vesicle_sandbox::{HANDLES_MAX, INSTANCES_MAX, LimitKind, Limits, Outcome, TABLE_ELEMENTS_MAX};

use crate::support::{execute, limited, told};

/// The least that is enough of something, between nothing and `most`. Whatever is too little must
/// be told as `kind`.
async fn edge(kind: LimitKind, most: usize, set: fn(&mut Limits, usize)) -> usize {
    let (mut too_little, mut enough) = (0, most);
    for value in [too_little, enough] {
        assert_eq!(
            fits(kind, set, value).await,
            value == most,
            "{kind:?} {value}"
        );
    }
    while enough - too_little > 1 {
        let middle = (too_little + enough) / 2;
        match fits(kind, set, middle).await {
            true => enough = middle,
            false => too_little = middle,
        }
    }
    enough
}

async fn fits(kind: LimitKind, set: fn(&mut Limits, usize), value: usize) -> bool {
    let outcome = execute(limited("console.log('hello'); return 1", |limits| {
        set(limits, value);
    }))
    .await;
    match &outcome {
        Outcome::Success { .. } => true,
        Outcome::LimitExceeded {
            limit, limit_value, ..
        } if *limit == kind && *limit_value == value as u64 => {
            assert!(outcome.explanation().contains(&format!("its {value} ")));
            false
        }
        _ => panic!("{kind:?} {value}: {}", told(&outcome)),
    }
}

#[tokio::test]
async fn tables() {
    let set = |limits: &mut Limits, value| limits.table_elements = value;
    let needed = edge(LimitKind::TableElements, TABLE_ELEMENTS_MAX, set).await;
    assert!((100..TABLE_ELEMENTS_MAX / 2).contains(&needed), "{needed}");
}

#[tokio::test]
async fn instances() {
    let set = |limits: &mut Limits, value| limits.instances = value;
    let needed = edge(LimitKind::Instances, INSTANCES_MAX, set).await;
    assert!((2..=INSTANCES_MAX).contains(&needed), "{needed}");
}

#[tokio::test]
async fn handles() {
    let set = |limits: &mut Limits, value| limits.handles = value;
    let needed = edge(LimitKind::Handles, HANDLES_MAX, set).await;
    assert!((1..HANDLES_MAX / 8).contains(&needed), "{needed}");
}

#[tokio::test]
async fn what_is_said_of_each() {
    let said = |kind: LimitKind| kind.message(7);
    insta::assert_snapshot!(said(LimitKind::TableElements), @"the code needs a table of more than its 7 elements; ask for a larger `table_elements`");
    insta::assert_snapshot!(said(LimitKind::Instances), @"the code needs more than its 7 core instances; ask for a larger `instances`");
    insta::assert_snapshot!(said(LimitKind::Handles), @"the code holds more than its 7 handles; drop some earlier, or ask for a larger `handles`");
}
