//! Lists, counts and searches of a store let through the same.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vesicle_memory::store::{self, DomainGrant, Filter, Order, Page, Search};
use vesicle_memory::{Episode, EpisodeId, Outcome, OutcomeKind, TaskType, Time};

use crate::shared::Scratch;
use crate::store::{blank, put};

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
