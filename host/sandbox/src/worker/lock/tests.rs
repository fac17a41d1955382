//! What is left to a process that is locked, tried by machine code in processes made for it.

use std::ffi::CString;
use std::io::{Error, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::*;
use crate::Quota;

/// What `work` says in a process of its own, with one thread, that is locked.
fn locked(directories: &[Directory], work: impl FnOnce() -> String) -> String {
    apart(|| match lock(directories) {
        Ok(()) => work(),
        Err(why) => format!("not locked: {why}"),
    })
}

/// What `work` says in a process of its own, with one thread.
fn apart(work: impl FnOnce() -> String) -> String {
    let (mut here, mut there) = UnixStream::pair().unwrap();
    // SAFETY: the child has this thread alone, in which it stays; it leaves without running what belongs to the parent.
    match unsafe { libc::fork() } {
        0 => {
            there.write_all(work().as_bytes()).ok();
            // SAFETY: nothing is left to do.
            unsafe { libc::_exit(0) }
        }
        child => {
            drop(there);
            let mut said = String::new();
            here.read_to_string(&mut said).unwrap();
            let mut status = 0;
            // SAFETY: the status is there to be written to.
            unsafe { libc::waitpid(child, &mut status, 0) };
            assert_eq!(
                status, 0,
                "the child did not end by itself, and said {said}"
            );
            said
        }
    }
}

/// In words, what came of a system call.
fn came(name: &str, result: i64) -> String {
    let errno = Error::last_os_error().raw_os_error();
    match (result, errno) {
        (-1, Some(libc::EPERM)) => format!("{name}: EPERM\n"),
        (-1, Some(libc::EACCES)) => format!("{name}: EACCES\n"),
        (-1, errno) => format!("{name}: {errno:?}\n"),
        _ => format!("{name}: done\n"),
    }
}

fn open(path: &Path, flags: i32) -> String {
    let place = path.parent().and_then(Path::file_name).unwrap_or_default();
    let name = format!(
        "open {}/{}",
        place.display(),
        path.file_name().unwrap().display()
    );
    let path = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    // SAFETY: the path ends with a zero.
    came(
        &name,
        unsafe { libc::open(path.as_ptr(), flags, 0o600) }.into(),
    )
}

/// What an escaped program would try first. Of what the host's signal does to itself nothing would be seen.
fn attacks() -> String {
    let path = c"/bin/true".as_ptr();
    let arguments = [path, std::ptr::null()];
    let page = |protection| {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: it is a new mapping that nobody uses.
        unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0) }
    };
    let is_mapped = |page: *mut libc::c_void| if page == libc::MAP_FAILED { -1 } else { 0 };
    // SAFETY: all pointers are to texts that end with a zero, or null; a child that were made would end at once.
    unsafe {
        let mut said = open(Path::new("/etc/passwd"), libc::O_RDONLY);
        said += &open(Path::new("/proc/self/mem"), libc::O_RDWR);
        said += &came(
            "openat2",
            libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, path, path, 24),
        );
        said += &came(
            "socket unix",
            libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0).into(),
        );
        said += &came(
            "socket inet",
            libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0).into(),
        );
        said += &came("connect", libc::connect(0, std::ptr::null(), 0).into());
        said += &came(
            "execve",
            libc::execve(path, arguments.as_ptr(), std::ptr::null()).into(),
        );
        said += &came("kill", libc::kill(libc::getppid(), 0).into());
        said += &came("tgkill", libc::syscall(libc::SYS_tgkill, 1, 1, 0));
        said += &came("ptrace", libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0));
        let child = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
        if child == 0 {
            libc::_exit(0);
        }
        said += &came("fork", child);
        said += &came("memfd_create", libc::memfd_create(path, 0).into());
        said += &came("dumpable", libc::prctl(libc::PR_SET_DUMPABLE, 1).into());
        said += &came(
            "setrlimit",
            libc::setrlimit(libc::RLIMIT_DATA, std::ptr::null()).into(),
        );
        said += &came(
            "mmap code",
            is_mapped(page(libc::PROT_READ | libc::PROT_EXEC)),
        );
        let data = page(libc::PROT_READ | libc::PROT_WRITE);
        said += &came("mmap data", is_mapped(data));
        let code = libc::PROT_READ | libc::PROT_EXEC;
        said + &came("mprotect code", libc::mprotect(data, 4096, code).into())
    }
}

#[test]
fn an_escaped_program_finds_nothing_to_do() {
    let said = locked(&[], || {
        let here = attacks();
        // Threads are started, and have the same lock.
        match std::thread::spawn(attacks).join() {
            Ok(there) if there == here => here,
            other => format!("here {here}, there {other:?}"),
        }
    });
    insta::assert_snapshot!(said);
}

#[test]
fn of_the_disk_there_are_the_directories_that_were_handed_over() {
    let place = tempfile::tempdir().unwrap();
    let at = |path: &str| place.path().join(path);
    for directory in ["read", "write", "outside"] {
        fs::create_dir(at(directory)).unwrap();
        fs::write(at(directory).join("file"), "text").unwrap();
    }
    std::os::unix::fs::symlink(at("outside/file"), at("write/link")).unwrap();
    let open_directory =
        |path: &str, access| Directory::open(&at(path), "/data", access, Quota::default()).unwrap();
    let directories = [
        open_directory("read", Access::Read),
        open_directory("write", Access::ReadWrite),
    ];
    let said = locked(&directories, || {
        let cases = [
            ("read/file", libc::O_RDONLY),
            ("read/file", libc::O_WRONLY),
            ("read/new", libc::O_WRONLY | libc::O_CREAT),
            ("write/file", libc::O_RDWR),
            ("write/new", libc::O_RDWR | libc::O_CREAT),
            ("write/link", libc::O_RDONLY),
            ("outside/file", libc::O_RDONLY),
        ];
        let opened = cases.map(|(path, flags)| open(&at(path), flags));
        opened.concat() + &attacks()
    });
    insta::assert_snapshot!(said);
}

#[test]
fn a_worker_has_so_much_memory_and_so_many_descriptors() {
    let said = apart(|| {
        if let Err(why) = bound() {
            return why;
        }
        let map = |bytes: u64| {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: it is a new mapping that nobody uses.
            let mapped = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    bytes as usize,
                    protection,
                    flags,
                    -1,
                    0,
                )
            };
            mapped != libc::MAP_FAILED
        };
        // What the process has beside it is less than the half.
        let memory = (
            map(WORKER_MEMORY_BYTES_MAX / 2),
            map(WORKER_MEMORY_BYTES_MAX / 2),
        );
        // SAFETY: the descriptor is standard input, or none.
        let highest = |to: u64| unsafe { libc::dup2(0, to as i32) } != -1;
        let descriptors = (
            highest(WORKER_DESCRIPTORS_MAX - 1),
            highest(WORKER_DESCRIPTORS_MAX),
        );
        format!("{memory:?} {descriptors:?}")
    });
    assert_eq!(said, "(true, false) (true, false)");
}
