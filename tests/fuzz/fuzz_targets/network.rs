//! Requests to hosts: any entries of `allow_hosts`, any requests, any answers. By JavaScript's `fetch`,
//! by `wasi:http` from a guest in Rust, and by a guest that calls the functions of both with any numbers.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use std::sync::LazyLock;

use vesicle_fuzz::{Caller, Command, fuzz_target, requests};

const IMPORTS: &str = "import vesicle:plugin/http@0.1.0;
    import vesicle:plugin/pending@0.1.0;
    import wasi:http/outgoing-handler@0.2.12;
    import wasi:http/types@0.2.12;
    import wasi:io/error@0.2.12;
    import wasi:io/poll@0.2.12;
    import wasi:io/streams@0.2.12;";

static CALLER: LazyLock<Caller> =
    LazyLock::new(|| Caller::new(include_str!("../wit/http.wit"), IMPORTS));

static COMMAND: LazyLock<Command> = LazyLock::new(Command::new);

fuzz_target!(|input| {
    let Some((guest, rest)) = input.split_first() else {
        return;
    };
    if *guest == b'n' {
        requests::numbers(&CALLER, rest);
        return;
    }
    // What is granted and asked for, and what is answered.
    let end = rest.iter().position(|byte| *byte == 0);
    let (asked, answered) = rest.split_at(end.unwrap_or(rest.len()));
    let answer = answered.get(1..).unwrap_or_default();
    let Ok(asked) = std::str::from_utf8(asked) else {
        return;
    };
    let (grants, script) = asked.split_once("\n\n").unwrap_or((asked, ""));
    match guest {
        b'j' => requests::by_javascript(grants, script, answer),
        _ => requests::by_command(&COMMAND, grants, script, answer),
    }
});
