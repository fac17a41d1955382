//! Filling the disk.

use serde_json::json;
use vesicle_sandbox::Quota;

use super::World;

fn world(bytes_max: u64, files_max: u64) -> World {
    World {
        quota: Quota {
            bytes_max,
            files_max,
        },
        ..World::new()
    }
}

#[tokio::test]
async fn more_bytes_than_the_quota() {
    let world = world(10, 100);
    world
        .output("await fs.writeFile('/data/x', '0123456789')")
        .await;
    assert_eq!(world.text("data/x"), "0123456789");
    world
        .refuses(&[
            ("fs.writeFile('/data/y', '0123456789a')", "EDQUOT"),
            ("fs.appendFile('/data/x', '0123456789a')", "EDQUOT"),
        ])
        .await;
    assert_eq!(world.text("data/x"), "0123456789");
}

/// Bytes that replace others are bytes that are written.
#[tokio::test]
async fn the_same_bytes_again_and_again() {
    let world = world(100, 100);
    let written = world
        .output(
            "let written = 0;
             try { for (;; written++) await fs.writeFile('/data/x', '0123456789') }
             catch (error) { return [written, error.code] }",
        )
        .await;
    assert_eq!(written, json!([10, "EDQUOT"]));
}

#[tokio::test]
async fn more_files_than_the_quota() {
    let world = world(100, 3);
    let made = world
        .output(
            "const codes = [];
             const attempt = async (work) => {
               try { await work(); codes.push('ok') } catch (error) { codes.push(error.code) }
             };
             await attempt(() => fs.writeFile('/data/hello.txt', ''));
             await attempt(() => fs.writeFile('/data/none/x', ''));
             await attempt(() => fs.mkdir('/data/sub'));
             await attempt(() => fs.writeFile('/data/1', ''));
             await attempt(() => fs.mkdir('/data/2'));
             await attempt(() => fs.appendFile('/data/3', ''));
             await attempt(() => fs.writeFile('/data/4', ''));
             await attempt(() => fs.mkdir('/data/5'));
             await attempt(() => fs.writeFile('/data/1', ''));
             return codes",
        )
        .await;
    // What was there, and what could not be made, took nothing.
    assert_eq!(
        made,
        json!([
            "ok", "ENOENT", "EEXIST", "ok", "ok", "ok", "EDQUOT", "EDQUOT", "ok"
        ])
    );
}

/// Each directory has its own, and each execution begins anew.
#[tokio::test]
async fn quotas_are_one_executions_and_one_directorys() {
    let world = world(10, 100);
    for _ in 0..2 {
        world
            .output(
                "await fs.writeFile('/data/x', '0123456789');
                 await fs.writeFile('/other/x', '0123456789')",
            )
            .await;
    }
}
