//! What every store has to do, at its own door.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vesicle_memory::store::{
    self, DomainGrant, Filter, Order, Page, Record, RecordKind, Records, Search, Store,
};
use vesicle_memory::{
    Complexity, Context, Episode, EpisodeId, Error, Outcome, OutcomeKind, Step, TaskType, Time,
    text,
};

use crate::shared::Scratch;

fn blank(number: u8) -> Episode {
    let start_time = Time::from_timestamp(1_700_000_000 + i64::from(number), 0).unwrap();
    Episode {
        episode_id: EpisodeId::of(&number.to_string()),
        task_type: TaskType::Testing,
        task_description: format!("task number{number}"),
        context: Context {
            domain: "web".to_owned(),
            complexity: Complexity::Moderate,
            ..Context::default()
        },
        start_time,
        end_time: None,
        steps: Vec::new(),
        outcome: None,
        reward: None,
        reflection: None,
        patterns: Vec::new(),
        heuristics: Vec::new(),
        applied_patterns: Vec::new(),
        metadata: Default::default(),
        tags: Vec::new(),
        checkpoints: Vec::new(),
        salient_features: None,
        quality_score: None,
    }
}

fn step(number: u32) -> Step {
    Step {
        step_number: number,
        timestamp: Time::from_timestamp(1_700_000_000, 0).unwrap(),
        tool: "read".to_owned(),
        action: "look".to_owned(),
        parameters: Default::default(),
        result: None,
        latency_ms: None,
        tokens_used: None,
    }
}

fn put(store: &dyn Store, episode: &Episode) {
    store::write(store, |tx| {
        tx.put_episode(episode)?;
        tx.put_document(episode.episode_id, &text::document(episode))
    })
    .unwrap();
}

