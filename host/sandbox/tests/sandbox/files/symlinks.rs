//! Links that somebody left in a granted directory. A guest cannot make any.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{SECRET, World};

#[tokio::test]
async fn relative_links_lead_out() {
    let world = World::new();
    world.link("data/out", "../secret.txt");
    world.link("data/up", "..");
    world.link("data/sub/upper", "../../");
    world
        .refuses(&[
            ("fs.readFile('/data/out')", "EACCES"),
            ("fs.stat('/data/out')", "EACCES"),
            ("fs.writeFile('/data/out', 'x')", "EACCES"),
            ("fs.appendFile('/data/out', 'x')", "EACCES"),
            ("fs.readFile('/data/up/secret.txt')", "EACCES"),
            ("fs.readdir('/data/up')", "EACCES"),
            ("fs.readFile('/data/sub/upper/secret.txt')", "EACCES"),
            ("fs.mkdir('/data/up/new')", "EACCES"),
            ("fs.rm('/data/up/secret.txt')", "EACCES"),
            ("fs.rename('/data/up/secret.txt', '/data/x')", "EACCES"),
            ("fs.rename('/data/hello.txt', '/data/up/x')", "EACCES"),
        ])
        .await;
}

#[tokio::test]
async fn absolute_links_lead_out() {
    let world = World::new();
    world.link("data/file", world.host("secret.txt"));
    world.link("data/root", "/");
    world.link("data/same", world.host("data/hello.txt"));
    world
        .refuses(&[
            ("fs.readFile('/data/file')", "EACCES"),
            ("fs.writeFile('/data/file', 'x')", "EACCES"),
            ("fs.readdir('/data/root')", "EACCES"),
            ("fs.readFile('/data/root/etc/passwd')", "EACCES"),
            // A link that is absolute leads out, wherever it comes back to.
            ("fs.readFile('/data/same')", "EACCES"),
        ])
        .await;
}

#[tokio::test]
async fn links_to_links_lead_out() {
    let world = World::new();
    world.link("data/one", "sub/two");
    world.link("data/sub/two", "../three");
    world.link("data/three", "../secret.txt");
    world.link("data/round", "about");
    world.link("data/about", "round");
    world
        .refuses(&[
            ("fs.readFile('/data/one')", "EACCES"),
            ("fs.readFile('/data/round')", "ELOOP"),
            ("fs.writeFile('/data/round', 'x')", "ELOOP"),
        ])
        .await;
}

/// To make the file that a link waits for would be to write wherever the link says.
#[tokio::test]
async fn writing_through_a_link_that_waits() {
    let world = World::new();
    world.link("data/outside", "../made.txt");
    world.link("data/inside", "made.txt");
    world
        .refuses(&[
            ("fs.writeFile('/data/outside', 'x')", "EACCES"),
            (
                "fs.writeFile('/data/outside', 'x', { flag: 'wx' })",
                "EACCES",
            ),
            ("fs.writeFile('/data/inside', 'x')", "ENOENT"),
        ])
        .await;
    assert!(!world.host("made.txt").exists());
    assert!(!world.host("data/made.txt").exists());
}

/// Removing goes no way that a link leads.
#[tokio::test]
async fn removing_through_a_link() {
    let world = World::new();
    std::fs::create_dir(world.host("outside")).unwrap();
    std::fs::write(world.host("outside/kept"), SECRET).unwrap();
    world.link("data/sub/outside", "../../outside");
    world.link("data/dir", "sub");
    let left = world
        .output(
            "await fs.rm('/data/dir', { recursive: true });
             await fs.rm('/data/sub', { recursive: true });
             return await fs.readdir('/data')",
        )
        .await;
    assert_eq!(left, json!(["hello.txt"]));
    assert_eq!(world.text("outside/kept"), SECRET);
}

#[tokio::test]
async fn links_that_stay_inside_work() {
    let world = World::new();
    world.link("data/link", "sub/deep.txt");
    world.link("data/sub/back", "../hello.txt");
    let read = world
        .output(
            "return [
               await fs.readFile('/data/link', 'utf8'),
               await fs.readFile('/data/sub/back', 'utf8'),
               (await fs.readdir('/data', { withFileTypes: true }))
                 .filter(entry => entry.isSymbolicLink()).map(entry => entry.name),
             ]",
        )
        .await;
    assert_eq!(read, json!(["deep", "hello", ["link"]]));
}

/// Somebody outside changes a directory into a link and back while a guest reads through it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_becomes_a_link_meanwhile() {
    let world = World::new();
    std::fs::create_dir(world.host("outside")).unwrap();
    std::fs::write(world.host("outside/deep.txt"), SECRET).unwrap();
    world.link("data/leads-out", "../outside");
    let over = Arc::new(AtomicBool::new(false));
    let swapping = std::thread::spawn({
        let (over, data) = (over.clone(), world.host("data"));
        move || {
            let [sub, link, aside] = ["sub", "leads-out", "aside"].map(|name| data.join(name));
            let mut swaps = 0;
            while !over.load(Ordering::Relaxed) {
                for (from, to) in [(&sub, &aside), (&link, &sub), (&sub, &link), (&aside, &sub)] {
                    std::fs::rename(from, to).unwrap();
                }
                swaps += 1;
            }
            swaps
        }
    });
    let seen = world
        .output(
            "const seen = {};
             for (let i = 0; i < 3_000; i++) {
               let what;
               try { what = await fs.readFile('/data/sub/deep.txt', 'utf8') }
               catch (error) { what = error.code }
               seen[what] = (seen[what] ?? 0) + 1;
             }
             return seen",
        )
        .await;
    over.store(true, Ordering::Relaxed);
    assert!(swapping.join().unwrap() > 0);
    let seen: Vec<&String> = seen.as_object().unwrap().keys().collect();
    assert!(
        seen.iter()
            .all(|what| ["deep", "ENOENT", "EACCES"].contains(&what.as_str())),
        "{seen:?}"
    );
}
