//! What narrows a query, and in which order hits are given.

use vesicle_memory::memory::{NewEpisode, NewStep, Query, SemanticQuery, Sort};
use vesicle_memory::store::DomainGrant;
use vesicle_memory::{ErrorCode, OutcomeKind, TaskType};

use crate::shared::*;

#[tokio::test]
async fn filters_are_filters() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let web = create_in(memory, "Fix the login", "web", TaskType::Debugging).await;
    let mut new = NewEpisode::new("Fix the login", "cli", TaskType::Testing);
    new.tags = vec!["red".to_owned(), "blue".to_owned()];
    let cli = memory.create_episode(new).await.unwrap().episode_id;
    complete(memory, cli, OutcomeKind::Success).await;
    let query = async |change: fn(&mut Query)| {
        let mut query = Query {
            query: "fix the login".to_owned(),
            ..Query::default()
        };
        change(&mut query);
        let found = memory.query_memory(query).await.unwrap();
        found
            .episodes
            .iter()
            .map(|hit| hit.episode.episode_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(query(|_| {}).await.len(), 2);
    assert_eq!(
        query(|query| query.domain = Some("web".to_owned())).await,
        [web]
    );
    assert_eq!(
        query(|query| query.domain = Some("WEB".to_owned())).await,
        []
    );
    assert_eq!(
        query(|query| query.task_type = Some(TaskType::Testing)).await,
        [cli]
    );
    assert_eq!(
        query(|query| query.tags = vec!["red".into(), "blue".into()]).await,
        [cli]
    );
    assert_eq!(
        query(|query| query.tags = vec!["red".into(), "green".into()]).await,
        []
    );
    assert_eq!(query(|query| query.successful = true).await, [cli]);
}

#[tokio::test]
async fn a_grant_hides_all_other_domains() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let web = create_in(memory, "Fix the login", "web-shop", TaskType::Debugging).await;
    let secret = create_in(memory, "Fix the login", "payroll", TaskType::Debugging).await;
    let narrow = memory.granted(DomainGrant::new(vec!["web-*".to_owned()]));
    assert_eq!(found(&narrow, "fix the login").await, [web]);
    assert_eq!(found(&narrow, "").await, [web]);
    assert_eq!(
        narrow.get_episode(secret).await.unwrap_err().code(),
        ErrorCode::NotFound
    );
    assert_eq!(
        narrow.bulk_episodes(vec![secret]).await.unwrap().missing,
        [secret]
    );
    let error = narrow
        .add_episode_step(NewStep::new(secret, 1, "x", "y"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound);
    assert!(
        narrow
            .complete_episode(outcome(secret, OutcomeKind::Success))
            .await
            .is_err()
    );
    assert!(narrow.delete_episode(secret, true).await.is_err());
    let error = narrow
        .create_episode(NewEpisode::new("x", "payroll", TaskType::Debugging))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @r#"the domain "payroll" is not granted here; take one of web-*"#);
    let insights = narrow
        .query_memory(Query::default())
        .await
        .unwrap()
        .insights;
    assert_eq!(insights.total_episodes, 1);
}

#[tokio::test]
async fn limits_have_bounds() {
    let scratch = Scratch::new();
    create(&scratch.memory, "Fix the login").await;
    for (limit, is_taken) in [(0, false), (1, true), (1000, true), (1001, false)] {
        let query = Query {
            query: "login".to_owned(),
            limit: Some(limit),
            ..Query::default()
        };
        let found = scratch.memory.query_memory(query).await;
        assert_eq!(found.is_ok(), is_taken, "{limit}");
    }
    let query = Query {
        limit: Some(0),
        ..Query::default()
    };
    insta::assert_snapshot!(scratch.memory.query_memory(query).await.unwrap_err(), @"limit is 0; send a number from 1 to 1000");
}

#[tokio::test]
async fn hits_can_be_sorted() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let failed = episode(
        memory,
        "Fix the login page",
        &["read"],
        OutcomeKind::Failure,
    )
    .await
    .episode_id;
    let good = episode(
        memory,
        "Fix the login form",
        &["read"],
        OutcomeKind::Success,
    )
    .await
    .episode_id;
    let sorted = async |sort| {
        let query = Query {
            query: "fix the login".to_owned(),
            sort,
            ..Query::default()
        };
        let found = memory.query_memory(query).await.unwrap();
        found
            .episodes
            .iter()
            .map(|hit| hit.episode.episode_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(sorted(Sort::Newest).await, [good, failed]);
    assert_eq!(sorted(Sort::Oldest).await, [failed, good]);
    assert_eq!(sorted(Sort::Success).await, [good, failed]);
}

#[tokio::test]
async fn the_threshold_of_likeness_is_kept() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let id = create(memory, "Fix the flaky login test").await;
    create(memory, "Draw a chart of sales").await;
    let query = async |text: &str, threshold| {
        let query = SemanticQuery {
            query: text.to_owned(),
            limit: None,
            similarity_threshold: Some(threshold),
            domain: None,
            task_type: None,
        };
        memory.query_semantic_memory(query).await
    };
    let exact = query("Fix the flaky login test", 0.95).await.unwrap();
    assert_eq!(exact.results.len(), 1);
    assert_eq!(exact.results[0].episode_id, id);
    assert_eq!(exact.provider, "builtin");
    assert!(
        query("flaky test of something", 0.95)
            .await
            .unwrap()
            .results
            .is_empty()
    );
    assert!(
        !query("flaky test of something", 0.2)
            .await
            .unwrap()
            .results
            .is_empty()
    );
    assert!(query("x", 1.1).await.is_err());
}
