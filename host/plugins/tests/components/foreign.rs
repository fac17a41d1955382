//! Components that nobody here made: the world `words` by componentize-js and by componentize-py, which
//! `tests/plugins/setup.sh` builds. They are 10 to 40 MB with their engines.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use vesicle_plugins::{Inspection, Tools, with_docs};
use vesicle_sandbox::{
    AllowedHost, CompileLimits, Grants, Limits, Network, NetworkConfig, Transport,
};

use crate::support::{answered, call_with, limits, sandbox, told};

async fn tools(file: &str) -> Tools {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../foreign");
    let wasm = std::fs::read(target.join(file)).expect("tests/plugins/setup.sh makes it");
    let wit = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/plugins/wit/words.wit"
    );
    let wasm = with_docs(&wasm, &std::fs::read_to_string(wit).unwrap()).unwrap();
    let limits = CompileLimits {
        // Of a machine with other work; alone it takes a fraction.
        wall_time: std::time::Duration::from_secs(600),
        ..CompileLimits::default()
    };
    let told = Inspection::of(&wasm, &limits, &[]).unwrap();
    assert!(
        told.imports
            .iter()
            .any(|import| import.name.starts_with("wasi:")),
        "{told:?}"
    );
    let begun = std::time::Instant::now();
    let component = sandbox().await.load(wasm.clone(), limits).await;
    let component = component.unwrap_or_else(|error| panic!("{error}"));
    println!(
        "{file}: {} bytes, loaded in {:?}",
        told.bytes,
        begun.elapsed()
    );
    Tools::read(&component, &wasm)
}

/// What componentize-py links consists of more instances than others do; componentize-js needs
/// nothing beyond the default.
fn roomy() -> Limits {
    Limits {
        memory_bytes: vesicle_sandbox::MEMORY_BYTES_MAX,
        instances: vesicle_sandbox::INSTANCES_MAX,
        ..limits()
    }
}

async fn check(tools: &Tools, asks: &str) {
    assert_eq!(tools.refused(), []);
    let names: Vec<_> = tools
        .definitions()
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    // componentize-py exports a function of its own beside them.
    for name in ["larger", "ask", "text__count_words"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let larger = tools
        .definitions()
        .iter()
        .find(|tool| tool.name == "larger");
    assert_eq!(larger.unwrap().description, "The larger of two numbers.");
    let call = async |tool: &str, arguments: &str| {
        let outcome = call_with(tools, tool, arguments, roomy(), Grants::default()).await;
        told(&outcome)
    };
    let words = r#"{"text": "so many words so so many", "most": 2}"#;
    assert_eq!(
        call("text__count_words", words).await,
        r#"[{"word":"so","times":3},{"word":"many","times":2}]"#
    );
    assert_eq!(
        call("text__count_words", r#"{"text": ""}"#).await,
        r#"failure "empty""#
    );
    let long = format!(r#"{{"text": "{}"}}"#, "x".repeat(1_001));
    assert_eq!(
        call("text__count_words", &long).await,
        r#"failure {"too_long":1001}"#
    );
    assert_eq!(call("larger", r#"{"a": 7, "b": 5}"#).await, "7");
    let asked = call("ask", r#"{"url": "http://example.com/"}"#).await;
    assert!(
        asked.starts_with("failure ") && asked.contains(asks),
        "{asked}"
    );
    let refused = answered(tools, "larger", r#"{"a": 1}"#).await;
    assert_eq!(refused, "InvalidInput: arguments.b: missing, expected s64");
}

/// Its `fetch` is `wasi:http`: it reaches the host that is granted, and no other.
#[tokio::test]
async fn componentize_js() {
    let tools = tools("js.wasm").await;
    check(&tools, "NetworkError").await;
    let host = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", host.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = host.accept().unwrap();
        let mut asked = [0; 1024];
        let length = stream.read(&mut asked).unwrap();
        assert!(asked[..length].starts_with(b"GET /tea "));
        let answer = b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).unwrap();
    });
    let transport = Arc::new(Transport::new(NetworkConfig::default()));
    let grants = Grants {
        network: Network::new([AllowedHost::parse(&url).unwrap()], transport),
        ..Grants::default()
    };
    let arguments = serde_json::json!({ "url": format!("{url}/tea") }).to_string();
    let outcome = call_with(&tools, "ask", &arguments, roomy(), grants).await;
    assert_eq!(told(&outcome), "418");
    answering.join().unwrap();
}

/// It asks by a socket, and there are none.
#[tokio::test]
async fn componentize_py() {
    let tools = tools("py.wasm").await;
    check(&tools, "gaierror: ").await;
    // componentize-js 0.23 ends itself where an integer is beyond 2^53.
    let numbers = r#"{"a": "9007199254740993", "b": -1}"#;
    let outcome = call_with(&tools, "larger", numbers, roomy(), Grants::default()).await;
    assert_eq!(told(&outcome), r#""9007199254740993""#);
}
