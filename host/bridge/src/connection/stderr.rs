//! Keeps the last of what a server writes to its standard error: mostly that says why it does not work.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How many lines are kept.
pub const STDERR_LINES_MAX: usize = 40;
/// How much of a line is kept, in bytes.
pub const STDERR_LINE_BYTES_MAX: usize = 1_024;

/// The last lines; clones share them.
#[derive(Debug, Clone, Default)]
pub struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    /// The lines, oldest first.
    pub fn get(&self) -> Vec<String> {
        self.0.lock().iter().cloned().collect()
    }

    /// Forgets what an earlier process wrote.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// Reads to the end. The pipe is always emptied, or the server would stand still when it is full.
    pub async fn read(self, mut input: impl AsyncRead + Unpin) {
        let mut chunk = vec![0; 4_096];
        let mut line = Vec::new();
        while let Ok(read @ 1..) = input.read(&mut chunk).await {
            for &byte in &chunk[..read] {
                if byte == b'\n' {
                    self.push(&line);
                    line.clear();
                } else if line.len() < STDERR_LINE_BYTES_MAX {
                    line.push(byte);
                }
            }
        }
        self.push(&line);
    }

    fn push(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        if line.trim().is_empty() {
            return;
        }
        let mut lines = self.0.lock();
        if lines.len() == STDERR_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line.trim_end().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept_and_each_is_bounded() {
        let mut text = (0..STDERR_LINES_MAX + 5)
            .map(|n| format!("line {n}\r\n\n"))
            .collect::<String>()
            .into_bytes();
        text.extend_from_slice(&vec![b'x'; STDERR_LINE_BYTES_MAX + 1]);
        text.extend_from_slice(b"\n\xff");
        let lines = LastLines::default();
        lines.clone().read(text.as_slice()).await;
        let lines = lines.get();
        assert_eq!(lines.len(), STDERR_LINES_MAX);
        assert_eq!(lines[0], "line 7");
        assert_eq!(lines[STDERR_LINES_MAX - 2].len(), STDERR_LINE_BYTES_MAX);
        assert_eq!(lines[STDERR_LINES_MAX - 1], "\u{fffd}");
    }
}
