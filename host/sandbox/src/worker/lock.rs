//! What a worker process can still do once it is locked: compute, and speak with its host; and use the directories that it was
//! handed, if it was.
//!
//! The lock is on the one thread that there is, and on all that it starts. Three walls stand one behind the other: a list of the
//! system calls that are allowed, where all others fail with `EPERM`; Landlock, by which no path is in reach but what is in the
//! handed directories, nor any port or process; and bounds of the kernel on memory and descriptors.

use std::collections::BTreeMap;
use std::fs;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::{Access, Directory};

/// What a worker process may have of writable memory, in bytes: the largest sandbox, what reading the worst source takes, and
/// as much again.
pub const WORKER_MEMORY_BYTES_MAX: u64 = 2 << 30;
/// How many descriptors it may have: what a program may have open of files, and a dozen of its own.
pub const WORKER_DESCRIPTORS_MAX: u64 = 128;

/// The least that is asked of the kernel, from 5.13 on.
const LEAST: ABI = ABI::V1;
/// What is used of it where it knows more.
const KNOWN: ABI = ABI::V6;

/// What threads, memory, clocks, one socket and the waiting for it need.
const ALLOWED: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    // Answered as a kernel does that does not know it, see `filter`.
    libc::SYS_clone3,
    libc::SYS_close,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sendto,
    libc::SYS_set_robust_list,
    libc::SYS_shutdown,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
];
/// What directories need as well. Landlock says which paths.
const OF_FILES: &[i64] = &[
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fcntl,
    libc::SYS_fdatasync,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_mkdirat,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_preadv2,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_readlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_statx,
    libc::SYS_unlinkat,
];

/// Bounds what this process may take, and keeps its memory from others of its user.
///
/// # Errors
/// Why not.
pub fn bound() -> Result<(), String> {
    let bounds = [
        (Resource::Core, 0),
        (Resource::Data, WORKER_MEMORY_BYTES_MAX),
        (Resource::Nofile, WORKER_DESCRIPTORS_MAX),
    ];
    for (resource, most) in bounds {
        let bound = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, bound).map_err(|error| format!("{resource:?}: {error}"))?;
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| error.to_string())
}

/// Gives up everything but these directories, for good.
///
/// # Errors
/// Why not.
pub fn lock(directories: &[Directory]) -> Result<(), String> {
    // Another one would keep what this one gives up.
    let threads = fs::read_dir("/proc/self/task").map_err(|error| error.to_string())?;
    if threads.count() != 1 {
        return Err("there is another thread already".to_owned());
    }
    let filters = [threads_by_clone(), allowed(!directories.is_empty())];
    let [clone, allowed] = filters.map(|filter| filter.map_err(|error| error.to_string()));
    let (clone, allowed) = (clone?, allowed?);
    let status = restrict(directories).map_err(|error| error.to_string())?;
    if status == RulesetStatus::NotEnforced {
        return Err(NO_LANDLOCK.to_owned());
    }
    for filter in [clone, allowed] {
        // The list refuses further filters, so that it is last.
        seccompiler::apply_filter(&filter).map_err(|error| error.to_string())?;
    }
    Ok(())
}

const NO_LANDLOCK: &str = "the kernel has no Landlock; it needs to be 5.13 or later, with `landlock` among its `lsm=` modules";

/// Whether this kernel has what [`lock`] needs.
///
/// # Errors
/// What is missing.
pub fn check() -> Result<(), String> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LEAST))
        .and_then(Ruleset::create);
    ruleset.map_err(|_| NO_LANDLOCK.to_owned())?;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    match status.lines().any(|line| line.starts_with("Seccomp:")) {
        true => Ok(()),
        false => Err("the kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)".to_owned()),
    }
}

fn restrict(directories: &[Directory]) -> Result<RulesetStatus, RulesetError> {
    let rules = directories.iter().map(|directory| {
        let access = match directory.access() {
            Access::Read => AccessFs::ReadFile | AccessFs::ReadDir,
            Access::ReadWrite => writing(),
        };
        Ok::<_, RulesetError>(PathBeneath::new(directory.descriptor(), access))
    });
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LEAST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(rules)?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Files, directories and links.
fn writing() -> BitFlags<AccessFs> {
    let never = AccessFs::Execute
        | AccessFs::IoctlDev
        | AccessFs::MakeBlock
        | AccessFs::MakeChar
        | AccessFs::MakeFifo
        | AccessFs::MakeSock;
    AccessFs::from_all(KNOWN) & !never
}

type Filter = Result<BpfProgram, seccompiler::BackendError>;

/// The system calls that are allowed, and no others.
fn allowed(files: bool) -> Filter {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let of_files = if files { OF_FILES } else { &[] };
    for call in ALLOWED.iter().chain(of_files) {
        rules.insert(*call, Vec::new());
    }
    // Memory that is never run: what is run was there before.
    let no_code = |argument| only_with(argument, libc::PROT_EXEC as u32, 0);
    rules.insert(libc::SYS_mmap, no_code(2)?);
    rules.insert(libc::SYS_mprotect, no_code(2)?);
    let thread = libc::CLONE_THREAD as u32;
    rules.insert(libc::SYS_clone, only_with(0, thread, thread)?);
    // Names of threads.
    rules.insert(
        libc::SYS_prctl,
        only_with(0, u32::MAX, libc::PR_SET_NAME as u32)?,
    );
    filter(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
    )
}

/// The arguments of `clone3` are in memory, where a filter cannot look: without it the C library takes `clone`.
fn threads_by_clone() -> Filter {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    filter(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS as u32),
    )
}

fn only_with(
    argument: u8,
    mask: u32,
    value: u32,
) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let compare = SeccompCmpOp::MaskedEq(mask.into());
    let condition =
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value.into())?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Filter {
    let arch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, listed, arch)?.try_into()
}

#[cfg(test)]
mod tests {
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
        let open_directory = |path: &str, access| {
            Directory::open(&at(path), "/data", access, Quota::default()).unwrap()
        };
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
}