#[test]
fn a_write_that_fails_leaves_nothing() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    put(store, &blank(1));
    let failed = store::write(store, |tx| {
        tx.put_episode(&blank(2))?;
        tx.put_steps(blank(1).episode_id, &[step(1)])?;
        tx.delete_episode(blank(1).episode_id)?;
        Err::<(), _>(Error::Invalid("no".to_owned()))
    });
    assert_eq!(failed.unwrap_err().to_string(), "no");
    store::read(store, |tx| {
        assert!(tx.episode(blank(1).episode_id)?.is_some());
        assert!(tx.episode(blank(2).episode_id)?.is_none());
        assert!(tx.steps(blank(1).episode_id)?.is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_write_that_panics_leaves_nothing_and_the_store_goes_on() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = store::write(store, |tx| -> vesicle_memory::Result<()> {
            tx.put_episode(&blank(1))?;
            panic!("on purpose");
        });
    }));
    assert!(panicked.is_err());
    put(store, &blank(2));
    store::read(store, |tx| {
        assert!(tx.episode(blank(1).episode_id)?.is_none());
        assert!(tx.episode(blank(2).episode_id)?.is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_that_fails_among_many_does_not_take_the_others_along() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    std::thread::scope(|scope| {
        for number in 0..40 {
            scope.spawn(move || {
                let done = store::write(store, |tx| {
                    tx.put_episode(&blank(number))?;
                    if number % 3 == 0 {
                        Err(Error::Invalid("no".to_owned()))
                    } else {
                        Ok(())
                    }
                });
                assert_eq!(done.is_ok(), number % 3 != 0);
            });
        }
    });
    let there = store::read(store, |tx| {
        tx.list(&Filter::default(), Order::Oldest, Page::ALL)
    })
    .unwrap();
    let expected: Vec<_> = (0..40)
        .filter(|number| number % 3 != 0)
        .map(|number| blank(number).episode_id)
        .collect();
    assert_eq!(there, expected);
}

#[test]
fn steps_are_counted_with_their_bytes() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    put(store, &blank(1));
    let id = blank(1).episode_id;
    let standing = || store::read(store, |tx| tx.standing(id)).unwrap().unwrap();
    let empty = standing();
    assert_eq!((empty.steps, empty.completed), (0, false));
    let json = serde_json::to_string(&step(1)).unwrap().len();
    for number in [2, 1, 2] {
        store::write(store, |tx| tx.put_steps(id, &[step(number)])).unwrap();
    }
    assert_eq!(standing().steps, 2);
    assert_eq!(standing().bytes, empty.bytes + 2 * json);
    store::write(store, |tx| {
        tx.put_steps(
            id,
            &[Step {
                tool: "read more".to_owned(),
                ..step(2)
            }],
        )
    })
    .unwrap();
    assert_eq!(standing().bytes, empty.bytes + 2 * json + 5);
    let steps = store::read(store, |tx| tx.steps(id)).unwrap();
    assert_eq!(
        steps
            .iter()
            .map(|step| step.step_number)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    let missing = store::write(store, |tx| tx.put_steps(EpisodeId::new(), &[step(1)]));
    assert!(missing.is_err());
}

#[test]
fn records_are_listed_by_what_they_hang_on() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    let record = |id: &str, a: &str, b: &str| Record {
        kind: RecordKind::Relationship,
        id: id.to_owned(),
        a: a.to_owned(),
        b: b.to_owned(),
        body: format!("{{\"id\":\"{id}\"}}"),
    };
    store::write(store, |tx| {
        for record in [
            record("3", "x", "y"),
            record("1", "x", "z"),
            record("2", "y", "y"),
        ] {
            tx.put_record(&record)?;
        }
        Ok(())
    })
    .unwrap();
    let all = Records::all(RecordKind::Relationship);
    let ids = |wanted: &Records<'_>| {
        let records = store::read(store, |tx| tx.records(wanted)).unwrap();
        records
            .into_iter()
            .map(|record| record.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&all), ["1", "2", "3"]);
    assert_eq!(ids(&all.with_a("x")), ["1", "3"]);
    assert_eq!(ids(&all.with_b("y")), ["2", "3"]);
    assert_eq!(ids(&all.with_a("x").with_b("y")), ["3"]);
    assert_eq!(
        ids(&Records {
            after: Some("1"),
            limit: 1,
            ..all
        }),
        ["2"]
    );
    assert!(ids(&Records::all(RecordKind::Session)).is_empty());
    let (count, seq) = store::read(store, |tx| tx.count_records(&all)).unwrap();
    assert_eq!(count, 3);
    store::write(store, |tx| tx.put_record(&record("2", "new", "y"))).unwrap();
    assert_eq!(
        ids(&Records {
            since: Some(seq),
            ..all
        }),
        ["2"]
    );
    assert!(store::write(store, |tx| tx.delete_record(RecordKind::Relationship, "2")).unwrap());
    assert!(!store::write(store, |tx| tx.delete_record(RecordKind::Relationship, "2")).unwrap());
    assert_eq!(ids(&all), ["1", "3"]);
}

#[test]
fn vectors_of_one_key_are_never_mixed_with_others() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    put(store, &blank(1));
    let id = blank(1).episode_id;
    store::write(store, |tx| {
        tx.put_vector(id, "old/2", &[1.0, 0.0])?;
        tx.put_vector(id, "new/3", &[0.0, 0.6, 0.8])?;
        tx.activate_vectors("old/2")
    })
    .unwrap();
    let cosine = |key: &str, vector: &[f32]| {
        let search = Search {
            vector: Some((key.to_owned(), vector.to_vec())),
            per_channel: 5,
            ..Search::default()
        };
        store
            .search(&search)
            .unwrap()
            .first()
            .and_then(|found| found.semantic)
    };
    assert!(cosine("old/2", &[1.0, 0.0]).unwrap() > 0.99);
    assert_eq!(cosine("new/3", &[0.0, 0.6, 0.8]), None);
    // Activation drops what is of other keys; what is of the new one must have been kept with the old one active.
    store::write(store, |tx| {
        tx.put_vector(id, "new/3", &[0.0, 0.6, 0.8])?;
        tx.activate_vectors("new/3")
    })
    .unwrap();
    assert!(cosine("new/3", &[0.0, 0.6, 0.8]).unwrap() > 0.99);
    assert_eq!(cosine("old/2", &[1.0, 0.0]), None);
    assert_eq!(
        store::read(store, |tx| tx.without_vector("new/3", 5)).unwrap(),
        []
    );
    assert_eq!(
        store::read(store, |tx| tx.without_vector("old/2", 5)).unwrap(),
        [id]
    );
    store::write(store, |tx| tx.drop_vectors(id)).unwrap();
    assert_eq!(cosine("new/3", &[0.0, 0.6, 0.8]), None);
}

