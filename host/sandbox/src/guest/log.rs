//! `vesicle:plugin/log`: lines for the operator. A guest that writes more than its limit is not told;
//! the rest is dropped, and one line says so.

use std::sync::Arc;

use super::Guest;
use super::plugin_bindings::vesicle::plugin::log;
use crate::{Limits, Log, LogLevel};

/// The longest line that is passed on, in bytes.
const LINE_BYTES_MAX: usize = 4 * 1024;

/// The log of one guest.
pub struct Lines {
    log: Arc<dyn Log>,
    bytes_left: usize,
    cut: bool,
}

impl Lines {
    /// Passes on as many bytes as a stream may have.
    pub fn new(limits: &Limits, log: Arc<dyn Log>) -> Self {
        Self {
            log,
            bytes_left: limits.stream_bytes,
            cut: false,
        }
    }

    fn write(&mut self, level: LogLevel, message: &str) {
        if self.cut {
            return;
        }
        let room = self.bytes_left.min(LINE_BYTES_MAX);
        let line = &message[..message.floor_char_boundary(room)];
        // An empty line counts as well, or they could be endless.
        match self.bytes_left.checked_sub(line.len() + 1) {
            Some(left) => {
                self.bytes_left = left;
                self.log.line(level, line);
            }
            None => {
                self.cut = true;
                self.log
                    .line(LogLevel::Warn, "[log cut: its limit is reached]");
            }
        }
    }
}

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Trace => LogLevel::Trace,
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        self.log.write(level, &message);
    }
}
