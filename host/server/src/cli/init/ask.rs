//! Questions of `vesicle init`, at a terminal.

use std::io::BufRead as _;

use vesicle::import::Source;

use super::{Plan, plan, say};

/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 10;

/// Asks for each client's servers, and whether to write. What is not wanted is taken out of the plan.
pub fn all(plan: &mut Plan) -> anyhow::Result<bool> {
    if let Some(file) = &plan.project_file {
        say(&format!(
            "\n{} has servers too. It is used as it is, not copied.\n",
            file.display()
        ))?;
        if !ask("Use it?")? {
            plan.project_file = None;
        }
    }
    for source in &mut plan.sources {
        say(&format!("\n{}", plan::source(source)))?;
        if source.servers.is_empty() {
            continue;
        }
        let one = match source.servers.len() {
            1 => "Import this server?",
            _ => "Import these servers?",
        };
        if !ask(one)? {
            source.servers.clear();
            source.left_out.clear();
        }
    }
    let is_told = |source: &Source| {
        source.unreadable.is_some() || !(source.servers.is_empty() && source.left_out.is_empty())
    };
    plan.sources.retain(is_told);
    say("\n")?;
    if let (count @ 1.., Some(directory)) = (plan.literals().count(), plan.secrets_dir()) {
        say(&format!(
            "{} copied into files of their own in {}, which only you can read.\n",
            plan::counted(count, "secret is", "secrets are"),
            directory.display()
        ))?;
    }
    ask(&format!("Write {}?", plan.target.display()))
}

/// Whether the answer is yes; an empty line is, and the end of the input is no.
fn ask(question: &str) -> anyhow::Result<bool> {
    loop {
        say(&format!("{question} [Y/n] "))?;
        let mut answer = String::new();
        let stdin = std::io::stdin().lock();
        let read = std::io::Read::take(stdin, ANSWER_BYTES_MAX).read_line(&mut answer)?;
        match answer.trim().to_ascii_lowercase().as_str() {
            _ if read == 0 => {
                say("\n")?;
                return Ok(false);
            }
            "" | "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => say("Please answer y or n.\n")?,
        }
    }
}