#[test]
fn words_that_are_like_another_are_found() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    put(
        store,
        &Episode {
            task_description: "configure the parser".to_owned(),
            ..blank(1)
        },
    );
    assert!(
        store
            .similar_words("confgur", 10)
            .unwrap()
            .contains(&"configur".to_owned())
    );
    assert!(store.similar_words("\"*", 10).unwrap().is_empty());
    let known = store
        .frequencies(&["configur".to_owned(), "zebra".to_owned()])
        .unwrap();
    assert_eq!(known.documents_with, [1, 0]);
    assert_eq!(known.documents, 1);
}

/// What a filter and the orders mean, said once more in the simplest way.
fn expected(episodes: &[Episode], filter: &Filter, order: Order) -> Vec<EpisodeId> {
    let fits = |episode: &&Episode| {
        let kind = episode.outcome.as_ref().map(Outcome::kind);
        let tags: BTreeSet<_> = episode.tags.iter().collect();
        let has_tags = if filter.any_tag && !filter.tags.is_empty() {
            filter.tags.iter().any(|tag| tags.contains(tag))
        } else {
            filter.tags.iter().all(|tag| tags.contains(tag))
        };
        has_tags
            && filter
                .granted
                .as_ref()
                .is_none_or(|granted| granted.allows(&episode.context.domain))
            && filter
                .domain
                .as_ref()
                .is_none_or(|domain| *domain == episode.context.domain)
            && filter
                .task_type
                .is_none_or(|wanted| wanted == episode.task_type)
            && filter
                .completed
                .is_none_or(|wanted| wanted == kind.is_some())
            && (filter.outcomes.is_empty()
                || kind.is_some_and(|kind| filter.outcomes.contains(&kind)))
            && filter.from.is_none_or(|from| episode.start_time >= from)
            && filter.until.is_none_or(|until| episode.start_time < until)
    };
    let mut fitting: Vec<&Episode> = episodes.iter().filter(fits).collect();
    fitting.sort_by(|a, b| {
        let newest = (b.start_time, b.episode_id).cmp(&(a.start_time, a.episode_id));
        match order {
            Order::Newest | Order::Reward => newest,
            Order::Oldest => newest.reverse(),
            Order::Duration => {
                let duration = |episode: &Episode| {
                    episode
                        .duration_seconds()
                        .map_or(i64::MAX, |seconds| seconds as i64)
                };
                duration(a)
                    .cmp(&duration(b))
                    .then(b.episode_id.cmp(&a.episode_id))
            }
        }
    });
    fitting
        .into_iter()
        .map(|episode| episode.episode_id)
        .collect()
}

