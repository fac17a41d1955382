//! How work of a kind goes: the same language, framework and complexity, in the same domain.

use super::Observation;
use crate::model::{Complexity, Episode, PatternBody};

pub fn observe(episode: &Episode) -> Vec<Observation> {
    let context = &episode.context;
    let complexity = match context.complexity {
        Complexity::Simple => "simple",
        Complexity::Moderate => "moderate",
        Complexity::Complex => "complex",
    };
    let mut features = Vec::new();
    let named = [
        ("language", &context.language),
        ("framework", &context.framework),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            features.push(format!("{name}={}", value.to_lowercase()));
        }
    }
    features.push(format!("complexity={complexity}"));
    let description = format!(
        "{} in {} with {}",
        episode.task_type,
        context.domain,
        features.join(", ")
    );
    vec![Observation::new(
        episode,
        PatternBody::ContextPattern { features },
        description,
    )]
}
