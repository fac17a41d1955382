//! Logins by OAuth, from the printed address to calls with what the login brought. The server is a real one
//! (`tests/servers/oauth.py`), and a program that opens addresses stands for the browser and its person.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    Finished, command,
    config::Place,
    support::{VESICLE, in_repository, user_cache_dir},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// Opens an address, follows where it leads, and prints what came of it.
const BROWSER: &str = "import sys, urllib.request, urllib.error
try:
    with urllib.request.urlopen(sys.argv[1], timeout=30) as page:
        print(page.status, page.read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())";

fn python() -> PathBuf {
    let python = in_repository("tests/clients/python/.venv/bin/python");
    assert!(python.exists(), "run tests/clients/setup.sh");
    python
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A server that asks for a login, killed when dropped.
struct Guarded(Child);

impl Guarded {
    fn listening(port: u16, arguments: &[&str]) -> Self {
        let mut server = Command::new(python());
        server
            .arg(in_repository("tests/servers/oauth.py"))
            .arg(port.to_string())
            .args(arguments);
        let quiet = server.stdin(Stdio::null()).stdout(Stdio::null());
        let server = Self(quiet.stderr(Stdio::null()).spawn().unwrap());
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "nothing listens on {port}");
            thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A place that has the server on this port as `guarded`, and what is learned there.
fn place(port: u16) -> Place {
    let place = Place::with("");
    let url = format!("http://127.0.0.1:{port}/mcp");
    let servers = json!({"mcpServers": {"guarded": {"url": url}}});
    place.write(".mcp.json", &servers.to_string());
    place
}

fn prepared(place: &Place, arguments: &[&str]) -> Command {
    let mut vesicle = command(VESICLE, arguments);
    vesicle
        .current_dir(place.0.path())
        .env("XDG_CACHE_HOME", user_cache_dir())
        .env("XDG_DATA_HOME", place.0.path().join("data"));
    vesicle
}

fn vesicle(place: &Place, arguments: &[&str]) -> Finished {
    Finished(prepared(place, arguments).output().unwrap())
}

fn call(place: &Place) -> Finished {
    vesicle(place, &["tools", "call", "guarded.refreshed", "--json"])
}

/// Logs in, with a browser that opens what is printed. Tells how that ended, and what the browser showed.
fn login(place: &Place) -> (Finished, String) {
    let mut child = prepared(place, &["servers", "login", "guarded"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let printed: Vec<String> = lines.by_ref().map_while(Result::ok).take(3).collect();
    let shown = match printed.as_slice() {
        [first, _, address] => {
            assert_eq!(first, "Open this address in a browser:");
            let browser = Command::new("python3")
                .args(["-c", BROWSER, address.trim()])
                .output()
                .unwrap();
            assert!(browser.status.success(), "{browser:?}");
            String::from_utf8(browser.stdout).unwrap()
        }
        _ => String::new(),
    };
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let mut stderr = Vec::new();
    let mut pipe = child.stderr.take().unwrap();
    pipe.read_to_end(&mut stderr).unwrap();
    let finished = Finished(std::process::Output {
        status: child.wait().unwrap(),
        stdout: [printed, rest].concat().join("\n").into_bytes(),
        stderr,
    });
    (finished, shown)
}

#[test]
fn a_login_lasts_over_restarts_and_is_renewed() {
    let port = free_port();
    // Tokens are good for 34 s, and are renewed in the last 30 of them.
    let _server = Guarded::listening(port, &["34"]);
    let place = place(port);
    let before = call(&place);
    assert_eq!(before.code(), Some(1), "{before}");
    assert!(
        before.stderr().contains("asks for a login")
            && before.stderr().contains("vesicle servers login guarded"),
        "{before}"
    );
    let (finished, shown) = login(&place);
    assert_eq!(finished.code(), Some(0), "{finished}");
    assert!(finished.stdout().ends_with("Logged in to `guarded`."));
    assert!(
        shown.starts_with("200 ") && shown.contains("You are logged in"),
        "{shown}"
    );
    // Each command is a process of its own, which has the login from the disk.
    let first = call(&place);
    assert_eq!(
        (first.code(), first.stdout()),
        (Some(0), "{\"result\":0}\n"),
        "{first}"
    );
    thread::sleep(Duration::from_secs(5));
    let renewed = call(&place);
    assert_eq!(
        (renewed.code(), renewed.stdout()),
        (Some(0), "{\"result\":1}\n"),
        "{renewed}"
    );
    place.write("program.ts", "return tools.guarded.refreshed()");
    let ran = vesicle(&place, &["run", "program.ts"]);
    assert_eq!(ran.code(), Some(0), "{ran}");
    assert!(ran.stdout().contains("\"result\": "), "{ran}");
}

#[test]
fn a_login_that_is_refused_says_so_and_leaves_nothing() {
    let port = free_port();
    let _server = Guarded::listening(port, &["60", "refuse"]);
    let place = place(port);
    let (finished, shown) = login(&place);
    assert_eq!(finished.code(), Some(1), "{finished}");
    insta::assert_snapshot!(finished.stderr(), @"error: the login was refused: The person said no (access_denied). Run the same command to try again");
    assert!(
        shown.starts_with("400 ") && shown.contains("The terminal says why"),
        "{shown}"
    );
    let after = call(&place);
    assert!(after.stderr().contains("asks for a login"), "{after}");
}

#[test]
fn a_login_that_the_server_has_forgotten_is_asked_for_again() {
    let port = free_port();
    let server = Guarded::listening(port, &["60"]);
    let place = place(port);
    assert_eq!(login(&place).0.code(), Some(0));
    drop(server);
    // Nobody is there to log in to.
    let (gone, _) = login(&place);
    assert_eq!(gone.code(), Some(1), "{gone}");
    let told = gone.stderr().replace(&port.to_string(), "PORT");
    insta::assert_snapshot!(told, @"error: the login failed: http://127.0.0.1:PORT/mcp cannot be reached: Connection refused (os error 111)");
    // Another one at the same address, which knows of no login and no client.
    let _server = Guarded::listening(port, &["60"]);
    let refused = call(&place);
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(
        refused.stderr().contains("vesicle servers login guarded"),
        "{refused}"
    );
    assert_eq!(login(&place).0.code(), Some(0));
    assert_eq!(call(&place).stdout(), "{\"result\":0}\n");
}
