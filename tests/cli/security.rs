//! SECURITY.md names a test for each row of its tables; here it is looked whether there are such tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many rows there are at least that name a test, so that a change of form does not go unnoticed.
const ROWS_MIN: usize = 120;
/// How many tests there are at least.
const TESTS_MIN: usize = 500;

/// A test, by its file's path, without the ending, and its name.
type Test = (Vec<String>, String);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a directory, as paths below the root.
fn files(directory: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from(directory)];
    while let Some(directory) = directories.pop() {
        for entry in root().join(&directory).read_dir().unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = directory.join(&name);
            let is_ours = name != "node_modules" && name != "target" && !name.starts_with('.');
            match entry.file_type().unwrap().is_dir() {
                true if is_ours => directories.push(path),
                true => {}
                false => found.push(path),
            }
        }
    }
    found
}

fn tests() -> BTreeSet<Test> {
    let mut tests = BTreeSet::new();
    for path in ["host", "guests/builder", "tests"]
        .into_iter()
        .flat_map(files)
    {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        let place = path.with_extension("");
        let place = place
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned());
        let place: Vec<_> = place.collect();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if !line.trim().starts_with("#[test]") && !line.trim().starts_with("#[tokio::test") {
                continue;
            }
            let function = lines
                .find_map(|line| line.split_once("fn "))
                .map(|(_, name)| name);
            let end = |character: char| !character.is_alphanumeric() && character != '_';
            let name = function.and_then(|name| name.split(end).next());
            tests.insert((place.clone(), name.unwrap().to_owned()));
        }
    }
    tests
}

/// Whether there is a test that is named so: `a::b`, with the name of its binary before it or not, and
/// with a `*` for several; or a module of tests.
fn is_test(tests: &BTreeSet<Test>, name: &str) -> bool {
    let name = name.rsplit(' ').next().unwrap_or_default();
    let (modules, function) = name.rsplit_once("::").unwrap_or(("", name));
    let modules: Vec<_> = modules
        .split("::")
        .filter(|module| !["", "tests"].contains(module))
        .collect();
    let fits = |found: &str| match function.split_once('*') {
        Some((first, last)) => found.starts_with(first) && found.ends_with(last),
        None => found == function || function == "tests",
    };
    let is_in = |place: &[String]| {
        let mut modules = modules.iter();
        modules.all(|module| place.iter().any(|part| part == module))
    };
    tests
        .iter()
        .any(|(place, found)| fits(found) && is_in(place))
}

/// The cells of each row of a table, by the table's last heading.
fn rows(text: &str) -> Vec<(String, Vec<String>)> {
    let mut rows = Vec::new();
    let mut heading: Option<String> = None;
    for line in text.lines() {
        let Some(line) = line.strip_prefix('|') else {
            heading = None;
            continue;
        };
        let line = line.trim_end().trim_end_matches('|').replace("\\|", " ");
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        match &heading {
            None => heading = cells.last().cloned(),
            Some(_) if cells[0].starts_with("---") => {}
            Some(heading) => rows.push((heading.clone(), cells)),
        }
    }
    rows
}

/// What stands in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_row_names_a_test_that_there_is() {
    let tests = tests();
    assert!(tests.len() >= TESTS_MIN, "{} tests", tests.len());
    let programs = files("tests/programs");
    let is_program = |name: &str| programs.iter().any(|path| path.ends_with(name));
    let is_target = |name: &str| {
        root()
            .join(format!("tests/fuzz/fuzz_targets/{name}.rs"))
            .is_file()
    };
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let mut wrong = String::new();
    let mut named = 0;
    for (heading, cells) in rows(&text) {
        let last = cells.last().unwrap();
        // The executions of a fuzz target are numbers.
        if heading == "executions" {
            assert!(
                cells[0].split('`').nth(1).is_some_and(is_target),
                "{cells:?}"
            );
            continue;
        }
        named += 1;
        if last.starts_with("the same") && quoted(last).next().is_none() {
            continue;
        }
        let is_there = |name: &&str| {
            let is_file = name.ends_with(".ts") || name.ends_with(".wat");
            match is_file {
                true => is_program(name),
                false if name.ends_with(".sh") => root().join(name).is_file(),
                false if last.contains("fuzz target") => is_target(name),
                false => is_test(&tests, name),
            }
        };
        // A command and the name of a binary say where, and stand beside what is a test.
        let names =
            quoted(last).filter(|name| !["attacks", "sandbox", "vesicle bench"].contains(name));
        let (right, missing): (Vec<_>, Vec<_>) = names.partition(is_there);
        if right.is_empty() || !missing.is_empty() {
            wrong.push_str(&format!("\n{}: {last}", cells[0]));
        }
    }
    assert!(wrong.is_empty(), "no such tests:{wrong}");
    assert!(named >= ROWS_MIN, "{named} rows");
}

#[test]
fn every_program_stands_in_a_table() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let rows = rows(&text);
    let named: BTreeSet<_> = rows
        .iter()
        .flat_map(|(_, cells)| quoted(cells.last().unwrap()))
        .collect();
    for path in files("tests/programs") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_in = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
        // What is no attack by itself; what the tests of the source check run.
        if is_in("components") || is_in("source-check") {
            continue;
        }
        assert!(
            named.contains(name),
            "SECURITY.md does not name {}",
            path.display()
        );
    }
}
