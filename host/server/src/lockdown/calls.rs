//! System calls that neither the host nor a server that it starts has use for, refused from now on to both, and with them the
//! privileges that programs get by who owns their file.

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// Looking into other processes; code and state of the kernel; what is mounted; keys of the kernel; other ways to do what is
/// refused here. They fail with `EPERM`, as they do for users without privileges.
const REFUSED: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_perf_event_open,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
];

/// Refuses them, to this thread and whatever it starts.
///
/// # Errors
/// Why not.
pub fn give_up() -> Result<(), String> {
    let program = filter().map_err(|error| error.to_string())?;
    // Takes `no_new_privs` as well, without which nobody may add a filter.
    seccompiler::apply_filter(&program).map_err(|error| error.to_string())
}

fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let rules: BTreeMap<_, _> = REFUSED.iter().map(|call| (*call, vec![])).collect();
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let arch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Allow, refused, arch)?.try_into()
}

#[cfg(test)]
mod tests {
    use std::{io, thread};

    use super::*;

    /// Arguments that no kernel takes, so that nothing happens where it is not refused.
    fn answer(call: i64) -> Option<i32> {
        // SAFETY: no pointer among the arguments is one that can be read or written.
        let answered = unsafe { libc::syscall(call, -1, -1, -1, -1, -1, -1) };
        (answered == -1).then(|| io::Error::last_os_error().raw_os_error())?
    }

    /// A filter is its thread's alone, so that this one ends with its thread.
    #[test]
    fn what_nobody_needs_is_refused_and_the_rest_is_not() {
        let checked = thread::spawn(|| {
            assert_ne!(answer(libc::SYS_bpf), Some(libc::EPERM));
            give_up().unwrap();
            for call in REFUSED {
                assert_eq!(answer(*call), Some(libc::EPERM), "{call}");
            }
            assert_eq!(answer(libc::SYS_close), Some(libc::EBADF));
            let ran = std::process::Command::new("true").status().unwrap();
            assert!(ran.success());
        });
        checked.join().unwrap();
    }
}
