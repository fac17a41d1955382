//! A terminal in place of pipes, and the keyboard that comes with it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

use crate::{
    command,
    support::{VESICLE, in_repository},
};

/// Runs `vesicle` with a terminal for all three streams, and gives what the terminal received.
fn on_a_terminal(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    const SPAWN: &str = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
    let mut all = vec!["-c", SPAWN, VESICLE];
    all.extend(arguments);
    let finished = command("python3", &all)
        .env("TERM", "xterm-256color")
        .envs(environment.iter().copied())
        .output()
        .expect("python3 starts");
    String::from_utf8(finished.stdout).expect("a terminal's text")
}

#[test]
fn a_guest_cannot_drive_the_terminal() {
    let program = in_repository("tests/cli/programs/hostile_output.ts");
    let program = program.to_str().expect("a UTF-8 path");
    // On a terminal that shows no progress, of which the escape sequences are ours.
    let seen = on_a_terminal(&["run", program], &[("TERM", "dumb")]);
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    assert!(!seen.contains('\u{7}'), "{seen:?}");
    // The terminal's driver makes \r\n of every line end; there is no other \r.
    assert!(!seen.replace("\r\n", "\n").contains('\r'), "{seen:?}");
    assert!(seen.contains("red text"), "{seen:?}");
    assert!(seen.contains("result tab\there"), "{seen:?}");
}

#[test]
fn people_are_told_what_they_wait_for() {
    let program = in_repository("tests/cli/programs/double.ts");
    let program = program.to_str().expect("a UTF-8 path");
    let arguments = ["run", program, "--input", "2", "--no-cache"];
    let waited = "Getting the engine ready";
    // Compiled by one thread, which takes longer than what is not worth a line.
    let slowly = ("RAYON_NUM_THREADS", "1");
    let seen = on_a_terminal(&arguments, &[slowly]);
    assert!(seen.contains(waited), "{seen:?}");
    let seen = on_a_terminal(&arguments, &[slowly, ("TERM", "dumb")]);
    assert!(!seen.contains(waited), "{seen:?}");
}

/// A provider of embeddings that takes its time; its address.
fn slow_embeddings() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            thread::spawn(move || embed(stream));
        }
    });
    address
}

/// Answers requests in Ollama's form, with vectors of two numbers.
fn embed(mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(bytes) = line.strip_prefix("content-length:") {
                length = bytes.trim().parse().expect("a length");
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).expect("the body comes");
        let asked: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let texts = asked["input"].as_array().expect("texts").len();
        thread::sleep(Duration::from_millis(500));
        let answer = serde_json::json!({ "embeddings": vec![[0.6, 0.8]; texts] }).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all((head + &answer).as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn how_far_embeddings_are_is_shown_to_people_and_not_to_programs() {
    let place = tempfile::tempdir().expect("a directory");
    let address = slow_embeddings();
    let file = place.path().join("vesicle.toml");
    let toml = format!("data_dir = \"data\"\n[memory]\nembedding_urls = [\"{address}\"]\n");
    fs::write(&file, toml).expect("the file is written");
    let config = ["--config", file.to_str().expect("a UTF-8 path")];
    let runs = in_repository("host/memory/tests/data/airline-episodes.jsonl");
    let runs = runs.to_str().expect("a UTF-8 path");
    let import = ["memory", "import", runs, "--format", "tau-bench"];
    let finished = crate::vesicle(&[&config[..], &import].concat());
    assert_eq!(finished.code(), Some(0), "{finished}");

    let by = [
        "memory",
        "embed",
        "--provider",
        "ollama",
        "--base-url",
        &address,
    ];
    let embed = |model| [&config[..], &by, &["--model", model]].concat();
    let seen = on_a_terminal(&embed("one"), &[]);
    assert!(
        seen.contains("embedding") && seen.contains("/200"),
        "{seen:?}"
    );
    assert!(
        seen.contains("200 texts embedded; searched is ollama@") && seen.contains("/one/"),
        "{seen:?}"
    );
    // A second time there is nothing to do.
    let seen = on_a_terminal(&[&config[..], &["memory", "embed"]].concat(), &[]);
    assert!(
        seen.starts_with("0 texts embedded; searched is ollama@"),
        "{seen:?}"
    );
    let seen = on_a_terminal(&[&embed("two")[..], &["--json"]].concat(), &[]);
    let told: serde_json::Value = serde_json::from_str(&seen).expect("JSON alone");
    assert_eq!(told["embedded"], 200, "{told}");
    let seen = on_a_terminal(&embed("three"), &[("TERM", "dumb")]);
    assert!(
        !seen.contains("/200") && !seen.contains('\u{1b}'),
        "{seen:?}"
    );
}

#[test]
fn an_error_has_a_coloured_head_unless_colours_are_unwanted() {
    // With the engine compiled, so that nothing is shown of waiting for it.
    assert_eq!(crate::run("return 1").code(), Some(0));
    let program = in_repository("tests/cli/programs/throws.ts");
    let program = program.to_str().expect("a UTF-8 path");
    let seen = on_a_terminal(&["run", program], &[]);
    assert!(seen.contains("\u{1b}[1m\u{1b}[31mTypeError"), "{seen:?}");

    let seen = on_a_terminal(&["run", program], &[("NO_COLOR", "1")]);
    assert!(seen.contains("TypeError"), "{seen:?}");
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
}

/// Linux only: elsewhere there is no telling when the handler is in place.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_with_130() {
    let mut child = command(VESICLE, &["run", "-", "--profile", "permissive"])
        .spawn()
        .expect("vesicle starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin
        .write_all(b"while (Date.now()) {}")
        .expect("vesicle reads");
    drop(stdin);
    while !handles_interrupts(child.id()) {
        thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill starts");
    assert!(sent.success());
    assert_eq!(child.wait().expect("vesicle ends").code(), Some(130));
}

#[cfg(target_os = "linux")]
pub fn handles_interrupts(process: u32) -> bool {
    const SIGINT_BIT: u64 = 1 << 1;
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let caught = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .expect("Linux tells which signals are caught");
    u64::from_str_radix(caught.trim(), 16).expect("in hexadecimal") & SIGINT_BIT != 0
}
