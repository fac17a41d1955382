//! Vectors, searched by the server or by the host.

use vesicle_memory::store::{self, Filter, Search};
use vesicle_memory::{EpisodeId, TaskType};

use crate::shared::*;

/// Vectors of 64 numbers that lie around some directions.
pub fn vector(number: usize) -> Vec<f32> {
    let direction = number % 7;
    let numbers = (0..64).map(|at| {
        let near = if at % 7 == direction { 1.0 } else { 0.0 };
        near + ((number * 31 + at * 17) % 101) as f32 / 400.0
    });
    numbers.collect()
}

pub async fn with_vectors(memory: &vesicle_memory::Memory, count: usize) -> Vec<EpisodeId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let domain = if number % 50 == 0 { "rare" } else { "web" };
        ids.push(create_in(memory, &format!("Task {number}"), domain, TaskType::Testing).await);
    }
    store::write(&**memory.store(), |tx| {
        for (number, id) in ids.iter().enumerate() {
            tx.put_vector(*id, "test/64", &vector(number))?;
        }
        tx.activate_vectors("test/64")
    })
    .unwrap();
    ids
}

/// What is nearest is the same with pgvector and without, with filters that let through much, little and nothing.
#[tokio::test]
async fn the_nearest_are_found_under_every_filter() {
    let scratch = Scratch::new();
    let ids = with_vectors(&scratch.memory, 300).await;
    let store = &**scratch.memory.store();
    let query = vector(3);
    let length = |v: &[f32]| v.iter().map(|n| n * n).sum::<f32>().sqrt();
    let cosine = |v: &[f32]| {
        v.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>() / length(v) / length(&query)
    };
    for (domain, per_channel) in [
        (None, 10),
        (Some("web"), 10),
        (Some("rare"), 4),
        (Some("rare"), 50),
        (Some("none"), 5),
    ] {
        let search = Search {
            vector: Some(("test/64".to_owned(), query.clone())),
            filter: Filter {
                domain: domain.map(str::to_owned),
                ..Filter::default()
            },
            per_channel,
            ..Search::default()
        };
        let mut found = store.search(&search).unwrap();
        found.sort_by(|a, b| b.semantic.unwrap().total_cmp(&a.semantic.unwrap()));
        let fits = |number: &usize| match domain {
            None => true,
            Some("rare") => number.is_multiple_of(50),
            Some("web") => !number.is_multiple_of(50),
            _ => false,
        };
        let mut best: Vec<f32> = (0..300)
            .filter(fits)
            .map(|number| cosine(&vector(number)))
            .collect();
        best.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(found.len(), best.len().min(per_channel), "{domain:?}");
        for (found, best) in found.iter().zip(&best) {
            assert!(
                (found.semantic.unwrap() - best).abs() < 0.02,
                "{domain:?}: {found:?} and {best}"
            );
            assert_eq!(found.vector.len(), 64);
            assert!(ids.contains(&found.id));
        }
    }
}
