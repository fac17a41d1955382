//! Programs in processes of their own, from the command line.

use std::{fs, process::Stdio};

use crate::{command, network, support::VESICLE};

/// Code, and its end in words, with what it prints and how the command ends.
const PROGRAMS: [&str; 6] = [
    "console.log('printed'); return { input, twice: [1, 2].map(n => n * 2) }",
    "throw new TypeError('no')",
    "return require('fs')",
    "const text = 'a'.repeat(1e6); const all = []; for (;;) all.push(text + all.length)",
    "await new Promise(done => setTimeout(done, 1e6))",
    "await fs.writeFile('/data/new.txt', 'written'); await state.set('k', 1);
const response = await fetch('http://127.0.0.1:PORT/');
return [await fs.readFile('/data/new.txt', 'utf8'), await state.get('k'), response.status, await fetch('http://127.0.0.1:1/').catch(error => error.code)]",
];

#[test]
fn a_program_ends_in_a_process_as_it_does_on_a_thread() {
    let port = network::echo().to_string();
    let run = |code: &str, isolation: &str| {
        let place = tempfile::tempdir().expect("a directory");
        let path = |name: &str| place.path().join(name);
        fs::create_dir(path("data")).expect("a directory");
        fs::write(path("agent.ts"), code.replace("PORT", &port)).expect("a file");
        let host = format!("http://127.0.0.1:{port}");
        let options = [
            "run",
            "agent.ts",
            "--input",
            "[1]",
            "--timeout",
            "3s",
            "--data-dir",
            ".",
        ];
        let child = command(VESICLE, &options)
            .args([
                "--preopen",
                "data:/data:rw",
                "--allow-host",
                &host,
                "--isolation",
                isolation,
            ])
            .current_dir(place.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("vesicle starts");
        let ended = child.wait_with_output().expect("vesicle ends");
        crate::Finished(ended).to_string()
    };
    for code in PROGRAMS {
        let (thread, process) = (run(code, "thread"), run(code, "process"));
        assert_eq!(thread, process, "{code}");
    }
    // It is no failure that is the same.
    let last = run(PROGRAMS[5], "process");
    assert!(
        last.contains("written") && last.contains("denied"),
        "{last}"
    );
}

#[test]
fn a_worker_speaks_with_a_sandbox_alone() {
    let alone = command(VESICLE, &["run-programs"])
        .stdin(Stdio::null())
        .output();
    let alone = alone.expect("vesicle runs");
    assert!(!alone.status.success());
    let said = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(said.starts_with("error:"), "{said}");
}
