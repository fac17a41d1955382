//! What has to work.

use serde_json::json;
use vesicle_sandbox::Outcome;

use super::World;
use crate::support::{assert_transcript, output, run};

#[tokio::test]
async fn files_are_read_as_text_and_as_bytes() {
    let world = World::read_only();
    let read = world
        .output(
            "return [
               await fs.readFile('/data/hello.txt', 'utf8'),
               await fs.readFile('/data/hello.txt', { encoding: 'UTF-8' }),
               await fs.readFile('/data/hello.txt'),
               (await fs.readFile('/data/hello.txt')) instanceof Uint8Array,
               await fs.promises.readFile('data/sub/../hello.txt', 'utf8'),
               await fs.readFile('//data/./sub//deep.txt', 'utf8'),
             ]",
        )
        .await;
    assert_eq!(
        read,
        json!([
            "hello",
            "hello",
            [104, 101, 108, 108, 111],
            true,
            "hello",
            "deep"
        ])
    );
}

#[tokio::test]
async fn large_files_and_all_bytes_survive() {
    let world = World::new();
    let same = world
        .output(
            "const bytes = new Uint8Array(3_500_001).map((_, i) => i * 31 % 251);
             await fs.writeFile('/data/large', bytes);
             const read = await fs.readFile('/data/large');
             const text = 'ü😀\\0'.repeat(50_000);
             await fs.writeFile('/data/text', text);
             return [
               read.length,
               read.every((byte, i) => byte === bytes[i]),
               (await fs.readFile('/data/text', 'utf8')) === text,
               (await fs.stat('/data/text')).size,
             ]",
        )
        .await;
    assert_eq!(same, json!([3_500_001, true, true, 350_000]));
}

#[tokio::test]
async fn files_are_written_added_to_and_replaced() {
    let world = World::new();
    world
        .output(
            "await fs.writeFile('/data/new.txt', 'a longer text');
             await fs.writeFile('/data/new.txt', 'short');
             await fs.appendFile('/data/new.txt', ' and more');
             await fs.appendFile('/data/log', new Uint8Array([65, 66, 67]).subarray(1));
             await fs.writeFile('/data/log', new TextEncoder().encode('D').buffer, { flag: 'a' });
             await fs.writeFile('/data/once', '1', { flag: 'wx' })",
        )
        .await;
    assert_eq!(world.text("data/new.txt"), "short and more");
    assert_eq!(world.text("data/log"), "BCD");
    assert_eq!(world.text("data/once"), "1");
    world
        .refuses(&[("fs.writeFile('/data/once', '2', { flag: 'wx' })", "EEXIST")])
        .await;
}

#[tokio::test]
async fn directories_are_listed_made_and_removed() {
    let world = World::new();
    let told = world
        .output(
            "const made = await fs.mkdir('/data/a/b/c', { recursive: true });
             const again = await fs.mkdir('/data/a/b/c', { recursive: true });
             await fs.writeFile('/data/a/b/file', '');
             const before = await fs.readdir('/data');
             const kinds = await fs.readdir('/data/a/b', { withFileTypes: true });
             await fs.rm('/data/a', { recursive: true });
             await fs.rm('/data/a', { recursive: true, force: true });
             await fs.rm('/data/hello.txt');
             return [
               made, again, before,
               kinds.map(e => [e.name, e.parentPath, e.isFile(), e.isDirectory(), e.isSymbolicLink()]),
               await fs.readdir('/data/'),
             ]",
        )
        .await;
    assert_eq!(
        told,
        json!([
            "/data/a",
            null,
            ["a", "hello.txt", "sub"],
            [
                ["c", "/data/a/b", false, true, false],
                ["file", "/data/a/b", true, false, false]
            ],
            ["sub"]
        ])
    );
}

#[tokio::test]
async fn files_are_moved_and_told_about() {
    let world = World::new();
    let told = world
        .output(
            "await fs.rename('/data/hello.txt', '/data/sub/moved.txt');
             await fs.rename('/data/sub', '/data/dir/');
             const file = await fs.stat('/data/dir/moved.txt');
             const directory = await fs.stat('/data/dir');
             return [
               file.size, file.isFile(), file.isDirectory(),
               directory.isFile(), directory.isDirectory(),
               file.mtimeMs > 1.6e12, file.mtime.getTime() === Math.trunc(file.mtimeMs),
               Object.keys(file),
             ]",
        )
        .await;
    assert_eq!(
        told,
        json!([
            5,
            true,
            false,
            false,
            true,
            true,
            true,
            ["size", "mtimeMs", "mtime"]
        ])
    );
}

