//! Granted hosts, from the command line to a host on loopback and back.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::Stdio,
};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{Finished, command, support::VESICLE};

/// A host that answers each request with the headers that it got. It ends with the process.
pub fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let lines = BufReader::new(stream.try_clone().expect("the connection")).lines();
            let head: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let body = json!(head).to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).ok();
        }
    });
    port
}

struct Place {
    directory: tempfile::TempDir,
    port: u16,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self {
            directory,
            port: echo(),
        }
    }

    /// Runs `code`, in which PORT is the host's, with this configuration and these options.
    fn run(&self, code: &str, configuration: &str, options: &[&str]) -> Finished {
        let told = |text: &str| text.replace("PORT", &self.port.to_string());
        let path = |name: &str| self.directory.path().join(name);
        fs::write(path("agent.ts"), told(code)).expect("a file");
        fs::write(path("vesicle.toml"), told(configuration)).expect("a file");
        let options: Vec<String> = options.iter().map(|option| told(option)).collect();
        let child = command(VESICLE, &["run", "agent.ts", "--audit", "--data-dir", "."])
            .args(options)
            .current_dir(self.directory.path())
            .env("API_TOKEN", "a-very-secret-token")
            .stdin(Stdio::null())
            .spawn()
            .expect("vesicle starts");
        Finished(child.wait_with_output().expect("vesicle ends"))
    }

    /// The host calls of the last line of the audit log.
    fn calls(&self) -> Vec<Value> {
        let log = self.directory.path().join("audit/audit-00000001.jsonl");
        let text = fs::read_to_string(log).expect("a log");
        assert!(!text.contains("a-very-secret-token"), "{text}");
        let line: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
        line["calls"].as_array().expect("calls").clone()
    }

    fn told(&self, finished: &Finished) -> String {
        finished.to_string().replace(&self.port.to_string(), "PORT")
    }
}

const ASK: &str = "const response = await fetch('http://127.0.0.1:PORT/path?query');
return [response.status, (await response.json())[0]]";

#[test]
fn a_host_is_granted_for_one_run() {
    let place = Place::new();
    let asked = place.run(ASK, "", &["--allow-host", "http://127.0.0.1:PORT"]);
    assert_snapshot!(place.told(&asked));
    let [call] = place.calls().try_into().expect("one call");
    assert_eq!(call["name"], format!("http://127.0.0.1:{}", place.port));
    assert_eq!(
        (&call["method"], &call["status"]),
        (&json!("GET"), &json!(200))
    );
    assert_eq!(
        (&call["verdict"], &call["bytes_out"]),
        (&json!("ok"), &json!(0))
    );
    assert!(!call.to_string().contains("query"), "{call}");
}

#[test]
fn what_is_not_granted_is_told_with_the_line_that_would() {
    let place = Place::new();
    let nothing = place.run(ASK, "", &[]);
    assert_snapshot!(place.told(&nothing));
    let other = place.run(ASK, "allow_hosts = [\"127.0.0.1:PORT\"]", &[]);
    assert_snapshot!(place.told(&other));
    assert_eq!(place.calls()[0]["verdict"], "denied");
    let wrong = place.run(ASK, "", &["--allow-host", "127.0.0.1"]);
    assert_snapshot!(place.told(&wrong));
}

#[test]
fn a_secret_goes_to_its_host_and_nowhere_else() {
    let place = Place::new();
    let configuration = "allow_hosts = [\"http://127.0.0.1:PORT\", { host = \"http://localhost:PORT\", addresses = [\"127.0.0.1\"] }]
[secrets.api]
env = \"API_TOKEN\"
host = \"http://127.0.0.1:PORT\"
prefix = \"Bearer \"
";
    let code = "const ask = async (host: string) => (await (await fetch(`http://${host}:PORT/`)).json()).filter((line: string) => line.startsWith('authorization'));
const own = await ask('127.0.0.1');
return [own, own[0].length, await ask('localhost')]";
    let asked = place.run(code, configuration, &[]);
    // The length is that of what the code sees, not of the secret.
    assert_eq!(
        serde_json::from_str::<Value>(asked.stdout()).expect("JSON"),
        json!([["authorization: Bearer [secret api]"], 34, []])
    );
    assert_eq!(place.calls().len(), 2);
}
