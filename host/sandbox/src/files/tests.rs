//! What JavaScript has no call for, and a guest in another language has: asked of the host directly.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynOutputStream, StreamError};

use super::streams::Failure;
use super::{Access, Descriptor, Directory, Files, OPEN_MAX, Quota};
use crate::guest::Guest;
use crate::guest::wasi_files::preopens::Host as _;
use crate::guest::wasi_files::types::{
    DescriptorFlags, ErrorCode, HostDescriptor as _, NewTimestamp, OpenFlags, PathFlags,
};
use crate::{Limits, NoState, NoTools};

const BYTES_MAX: u64 = 1_000;

/// A guest with one directory for reading, and one for writing.
struct World {
    directory: TempDir,
    guest: Guest,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let open = |name: &str, access| {
            let host = directory.path().join(name);
            std::fs::create_dir(&host).unwrap();
            std::fs::write(host.join("file"), "content").unwrap();
            let quota = Quota {
                bytes_max: BYTES_MAX,
                files_max: 10,
            };
            Directory::open(&host, &format!("/{name}"), access, quota).unwrap()
        };
        let read = open("read", Access::Read);
        let write = open("write", Access::ReadWrite);
        let files = Files::new([read, write]).unwrap();
        let guest = Guest::new(
            &Limits::default(),
            Arc::new(NoTools),
            Arc::new(NoState),
            &files,
        );
        Self { directory, guest }
    }

    fn host(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// The descriptors of the two directories, for reading and for writing.
    fn roots(&mut self) -> [Resource<Descriptor>; 2] {
        let roots = self.guest.get_directories();
        let [read, write] = roots.try_into().map_err(|_| "two are granted").unwrap();
        assert_eq!((read.1.as_str(), write.1.as_str()), ("/read", "/write"));
        [read.0, write.0]
    }

    async fn open(
        &mut self,
        root: &Resource<Descriptor>,
        path: &str,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Resource<Descriptor>, ErrorCode> {
        let root = again(root);
        let path = path.to_owned();
        let follow = PathFlags::SYMLINK_FOLLOW;
        self.guest
            .open_at(root, follow, path, open_flags, flags)
            .await
    }

    async fn open_to_write(&mut self, path: &str) -> Resource<Descriptor> {
        let [_, write] = self.roots();
        self.open(&write, path, OpenFlags::CREATE, DescriptorFlags::WRITE)
            .await
            .unwrap()
    }
}

fn again(descriptor: &Resource<Descriptor>) -> Resource<Descriptor> {
    Resource::new_borrow(descriptor.rep())
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn links_are_not_made() {
    let mut world = World::new();
    let [read, write] = world.roots();
    let none = PathFlags::empty();
    for (from, to, code) in [
        (&read, &write, ErrorCode::ReadOnly),
        (&write, &read, ErrorCode::NotPermitted),
        (&write, &write, ErrorCode::NotPermitted),
    ] {
        let linked = world
            .guest
            .link_at(again(from), none, text("file"), again(to), text("link"));
        assert_eq!(linked, Err(code));
    }
    let mut symlink = |root, target| {
        world
            .guest
            .symlink_at(again(root), text(target), text("link"))
    };
    assert_eq!(symlink(&read, "file"), Err(ErrorCode::ReadOnly));
    assert_eq!(symlink(&write, "file"), Err(ErrorCode::NotPermitted));
    assert_eq!(symlink(&write, "/etc"), Err(ErrorCode::NotPermitted));
    for place in ["read/link", "write/link"] {
        assert!(world.host(place).symlink_metadata().is_err(), "{place}");
    }
}

#[tokio::test]
async fn times_are_not_set() {
    let mut world = World::new();
    let [read, write] = world.roots();
    let file = world
        .open(&read, "file", OpenFlags::empty(), DescriptorFlags::READ)
        .await
        .unwrap();
    let now = NewTimestamp::Now;
    let set = world.guest.set_times(file, now, now);
    assert_eq!(set, Err(ErrorCode::ReadOnly));
    for (root, code) in [
        (read, ErrorCode::ReadOnly),
        (write, ErrorCode::NotPermitted),
    ] {
        let follow = PathFlags::SYMLINK_FOLLOW;
        let set = world
            .guest
            .set_times_at(root, follow, text("file"), now, now);
        assert_eq!(set, Err(code));
    }
}

/// Each of these once was a way to change a file through a directory that could only be read.
#[tokio::test]
async fn flags_do_not_widen_rights() {
    let mut world = World::new();
    let [read, write] = world.roots();
    let (truncate, create) = (OpenFlags::TRUNCATE, OpenFlags::CREATE);
    let (none, only_read) = (OpenFlags::empty(), DescriptorFlags::READ);
    for (open_flags, flags) in [
        (truncate, only_read),
        (create, only_read),
        (none, DescriptorFlags::WRITE),
        (none, DescriptorFlags::MUTATE_DIRECTORY),
        (truncate | create, DescriptorFlags::WRITE),
    ] {
        let opened = world.open(&read, "file", open_flags, flags).await;
        assert_eq!(opened.err(), Some(ErrorCode::ReadOnly));
    }
    let opened = world.open(&write, "file", truncate, only_read).await;
    assert_eq!(opened.err(), Some(ErrorCode::Invalid));

    // What was opened for reading stays so, where writing would be granted.
    let file = world.open(&write, "file", none, only_read).await.unwrap();
    let refused = Some(ErrorCode::BadDescriptor);
    assert_eq!(world.guest.set_size(again(&file), 0).await.err(), refused);
    let written = world.guest.write(again(&file), vec![1], 0).await;
    assert_eq!(written.err(), refused);
    assert_eq!(world.guest.write_via_stream(again(&file), 0).err(), refused);
    assert_eq!(world.guest.append_via_stream(file).err(), refused);
    for place in ["read/file", "write/file"] {
        assert_eq!(std::fs::read(world.host(place)).unwrap(), b"content");
    }
}

/// A directory that was opened is no way around the rights of the one that it was reached through.
#[tokio::test]
async fn directories_keep_the_rights_that_they_were_reached_by() {
    let mut world = World::new();
    std::fs::create_dir(world.host("read/sub")).unwrap();
    let [read, write] = world.roots();
    let sub = world
        .open(&read, "sub", OpenFlags::DIRECTORY, DescriptorFlags::READ)
        .await
        .unwrap();
    let made = world
        .guest
        .create_directory_at(again(&sub), text("x"))
        .await;
    assert_eq!(made, Err(ErrorCode::ReadOnly));
    let moved = world
        .guest
        .rename_at(again(&write), text("file"), again(&sub), text("x"))
        .await;
    assert_eq!(moved, Err(ErrorCode::ReadOnly));
    let up = world.open(&sub, "../file", OpenFlags::empty(), DescriptorFlags::READ);
    assert_eq!(up.await.err(), Some(ErrorCode::NotPermitted));
}

/// A hole costs nothing when it is made, and its size when something fills it.
#[tokio::test]
async fn holes_are_taken_from_the_quota() {
    let mut world = World::new();
    let file = world.open_to_write("new").await;
    let guest = &mut world.guest;
    let far = guest.write(again(&file), vec![1], BYTES_MAX).await;
    assert_eq!(far, Err(ErrorCode::Quota));
    let beyond = guest.write(again(&file), vec![1], u64::MAX).await;
    assert_eq!(beyond, Err(ErrorCode::FileTooLarge));
    let grown = guest.set_size(again(&file), BYTES_MAX + 1).await;
    assert_eq!(grown, Err(ErrorCode::Quota));
    assert_eq!(guest.write(again(&file), vec![1], 499).await, Ok(1));
    assert_eq!(guest.set_size(again(&file), BYTES_MAX).await, Ok(()));
    assert_eq!(guest.write(file, vec![1], 0).await, Err(ErrorCode::Quota));
    assert_eq!(world.host("write/new").metadata().unwrap().len(), BYTES_MAX);
}

#[tokio::test]
async fn only_so_much_is_open_at_once() {
    let mut world = World::new();
    let [read, _] = world.roots();
    let (none, flags) = (OpenFlags::empty(), DescriptorFlags::READ);
    let mut open = Vec::new();
    for _ in 2..OPEN_MAX {
        open.push(world.open(&read, "file", none, flags).await.unwrap());
    }
    let one_more = world.open(&read, "file", none, flags).await;
    assert_eq!(one_more.err(), Some(ErrorCode::InsufficientMemory));
    assert!(world.guest.get_directories().is_empty());
    world.guest.drop(open.pop().unwrap()).unwrap();
    assert!(world.open(&read, "file", none, flags).await.is_ok());
}

async fn put(
    guest: &mut Guest,
    stream: &Resource<DynOutputStream>,
    bytes: &'static [u8],
) -> Result<(), ErrorCode> {
    let stream = guest.table.get_mut(stream).unwrap();
    let told = |error: StreamError| match error {
        StreamError::LastOperationFailed(error) => error.downcast_ref::<Failure>().unwrap().0,
        _ => ErrorCode::Io,
    };
    assert!(stream.write_ready().await.map_err(told)? > 0);
    stream.write(bytes.into()).map_err(told)?;
    stream.write_ready().await.map_err(told).map(|_| ())
}

#[tokio::test]
async fn streams_write_within_the_quota() {
    let mut world = World::new();
    let file = world.open_to_write("file").await;
    let guest = &mut world.guest;
    let at = guest.write_via_stream(again(&file), 3).unwrap();
    let end = guest.append_via_stream(again(&file)).unwrap();
    put(guest, &at, b"TE").await.unwrap();
    put(guest, &end, b"!").await.unwrap();
    put(guest, &at, b"N").await.unwrap();
    put(guest, &end, b"?").await.unwrap();
    let refused = put(guest, &end, &[0; BYTES_MAX as usize]).await;
    assert_eq!(refused, Err(ErrorCode::Quota));
    assert_eq!(
        std::fs::read(world.host("write/file")).unwrap(),
        b"conTENt!?"
    );
}

#[tokio::test]
async fn streams_read_to_the_end() {
    let mut world = World::new();
    let [read, _] = world.roots();
    let file = world
        .open(&read, "file", OpenFlags::empty(), DescriptorFlags::READ)
        .await
        .unwrap();
    let stream = world.guest.read_via_stream(file, 3).unwrap();
    let stream = world.guest.table.get_mut(&stream).unwrap();
    assert_eq!(stream.blocking_read(2).await.unwrap(), "te");
    assert_eq!(stream.blocking_read(100).await.unwrap(), "nt");
    let ended = stream.blocking_read(100).await;
    assert!(matches!(ended, Err(StreamError::Closed)), "{ended:?}");
}
