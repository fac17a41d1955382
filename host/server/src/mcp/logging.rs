//! Lines that a client wants to hear: a session says from which level on, or each request does where there are no sessions.
#![expect(
    deprecated,
    reason = "clients of every revision so far may ask for them"
)]

use std::sync::atomic::{AtomicU8, Ordering};

use rmcp::{
    RoleServer,
    model::{LoggingLevel, LoggingMessageNotificationParam},
    service::{Peer, RequestContext},
};
use vesicle_sandbox::{CallerLevel, Outcome};

use super::revision::has_sessions;
use crate::harmless::harmless;

/// All levels, least first, as the protocol and as callers have them.
const LEVELS: [(LoggingLevel, CallerLevel); 8] = [
    (LoggingLevel::Debug, CallerLevel::Debug),
    (LoggingLevel::Info, CallerLevel::Info),
    (LoggingLevel::Notice, CallerLevel::Notice),
    (LoggingLevel::Warning, CallerLevel::Warning),
    (LoggingLevel::Error, CallerLevel::Error),
    (LoggingLevel::Critical, CallerLevel::Critical),
    (LoggingLevel::Alert, CallerLevel::Alert),
    (LoggingLevel::Emergency, CallerLevel::Emergency),
];

/// From which level on a session wants to hear; nothing until it says so.
#[derive(Debug, Default)]
pub struct Wanted(AtomicU8);

impl Wanted {
    /// As the client says.
    pub fn set(&self, level: LoggingLevel) {
        let place = LEVELS.iter().position(|(known, _)| *known == level);
        let place = place.and_then(|place| u8::try_from(place + 1).ok());
        self.0.store(place.unwrap_or_default(), Ordering::Relaxed);
    }

    /// What holds for this request.
    pub fn of(&self, context: &RequestContext<RoleServer>) -> Option<CallerLevel> {
        if !has_sessions(context) {
            let level = context.meta.log_level()?;
            let mut levels = LEVELS.iter();
            return levels.find(|(known, _)| *known == level).map(|(_, it)| *it);
        }
        let place = usize::from(self.0.load(Ordering::Relaxed)).checked_sub(1)?;
        LEVELS.get(place).map(|(_, level)| *level)
    }
}

/// How many lines of each stream of a program are told.
pub const PRINTED_LINES_MAX: usize = 100;

/// What a program printed, as lines for whoever wants to hear from `wanted` on: of standard output as information, of
/// standard error as warnings. The result has all of it.
pub fn printed(outcome: &Outcome, wanted: CallerLevel) -> Vec<(CallerLevel, String)> {
    let (stdout, stderr) = outcome.streams();
    let streams = [(CallerLevel::Info, stdout), (CallerLevel::Warning, stderr)];
    let mut told = Vec::new();
    for (level, text) in streams {
        if level < wanted {
            continue;
        }
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let some = lines.by_ref().take(PRINTED_LINES_MAX);
        told.extend(some.map(|line| (level, harmless(line).into_owned())));
        let rest = lines.count();
        if rest > 0 {
            told.push((level, format!("[{rest} more lines are in the result]")));
        }
    }
    told
}

/// Tells a line.
pub async fn tell(peer: &Peer<RoleServer>, level: CallerLevel, logger: &str, line: &str) {
    let known = LEVELS.iter().find(|(_, known)| *known == level);
    let level = known.map_or(LoggingLevel::Info, |(level, _)| *level);
    let message = LoggingMessageNotificationParam::new(level, line.into()).with_logger(logger);
    if let Err(error) = peer.notify_logging_message(message).await {
        tracing::debug!(%error, "a line could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_order_and_none_is_wanted_at_first() {
        assert!(LEVELS.windows(2).all(|two| two[0].1 < two[1].1));
        let wanted = Wanted::default();
        assert_eq!(wanted.0.load(Ordering::Relaxed), 0);
        wanted.set(LoggingLevel::Emergency);
        assert_eq!(wanted.0.load(Ordering::Relaxed), 8);
    }
}
