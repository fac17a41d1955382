//! Files by Rust's `std::fs`, which reaches the host through wasi-libc and Wasmtime's adapter, as any
//! program for WASI does. First what must work, then one misdeed a line: what came of each is printed.

use std::ffi::{CString, c_char, c_int};
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::SystemTime;

unsafe extern "C" {
    // std has it for Unix alone.
    fn symlink(target: *const c_char, link: *const c_char) -> c_int;
}

fn main() {
    works();
    for (name, misdeed) in MISDEEDS {
        match misdeed() {
            Ok(()) => println!("{name}: DONE"),
            Err(error) => println!("{name}: {}", told(&error)),
        }
    }
}

/// The kind, and nothing of the text: that has numbers of the system.
fn told(error: &Error) -> String {
    format!("{:?}", error.kind())
}

/// What a program with files does all day.
fn works() {
    let all = || -> io::Result<String> {
        fs::create_dir_all("/data/new/deep")?;
        fs::write("/data/new/deep/a.txt", "one\n")?;
        OpenOptions::new().append(true).open("/data/new/deep/a.txt")?.write_all(b"two\n")?;
        fs::rename("/data/new/deep/a.txt", "/data/new/b.txt")?;
        let mut file = OpenOptions::new().read(true).write(true).open("/data/new/b.txt")?;
        file.seek(SeekFrom::Start(4))?;
        file.write_all(b"TWO")?;
        file.sync_all()?;
        file.rewind()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        file.set_len(3)?;
        let length = file.metadata()?.len();
        let mut names: Vec<_> = fs::read_dir("/data/new")?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<_>>()?;
        names.sort();
        fs::remove_dir_all("/data/new")?;
        let readonly = fs::read_to_string("/readonly/hello.txt")?;
        Ok(format!("{text:?} {length} {names:?} {readonly}"))
    };
    match all() {
        Ok(worked) => println!("works: {worked}"),
        Err(error) => println!("works: NOT: {error}"),
    }
}

type Misdeed = fn() -> io::Result<()>;

const MISDEEDS: &[(&str, Misdeed)] = &[
    ("read beside by ..", || read("/data/../secret.txt")),
    ("read the host's own path", || read("/etc/passwd")),
    ("read /proc", || read("/proc/self/environ")),
    ("read through a link out", || read("/data/out")),
    ("read through an absolute link", || read("/data/absolute")),
    ("read through a chain of links", || read("/data/chain")),
    ("read through a link to a directory", || read("/data/out-directory/secret.txt")),
    ("read a file with a slash at its end", || read("/data/hello.txt/")),
    ("read a pipe", || read("/data/pipe")),
    ("read a socket", || read("/data/socket")),
    ("write where only reading is granted", || fs::write("/readonly/hello.txt", "x")),
    ("make a file where only reading is granted", || File::create("/readonly/new").map(drop)),
    ("truncate where only reading is granted", || {
        OpenOptions::new().write(true).truncate(true).open("/readonly/hello.txt").map(drop)
    }),
    ("shorten what was opened for reading", || File::open("/readonly/hello.txt")?.set_len(0)),
    ("append where only reading is granted", || {
        OpenOptions::new().append(true).open("/readonly/hello.txt").map(drop)
    }),
    ("remove where only reading is granted", || fs::remove_file("/readonly/hello.txt")),
    ("write through a link that waits", || fs::write("/data/dangling-out", "x")),
    ("write beside by ..", || fs::write("/data/../made.txt", "x")),
    ("link hard across rights", || fs::hard_link("/readonly/hello.txt", "/data/mine")),
    ("link hard within a grant", || fs::hard_link("/data/hello.txt", "/data/mine")),
    ("link hard what is beside", || fs::hard_link("/data/../secret.txt", "/data/mine")),
    ("make a link out", || link("../secret.txt", "/data/mine")),
    ("make an absolute link", || link("/etc/passwd", "/data/mine")),
    ("make a link within a grant", || link("hello.txt", "/data/mine")),
    ("rename across grants", || fs::rename("/data/hello.txt", "/other/mine")),
    ("rename out of reading into writing", || fs::rename("/readonly/hello.txt", "/data/mine")),
    ("rename beside", || fs::rename("/data/hello.txt", "/data/../mine")),
    ("copy beside", || fs::copy("/data/hello.txt", "/data/../mine").map(drop)),
    ("set times", || {
        let file = OpenOptions::new().write(true).open("/data/hello.txt")?;
        file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH))
    }),
    ("remove the granted directory", || fs::remove_dir("/data/.")),
    ("remove a granted directory by its name", || fs::remove_dir("/other")),
    ("list beside", || fs::read_dir("/data/..").map(drop)),
    ("list what is not granted", || fs::read_dir("/").map(drop)),
    ("learn where it is", || std::env::current_exe().map(drop)),
    ("see a variable", || std::env::vars().next().map(drop).ok_or_else(|| ErrorKind::NotFound.into())),
    ("see an argument", || std::env::args().next().map(drop).ok_or_else(|| ErrorKind::NotFound.into())),
    ("open a connection", || std::net::TcpStream::connect("127.0.0.1:22").map(drop)),
    ("start a process", || std::process::Command::new("/bin/true").status().map(drop)),
];

fn read(path: &str) -> io::Result<()> {
    fs::read(path).map(drop)
}

fn link(target: &str, link: &str) -> io::Result<()> {
    let [target, link] = [target, link].map(|path| CString::new(path).unwrap_or_default());
    // SAFETY: both end with a NUL.
    match unsafe { symlink(target.as_ptr(), link.as_ptr()) } {
        0 => Ok(()),
        _ => Err(Error::last_os_error()),
    }
}
