//! What a guest does to the host through files, other than reading and writing them.

use vesicle_sandbox::Outcome;

use super::World;

/// Reading takes memory, which has a limit of its own.
#[tokio::test]
async fn a_file_that_is_larger_than_memory() {
    let world = World::new();
    let file = std::fs::File::create(world.host("data/huge")).unwrap();
    file.set_len(1 << 40).unwrap();
    let outcome = world
        .run("try { await fs.readFile('/data/huge') } catch (error) { return error.code }")
        .await;
    match outcome {
        Outcome::Success { output, .. } => assert_eq!(output.get(), r#""ENOMEM""#),
        other => panic!("{other:?}"),
    }
}

/// A file that grows as it is read ends where memory does.
#[tokio::test]
async fn many_large_reads() {
    let world = World::new();
    let file = std::fs::File::create(world.host("data/large")).unwrap();
    file.set_len(40 << 20).unwrap();
    let outcome = world
        .run("const kept = []; for (;;) kept.push(await fs.readFile('/data/large'))")
        .await;
    assert!(matches!(outcome, Outcome::Error { .. }), "{outcome:?}");
}
