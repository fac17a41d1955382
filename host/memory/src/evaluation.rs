//! What a memory is worth, measured on runs whose outcome is known: are the other runs of a task found by its text, do
//! successes stand before failures, do patterns tell one from the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::embeddings::EmbeddingRules;
use crate::limits::{PATTERN_SEARCH_MAX, QUERY_LIMIT_MAX};
use crate::memory::{AnalyzePatterns, ConfigureEmbeddings, Query};
use crate::transfer::{self, ImportFormat};
use crate::{Episode, Error, Memory, Pattern, PatternBody, Result, SqliteOptions, SqliteStore};

/// Hits that recall counts.
const FIRST: usize = 5;
/// Hits among which successes and failures of a task are compared.
const COMPARED: usize = 50;
/// Parts of the tasks, of which each is held out once.
const FOLDS: usize = 5;

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// What the texts were embedded with.
    pub embeddings: String,
    /// How many runs there are.
    pub runs: usize,
    /// Of how many tasks.
    pub tasks: usize,
    /// Of the other trials of a task, the share among the first five hits.
    pub recall_at_5: f64,
    /// The mean of one by the place of the first other trial.
    pub mrr: f64,
    /// How often a success of a task stands before a failure of it.
    pub success_first_auc: f64,
    /// How often a success of a held-out task has better patterns than a failure of one.
    pub held_out_patterns_auc: f64,
}

