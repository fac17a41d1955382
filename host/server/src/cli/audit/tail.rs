//! `vesicle audit tail`.

use std::{
    collections::VecDeque,
    io::{self, Write},
    path::PathBuf,
    thread,
    time::Duration,
};

use clap::builder::styling::{AnsiColor, Style};
use serde_json::Value;
use vesicle::audit::{self, TableReader, TableTail};

use super::{ExitStatus, GlobalArgs, Place as LogPlace, place};
use crate::terminal;

/// How often the log is looked at with `--follow`.
const INTERVAL: Duration = Duration::from_millis(200);
/// How often a database is.
const TABLE_INTERVAL: Duration = Duration::from_secs(1);
/// The most lines that can be asked for; they are held in memory.
const LINES_MAX: u32 = 100_000;

/// Print the newest lines
#[derive(Debug, clap::Args)]
pub struct TailArgs {
    /// How many
    #[arg(
        short = 'n',
        long,
        value_name = "COUNT",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(..=i64::from(LINES_MAX))
    )]
    lines: u32,

    /// Go on with the lines that are added, until Ctrl-C
    #[arg(short, long)]
    follow: bool,

    /// Print the lines as they are, in JSON
    #[arg(long)]
    json: bool,

    /// Where the log is [default: as `audit.dir` has it]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints them.
pub fn run(args: &TailArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let dir = match place(args.dir.as_ref(), global)? {
        LogPlace::Directory(dir) => dir,
        LogPlace::Table(table) => return of_table(args, &table),
    };
    let mut newest = VecDeque::new();
    let mut place = audit::Tail::default();
    place.read(&dir, |line| {
        newest.push_back(line);
        if newest.len() > args.lines as usize {
            newest.pop_front();
        }
        Ok(())
    })?;
    let mut print = printer(args.json);
    newest.into_iter().try_for_each(&mut print)?;
    if !args.follow {
        return Ok(ExitStatus::Success);
    }
    loop {
        thread::sleep(INTERVAL);
        place.read(&dir, &mut print)?;
    }
}

fn printer(as_json: bool) -> impl FnMut(String) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    move |line: String| match as_json {
        true => writeln!(stdout, "{line}"),
        false => writeln!(stdout, "{}", for_people(&line)),
    }
}

/// The newest lines of all hosts, and what each of them adds.
fn of_table(args: &TailArgs, table: &TableReader) -> anyhow::Result<ExitStatus> {
    let mut print = printer(args.json);
    let mut tail = TableTail::default();
    loop {
        tail.read(table, args.lines, &mut print)?;
        if !args.follow {
            return Ok(ExitStatus::Success);
        }
        thread::sleep(TABLE_INTERVAL);
    }
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const FAINT: Style = Style::new().dimmed();

/// The most important of a line: when, how it ended, who, what, how long.
fn for_people(line: &str) -> String {
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return format!("{BAD}{}{BAD:#}", terminal::harmless(line));
    };
    // What clients call themselves is theirs to choose.
    let text = |path: &str| {
        let value = entry.pointer(path).and_then(Value::as_str);
        terminal::harmless(value.unwrap_or_default()).replace(['\n', '\t'], " ")
    };
    let time = format!("{FAINT}{}{FAINT:#}", text("/time"));
    match text("/kind").as_str() {
        "execution" => {}
        "gap" => return format!("{time} {BAD}gap: {} lines lost{BAD:#}", entry["lost"]),
        "refusal" => {
            return format!(
                "{time} {BAD}refused: {}{BAD:#} {} times, {} {}",
                text("/reason"),
                entry["count"],
                text("/who/address"),
                text("/who/account"),
            );
        }
        kind => return format!("{time} {BAD}{kind}{BAD:#}"),
    }
    let status = text("/outcome/status");
    let style = if status == "success" { GOOD } else { BAD };
    let why =
        text("/outcome/error_type") + &text("/outcome/violation_type") + &text("/outcome/limit");
    let why = if why.is_empty() {
        why
    } else {
        format!(" ({why})")
    };
    let code = text("/code/blake3");
    format!(
        "{time} {style}{status}{why}{style:#} {} ms, {} {}, {} {}, code {} of {} bytes, {} host calls",
        entry["ms"],
        text("/who/client"),
        text("/who/version"),
        text("/tool"),
        text("/profile"),
        code.get(..16).unwrap_or_default(),
        entry["code"]["bytes"],
        entry["resources"]["host_calls"],
    )
}
