//! What is left of the disk: where the configuration keeps its things, and what of the system every program reads.

use std::{
    env,
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible as _, LandlockStatus, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, path_beneath_rules,
};

use super::Paths;

/// The rights that are known here. Those of later kernels are left as they are.
const KNOWN: ABI = ABI::V5;

/// What programs are started from: the shell that ends servers, and the host itself, which compiles components in a process of
/// its own.
const PROGRAMS: &[&str] = &[
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/sbin",
    "/usr",
    "/nix/store",
];
/// Names of hosts, authorities that are trusted, time zones; what the process is and has. Files of `/etc` are replaced while the
/// host runs, so that it is the directory that counts.
const SYSTEM: &[&str] = &[
    "/etc",
    "/proc",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/systemd/resolve",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
    "/var/lib/ca-certificates",
];
const DEVICES_READ: &[&str] = &["/dev/random", "/dev/urandom", "/dev/zero"];
const DEVICES_WRITTEN: &[&str] = &["/dev/null"];
/// Where operators say that authorities are; TLS reads them when it is first used.
const AUTHORITIES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// Where SQLite looks for a place for what does not fit into memory; the first that there is.
const SPILL_VARIABLES: [&str; 2] = ["SQLITE_TMPDIR", "TMPDIR"];
const SPILL_PLACES: [&str; 3] = ["/var/tmp", "/usr/tmp", "/tmp"];

/// Makes the directories that are written to, as they are made where they are first used: what is not there now could not be made
/// later. Says which it could not make.
pub fn make(paths: &Paths) -> Vec<String> {
    let is_outmost = |directory: &&PathBuf| {
        let others = paths.write.iter().filter(|other| *other != *directory);
        !others.into_iter().any(|other| directory.starts_with(other))
    };
    let outmost = paths.write.iter().filter(is_outmost);
    let failures = outmost.filter_map(|directory| {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory);
        let error = made.err()?;
        Some(format!(
            "`{}` is not there, and will not be: {error}",
            directory.display()
        ))
    });
    failures.collect()
}

/// Gives up all of the disk but `paths` and what of the system is needed, for this thread and those that it starts.
///
/// # Errors
/// Why not.
pub fn give_up(paths: &Paths) -> Result<(), String> {
    restrict(paths).map_err(|error| error.to_string())?
}

fn restrict(paths: &Paths) -> Result<Result<(), String>, RulesetError> {
    let look = AccessFs::ReadFile | AccessFs::ReadDir;
    let run = look | AccessFs::Execute;
    let status = Ruleset::default()
        // A kernel that does not know it forbids it: moving a file from one directory to another.
        .set_compatibility(CompatLevel::SoftRequirement)
        .handle_access(AccessFs::Refer)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(PROGRAMS, run))?
        .add_rules(path_beneath_rules(env::current_exe().ok(), run))?
        .add_rules(path_beneath_rules(SYSTEM, look))?
        .add_rules(path_beneath_rules(
            AUTHORITIES.iter().filter_map(env::var_os),
            look,
        ))?
        .add_rules(path_beneath_rules(DEVICES_READ, look))?
        .add_rules(path_beneath_rules(
            DEVICES_WRITTEN,
            look | AccessFs::WriteFile,
        ))?
        .add_rules(path_beneath_rules(&paths.read, look))?
        .add_rules(path_beneath_rules(spill(), writing()))?
        .add_rules(path_beneath_rules(&paths.write, writing()))?
        .restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced, _) => Ok(()),
        (_, LandlockStatus::NotEnabled) => Err("Landlock is not enabled".to_owned()),
        (_, LandlockStatus::NotImplemented) => Err("there is no Landlock".to_owned()),
        (_, LandlockStatus::Available { .. }) => Err("this Landlock is too old".to_owned()),
    })
}

/// Everything that is done with files, directories and links; nothing is started from there, and devices are not made.
fn writing() -> BitFlags<AccessFs> {
    let never = AccessFs::Execute
        | AccessFs::IoctlDev
        | AccessFs::MakeBlock
        | AccessFs::MakeChar
        | AccessFs::MakeFifo
        | AccessFs::MakeSock;
    AccessFs::from_all(KNOWN) & !never
}

fn spill() -> Option<PathBuf> {
    let named = SPILL_VARIABLES.iter().filter_map(env::var_os);
    let places = named.map(PathBuf::from);
    let places = places.chain(SPILL_PLACES.iter().map(PathBuf::from));
    places.into_iter().find(|place| Path::is_dir(place))
}

#[cfg(test)]
mod tests {
    use std::{fs, io::ErrorKind, os::unix::fs::PermissionsExt as _, process::Command, thread};

    use super::*;

    fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
        result.err().map(|error| error.kind())
    }

    /// What a thread gave up, others keep.
    #[test]
    fn what_was_not_named_is_out_of_reach() {
        let place = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let at = |path: &str| place.path().join(path);
        for directory in ["read", "write", "write/below", "outside"] {
            fs::create_dir(at(directory)).unwrap();
            fs::write(at(directory).join("file"), "text").unwrap();
        }
        let program = at("write/program");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(at("outside/file"), at("write/link")).unwrap();
        assert!(Command::new(&program).status().unwrap().success());

        let paths = Paths {
            read: vec![at("read")],
            write: vec![at("write"), at("new")],
        };
        let denied = Some(ErrorKind::PermissionDenied);
        thread::scope(|threads| {
            threads.spawn(|| {
                assert!(make(&paths).is_empty());
                give_up(&paths).unwrap();
                assert_eq!(kind(fs::read(at("outside/file"))), denied);
                assert_eq!(kind(fs::read_dir(at("outside"))), denied);
                assert_eq!(kind(fs::write(at("outside/new"), "")), denied);
                // Through a link, and by a name for it elsewhere.
                assert_eq!(kind(fs::read(at("write/link"))), denied);
                assert!(fs::hard_link(at("outside/file"), at("write/hard")).is_err());
                assert!(fs::rename(at("outside/file"), at("write/moved")).is_err());

                assert_eq!(kind(fs::read(at("read/file"))), None);
                assert_eq!(kind(fs::write(at("read/file"), "")), denied);
                assert_eq!(kind(fs::remove_file(at("read/file"))), denied);

                assert_eq!(kind(fs::write(at("write/new"), "")), None);
                assert_eq!(kind(fs::write(at("new/file"), "")), None);
                assert_eq!(
                    kind(fs::rename(at("write/new"), at("write/below/new"))),
                    None
                );
                assert_eq!(kind(fs::remove_file(at("write/below/new"))), None);
                assert_eq!(kind(Command::new(&program).status()), denied);
                assert!(Command::new("true").status().unwrap().success());
            });
        });
        assert!(fs::read(at("outside/file")).is_ok());
        let mode = fs::metadata(at("new")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
