//! The host's own memory of a program: its text, its source map, its errors, its output.

use std::sync::Arc;

use serde_json::json;
use serde_json::value::to_raw_value;
use tokio::task::JoinSet;
use vesicle_sandbox::Execution;

use crate::support::{alone, execution, sandbox_without_queue};

const TENANTS: usize = 8;
const ROUNDS: usize = 25;

/// Programs that end in every way that makes the host read their text again or keep something of
/// it. All tenants have the same, with a mark of their own in places of the same length.
fn programs(mark: &str) -> Vec<String> {
    let long = format!("// {mark}\n").repeat(300);
    vec![
        format!("const secret: string = '{mark}';\nthrow new Error(secret)"),
        format!("const {mark}: number = ;"),
        format!("{long}const {mark}: number = ;"),
        format!("{long}function {mark}(): never {{ throw new TypeError('{mark}') }}\n{mark}()"),
        format!("import '{mark}'"),
        format!("enum {mark} {{ A = 1 }}\nconsole.log(new Error('{mark}').stack); return {mark}.A"),
        format!("console.error('{mark}'.repeat(9000)); return '{mark}'"),
        format!(
            "Promise.reject(new Error('{mark}')); setTimeout(() => {{ throw '{mark}' }}); return 1"
        ),
        format!("await tools.{mark}.{mark}({{ {mark}: '{mark}' }})"),
        format!("const all: string[] = ['{mark}']; for (;;) all.push(all.join() + '{mark}')"),
        format!("console.log('{mark}'); const {mark} = (): never => {mark}(); {mark}()"),
        format!("console.log('{mark}'); await new Promise(() => {{}})"),
        format!("const a: any = {{ {mark}: 1 }}; a.self = a; return a"),
        format!("return input.{mark}.{mark}"),
    ]
}

/// Each of its own length, so that a place in one text is another in the next.
fn mark(tenant: usize) -> String {
    format!("tenant{tenant}{}", "xyz".repeat(tenant + 1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_are_told_to_their_own_tenant_alone() {
    let _alone = alone().await;
    let sandbox = sandbox_without_queue(TENANTS as u32).await;
    let mut running = JoinSet::new();
    for tenant in 0..TENANTS {
        let sandbox = sandbox.clone();
        running.spawn(async move {
            let mine = mark(tenant);
            let mut mine_was_told = 0;
            for round in 0..ROUNDS {
                for code in programs(&mine) {
                    let mut executing = Execution {
                        input: to_raw_value(&json!({ mine.as_str(): mine })).unwrap(),
                        session: Some(Arc::from(mine.as_str())),
                        ..execution(code)
                    };
                    executing.limits.memory_bytes = 16 << 20;
                    let outcome = sandbox.execute(executing).await.unwrap();
                    let told = format!("{outcome:?}");
                    mine_was_told += usize::from(told.contains(&mine));
                    for other in (0..TENANTS).filter(|other| *other != tenant) {
                        let other = format!("tenant{other}");
                        assert!(!told.contains(&other), "round {round}: {told}");
                    }
                }
            }
            mine_was_told
        });
    }
    for told in running.join_all().await {
        // All but the few whose end says nothing of the text.
        assert!(told >= ROUNDS * 10, "{told}");
    }
}
