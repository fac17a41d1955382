//! The thread that starts children.
//!
//! A child asks the kernel to be killed when its parent dies (`PR_SET_PDEATHSIG`). To the kernel the parent is the
//! *thread* that forked, and tokio's threads come and go: a child that one of them started would be killed with it. So
//! children are started by one thread that lives as long as the process.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

struct Job {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

static SPAWNER: OnceLock<Option<Sender<Job>>> = OnceLock::new();

fn start() -> Option<Sender<Job>> {
    let (jobs, queue) = channel::<Job>();
    let thread = std::thread::Builder::new().name("vesicle-spawn".to_owned());
    let started = thread.spawn(move || {
        for mut job in queue {
            // The child's pipes belong to the runtime of whoever asked.
            let _runtime = job.runtime.enter();
            drop(job.reply.send(job.command.spawn()));
        }
    });
    started.ok().map(|_| jobs)
}

/// Starts the thread that starts children, which have what it has of privileges and rights to the disk at that time. Otherwise it is
/// started with the first child. Whether there is one.
pub fn start_spawner() -> bool {
    SPAWNER.get_or_init(start).is_some()
}

/// Starts a child that is killed when this process dies, in a process group of its own.
pub async fn spawn(mut command: Command) -> io::Result<Child> {
    command.process_group(0).kill_on_drop(true);
    die_with_parent(&mut command);
    let (reply, answer) = oneshot::channel();
    let job = Job {
        command,
        runtime: Handle::current(),
        reply,
    };
    let gone = || io::Error::other("the thread that starts programs could not be started");
    let spawner = SPAWNER.get_or_init(start).as_ref().ok_or_else(gone)?;
    spawner.send(job).map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
    let host = getpid();
    let prepare = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The host may have died between the fork and the line above; then no signal will come.
        if getppid() == Some(host) {
            Ok(())
        } else {
            Err(io::Error::from(rustix::io::Errno::SRCH))
        }
    };
    // SAFETY: between fork and exec only what is async-signal-safe may run. These are two system calls; nothing here
    // allocates, locks, or touches memory that other threads of the host may have been changing.
    unsafe {
        command.pre_exec(prepare);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command) {}
