//! Paths that mean to lead out.

use serde_json::json;

use super::{SECRET, World};

#[tokio::test]
async fn dots_lead_out() {
    World::new()
        .refuses(&[
            ("fs.readFile('/data/../secret.txt')", "EACCES"),
            ("fs.readFile('/data/sub/../../secret.txt')", "EACCES"),
            ("fs.readFile('/data/./../secret.txt')", "EACCES"),
            ("fs.readdir('/data/..')", "EACCES"),
            ("fs.stat('/data/../secret.txt')", "EACCES"),
            ("fs.writeFile('/data/../secret.txt', 'x')", "EACCES"),
            ("fs.writeFile('/data/../new.txt', 'x')", "EACCES"),
            ("fs.mkdir('/data/../new')", "EACCES"),
            ("fs.mkdir('/data/../new/x', { recursive: true })", "EACCES"),
            ("fs.rm('/data/../secret.txt', { force: true })", "EACCES"),
            ("fs.rm('/data/..', { recursive: true })", "EINVAL"),
            ("fs.rename('/data/../secret.txt', '/data/x')", "EACCES"),
            ("fs.rename('/data/hello.txt', '/data/../x')", "EACCES"),
        ])
        .await;
}

/// `..` means what it means on disk, and not what it means in text: neither the way out and back in
/// nor that to another granted directory is open.
#[tokio::test]
async fn dots_lead_out_and_back_in() {
    World::new()
        .refuses(&[
            ("fs.readFile('/data/../data/hello.txt')", "EACCES"),
            ("fs.writeFile('/data/../other/x', '')", "EACCES"),
            ("fs.readFile('/../data/hello.txt')", "EACCES"),
            ("fs.readFile('../data/hello.txt')", "EACCES"),
        ])
        .await;
}

#[tokio::test]
async fn absolute_paths_of_the_host() {
    let world = World::new();
    let secret = format!("fs.readFile({})", json!(world.host("secret.txt")));
    let granted = format!("fs.stat({})", json!(world.host("data/hello.txt")));
    // Refusals repeat the path that the program knew.
    for expression in [secret, granted] {
        let program = format!("try {{ await {expression} }} catch (error) {{ return error.code }}");
        assert_eq!(world.output(&program).await, json!("EACCES"));
    }
    world
        .refuses(&[
            ("fs.readFile('/etc/passwd')", "EACCES"),
            ("fs.readFile('etc/passwd')", "EACCES"),
            ("fs.readFile('/data//etc/passwd')", "ENOENT"),
            ("fs.readdir('/')", "EACCES"),
            ("fs.readdir('.')", "EACCES"),
            ("fs.readdir('')", "EACCES"),
            ("fs.writeFile('/x', '')", "EACCES"),
        ])
        .await;
}

#[tokio::test]
async fn names_that_begin_alike() {
    let world = World::new();
    std::fs::create_dir(world.host("database")).unwrap();
    std::fs::write(world.host("database/x"), SECRET).unwrap();
    world
        .refuses(&[
            ("fs.readFile('/database/x')", "EACCES"),
            ("fs.readFile('/data/../database/x')", "EACCES"),
            ("fs.readFile('/DATA/hello.txt')", "EACCES"),
        ])
        .await;
}

#[tokio::test]
async fn nul_in_a_path() {
    World::new()
        .refuses(&[
            (
                "fs.readFile('/data/hello.txt\\0.png')",
                "ERR_INVALID_ARG_VALUE",
            ),
            (
                "fs.rename('/data/hello.txt', '/data/x\\0')",
                "ERR_INVALID_ARG_VALUE",
            ),
            ("fs.readFile('\\0')", "ERR_INVALID_ARG_VALUE"),
        ])
        .await;
}

