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

use crate::{Access, Directory, WORKER_DESCRIPTORS_MAX, WORKER_MEMORY_BYTES_MAX};

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
mod tests;
