//! What every store has to do, at its own door.

use vesicle_memory::store::{
    self, Filter, Order, Page, Record, RecordKind, Records, Search, Store,
};
use vesicle_memory::{Complexity, Context, Episode, EpisodeId, Error, Step, TaskType, Time, text};

use crate::shared::Scratch;

pub fn blank(number: u8) -> Episode {
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

pub fn put(store: &dyn Store, episode: &Episode) {
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