/// More than the host reads at once.
#[tokio::test]
async fn directories_with_many_entries_are_listed() {
    let world = World::new();
    for i in 0..300 {
        std::fs::write(world.host(&format!("other/{i:03}")), "").unwrap();
    }
    let names = world.output("return await fs.readdir('/other')").await;
    let names: Vec<_> = names.as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 300);
    assert_eq!((names[0], names[299]), (&json!("000"), &json!("299")));
}

/// What a program gets wrong is told as Node tells it.
#[tokio::test]
async fn mistakes_have_nodes_codes() {
    World::new()
        .refuses(&[
            ("fs.readFile('/data/none')", "ENOENT"),
            ("fs.readFile('/data/none/none')", "ENOENT"),
            ("fs.readFile('/data/hello.txt/x')", "ENOTDIR"),
            ("fs.readFile('/data/sub')", "EISDIR"),
            ("fs.readFile('/data')", "EISDIR"),
            ("fs.writeFile('/data/sub', '')", "EISDIR"),
            ("fs.writeFile('/data/none/x', '')", "ENOENT"),
            ("fs.readdir('/data/none')", "ENOENT"),
            ("fs.readdir('/data/hello.txt')", "ENOTDIR"),
            ("fs.stat('/data/none')", "ENOENT"),
            ("fs.mkdir('/data/sub')", "EEXIST"),
            ("fs.mkdir('/data')", "EEXIST"),
            ("fs.mkdir('/data/hello.txt', { recursive: true })", "EEXIST"),
            (
                "fs.mkdir('/data/hello.txt/x', { recursive: true })",
                "ENOTDIR",
            ),
            ("fs.mkdir('/data/a/b')", "ENOENT"),
            ("fs.rm('/data/none')", "ENOENT"),
            ("fs.rm('/data/sub')", "ERR_FS_EISDIR"),
            ("fs.rename('/data/none', '/data/x')", "ENOENT"),
            ("fs.rename('/data/hello.txt', '/data/sub')", "EISDIR"),
            ("fs.readFile(1)", "ERR_INVALID_ARG_TYPE"),
            (
                "fs.readFile('/data/hello.txt', 'latin1')",
                "ERR_INVALID_ARG_VALUE",
            ),
            ("fs.writeFile('/data/x', {})", "ERR_INVALID_ARG_TYPE"),
            (
                "fs.writeFile('/data/x', '', { flag: 'r' })",
                "ERR_INVALID_ARG_VALUE",
            ),
        ])
        .await;
}

#[tokio::test]
async fn what_was_done_is_counted() {
    let world = World::new();
    let outcome = world
        .run(
            "await fs.writeFile('/data/x', 'abc');
             await fs.mkdir('/other/y');
             await fs.readFile('/data/hello.txt')",
        )
        .await;
    let used = outcome.resources().files;
    assert_eq!(used.bytes_read, 5);
    assert_eq!(used.bytes_written, 3);
    assert_eq!(used.files_made, 2);
    let nothing = world.run("return 1").await;
    assert!(nothing.resources().files.is_none());
}

/// A refusal says which line of configuration would allow it.
#[tokio::test]
async fn refusals_say_what_would_allow_it() {
    assert_transcript![
        "return await fs.readFile('/data/x', 'utf8')",
        "const load = async () => await fs.readdir('.');\nawait load()",
    ];
    let world = World::read_only();
    let messages = world
        .output(
            "const told = [];
             for (const work of [
               () => fs.readFile('/etc/passwd'),
               () => fs.writeFile('/data/x', ''),
               () => fs.readFile('/data/../x'),
               () => fs.rename('/other/a', '/data/b'),
               () => fs.rm('/other/a/'),
             ]) try { await work() } catch (error) {
               told.push(error.message, Object.keys(error).join());
             }
             return told.join('\\n')",
        )
        .await;
    insta::assert_snapshot!(messages.as_str().unwrap());
}

#[tokio::test]
async fn without_a_grant_every_call_is_refused() {
    let calls = [
        "readFile('/x')",
        "writeFile('/x', '')",
        "appendFile('/x', '')",
        "readdir('/')",
        "stat('/')",
        "mkdir('/x')",
        "rm('/x')",
        "rename('/x', '/y')",
    ];
    for call in calls {
        let code = format!("try {{ await fs.{call} }} catch (error) {{ return error.code }}");
        assert_eq!(output(&code).await, json!("EACCES"), "{call}");
    }
    let Outcome::Error { message, .. } = run("await fs.readFile('/x')").await else {
        panic!("it was read");
    };
    assert!(message.contains("[[preopen]]"), "{message}");
}