/// JavaScript's strings can hold what is no text. It becomes U+FFFD, as in Node, and names a file
/// that is not there.
#[tokio::test]
async fn paths_that_are_no_text() {
    let world = World::new();
    world
        .refuses(&[
            ("fs.readFile('/data/\\ud800')", "ENOENT"),
            ("fs.readFile('/data/\\udc00\\ud800/x')", "ENOENT"),
            ("fs.readFile('/data/..\\ud800/secret.txt')", "ENOENT"),
            ("fs.readFile('/data/\\u2024\\u2024/secret.txt')", "ENOENT"),
            ("fs.readFile('/data/..\\\\secret.txt')", "ENOENT"),
            ("fs.readFile('/data/%2e%2e/secret.txt')", "ENOENT"),
        ])
        .await;
    // A name on disk that is no text does not hide the others.
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    std::fs::write(world.host("other").join(name), "").unwrap();
    std::fs::write(world.host("other/ok"), "").unwrap();
    let names = world.output("return await fs.readdir('/other')").await;
    assert_eq!(names, json!(["ok", "\u{fffd}\u{fffd}"]));
}

#[tokio::test]
async fn paths_that_are_too_long() {
    World::new()
        .refuses(&[
            ("fs.readFile('/data/' + 'a'.repeat(255))", "ENOENT"),
            ("fs.readFile('/data/' + 'a'.repeat(256))", "ENAMETOOLONG"),
            ("fs.readFile('/data/' + 'a/'.repeat(2047) + 'b')", "ENOENT"),
            ("fs.readFile('/data/' + 'a/'.repeat(2048))", "ENAMETOOLONG"),
            (
                "fs.readFile('/data/' + 'a'.repeat(1_000_000))",
                "ENAMETOOLONG",
            ),
            (
                "fs.mkdir('/data/' + 'a'.repeat(5_000), { recursive: true })",
                "ENAMETOOLONG",
            ),
            (
                "fs.rename('/data/hello.txt', '/data/' + 'a/'.repeat(3_000))",
                "ENAMETOOLONG",
            ),
        ])
        .await;
}

#[tokio::test]
async fn paths_a_thousand_directories_deep() {
    let mut world = World::new();
    world.quota.files_max = 2_000;
    let told = world
        .output(
            "const path = '/data/' + 'd/'.repeat(1_000);
             await fs.mkdir(path, { recursive: true });
             await fs.writeFile(path + 'x', 'deep down');
             const read = await fs.readFile(path + 'x', 'utf8');
             await fs.rm('/data/d', { recursive: true });
             return [read, await fs.readdir('/data')]",
        )
        .await;
    assert_eq!(told, json!(["deep down", ["hello.txt", "sub"]]));
    world
        .refuses(&[(
            "fs.readFile('/data/' + 'sub/../'.repeat(500) + '../secret.txt')",
            "EACCES",
        )])
        .await;
}

/// Checks have been passed by with a slash at the end, more than once.
#[tokio::test]
async fn slashes_at_the_end() {
    let world = World::new();
    world.link("data/out", "../secret.txt");
    world.link("data/link", "hello.txt");
    world
        .refuses(&[
            ("fs.readFile('/data/hello.txt/')", "ENOTDIR"),
            ("fs.readFile('/data/hello.txt/.')", "ENOTDIR"),
            ("fs.stat('/data/hello.txt/')", "ENOTDIR"),
            ("fs.writeFile('/data/hello.txt/', '')", "ENOTDIR"),
            ("fs.writeFile('/data/new/', '')", "EISDIR"),
            ("fs.rm('/data/hello.txt/')", "ENOTDIR"),
            ("fs.rm('/data/link/')", "ENOTDIR"),
            ("fs.rename('/data/hello.txt/', '/data/x')", "ENOTDIR"),
            ("fs.rename('/data/hello.txt', '/data/x/')", "ENOTDIR"),
            ("fs.readFile('/data/out/')", "EACCES"),
            ("fs.readFile('/data/sub/..//')", "EISDIR"),
        ])
        .await;
    assert_eq!(world.text("data/hello.txt"), "hello");
}

/// Only what has a name is made, moved or removed.
#[tokio::test]
async fn the_granted_directory_itself() {
    let world = World::new();
    world
        .refuses(&[
            ("fs.rm('/data', { recursive: true })", "EINVAL"),
            ("fs.rm('/data/.', { recursive: true })", "EINVAL"),
            ("fs.rm('/data/sub/..', { recursive: true })", "EINVAL"),
            ("fs.rename('/data', '/other/x')", "EXDEV"),
            ("fs.rename('/data', '/data/x')", "EINVAL"),
            ("fs.writeFile('/data', '')", "EISDIR"),
        ])
        .await;
    assert_eq!(world.text("data/sub/deep.txt"), "deep");
}
