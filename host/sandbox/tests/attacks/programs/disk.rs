//! What each program finds on disk: granted directories with traps in them, and beside these what no
//! program may see or change.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use vesicle_sandbox::{Access, Directory, Files, Quota};

/// What lies beside the granted directories.
const SECRET: &str = "the operator's own words";
/// Small, so that programs meet it.
const QUOTA: Quota = Quota {
    bytes_max: 1 << 20,
    files_max: 100,
};
/// A file with holes is as large as it says.
const SPARSE_BYTES: u64 = 1 << 30;

/// The directories `/data` and `/other`, to write to, and `/readonly`.
pub struct Disk {
    directory: TempDir,
    _socket: UnixListener,
}

impl Disk {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        fs::write(at("secret.txt"), SECRET).unwrap();
        for granted in ["data", "other", "readonly"] {
            fs::create_dir_all(at(granted).join("sub")).unwrap();
            fs::write(at(granted).join("hello.txt"), "hello").unwrap();
        }
        let sparse = fs::File::create(at("readonly/sparse")).unwrap();
        sparse.set_len(SPARSE_BYTES).unwrap();
        let absolute = at("secret.txt");
        for (link, target) in [
            ("out", "../secret.txt"),
            ("out-directory", ".."),
            ("absolute", absolute.to_str().unwrap()),
            ("chain", "sub/chain"),
            ("sub/chain", "../out"),
            ("environment", "/proc/self/environ"),
            ("dangling-out", "../made.txt"),
            ("dangling-in", "made.txt"),
            ("loop", "loop"),
            ("to-pipe", "pipe"),
        ] {
            symlink(target, at("data").join(link)).unwrap();
        }
        mknodat(CWD, at("data/pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        let socket = UnixListener::bind(at("data/socket")).unwrap();
        Self {
            directory,
            _socket: socket,
        }
    }

    pub fn files(&self) -> Files {
        let open = |guest: &str, access| {
            let host = self.at(guest.trim_start_matches('/'));
            Directory::open(&host, guest, access, QUOTA).unwrap()
        };
        Files::new([
            open("/data", Access::ReadWrite),
            open("/other", Access::ReadWrite),
            open("/readonly", Access::Read),
        ])
        .unwrap()
    }

    /// Whether what is not granted is as it was, and nothing of it is in what was told.
    pub fn is_untouched(&self, told: &str) -> Result<(), String> {
        let outside = |path: &str| fs::read_to_string(self.at(path)).unwrap_or_default();
        let mut beside: Vec<_> = fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        beside.sort();
        if outside("secret.txt") != SECRET || outside("readonly/hello.txt") != "hello" {
            return Err("it changed what it has no right to".to_owned());
        }
        if beside != ["data", "other", "readonly", "secret.txt"] {
            return Err(format!("beside the granted directories is {beside:?}"));
        }
        let place = self.directory.path().to_str().unwrap();
        match told.contains(SECRET) || told.contains(place) {
            true => Err("it tells of what is outside".to_owned()),
            false => Ok(()),
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }
}
