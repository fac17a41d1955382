//! Keeps the number of patterns within bounds. What was seen once and longest ago goes first.

use crate::Result;
use crate::limits::PATTERNS_PER_SCOPE_MAX;
use crate::memory::complete::from_json;
use crate::model::{HeuristicId, Pattern};
use crate::store::{RecordKind, Records, Write};

/// More patterns than the bound that are let stand, so that not every completion has to look through all.
const SLACK: usize = PATTERNS_PER_SCOPE_MAX / 4;

/// Removes patterns of a domain and task type beyond the bound.
pub fn patterns(tx: &mut dyn Write, domain: &str, task_type: &str) -> Result<()> {
    let scope = Records::all(RecordKind::Pattern)
        .with_a(domain)
        .with_b(task_type);
    let (count, _) = tx.count_records(&scope)?;
    if count as usize <= PATTERNS_PER_SCOPE_MAX + SLACK {
        return Ok(());
    }
    let mut patterns = Vec::new();
    for record in tx.records(&scope)? {
        let pattern: Pattern = from_json(&record.body)?;
        patterns.push((
            pattern.occurrence_count,
            pattern.effectiveness.last_used,
            pattern,
        ));
    }
    patterns.sort_unstable_by_key(|(count, last_used, _)| std::cmp::Reverse((*count, *last_used)));
    for (_, _, pattern) in patterns.iter().skip(PATTERNS_PER_SCOPE_MAX) {
        tx.delete_record(RecordKind::Pattern, &pattern.pattern_id.to_string())?;
        let heuristic = HeuristicId::of(&pattern.signature);
        tx.delete_record(RecordKind::Heuristic, &heuristic.to_string())?;
    }
    Ok(())
}
