//! Giving up: before, while waiting for the head, in the middle of the body, and by a timeout.

use std::time::Duration;

use serde_json::json;

use super::World;

async fn nobody_is_asked_any_more(world: &World) {
    for _ in 0..200 {
        if world.api.now() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} requests are under way", world.api.now());
}

#[tokio::test]
async fn a_request_is_given_up_at_any_time() {
    let world = World::new().await;
    let told = world
        .output(
            "const given = async (path: string, signal: AbortSignal) => {
               const began = performance.now();
               try { await fetch(input.api + path, { signal }); return 'done' }
               catch (error) { return [error.name, String(error.message ?? error), performance.now() - began < 3000] }
             };
             const later = (ms: number, reason?: unknown) => {
               const controller = new AbortController();
               setTimeout(() => controller.abort(reason), ms);
               return controller.signal;
             };
             const used = new AbortController();
             const fine = await given('/json', used.signal);
             used.abort();
             return [
               await given('/json', AbortSignal.abort()),
               await given('/hang', later(100)),
               await given('/hang', AbortSignal.timeout(100)),
               await given('/slow-body/20000', later(300, new Error('enough'))),
               await given('/hang', AbortSignal.any([AbortSignal.timeout(50), later(10_000)])),
               fine,
             ]",
        )
        .await;
    insta::assert_json_snapshot!(told);
    nobody_is_asked_any_more(&world).await;
}

#[tokio::test]
async fn what_is_under_way_ends_with_the_execution() {
    let world = World::new().await;
    let mut execution = world.execution("await fetch(input.api + '/hang')", world.network());
    execution.limits.wall_time = Duration::from_millis(500);
    let outcome = crate::support::execute(execution).await;
    assert!(
        matches!(outcome, vesicle_sandbox::Outcome::Timeout { .. }),
        "{outcome:?}"
    );
    nobody_is_asked_any_more(&world).await;
    let given_up = world.records();
    assert_eq!(given_up.len(), 1);
    assert_eq!(json!(given_up[0].verdict), "given_up");
}
