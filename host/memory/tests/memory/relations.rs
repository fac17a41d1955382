//! Episodes that have to do with each other, and episodes that are taken up by others.

use vesicle_memory::limits::*;
use vesicle_memory::memory::NewRelationship;
use vesicle_memory::{Direction, EpisodeId, ErrorCode, Memory, OutcomeKind, RelationshipType};

use crate::shared::*;

async fn relate(
    memory: &Memory,
    from: EpisodeId,
    kind: RelationshipType,
    to: EpisodeId,
) -> Result<vesicle_memory::RelationshipId, vesicle_memory::Error> {
    let new = NewRelationship {
        from_episode_id: from,
        to_episode_id: to,
        relationship_type: kind,
        reason: None,
        priority: Some(PRIORITY_MAX),
        created_by: None,
    };
    Ok(memory
        .add_episode_relationship(new)
        .await?
        .relationship
        .relationship_id)
}

#[tokio::test]
async fn relationships_are_kept_once_and_removed() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let (a, b) = (create(memory, "A").await, create(memory, "B").await);
    let id = relate(memory, a, RelationshipType::RelatedTo, b)
        .await
        .unwrap();
    assert_eq!(
        relate(memory, a, RelationshipType::RelatedTo, b)
            .await
            .unwrap(),
        id
    );
    let exists = memory
        .check_relationship_exists(a, b, RelationshipType::RelatedTo)
        .await
        .unwrap();
    assert_eq!(exists.relationship_id, Some(id));
    assert!(
        !memory
            .check_relationship_exists(b, a, RelationshipType::RelatedTo)
            .await
            .unwrap()
            .exists
    );
    for (direction, of_a, of_b) in [
        (Direction::Outgoing, 1, 0),
        (Direction::Incoming, 0, 1),
        (Direction::Both, 1, 1),
    ] {
        assert_eq!(
            memory
                .get_episode_relationships(a, direction, None)
                .await
                .unwrap()
                .count,
            of_a
        );
        assert_eq!(
            memory
                .get_episode_relationships(b, direction, None)
                .await
                .unwrap()
                .count,
            of_b
        );
    }
    assert_eq!(
        memory
            .find_related_episodes(b, None, 10)
            .await
            .unwrap()
            .related[0]
            .episode_id,
        a
    );
    assert!(
        relate(memory, a, RelationshipType::RelatedTo, a)
            .await
            .is_err()
    );
    assert_eq!(
        relate(memory, a, RelationshipType::Follows, EpisodeId::new())
            .await
            .unwrap_err()
            .code(),
        ErrorCode::NotFound
    );
    memory.remove_episode_relationship(id).await.unwrap();
    assert_eq!(
        memory
            .remove_episode_relationship(id)
            .await
            .unwrap_err()
            .code(),
        ErrorCode::NotFound
    );
    relate(memory, a, RelationshipType::RelatedTo, b)
        .await
        .unwrap();
    memory.delete_episode(a, true).await.unwrap();
    assert_eq!(
        memory
            .get_episode_relationships(b, Direction::Both, None)
            .await
            .unwrap()
            .count,
        0
    );
}

