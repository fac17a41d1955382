//! Out of one memory and into another; backups, and what is let go.

use std::io::BufReader;

use vesicle_memory::memory::{NewRelationship, Query};
use vesicle_memory::transfer::{ImportFormat, ImportSummary, Keep, export, import, prune};
use vesicle_memory::{Direction, Error, ErrorCode, Memory, OutcomeKind, RelationshipType, now};

use crate::shared::*;

fn exported(memory: &Memory) -> Vec<u8> {
    let mut lines = Vec::new();
    export(&**memory.store(), &mut lines, &mut |_, _| {}).unwrap();
    lines
}

fn imported(memory: &Memory, lines: &[u8]) -> Result<ImportSummary, Error> {
    import(
        &**memory.store(),
        &mut BufReader::new(lines),
        ImportFormat::Vesicle,
        &mut |_| {},
    )
}

async fn some(memory: &Memory) {
    for n in 0..5 {
        episode(
            memory,
            &format!("Deploy the shop {n}"),
            &["build", "test", "deploy"],
            OutcomeKind::Success,
        )
        .await;
    }
    let open = create(memory, "修复登录").await;
    step(memory, open, 7, "read", "look").await;
    let other = create(memory, "Another").await;
    let new = NewRelationship {
        from_episode_id: open,
        to_episode_id: other,
        relationship_type: RelationshipType::Follows,
        reason: None,
        priority: None,
        created_by: None,
    };
    memory.add_episode_relationship(new).await.unwrap();
    memory
        .checkpoint_episode(open, "later", None)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_export_makes_the_same_memory_again() {
    let (from, to) = (Scratch::new(), Scratch::new());
    some(&from.memory).await;
    let lines = exported(&from.memory);
    let summary = imported(&to.memory, &lines).unwrap();
    assert_eq!(summary.episodes, 7);
    assert_eq!(exported(&to.memory), lines);
    let hit = to
        .memory
        .query_memory(Query {
            query: "修复".to_owned(),
            domain: Some("web".into()),
            ..Query::default()
        })
        .await
        .unwrap();
    let found = &hit.episodes[0].episode;
    assert_eq!(found.steps[0].step_number, 7);
    let relationships = to
        .memory
        .get_episode_relationships(found.episode_id, Direction::Both, None)
        .await
        .unwrap();
    assert_eq!(relationships.count, 1);
    to.memory
        .get_handoff_pack(found.checkpoints[0].checkpoint_id)
        .await
        .unwrap();
    // The patterns go on from where they were.
    let next = episode(
        &to.memory,
        "Deploy the shop",
        &["build", "test", "deploy"],
        OutcomeKind::Success,
    )
    .await;
    assert!(
        next.patterns
            .iter()
            .any(|pattern| pattern.occurrence_count == 6)
    );
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let (from, to) = (Scratch::new(), Scratch::new());
    some(&from.memory).await;
    let lines = exported(&from.memory);
    imported(&to.memory, &lines).unwrap();
    let again = imported(&to.memory, &lines).unwrap();
    assert_eq!(
        (again.episodes, again.records, again.episodes_unchanged),
        (0, 0, 7)
    );
    assert_eq!(exported(&to.memory), lines);
    let id = found(&to.memory, "修复").await[0];
    step(&to.memory, id, 8, "edit", "more").await;
    let third = imported(&to.memory, &lines).unwrap();
    assert_eq!((third.episodes_different, third.different), (1, vec![id]));
    assert_eq!(
        to.memory.get_episode(id).await.unwrap().steps.len(),
        2,
        "what is there stays"
    );
}

#[tokio::test]
async fn an_export_that_was_cut_off_is_known_by_its_end() {
    let (from, to) = (Scratch::new(), Scratch::new());
    some(&from.memory).await;
    let lines = exported(&from.memory);
    let ends: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .collect();
    let error = imported(&to.memory, &lines[..ends[3]]).unwrap_err();
    insta::assert_snapshot!(error, @"the file ends after line 4 without the line that says how much there is: it was cut off. What came before is kept; get the whole file and import it again");
    assert_eq!(to.memory.stats().await.unwrap().episodes, 3);
    let error = imported(&to.memory, &lines[..ends[4] - 30]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidInput);
    assert!(
        error.to_string().starts_with("line 5: EOF while parsing"),
        "{error}"
    );
    assert_eq!(imported(&to.memory, &lines).unwrap().episodes, 4);
    assert_eq!(exported(&to.memory), lines);
}

#[tokio::test]
async fn lines_that_are_none_name_the_place() {
    let to = Scratch::new();
    let header = r#"{"kind":"header","format":"vesicle-memory","version":1}"#;
    for (lines, expected) in [
        (
            "nonsense".to_owned(),
            "line 1: expected ident at line 1 column 2. What came before is kept",
        ),
        (
            r#"{"kind":"header","format":"other","version":1}"#.to_owned(),
            r#"line 1: the format is "other", and "vesicle-memory" is read. What came before is kept"#,
        ),
        (
            format!(
                "{header}\n\n{{\"kind\":\"record\",\"record\":\"spoon\",\"id\":\"1\",\"body\":1}}"
            ),
            r#"line 3: "spoon" is no kind of record. What came before is kept"#,
        ),
        (
            r#"{"kind":"header","format":"vesicle-memory","version":2}"#.to_owned(),
            "line 1: a newer Vesicle wrote version 2; import it with that one. What came before is kept",
        ),
    ] {
        assert_eq!(
            imported(&to.memory, lines.as_bytes())
                .unwrap_err()
                .to_string(),
            expected
        );
    }
    let latin1 = imported(&to.memory, b"{\"kind\":\"\xe9\"}").unwrap_err();
    assert_eq!(
        latin1.to_string(),
        "line 1: it is not UTF-8. What came before is kept"
    );
    let surrogate = imported(
        &to.memory,
        br#"{"kind":"header","format":"\ud800","version":1}"#,
    )
    .unwrap_err();
    assert_eq!(surrogate.code(), ErrorCode::InvalidInput);
    let long = vec![b' '; vesicle_memory::limits::IMPORT_LINE_BYTES_MAX + 1];
    assert_eq!(
        imported(&to.memory, &long).unwrap_err().code(),
        ErrorCode::LimitExceeded
    );
}

#[tokio::test]
async fn old_episodes_are_let_go() {
    let scratch = Scratch::new();
    some(&scratch.memory).await;
    let store = &**scratch.memory.store();
    let gone =
        |keep, dry_run| prune(store, keep, dry_run, &mut |_, _| {}).map(|pruned| pruned.episodes);
    assert!(gone(Keep::default(), false).is_err());
    let two = Keep {
        newest: Some(2),
        since: None,
    };
    assert_eq!(gone(two, true).unwrap(), 3);
    assert_eq!(gone(two, false).unwrap(), 3);
    assert_eq!(gone(two, false).unwrap(), 0);
    assert_eq!(
        scratch.memory.stats().await.unwrap().episodes,
        4,
        "open ones stay"
    );
    let all = Keep {
        newest: None,
        since: Some(now()),
    };
    assert_eq!(gone(all, false).unwrap(), 2);
    assert!(found(&scratch.memory, "deploy shop").await.is_empty());
    assert!(store.check().unwrap().is_empty());
}
