//! `vesicle run --watch`, with a file that changes under it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStderr, Command},
};

use crate::{command, config::Place, support::VESICLE};

/// A run that watches, and its remarks.
struct Watching {
    child: Child,
    remarks: BufReader<ChildStderr>,
}

impl Watching {
    fn begin(place: &Place, arguments: &[&str]) -> Self {
        let mut child = command(VESICLE, arguments)
            .current_dir(place.0.path())
            .spawn()
            .expect("vesicle starts");
        let remarks = BufReader::new(child.stderr.take().expect("stderr is piped"));
        Self { child, remarks }
    }

    /// All remarks up to the one that it waits.
    fn waits(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let read = self.remarks.read_line(&mut line).expect("text");
            assert!(read > 0, "it ended: {all}");
            all += &line;
            if line.contains("waiting for a change") {
                return all;
            }
        }
    }

    /// Ctrl-C, and what was printed in all.
    fn end(mut self) -> String {
        let sent = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(sent.expect("kill starts").success());
        assert_eq!(self.child.wait().expect("it ends").code(), Some(130));
        let mut printed = String::new();
        let mut stdout = self.child.stdout.take().expect("stdout is piped");
        stdout.read_to_string(&mut printed).expect("text");
        printed
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind; one that did not has ended it already.
        let _ = self.child.kill();
    }
}

#[test]
fn a_program_runs_again_when_it_or_its_input_changes() {
    let place = Place::empty();
    place.write("p.ts", "return `first ${input}`");
    place.write("in.txt", "a");
    let arguments = ["run", "--watch", "p.ts", "--input-text", "@in.txt"];
    let mut watching = Watching::begin(&place, &arguments);
    assert!(watching.waits().contains("exit code 0"));
    place.write("in.txt", "bb");
    watching.waits();
    place.write("p.ts", "return `second ${input}`");
    watching.waits();
    // What is wrong is told, and waited on as well.
    place.write("p.ts", "return oops");
    assert!(watching.waits().contains("exit code 1"));
    fs::remove_file(place.0.path().join("p.ts")).expect("it can be removed");
    let gone = watching.waits();
    assert!(
        gone.contains("exit code 2") && gone.contains("p.ts"),
        "{gone}"
    );
    // As editors write: another file in its place.
    place.write("new.ts", "return `third ${input}`");
    fs::rename(place.0.path().join("new.ts"), place.0.path().join("p.ts")).expect("a file");
    watching.waits();
    let printed = watching.end();
    assert_eq!(printed, "first a\nfirst bb\nsecond bb\nthird bb\n");
}

#[test]
fn a_program_that_is_running_ends_with_ctrl_c_too() {
    let place = Place::empty();
    place.write("p.ts", "console.log('on'); while (Date.now()) {}");
    let arguments = ["run", "--watch", "p.ts", "--profile", "permissive"];
    let watching = Watching::begin(&place, &arguments);
    while !crate::terminal::handles_interrupts(watching.child.id()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    watching.end();
}

#[test]
fn programs_read_a_line_for_each_run() {
    let place = Place::empty();
    place.write("p.ts", "return 1");
    let mut watching = Watching::begin(&place, &["run", "--watch", "--json", "p.ts"]);
    watching.waits();
    place.write("p.ts", "return 22");
    watching.waits();
    let printed = watching.end();
    let outcomes: Vec<serde_json::Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(outcomes.len(), 2, "{printed}");
}

#[test]
fn standard_input_cannot_be_watched() {
    let finished = crate::vesicle(&["run", "--watch", "-"]);
    assert_eq!(finished.code(), Some(2), "{finished}");
    assert!(
        finished.stderr().contains("--watch needs a file"),
        "{finished}"
    );
}
