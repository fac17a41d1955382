//! Directories that are granted on the command line and in the configuration, and what is said where
//! they are not.

use std::fs;

use insta::assert_snapshot;

use crate::config::{Place, refused};

const TABLE: &str = "name,n\na,1\nb,2\n";

/// A place with `data/table.csv`, and these programs: one sums it, one writes beside it.
fn place(configuration: &str) -> Place {
    let place = Place::with(configuration);
    place.write("data/table.csv", TABLE);
    place.write(
        "sum.ts",
        "const lines = (await fs.readFile('/data/table.csv', 'utf8')).trim().split('\\n');
         return lines.slice(1).reduce((sum, line) => sum + Number(line.split(',')[1]), 0)",
    );
    place.write(
        "write.ts",
        "await fs.writeFile('/data/sum.txt', '3'); return 'written'",
    );
    place
}

#[test]
fn a_directory_is_granted_on_the_command_line() {
    let place = place("");
    let sum = place.vesicle(&["run", "sum.ts", "--preopen", "data:/data"]);
    assert_eq!(sum.stdout(), "3\n", "{sum}");
    let written = place.vesicle(&["run", "write.ts", "--preopen", "data:/data:rw"]);
    assert_eq!(written.stdout(), "written\n", "{written}");
    let path = place.0.path().join("data/sum.txt");
    assert_eq!(fs::read_to_string(path).expect("a file"), "3");
}

#[test]
fn refusals_name_the_line_that_would_allow_it() {
    let place = place("");
    assert_snapshot!("nothing_granted", place.vesicle(&["run", "sum.ts"]));
    let read = ["run", "write.ts", "--preopen", "data:/data:ro"];
    assert_snapshot!("granted_for_reading", place.vesicle(&read));
    place.write("vesicle.toml", "[[preopen]]\nhost = \"data\"\nguest = \"/data\"\naccess = \"read-write\"\nquota_files = 0\n");
    assert_snapshot!("no_quota", place.vesicle(&["run", "write.ts"]));
}

#[test]
fn a_profile_has_directories_of_its_own() {
    let place = place("[[profiles.permissive.preopen]]\nhost = \"data\"\nguest = \"/data\"\n");
    let of_another = place.vesicle(&["run", "sum.ts"]);
    assert_eq!(of_another.code(), Some(1), "{of_another}");
    let granted = place.vesicle(&["run", "sum.ts", "--profile", "permissive"]);
    assert_eq!(granted.stdout(), "3\n", "{granted}");
}

#[test]
fn what_cannot_be_granted_is_said_before_anything_runs() {
    let place = place("");
    let run = |preopen: &str| refused(&place.vesicle(&["run", "sum.ts", "--preopen", preopen]));
    assert_snapshot!("no_such_directory", run("none:/data"));
    assert_snapshot!("not_a_directory", run("sum.ts:/data"));
    assert_snapshot!("of_the_system", run("/proc:/data"));
    assert_snapshot!("not_that_form", run("data"));
}