/// Measures on these runs of tau-bench, a JSON object a line, in new memories in this directory. Each run's text is a query,
/// of which the run itself is left out. `shown` is told how many texts are embedded, and of how many.
///
/// # Errors
/// A line is no run, the embeddings are not what they must be or fail, or a store failed.
pub async fn evaluate(
    text: &str,
    directory: &Path,
    embeddings: Option<ConfigureEmbeddings>,
    shown: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Evaluation> {
    let memory = imported(text, &directory.join("all.db"))?;
    if let Some(wanted) = embeddings {
        let rules = EmbeddingRules::default();
        memory.configure_embeddings(wanted, &rules).await?;
        memory.embed_all(shown).await?;
    }
    let episodes = all(&memory).await?;
    let mut trials: BTreeMap<&str, Vec<&Episode>> = BTreeMap::new();
    for episode in &episodes {
        trials.entry(task(episode)).or_default().push(episode);
    }
    let (mut recalls, mut reciprocals) = (Vec::new(), Vec::new());
    let mut pairs = Pairs::default();
    for episode in &episodes {
        let query = Query {
            query: episode.task_description.clone(),
            limit: Some(COMPARED + 1),
            ..Query::default()
        };
        let mut hits = memory.query_memory(query).await?.episodes;
        hits.retain(|hit| hit.episode.episode_id != episode.episode_id);
        let is_other = |hit: &Episode| task(hit) == task(episode);
        let others = trials
            .get(task(episode))
            .map_or(0, Vec::len)
            .saturating_sub(1);
        let first = hits.iter().take(FIRST);
        let found = first.filter(|hit| is_other(&hit.episode)).count();
        if others > 0 {
            recalls.push(found as f64 / others.min(FIRST) as f64);
            let place = hits.iter().position(|hit| is_other(&hit.episode));
            reciprocals.push(place.map_or(0.0, |place| 1.0 / (place + 1) as f64));
        }
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for (place, hit) in hits.iter().enumerate() {
            match (is_other(&hit.episode), is_success(&hit.episode)) {
                (true, true) => good.push(-(place as f64)),
                (true, false) => bad.push(-(place as f64)),
                (false, _) => {}
            }
        }
        pairs.compare(&good, &bad);
    }
    let tasks = trials.len();
    Ok(Evaluation {
        embeddings: memory.embeddings().key(),
        runs: episodes.len(),
        tasks,
        recall_at_5: mean(&recalls),
        mrr: mean(&reciprocals),
        success_first_auc: pairs.auc(),
        held_out_patterns_auc: held_out(text, &episodes, directory).await?,
    })
}

/// How well patterns of other tasks tell the successes of held-out tasks from their failures.
async fn held_out(text: &str, episodes: &[Episode], directory: &Path) -> Result<f64> {
    let tasks: BTreeSet<&str> = episodes.iter().map(task).collect();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for fold in 0..FOLDS {
        let held: BTreeSet<&str> = tasks.iter().copied().skip(fold).step_by(FOLDS).collect();
        let mut kept = String::new();
        for line in text.lines() {
            let run: Run = serde_json::from_str(line).map_err(|error| {
                Error::Invalid(format!("a line is no run of tau-bench: {error}"))
            })?;
            if !held.contains(run.task_id.to_string().as_str()) {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        let memory = imported(&kept, &directory.join(format!("{fold}.db")))?;
        let patterns = patterns(&memory, episodes).await?;
        let held = episodes
            .iter()
            .filter(|episode| held.contains(task(episode)));
        for episode in held {
            let Some(score) = score(episode, &patterns) else {
                continue;
            };
            match is_success(episode) {
                true => good.push(score),
                false => bad.push(score),
            }
        }
    }
    let mut pairs = Pairs::default();
    pairs.compare(&good, &bad);
    Ok(pairs.auc())
}

#[derive(Deserialize)]
struct Run {
    task_id: i64,
}

fn imported(text: &str, file: &Path) -> Result<Memory> {
    let store = Arc::new(SqliteStore::open(file, &SqliteOptions::default())?);
    let format = ImportFormat::TauBench;
    transfer::import(&*store, &mut text.as_bytes(), format, &mut |_| {})?;
    Memory::new(store)
}

async fn all(memory: &Memory) -> Result<Vec<Episode>> {
    let query = Query {
        limit: Some(QUERY_LIMIT_MAX),
        ..Query::default()
    };
    let hits = memory.query_memory(query).await?.episodes;
    Ok(hits.into_iter().map(|hit| hit.episode).collect())
}

async fn patterns(memory: &Memory, episodes: &[Episode]) -> Result<Vec<Pattern>> {
    let mut found = Vec::new();
    let types: BTreeSet<_> = episodes.iter().map(|episode| episode.task_type).collect();
    for task_type in types {
        let asked = AnalyzePatterns {
            task_type,
            min_success_rate: Some(0.0),
            limit: Some(PATTERN_SEARCH_MAX),
        };
        found.extend(memory.analyze_patterns(asked).await?.patterns);
    }
    Ok(found)
}

/// The mean share of successes of the tool sequences that an episode shows; none where it shows none.
fn score(episode: &Episode, patterns: &[Pattern]) -> Option<f64> {
    let tools: Vec<&str> = episode
        .steps
        .iter()
        .map(|step| step.tool.as_str())
        .collect();
    let shown = patterns.iter().filter(|pattern| match &pattern.body {
        PatternBody::ToolSequence { tools: sequence } => {
            let mut windows = tools.windows(sequence.len().max(1));
            windows.any(|window| window.iter().eq(sequence))
        }
        _ => false,
    });
    let rates: Vec<f64> = shown.map(|pattern| pattern.success_rate).collect();
    (!rates.is_empty()).then(|| mean(&rates))
}

fn task(episode: &Episode) -> &str {
    episode.metadata.get("task_id").map_or("", String::as_str)
}

fn is_success(episode: &Episode) -> bool {
    let outcome = episode.outcome.as_ref();
    outcome.is_some_and(|outcome| outcome.kind().is_successful())
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// Pairs of a success and a failure, and how often the success has more.
#[derive(Default)]
struct Pairs {
    all: f64,
    right: f64,
}

impl Pairs {
    fn compare(&mut self, good: &[f64], bad: &[f64]) {
        for one in good {
            for other in bad {
                self.all += 1.0;
                self.right += match one.total_cmp(other) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
    }

    fn auc(&self) -> f64 {
        self.right / self.all.max(1.0)
    }
}
