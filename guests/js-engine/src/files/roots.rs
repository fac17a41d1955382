//! The directories that were granted, and which of them a path is in.

use std::cell::OnceCell;

use super::failure::Failure;
use crate::keeping;
use crate::vesicle::plugin::types::Error;
use crate::wasi::filesystem::preopens;
use crate::wasi::filesystem::types::{Descriptor, DescriptorFlags};

/// A granted directory.
pub struct Root {
    path: String,
    pub directory: Descriptor,
    writable: bool,
}

impl Root {
    /// The program's path of what is at `below`.
    pub fn path_of(&self, below: &str) -> String {
        format!("{}/{below}", self.path.trim_end_matches('/'))
    }
}

/// That something may be changed in a directory.
const MUTATE: DescriptorFlags = DescriptorFlags::MUTATE_DIRECTORY;

thread_local! {
    /// Asked for when a program first uses a file: there are none when the snapshot is taken.
    static ROOTS: OnceCell<Vec<Root>> = const { OnceCell::new() };
}

/// Hands the directory that `path` is in to `work`, with the path below it. Paths that do not begin
/// with a slash count from `/`.
pub fn with<T>(
    path: &str,
    syscall: &'static str,
    work: impl FnOnce(&Root, &str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Some(Error::Denied(why)) = keeping::refusal("`fs`") {
        return Err(Failure::not_there(syscall, why));
    }
    ROOTS.with(|roots| {
        let roots = roots.get_or_init(granted);
        let (root, below) =
            find(roots, path).ok_or_else(|| Failure::not_granted(syscall, &names(roots)))?;
        work(root, &below)
    })
}

fn granted() -> Vec<Root> {
    let roots = preopens::get_directories().into_iter();
    roots
        .map(|(directory, path)| Root {
            writable: directory
                .get_flags()
                .is_ok_and(|flags| flags & MUTATE == MUTATE),
            directory,
            path,
        })
        .collect()
}

/// Compares part by part. `..` is left for the host, so that it means what it means there.
fn find<'r>(roots: &'r [Root], path: &str) -> Option<(&'r Root, String)> {
    let parts = || path.split('/').filter(|part| !matches!(*part, "" | "."));
    let depth = |root: &Root| root.path.split('/').filter(|part| !part.is_empty()).count();
    let root = roots
        .iter()
        .filter(|root| {
            let of_root = root.path.split('/').filter(|part| !part.is_empty());
            let mut of_path = parts();
            of_root.into_iter().all(|part| of_path.next() == Some(part))
        })
        .max_by_key(|root| depth(root))?;
    let mut below = parts().skip(depth(root)).collect::<Vec<_>>().join("/");
    if below.is_empty() {
        below.push('.');
    } else if path.ends_with('/') || path.ends_with("/.") {
        below.push('/');
    }
    Some((root, below))
}

/// Such as `/data (read), /out (read-write)`; empty if there are none.
fn names(roots: &[Root]) -> String {
    let mut text = String::new();
    for root in roots {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&root.path);
        text.push_str(if root.writable {
            " (read-write)"
        } else {
            " (read)"
        });
    }
    text
}
