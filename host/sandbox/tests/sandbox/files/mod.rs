//! Granted directories, from JavaScript: what works, and what is refused. One test for each misdeed,
//! named for it.

mod disk;
mod legitimate;
mod path_traversal;
mod quotas;
mod rights;
mod special_files;
mod symlinks;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use vesicle_sandbox::{Access, Directory, Execution, Files, Outcome, Quota};

use crate::support::{execute, execution, success, told};

/// What no guest may ever see.
const SECRET: &str = "the operator's own words";

/// Directories on disk: two that are granted, as `/data` and `/other`, and what lies beside them.
struct World {
    directory: TempDir,
    data: Access,
    other: Access,
    quota: Quota,
}

impl World {
    /// Both may be written to.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let world = Self {
            directory,
            data: Access::ReadWrite,
            other: Access::ReadWrite,
            quota: Quota::default(),
        };
        fs::write(world.host("secret.txt"), SECRET).unwrap();
        fs::create_dir_all(world.host("data/sub")).unwrap();
        fs::create_dir(world.host("other")).unwrap();
        fs::write(world.host("data/hello.txt"), "hello").unwrap();
        fs::write(world.host("data/sub/deep.txt"), "deep").unwrap();
        world
    }

    /// As [`new`](Self::new), and `/data` is only for reading.
    fn read_only() -> Self {
        Self {
            data: Access::Read,
            ..Self::new()
        }
    }

    /// A place on disk, beside or in what is granted.
    fn host(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.host(path)).unwrap()
    }

    fn link(&self, path: &str, target: impl AsRef<std::path::Path>) {
        std::os::unix::fs::symlink(target, self.host(path)).unwrap();
    }

    fn files(&self) -> Files {
        let open = |host: &str, guest, access| {
            Directory::open(&self.host(host), guest, access, self.quota).unwrap()
        };
        let granted = [
            open("data", "/data", self.data),
            open("other", "/other", self.other),
        ];
        Files::new(granted).unwrap()
    }

    fn execution(&self, code: &str) -> Execution {
        Execution {
            files: self.files(),
            ..execution(code)
        }
    }

    async fn run(&self, code: &str) -> Outcome {
        execute(self.execution(code)).await
    }

    /// The result of this code, which has to succeed.
    async fn output(&self, code: &str) -> Value {
        let output = success(self.run(code).await);
        serde_json::from_str(output.get()).unwrap()
    }

    /// Evaluates each expression, which has to be refused with its code, and reports all that are
    /// not. No refusal tells what lies outside, nor where.
    async fn refuses(&self, cases: &[(&str, &str)]) {
        let mut wrong = String::new();
        for (expression, code) in cases {
            let program = format!(
                "try {{ return ['done', await {expression}] }} catch (error) {{ return [error.code ?? error.name, error.message] }}"
            );
            let outcome = told(&self.run(&program).await);
            let place = self.directory.path().to_str().unwrap();
            if !outcome.contains(&format!(r#"["{code}","#))
                || outcome.contains(SECRET)
                || outcome.contains(place)
            {
                wrong += &format!("\n{expression}\n  expected {code}\n  came to  {outcome}");
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
        assert_eq!(self.text("secret.txt"), SECRET);
    }
}
