//! What was made of files, for as long as they are as they were. Looking whether they are takes one call of the
//! system for each, where a watcher would need a thread, a limit of the system's on watches, and a look all the same
//! before a call that must not miss a change.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use parking_lot::Mutex;

/// Two changes within a tick of the system's clock have the same time. What changed this lately is read again the
/// next time.
const UNSETTLED: Duration = Duration::from_millis(50);

/// What tells one state of a file from another; none where there is no file.
type Stamp = Option<(SystemTime, i64, i64, u64, u64)>;

/// A value made of what lies at some paths.
pub struct Fresh<T> {
    paths: Vec<PathBuf>,
    kept: Mutex<Option<Kept<T>>>,
}

struct Kept<T> {
    /// None where it may have changed without another stamp.
    stamps: Option<Vec<Stamp>>,
    value: Arc<T>,
}

impl<T> Fresh<T> {
    /// A value of these files or directories. Each change has to replace the file, or to change what lies in the
    /// directory.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            paths: paths.into_iter().collect(),
            kept: Mutex::new(None),
        }
    }

    /// The value as it was last read, however old it is.
    pub fn last(&self) -> Option<Arc<T>> {
        let kept = self.kept.lock();
        kept.as_ref().map(|kept| kept.value.clone())
    }

    /// The value, if nothing changed since it was read.
    pub fn unchanged(&self) -> Option<Arc<T>> {
        let kept = self.kept.lock();
        let kept = kept.as_ref()?;
        let stamps = kept.stamps.as_ref()?;
        (*stamps == self.stamps()).then(|| kept.value.clone())
    }

    /// The value as it is now, which `read` makes where something changed.
    ///
    /// # Errors
    /// What `read` says. The value is as it was then, and is read again the next time.
    pub fn get<E>(&self, read: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some(value) = self.unchanged() {
            return Ok(value);
        }
        // Before it is read: what changes meanwhile is seen the next time.
        let stamps = self.stamps();
        let value = Arc::new(read()?);
        let settled = stamps.iter().flatten().all(|(modified, ..)| {
            let age = SystemTime::now().duration_since(*modified);
            age.is_ok_and(|age| age > UNSETTLED)
        });
        *self.kept.lock() = Some(Kept {
            stamps: settled.then_some(stamps),
            value: value.clone(),
        });
        Ok(value)
    }

    fn stamps(&self) -> Vec<Stamp> {
        let stamp = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            let modified = metadata.modified().ok()?;
            Some((
                modified,
                metadata.ctime(),
                metadata.ctime_nsec(),
                metadata.ino(),
                metadata.len(),
            ))
        };
        self.paths.iter().map(stamp).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_read_again_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        let fresh = Fresh::new([path.clone()]);
        let get = |fresh: &Fresh<String>| {
            let read = || Ok::<_, ()>(fs::read_to_string(&path).unwrap_or_default());
            fresh.get(read).unwrap()
        };
        assert_eq!(*get(&fresh), "");
        let old = SystemTime::now() - Duration::from_secs(60);
        let write = |text: &str| {
            fs::write(&path, text).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(old).unwrap();
        };
        write("a");
        assert!(fresh.unchanged().is_none());
        let one = get(&fresh);
        assert!(Arc::ptr_eq(&one, &get(&fresh)));
        write("b");
        assert_eq!((*get(&fresh)).as_str(), "b");
        // Of what was written just now a second change may look the same.
        fs::write(&path, "c").unwrap();
        assert_eq!((*get(&fresh)).as_str(), "c");
        assert!(fresh.unchanged().is_none());
        assert_eq!(fresh.last().unwrap().as_str(), "c");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_each_time() {
        let fresh = Fresh::<u8>::new([]);
        assert_eq!(fresh.get(|| Err("no")), Err("no"));
        assert_eq!(fresh.get(|| Ok::<_, ()>(1)).as_deref(), Ok(&1));
    }
}
