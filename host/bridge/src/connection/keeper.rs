//! Ends whole process groups when the host dies, however it dies.
//!
//! The parent-death signal reaches the child that we started. Most servers are started by `npx` or `uvx`, so that the
//! server itself is that child's child and gets no signal. Every server has a process group; the keeper is a shell that
//! is told of them on its standard input. The kernel closes that pipe when the host ends, and then the shell kills the
//! groups that it still knows.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use parking_lot::Mutex;

/// `+ id` adds a group and `- id` takes it away; at the end of input all that are left are killed.
const SCRIPT: &str = r#"trap '' HUP INT TERM
groups=" "
while read -r change group; do
  case $change in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null"#;

/// Started with the first group. Without a shell there is no keeper, and the parent-death signal has to do.
static KEEPER: OnceLock<Option<Mutex<Child>>> = OnceLock::new();

fn start() -> Option<Mutex<Child>> {
    use std::os::unix::process::CommandExt;
    let child = Command::new("/bin/sh")
        .args(["-c", SCRIPT])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Out of the reach of a terminal's Ctrl-C, which would end it before the host.
        .process_group(0)
        .spawn();
    match child {
        Ok(child) => Some(Mutex::new(child)),
        Err(error) => {
            tracing::warn!(%error, "no shell to end servers with, should this process be killed");
            None
        }
    }
}

/// A process group, killed when this is dropped or the host dies.
#[derive(Debug)]
pub struct Group(u32);

impl Group {
    /// The group that this child leads.
    pub fn of(leader: u32) -> Self {
        tell("+", leader);
        Self(leader)
    }

    /// Sends a signal to all in the group; whether there was anybody.
    pub fn signal(&self, signal: rustix::process::Signal) -> bool {
        i32::try_from(self.0)
            .ok()
            .and_then(rustix::process::Pid::from_raw)
            .is_some_and(|leader| rustix::process::kill_process_group(leader, signal).is_ok())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The leader may be gone, and its number with it; but a number is given again only when no group has it.
        self.signal(rustix::process::Signal::KILL);
        tell("-", self.0);
    }
}

fn tell(change: &str, group: u32) {
    if let Some(keeper) = KEEPER.get_or_init(start) {
        // A pipe holds thousands of such lines, so that this does not block.
        if let Some(input) = &mut keeper.lock().stdin
            && let Err(error) = writeln!(input, "{change} {group}")
        {
            tracing::warn!(%error, "the keeper of process groups is gone");
        }
    }
}
