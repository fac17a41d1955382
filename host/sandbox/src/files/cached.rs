//! Opening for reading what the system has in memory, on the thread at hand: that takes less than
//! waiting for another thread to do it.

use cap_std::fs::Dir;

use super::descriptor::Object;
use super::open::How;
use super::path::GuestPath;

/// A regular file, opened for reading, if nothing has to be waited for. Otherwise it is to be opened
/// by [`open`](super::open::open), which also knows why it cannot be.
#[cfg(target_os = "linux")]
pub fn open(dir: &Dir, path: &GuestPath, how: How) -> Option<Object> {
    use std::fs::File;
    use std::sync::Arc;

    use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat2};

    if !how.is_plain_read() || path.directory {
        return None;
    }
    let open = |flags| {
        // As cap-std opens, and failing where a disk or another machine would be asked.
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::CACHED;
        openat2(
            dir,
            path.as_path(),
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            within,
        )
        .ok()
    };
    let is_file = |fd| fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
    // Asked before it is opened, and again of what was opened: see `open.rs`.
    let there = open(OFlags::PATH)?;
    if !is_file(&there) {
        return None;
    }
    let opened = open(OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
    if !is_file(&opened) || super::open::is_pseudo(&opened) {
        return None;
    }
    Some(Object::File {
        file: Arc::new(File::from(opened)),
        read: true,
        write: false,
    })
}

/// Other systems cannot say what they have in memory.
#[cfg(not(target_os = "linux"))]
pub fn open(_: &Dir, _: &GuestPath, _: How) -> Option<Object> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use cap_std::ambient_authority;

    use super::*;

    const READ: How = How {
        follow: true,
        create: false,
        exclusive: false,
        truncate: false,
        directory: false,
        read: true,
        write: false,
    };

    #[test]
    fn only_regular_files_below_the_directory_are_opened() {
        let host = tempfile::tempdir().unwrap();
        let inside = host.path().join("inside");
        std::fs::create_dir_all(inside.join("deep")).unwrap();
        std::fs::write(inside.join("file"), "text").unwrap();
        std::fs::write(host.path().join("secret"), "text").unwrap();
        let link =
            |to: &str, name: &str| std::os::unix::fs::symlink(to, inside.join(name)).unwrap();
        link("file", "link");
        link("../secret", "out");
        link("/proc/self/status", "status");
        let pipe = rustix::fs::FileType::Fifo;
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, inside.join("pipe"), pipe, mode, 0).unwrap();

        let dir = Dir::open_ambient_dir(&inside, ambient_authority()).unwrap();
        let opens = |path: &str, how| {
            let path = GuestPath::parse(path.to_owned()).unwrap();
            // The system gives up at any disturbance, such as a file that is renamed elsewhere.
            (0..100).any(|_| open(&dir, &path, how).is_some())
        };
        for path in ["file", "link", "deep/../file", "./file"] {
            // Whoever follows a link first notes the time in it, for which the system gives up as well.
            std::fs::read(inside.join(path)).unwrap();
            assert!(opens(path, READ), "{path}");
        }
        for path in [
            "none",
            "deep",
            "file/",
            "out",
            "../secret",
            "status",
            "pipe",
        ] {
            assert!(!opens(path, READ), "{path}");
        }
        let write = How {
            write: true,
            ..READ
        };
        let create = How {
            create: true,
            ..READ
        };
        let stay = How {
            follow: false,
            ..READ
        };
        for how in [write, create, stay] {
            assert!(!opens("file", how), "{how:?}");
        }
        let proc = Dir::open_ambient_dir("/proc/self", ambient_authority()).unwrap();
        let path = GuestPath::parse("status".to_owned()).unwrap();
        assert!(open(&proc, &path, READ).is_none());
    }
}