fn episodes() -> impl Strategy<Value = Vec<Episode>> {
    let one = (0..3_usize, 0..3_usize, 0..4_usize, 0..8_u8, 0..100_i64);
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let all = all.into_iter().zip(0..).map(
            |((domain, task_type, outcome, tags, seconds), number)| {
                let mut episode = blank(number);
                episode.context.domain = ["web-a", "web-b", "WEB-c"][domain].to_owned();
                episode.task_type = TaskType::ALL[task_type];
                episode.start_time = Time::from_timestamp(1_700_000_000 + seconds / 10, 0).unwrap();
                episode.outcome = match outcome {
                    0 => None,
                    1 => Some(Outcome::Success {
                        verdict: "x".to_owned(),
                        artifacts: Vec::new(),
                    }),
                    2 => Some(Outcome::Failure {
                        reason: "x".to_owned(),
                        error_details: None,
                    }),
                    _ => Some(Outcome::Abstained {
                        reason: "x".to_owned(),
                    }),
                };
                episode.end_time = episode
                    .outcome
                    .as_ref()
                    .map(|_| episode.start_time + chrono::TimeDelta::seconds(seconds % 7));
                let names = ["t0", "t1", "t2"]
                    .into_iter()
                    .enumerate()
                    .filter(|(bit, _)| tags & (1 << bit) != 0);
                episode.tags = names.map(|(_, name)| name.to_owned()).collect();
                episode
            },
        );
        all.collect()
    })
}

fn filters() -> impl Strategy<Value = Filter> {
    let tags = prop::sample::subsequence(
        vec!["t0".to_owned(), "t1".to_owned(), "t9".to_owned()],
        0..3,
    );
    let granted = prop::option::of(prop::sample::subsequence(
        vec!["web-*".to_owned(), "WEB-c".to_owned()],
        0..3,
    ));
    let domain = prop::option::of(prop::sample::select(vec![
        "web-a".to_owned(),
        "web-A".to_owned(),
    ]));
    let outcomes =
        prop::sample::subsequence(vec![OutcomeKind::Success, OutcomeKind::Failure], 0..3);
    let times = (prop::option::of(0..10_i64), prop::option::of(0..10_i64));
    let rest = (
        prop::option::of(0..3_usize),
        any::<bool>(),
        prop::option::of(any::<bool>()),
        times,
    );
    (tags, granted, domain, outcomes, rest).prop_map(
        |(tags, granted, domain, outcomes, (task_type, any_tag, completed, (from, until)))| {
            let time = |seconds: i64| Time::from_timestamp(1_700_000_000 + seconds, 0).unwrap();
            Filter {
                granted: granted.map(DomainGrant::new),
                domain,
                task_type: task_type.map(|at| TaskType::ALL[at]),
                tags,
                any_tag,
                outcomes,
                completed,
                from: from.map(time),
                until: until.map(time),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Lists, counts and searches let through the same.
    #[test]
    fn filters_mean_the_same_everywhere(episodes in episodes(), filters in prop::collection::vec(filters(), 8)) {
        let scratch = Scratch::new();
        let store = &**scratch.memory.store();
        for episode in &episodes {
            put(store, episode);
        }
        for filter in filters {
            for order in [Order::Newest, Order::Oldest, Order::Duration, Order::Reward] {
                let listed = store::read(store, |tx| tx.list(&filter, order, Page::ALL)).unwrap();
                if order == Order::Reward {
                    prop_assert_eq!(listed.len(), expected(&episodes, &filter, order).len());
                } else {
                    prop_assert_eq!(listed, expected(&episodes, &filter, order));
                }
            }
            let mut wanted = expected(&episodes, &filter, Order::Newest);
            wanted.sort();
            prop_assert_eq!(store.count(&filter).unwrap(), wanted.len() as u64);
            prop_assert_eq!(store::read(store, |tx| tx.totals(&filter)).unwrap().episodes, wanted.len() as u64);
            for words in [vec![], vec![("task".to_owned(), 1.0)]] {
                let search = Search { words, filter: filter.clone(), per_channel: 100, vector: None };
                let mut found: Vec<_> = store.search(&search).unwrap().into_iter().map(|found| found.id).collect();
                found.sort();
                prop_assert_eq!(&found, &wanted);
            }
        }
    }
}