#[tokio::test]
async fn graphs_have_no_circles_and_an_order() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(create(memory, name).await);
    }
    let [a, b, c, d] = ids[..] else {
        unreachable!()
    };
    for (from, to) in [(a, b), (b, c), (a, d), (d, c)] {
        relate(memory, from, RelationshipType::DependsOn, to)
            .await
            .unwrap();
    }
    let error = relate(memory, c, RelationshipType::DependsOn, a)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Conflict);
    relate(memory, c, RelationshipType::RelatedTo, a)
        .await
        .unwrap();
    let check = memory.validate_no_cycles(a, None).await.unwrap();
    assert_eq!((check.has_cycle, check.episodes_checked), (false, 4));
    let circle = memory
        .validate_no_cycles(a, Some(RelationshipType::RelatedTo))
        .await
        .unwrap();
    assert!(!circle.has_cycle);
    relate(memory, a, RelationshipType::RelatedTo, c)
        .await
        .unwrap();
    let circle = memory
        .validate_no_cycles(a, Some(RelationshipType::RelatedTo))
        .await
        .unwrap();
    assert!(circle.has_cycle);
    let mut path = circle.cycle_path.clone();
    path.sort();
    assert_eq!(path, [a, c]);
    let order = memory.get_topological_order(vec![a]).await.unwrap().order;
    let place = |id| order.iter().position(|&known| known == id).unwrap();
    assert_eq!(order.len(), 4);
    assert!(
        place(c) < place(b) && place(c) < place(d) && place(b) < place(a) && place(d) < place(a)
    );
    let graph = memory.get_dependency_graph(b, 1).await.unwrap();
    let mut near: Vec<_> = graph.nodes.iter().map(|node| node.episode_id).collect();
    near.sort();
    assert_eq!(near, [a, b, c]);
    assert!(
        graph
            .to_dot()
            .contains(&format!("\"{a}\" -> \"{b}\" [label=\"depends_on\"]"))
    );
    for (depth, is_taken) in [
        (0, false),
        (1, true),
        (GRAPH_DEPTH_MAX, true),
        (GRAPH_DEPTH_MAX + 1, false),
    ] {
        assert_eq!(
            memory.get_dependency_graph(a, depth).await.is_ok(),
            is_taken
        );
    }
}

#[tokio::test]
async fn a_handoff_pack_is_taken_as_it_is_given() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let id = create(memory, "Fix the login").await;
    step(memory, id, 1, "read", "look").await;
    fail(memory, id, 2, "edit", "permission denied").await;
    let made = memory
        .checkpoint_episode(id, "end of the day", Some("ask Ann"))
        .await
        .unwrap();
    step(memory, id, 3, "edit", "after the checkpoint").await;
    assert_eq!(made.step_number, 2);
    let pack = scratch
        .again()
        .get_handoff_pack(made.checkpoint_id)
        .await
        .unwrap();
    assert_eq!(pack.steps_completed.len(), 2);
    assert_eq!(pack.what_failed, ["edit: try it (permission denied)"]);
    assert_eq!(
        pack.suggested_next_steps,
        [
            "overcome the failure of step 2 with edit",
            "go on with step 3"
        ]
    );
    let json = serde_json::to_value(&pack).unwrap();
    let resumed = memory
        .resume_from_handoff(serde_json::from_value(json).unwrap())
        .await
        .unwrap();
    assert!(resumed.is_same_episode);
    assert_eq!((resumed.episode_id, resumed.next_step_number), (id, 4));
    complete(memory, id, OutcomeKind::Failure).await;
    assert!(memory.checkpoint_episode(id, "late", None).await.is_err());
    let anew = memory.resume_from_handoff(pack).await.unwrap();
    assert!(!anew.is_same_episode);
    let episode = memory.get_episode(anew.episode_id).await.unwrap();
    assert_eq!(episode.task_description, "Fix the login");
    assert_eq!(episode.metadata["resumed_from_episode"], id.to_string());
}

#[tokio::test]
async fn checkpoints_have_bounds() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    let reason = "r".repeat(CHECKPOINT_REASON_BYTES_MAX);
    let note = "n".repeat(CHECKPOINT_NOTE_BYTES_MAX);
    for (reason, note, is_taken) in [
        (reason.clone(), note.clone(), true),
        (format!("{reason}r"), note.clone(), false),
        (reason, format!("{note}n"), false),
    ] {
        assert_eq!(
            scratch
                .memory
                .checkpoint_episode(id, &reason, Some(&note))
                .await
                .is_ok(),
            is_taken
        );
    }
    for _ in 1..CHECKPOINTS_MAX {
        scratch
            .memory
            .checkpoint_episode(id, "again", None)
            .await
            .unwrap();
    }
    let error = scratch
        .memory
        .checkpoint_episode(id, "again", None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::LimitExceeded);
}
