//! The newest lines of a log that others write, and those that are added.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom},
    path::Path,
};

use super::{TableReader, file_name, file_numbers};

/// How far the log of all hosts was read, in a database. The default is nothing of it.
#[derive(Debug, Default)]
pub struct TableTail {
    read: Option<HashMap<String, u64>>,
}

impl TableTail {
    /// Gives the `newest` lines to `each`, and later those that any host added since.
    ///
    /// # Errors
    /// What the database says, or `each`.
    pub fn read(
        &mut self,
        table: &TableReader,
        newest: u32,
        mut each: impl FnMut(String) -> io::Result<()>,
    ) -> io::Result<()> {
        let ends = table.chains().map_err(io::Error::other)?;
        let Some(read) = &mut self.read else {
            let lines = table.newest(newest).map_err(io::Error::other)?;
            // As it was before the lines were read: what came in between is told twice rather than never.
            self.read = Some(ends.into_iter().map(|end| (end.host, end.seq)).collect());
            return lines.into_iter().try_for_each(each);
        };
        for end in ends {
            let from = read.entry(end.host.clone()).or_default();
            *from = table.after(&end.host, *from, end.seq, |_, line| each(line))?;
        }
        Ok(())
    }
}

/// How far a log was read. The default is its beginning.
#[derive(Debug, Default)]
pub struct Tail {
    number: u64,
    offset: u64,
}

impl Tail {
    /// At the first whole line of the last `bytes_max` bytes.
    ///
    /// # Errors
    /// The directory or a file in it cannot be read.
    pub fn near_end(dir: &Path, bytes_max: u64) -> io::Result<Self> {
        let mut tail = Self::default();
        let mut left = bytes_max;
        for number in file_numbers(dir)?.into_iter().rev() {
            let Some(mut file) = opened(dir, number)? else {
                break;
            };
            let bytes = file.metadata()?.len();
            (tail.number, tail.offset) = (number, bytes.saturating_sub(left));
            if tail.offset > 0 {
                // Where a line before ends is looked for as well, so that a whole one is not taken for a part.
                file.seek(SeekFrom::Start(tail.offset - 1))?;
                let mut reader = BufReader::new(file);
                tail.offset += (reader.skip_until(b'\n')? as u64).saturating_sub(1);
                break;
            }
            left -= bytes;
        }
        Ok(tail)
    }

    /// How many bytes were added after what was read.
    ///
    /// # Errors
    /// As for [`Self::near_end`].
    pub fn behind(&self, dir: &Path) -> io::Result<u64> {
        let mut behind = 0;
        for number in file_numbers(dir)? {
            if number >= self.number
                && let Some(file) = opened(dir, number)?
            {
                behind += file.metadata()?.len();
                if number == self.number {
                    behind = behind.saturating_sub(self.offset);
                }
            }
        }
        Ok(behind)
    }

    /// Gives every whole line from here on to `each`, and goes there.
    ///
    /// # Errors
    /// As for [`Self::near_end`], and those of `each`.
    pub fn read(
        &mut self,
        dir: &Path,
        mut each: impl FnMut(String) -> io::Result<()>,
    ) -> io::Result<()> {
        for number in file_numbers(dir)? {
            if number < self.number {
                continue;
            }
            if number > self.number {
                (self.number, self.offset) = (number, 0);
            }
            let Some(mut file) = opened(dir, number)? else {
                continue;
            };
            file.seek(SeekFrom::Start(self.offset))?;
            let mut reader = BufReader::new(file);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
                self.offset += line.len() as u64;
                line.pop();
                each(String::from_utf8_lossy(&line).into_owned())?;
                line.clear();
            }
        }
        Ok(())
    }
}

/// A file of the log; nothing where its time was up meanwhile.
fn opened(dir: &Path, number: u64) -> io::Result<Option<File>> {
    match File::open(dir.join(file_name(number))) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn rest(tail: &mut Tail, dir: &Path) -> Vec<String> {
        let mut lines = Vec::new();
        tail.read(dir, |line| {
            lines.push(line);
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn the_end_begins_with_a_whole_line_wherever_it_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(file_name(1)), "aa\nbb\n").unwrap();
        fs::write(dir.path().join(file_name(2)), "cc\ndd\nee").unwrap();
        for (bytes_max, lines) in [
            (0, vec![]),
            (4, vec![]),
            (5, vec!["dd"]),
            (7, vec!["dd"]),
            (8, vec!["cc", "dd"]),
            (10, vec!["cc", "dd"]),
            (11, vec!["bb", "cc", "dd"]),
            (u64::MAX, vec!["aa", "bb", "cc", "dd"]),
        ] {
            let mut tail = Tail::near_end(dir.path(), bytes_max).unwrap();
            assert_eq!(rest(&mut tail, dir.path()), lines, "{bytes_max}");
        }
    }

    #[test]
    fn lines_that_are_added_are_given_once_they_are_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(file_name(1));
        fs::write(&file, "aa\nb").unwrap();
        let mut tail = Tail::default();
        assert_eq!(rest(&mut tail, dir.path()), ["aa"]);
        fs::write(&file, "aa\nbb\n").unwrap();
        assert_eq!(tail.behind(dir.path()).unwrap(), 3);
        fs::write(dir.path().join(file_name(2)), "cc\n").unwrap();
        assert_eq!(rest(&mut tail, dir.path()), ["bb", "cc"]);
        assert_eq!(tail.behind(dir.path()).unwrap(), 0);
    }
}
