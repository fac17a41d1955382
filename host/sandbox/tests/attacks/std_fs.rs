//! A Rust program that uses `std::fs` (`guests/rust/std-fs.rs`), as a component that is not ours: what
//! JavaScript has no call for, such as links and times, is tried by a real guest too.

use std::path::Path;

use vesicle_sandbox::{Call, CompileLimits, Grants, Outcome};

use crate::lying::sandbox;
use crate::programs::{Disk, programs};
use crate::support::{alone, limits};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rusts_own_files() {
    let _alone = alone().await;
    let path = programs().join("components/std-fs.wasm");
    let outcome = run(&path).await;
    let Outcome::Success { stdout, .. } = &outcome else {
        panic!("{outcome:?}");
    };
    let text = stdout.replace("\n\n", "\n");
    insta::assert_snapshot!(text);
    assert!(!text.contains("DONE"), "something was not refused");
}

async fn run(path: &Path) -> Outcome<Vec<vesicle_sandbox::Val>> {
    let sandbox = sandbox().await;
    let wasm = std::fs::read(path).expect("guests/build.sh makes it");
    let component = sandbox
        .load(wasm, CompileLimits::default())
        .await
        .expect("it is a component");
    let run = component.functions().iter().find(|f| f.name == "run");
    let disk = Disk::new();
    let call = Call {
        limits: limits(),
        grants: Grants {
            files: disk.files(),
            ..Grants::default()
        },
        ..Call::new(&component, run.expect("it is a command"), vec![])
    };
    let outcome = sandbox.call(call).await.expect("the host works");
    disk.is_untouched(outcome.streams().0)
        .expect("it harms nothing outside");
    outcome
}
