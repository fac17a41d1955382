//! Directories that may only be read, and what would carry a file from one set of rights to another.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use super::World;

#[tokio::test]
async fn writing_where_only_reading_is_granted() {
    let world = World::read_only();
    let before = fs::metadata(world.host("data/hello.txt")).unwrap();
    world
        .refuses(&[
            ("fs.writeFile('/data/hello.txt', 'x')", "EROFS"),
            ("fs.writeFile('/data/hello.txt', '')", "EROFS"),
            ("fs.writeFile('/data/new', 'x')", "EROFS"),
            ("fs.writeFile('/data/new', 'x', { flag: 'wx' })", "EROFS"),
            ("fs.appendFile('/data/hello.txt', 'x')", "EROFS"),
            ("fs.appendFile('/data/hello.txt', '')", "EROFS"),
            ("fs.mkdir('/data/new')", "EROFS"),
            ("fs.mkdir('/data/sub/new', { recursive: true })", "EROFS"),
            ("fs.rm('/data/hello.txt')", "EROFS"),
            (
                "fs.rm('/data/sub', { recursive: true, force: true })",
                "EROFS",
            ),
            ("fs.rename('/data/hello.txt', '/data/x')", "EROFS"),
        ])
        .await;
    assert_eq!(world.text("data/hello.txt"), "hello");
    let after = fs::metadata(world.host("data/hello.txt")).unwrap();
    assert_eq!(
        (after.mtime_nsec(), after.ctime_nsec()),
        (before.mtime_nsec(), before.ctime_nsec())
    );
    assert_eq!(fs::read_dir(world.host("data")).unwrap().count(), 2);
}

/// Moving a file out of a directory is writing to it, and so is moving one in.
#[tokio::test]
async fn renaming_across_granted_directories() {
    let world = World::new();
    world
        .refuses(&[
            ("fs.rename('/data/hello.txt', '/other/x')", "EXDEV"),
            ("fs.rename('/data/sub', '/other/sub')", "EXDEV"),
        ])
        .await;
    let world = World::read_only();
    fs::write(world.host("other/mine"), "mine").unwrap();
    world
        .refuses(&[
            ("fs.rename('/data/hello.txt', '/other/x')", "EROFS"),
            ("fs.rename('/other/mine', '/data/hello.txt')", "EROFS"),
        ])
        .await;
    assert_eq!(world.text("data/hello.txt"), "hello");
}

/// A second name in the writable directory for a file of the other one would make it writable.
/// JavaScript has no call for it, and the host refuses those that there are (`host/sandbox/src/files`).
#[tokio::test]
async fn making_links_across_rights() {
    let world = World::read_only();
    let absent = world
        .output(
            "return ['link', 'symlink', 'utimes', 'lutimes', 'chmod', 'chown', 'truncate', 'open']
               .filter(name => name in fs)",
        )
        .await;
    assert_eq!(absent, json!([]));
}

/// What one execution opened is not there for the next, which has other grants.
#[tokio::test]
async fn a_grant_of_the_execution_before() {
    let world = World::new();
    assert_eq!(
        world.output("return await fs.readdir('/data')").await,
        json!(["hello.txt", "sub"])
    );
    for _ in 0..20 {
        let code = "try { return await fs.readdir('/data') } catch (error) { return error.code }";
        assert_eq!(crate::support::output(code).await, json!("EACCES"));
    }
}

/// The directory that was granted stays the granted one when another takes its place.
#[tokio::test]
async fn a_directory_that_takes_the_granted_ones_place() {
    let world = World::new();
    let execution = world.execution("return await fs.readdir('/data')");
    fs::rename(world.host("data"), world.host("moved")).unwrap();
    std::os::unix::fs::symlink("/", world.host("data")).unwrap();
    let output = crate::support::success(crate::support::execute(execution).await);
    assert_eq!(output.get(), r#"["hello.txt","sub"]"#);
}

/// What the program does to the globals changes nothing for `fs`.
#[tokio::test]
async fn replaced_globals() {
    let world = World::read_only();
    let told = world
        .output(
            "String.prototype.includes = () => false;
             Array.prototype.join = () => '';
             Uint8Array.prototype.set = () => {};
             Object.prototype.recursive = true;
             Object.prototype.flag = 'a';
             globalThis.Promise = class {};
             const codes = [];
             for (const path of ['/data/hello.txt\\0', '/data/../secret.txt', '/data/x'])
               try { await fs.writeFile(path, 'x') } catch (error) { codes.push(error.code) }
             return codes",
        )
        .await;
    assert_eq!(told, json!(["ERR_INVALID_ARG_VALUE", "EROFS", "EROFS"]));
}
