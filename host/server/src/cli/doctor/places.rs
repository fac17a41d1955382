//! Directories: whether they can be written, by whom they can be read, and how much room is left.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use vesicle::config::Configuration;

use super::Findings;

/// Less than this is too little to go on, in bytes.
const ROOM_MIN: u64 = 64 << 20;
/// Less than this is worth a word.
const ROOM_FEW: u64 = 1 << 30;
/// How many files are counted; what has more is larger than is said.
const FILES_COUNTED_MAX: usize = 100_000;

/// Caches and data.
pub fn check(configuration: &Configuration, findings: &mut Findings) {
    match configuration.sandbox().cache_dir {
        Some(dir) => place("cache", &dir, findings),
        None => findings.warning(
            "cache",
            "nothing is kept on disk, so that each start compiles, which takes seconds",
            "set `cache_dir` under [sandbox], or give --cache-dir",
        ),
    }
    match configuration.data_directory() {
        Some(dir) => {
            place("data", &dir, findings);
            private(&dir, findings);
        }
        None => findings.problem(
            "data",
            "there is no user's data directory",
            "set `data_dir`, or give --data-dir",
        ),
    }
}

fn place(area: &'static str, dir: &Path, findings: &mut Findings) {
    let there = nearest(dir);
    if let Err(error) = tempfile::tempfile_in(&there) {
        return findings.problem(
            area,
            format!("nothing can be written in `{}`: {error}", there.display()),
            format!("`chown` or `chmod` it, or name another {area} directory"),
        );
    }
    let free =
        rustix::fs::statvfs(&there).map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    let free = free.unwrap_or(u64::MAX);
    let what = match dir.is_dir() {
        true => format!(
            "`{}` has {}, and room for {} MB",
            dir.display(),
            sized(dir),
            free >> 20
        ),
        false => format!(
            "`{}` is not there yet, and can be made; room for {} MB",
            dir.display(),
            free >> 20
        ),
    };
    let advice = "free some of the disk, or name another directory";
    match free {
        ..ROOM_MIN => findings.problem(area, what, advice),
        ROOM_MIN..ROOM_FEW => findings.warning(area, what, advice),
        _ => findings.ok(area, what),
    }
}

/// The directory, or the nearest above it that is there.
fn nearest(dir: &Path) -> PathBuf {
    let above = dir.ancestors().find(|above| above.is_dir());
    match above {
        Some(above) if !above.as_os_str().is_empty() => above.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn sized(dir: &Path) -> String {
    let (mut bytes, mut files) = (0, 0);
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if files == FILES_COUNTED_MAX {
                return format!("more than {} MB in more than {files} files", bytes >> 20);
            }
            match metadata.is_dir() {
                true => open.push(entry.path()),
                false => {
                    bytes += metadata.len();
                    files += 1;
                }
            }
        }
    }
    format!("{} KB in {} files", bytes.div_ceil(1 << 10), files)
}

/// What only its owner may read.
fn private(dir: &Path, findings: &mut Findings) {
    let names = [
        "tokens.toml",
        "secrets",
        "state.db",
        "memory.db",
        "audit",
        "bridge",
    ];
    let open = std::iter::once(dir.to_owned())
        .chain(names.map(|name| dir.join(name)))
        .find(|path| {
            let mode = path
                .metadata()
                .map(|metadata| metadata.permissions().mode());
            mode.is_ok_and(|mode| mode & 0o077 != 0)
        });
    // Files in a directory that is closed are closed, whatever they say.
    let closed = dir
        .metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o077 == 0);
    if let (Some(path), false) = (open, closed) {
        findings.warning(
            "data",
            format!(
                "others on this machine can look into `{}`, where memories, state and tokens are",
                path.display()
            ),
            format!("chmod -R go-rwx '{}'", dir.display()),
        );
    }
}
