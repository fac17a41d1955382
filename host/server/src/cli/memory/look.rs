//! `vesicle memory search`, `show` and `stats`.

use std::fmt::Write as _;

use vesicle_memory::{
    EpisodeId, StepResult, TaskType,
    memory::{Hit, Query},
};

use super::{Opened, Output, OutputArgs, print, print_json};
use crate::cli::ExitStatus;

/// Characters of a text that a line shows.
const LINE_CHARS_MAX: usize = 100;

/// Find past episodes by meaning and words
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    vesicle memory search \"flaky login test\" --domain web --limit 3\n\n\
    Exit codes:\n  \
    0  an episode was found\n  \
    1  none was, or the memory cannot be read\n  \
    2  bad usage")]
pub struct SearchArgs {
    /// What is looked for
    query: String,

    /// Only episodes of this domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,

    /// Only episodes of this type, such as debugging
    #[arg(long, value_name = "TYPE")]
    task_type: Option<TaskType>,

    /// How many are shown
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,

    #[command(flatten)]
    output: OutputArgs,
}

/// Prints what is found, best first.
pub fn search(args: &SearchArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let query = Query {
        query: args.query.clone(),
        domain: args.domain.clone(),
        task_type: args.task_type,
        limit: Some(args.limit as usize),
        ..Query::default()
    };
    let found = opened.runtime.block_on(opened.memory.query_memory(query))?;
    let is_found = !found.episodes.is_empty();
    match args.output.get() {
        Output::Json => print_json(&found)?,
        Output::Pretty if is_found => {
            let lines: Vec<String> = found.episodes.iter().map(line).collect();
            print(&lines.join("\n"))?;
        }
        Output::Pretty => print("No episode fits.")?,
    }
    Ok(match is_found {
        true => ExitStatus::Success,
        false => ExitStatus::Failure,
    })
}

fn line(hit: &Hit) -> String {
    let episode = &hit.episode;
    let outcome = episode.outcome.as_ref();
    format!(
        "{}  {:.2}  {}  {}: {}",
        episode.episode_id,
        hit.relevance,
        outcome.map_or("open", |outcome| outcome.kind().as_str()),
        episode.context.domain,
        first_line(&episode.task_description)
    )
}

/// The first line of a text, cut to a line of a terminal.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// Show an episode with its steps
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The episode
    #[arg(value_name = "EPISODE")]
    id: EpisodeId,

    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the episode.
pub fn show(args: &ShowArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let episode = opened
        .runtime
        .block_on(opened.memory.get_episode(args.id))?;
    if args.output.get() == Output::Json {
        print_json(&episode)?;
        return Ok(ExitStatus::Success);
    }
    let mut text = format!("{}\n\n", episode.task_description);
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{}, {}, begun {}",
        episode.context.domain,
        episode.task_type,
        episode.start_time.to_rfc3339()
    );
    if !episode.tags.is_empty() {
        let _ = writeln!(text, "tags: {}", episode.tags.join(", "));
    }
    for step in &episode.steps {
        let result = match &step.result {
            None => "pending".to_owned(),
            Some(StepResult::Success { output }) => format!("success: {}", first_line(output)),
            Some(StepResult::Error { message }) => format!("error: {}", first_line(message)),
            Some(StepResult::Timeout) => "timeout".to_owned(),
        };
        let _ = writeln!(
            text,
            "{:>4}  {}  {}\n      {result}",
            step.step_number,
            step.tool,
            first_line(&step.action)
        );
    }
    match &episode.outcome {
        Some(outcome) => {
            let _ = writeln!(text, "{}: {}", outcome.kind().as_str(), outcome.summary());
        }
        None => text.push_str("open\n"),
    }
    if let Some(reward) = &episode.reward {
        let _ = writeln!(text, "reward {:.2}", reward.total);
    }
    print(text.trim_end())?;
    Ok(ExitStatus::Success)
}

/// Show what is kept, and what it takes
#[derive(Debug, clap::Args)]
pub struct StatsArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the counts.
pub fn stats(args: &StatsArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let stats = opened.runtime.block_on(opened.memory.stats())?;
    if args.output.get() == Output::Json {
        print_json(&stats)?;
        return Ok(ExitStatus::Success);
    }
    let store = &stats.store;
    print(&format!(
        "episodes       {}\ncompleted      {}\nsuccessful     {}\nsteps          {}\npatterns       {}\n\
         heuristics     {}\nrelationships  {}\nsessions       {}\nstore          {} ({})\nbytes          {}",
        stats.episodes,
        stats.completed,
        stats.successful,
        stats.steps,
        stats.patterns,
        stats.heuristics,
        stats.relationships,
        stats.sessions,
        store.place,
        store.backend,
        store.bytes
    ))?;
    Ok(ExitStatus::Success)
}
