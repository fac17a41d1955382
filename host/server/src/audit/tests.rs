//! The log as a whole: what verification finds, and what it must not find.

use std::{fs, path::Path, sync::Arc};

use insta::assert_snapshot;

use super::{log::Log, *};

const ROOMY: Rotation = Rotation {
    file_bytes_max: 1 << 20,
    files_max: 100,
};

fn append(dir: &Path, rotation: Rotation, objects: &[&str]) {
    let mut log = Log::open(dir, rotation).unwrap();
    append_to(&mut log, objects);
}

fn append_to(log: &mut Log, objects: &[&str]) {
    let mut objects = objects.iter().map(|&object| object.to_owned()).collect();
    log.append(&mut objects, false).unwrap();
    assert_eq!(objects, [""; 0]);
}

/// A log of `count` lines, and its file.
fn log_of(count: usize) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let objects: Vec<String> = (0..count).map(|n| format!("{{\"n\":{n}}}")).collect();
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    append(dir.path(), ROOMY, &objects);
    let file = dir.path().join(file_name(1));
    (dir, file)
}

fn check(dir: &Path) -> Report {
    verify(dir, None).unwrap()
}

fn problems(dir: &Path) -> String {
    check(dir).problems.join("\n")
}

/// What is found after `change` was made to the lines of a log of six.
fn tampered(change: impl FnOnce(&mut Vec<String>)) -> String {
    let (dir, file) = log_of(6);
    let text = fs::read_to_string(&file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(&file, lines.join("\n") + "\n").unwrap();
    problems(dir.path())
}

/// This object in place of the one on the line, with a hash that fits.
fn forged(line: &str, object: &str) -> String {
    let sealed = chain::open(line.as_bytes()).unwrap();
    let mut head = chain::Head {
        seq: sealed.head.seq - 1,
        hash: sealed.prev,
    };
    let mut forged = Vec::new();
    chain::seal(object, &mut head, &mut forged);
    String::from_utf8(forged).unwrap().trim_end().to_owned()
}

#[test]
fn a_log_that_nobody_touched_is_intact() {
    let (dir, _) = log_of(6);
    // Another writer, as after a restart.
    append(dir.path(), ROOMY, &["{\"n\":6}"]);
    let report = check(dir.path());
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(
        (report.files, report.lines, report.first_seq),
        (1, 7, Some(1))
    );
    assert_eq!(report.head.unwrap().seq, 7);
    let empty = tempfile::tempdir().unwrap();
    assert!(check(empty.path()).is_intact());
}

#[test]
fn tampering_is_found_where_it_was_done() {
    assert_eq!(tampered(|_| ()), "");
    assert_snapshot!(tampered(|lines| lines[2] = lines[2].replace("\"n\":2", "\"n\":9")), @"audit-00000001.jsonl, line 3: changed or inserted: the line does not fit its hash");
    assert_snapshot!(tampered(|lines| lines[5] = lines[5].replace("\"n\":5", "\"n\":9")), @"audit-00000001.jsonl, line 6: changed or inserted: the line does not fit its hash");
    assert_snapshot!(tampered(|lines| drop(lines.remove(2))), @"audit-00000001.jsonl, line 3: line number 3 is missing before it, which is number 4: removed, or moved");
    assert_snapshot!(tampered(|lines| drop(lines.drain(1..4))), @"audit-00000001.jsonl, line 2: line numbers 2 to 4 are missing before it, which is number 5: removed, or moved");
    assert_snapshot!(tampered(|lines| drop(lines.remove(0))), @"audit-00000001.jsonl, line 1: line number 1 is missing before it, which is number 2: removed, or moved");
    assert_snapshot!(tampered(|lines| lines.swap(2, 3)), @r"
    audit-00000001.jsonl, line 3: line number 3 is missing before it, which is number 4: removed, or moved
    audit-00000001.jsonl, line 4: it is number 3, and number 5 is due: moved, or inserted again
    ");
    assert_snapshot!(tampered(|lines| lines.insert(3, lines[1].clone())), @"audit-00000001.jsonl, line 4: it is number 2, and number 4 is due: moved, or inserted again");
    assert_snapshot!(tampered(|lines| lines.insert(3, "{\"n\":9}".to_owned())), @"audit-00000001.jsonl, line 4: changed or inserted: the line does not fit its hash");
    assert_snapshot!(tampered(|lines| lines[3].clear()), @"audit-00000001.jsonl, line 4: changed or inserted: the line does not fit its hash");
    // One who can make hashes again is found at the next line.
    assert_snapshot!(tampered(|lines| lines[2] = forged(&lines[2], "{\"n\":9}")), @"audit-00000001.jsonl, line 4: it does not follow the line before: that one was changed or inserted, and its hash made again");
    assert_snapshot!(tampered(|lines| { let copy = forged(&lines[2], "{\"n\":9}"); lines.insert(2, copy) }), @r"
    audit-00000001.jsonl, line 4: it is number 3, and number 4 is due: moved, or inserted again
    audit-00000001.jsonl, line 5: it does not follow the line before: that one was changed or inserted, and its hash made again
    ");
    // An unfinished line is a crash only at the end.
    assert_snapshot!(tampered(|lines| lines[2].truncate(20)), @"audit-00000001.jsonl, line 3: changed or inserted: the line does not fit its hash");
}

#[test]
fn what_a_chain_cannot_show_a_pinned_hash_can() {
    let (dir, file) = log_of(3);
    let pinned = check(dir.path()).head.unwrap().hash;
    append(dir.path(), ROOMY, &["{\"n\":3}"]);
    assert!(verify(dir.path(), Some(&pinned)).unwrap().found);
    let text = fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = text.lines().take(2).collect();
    fs::write(&file, kept.join("\n") + "\n").unwrap();
    let report = verify(dir.path(), Some(&pinned)).unwrap();
    assert!(report.is_intact() && !report.found);
}

#[test]
fn problems_are_told_up_to_their_bound() {
    for (bad, omitted) in [(PROBLEMS_MAX, 0), (PROBLEMS_MAX + 1, 1)] {
        let (dir, file) = log_of(1);
        fs::write(&file, "{}\n".repeat(bad)).unwrap();
        let report = check(dir.path());
        assert_eq!(report.problems.len(), PROBLEMS_MAX);
        assert_eq!(report.problems_omitted, omitted);
    }
}

#[test]
fn a_line_cut_off_anywhere_is_evidence_and_the_chain_goes_on() {
    let (dir, file) = log_of(2);
    let whole = fs::read(&file).unwrap();
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in 1..whole.len() {
        fs::write(&file, &whole[..cut]).unwrap();
        let is_torn = ![second - 1, second, whole.len() - 1].contains(&cut);
        let before = check(dir.path());
        assert_eq!(before.truncated.len(), usize::from(is_torn), "cut at {cut}");
        assert!(before.is_intact(), "cut at {cut}");
        append(dir.path(), ROOMY, &["{\"n\":2}", "{\"n\":3}"]);
        let after = check(dir.path());
        assert_eq!(after.problems, [""; 0], "cut at {cut}");
        assert_eq!(after.truncated, before.truncated, "cut at {cut}");
        assert!(fs::read(&file).unwrap().starts_with(&whole[..cut]));
    }
}

#[test]
fn what_a_crash_left_may_not_be_changed_either() {
    let (dir, file) = log_of(2);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 30]).unwrap();
    append(dir.path(), ROOMY, &["{\"n\":2}"]);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"n\":1", "\"n\":7")).unwrap();
    assert_snapshot!(problems(dir.path()), @"audit-00000001.jsonl, line 2: changed or inserted: the line does not fit its hash");
}

#[test]
fn files_are_full_exactly_at_their_size() {
    let line = {
        let (_dir, file) = log_of(1);
        fs::metadata(file).unwrap().len()
    };
    for (file_bytes_max, files) in [
        (3 * line, 1),
        (3 * line - 1, 2),
        (line, 3),
        (line - 1, 3),
        (1, 3),
    ] {
        let rotation = Rotation {
            file_bytes_max,
            ..ROOMY
        };
        // In one append, and in one each.
        for together in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let objects = ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"];
            match together {
                true => append(dir.path(), rotation, &objects),
                false => objects
                    .iter()
                    .for_each(|object| append(dir.path(), rotation, &[object])),
            }
            let report = check(dir.path());
            assert_eq!(report.problems, [""; 0]);
            assert_eq!((report.files, report.lines), (files, 3), "{file_bytes_max}");
        }
    }
}

#[test]
fn the_oldest_files_go_and_the_rest_still_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let rotation = Rotation {
        file_bytes_max: 1,
        files_max: 3,
    };
    let mut log = Log::open(dir.path(), rotation).unwrap();
    for n in 0..3 {
        append_to(&mut log, &[&format!("{{\"n\":{n}}}")]);
    }
    assert_eq!(file_numbers(dir.path()).unwrap(), [1, 2, 3]);
    append_to(&mut log, &["{\"n\":3}"]);
    assert_eq!(file_numbers(dir.path()).unwrap(), [2, 3, 4]);
    let report = check(dir.path());
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(report.first_seq, Some(2));
    // A file from between is missed.
    fs::remove_file(dir.path().join(file_name(3))).unwrap();
    assert_snapshot!(problems(dir.path()), @"audit-00000003.jsonl: removed, while files before and after are there");
}

#[test]
fn two_writers_that_know_nothing_of_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let rotation = Rotation {
        file_bytes_max: 500,
        files_max: 2,
    };
    let mut logs = [(); 2].map(|()| Log::open(dir.path(), rotation).unwrap());
    for n in 0..40 {
        // In turns of different lengths, so that files come and go between two of one's own.
        append_to(&mut logs[usize::from(n % 7 < 5)], &["{\"n\":1}"]);
    }
    let report = check(dir.path());
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(report.head.unwrap().seq, 40);
    // Cleared away while a writer has a file open: a new chain begins.
    for number in file_numbers(dir.path()).unwrap() {
        fs::remove_file(dir.path().join(file_name(number))).unwrap();
    }
    append_to(&mut logs[0], &["{\"n\":1}"]);
    assert_eq!(check(dir.path()).head.unwrap().seq, 1);
}

#[test]
fn a_crash_right_after_a_new_file_was_made() {
    let (dir, _) = log_of(2);
    fs::write(dir.path().join(file_name(2)), "").unwrap();
    append(dir.path(), ROOMY, &["{\"n\":2}"]);
    let report = check(dir.path());
    assert_eq!(report.problems, [""; 0]);
    assert_eq!((report.files, report.head.unwrap().seq), (2, 3));
}

#[test]
fn a_last_line_that_is_longer_than_what_is_read_at_first() {
    let (dir, file) = log_of(1);
    let long = format!("{{\"n\":\"{}\"}}", "x".repeat(200_000));
    append(dir.path(), ROOMY, &[&long]);
    append(dir.path(), ROOMY, &[&long]);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 10]).unwrap();
    append(dir.path(), ROOMY, &["{\"n\":2}"]);
    let report = check(dir.path());
    assert_eq!(report.problems, [""; 0]);
    assert_eq!((report.truncated.len(), report.head.unwrap().seq), (1, 4));
}

#[test]
fn directory_and_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let audit = dir.path().join("new/audit");
    append(&audit, ROOMY, &["{\"n\":1}"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&audit), 0o700);
    assert_eq!(mode(&audit.join(file_name(1))), 0o600);
    assert_eq!(mode(&audit.join("lock")), 0o600);
    fs::set_permissions(&audit, fs::Permissions::from_mode(0o755)).unwrap();
    append(&audit, ROOMY, &["{\"n\":1}"]);
    assert_eq!(mode(&audit), 0o700);
}

fn settings(dir: &Path, on_failure: OnFailure, sync: bool) -> Settings {
    Settings {
        table: None,
        dir: dir.to_owned(),
        rotation: ROOMY,
        sync,
        on_failure,
        payloads: false,
    }
}

fn started(settings: Settings) -> Audit {
    Audit::start(settings, Arc::new(|line| line)).unwrap()
}

fn begin(audit: &Audit) -> Result<Recording, Refused> {
    let begun = Begun {
        tool: "test",
        profile: "default",
        code: "return 1",
        input: serde_json::value::RawValue::NULL,
    };
    let who = || Who {
        client: "c".repeat(entry::NAME_BYTES_MAX + 1),
        version: None,
        account: None,
    };
    audit.begin(begun, who)
}

fn lines(dir: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(dir.join(file_name(1))).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn with_sync_a_line_is_there_when_the_execution_ends() {
    let dir = tempfile::tempdir().unwrap();
    let audit = started(settings(dir.path(), OnFailure::Refuse, true));
    for n in 1..=3 {
        begin(&audit)
            .unwrap()
            .end(Ended::otherwise("cancelled"))
            .await
            .unwrap();
        assert_eq!(lines(dir.path()).len(), n);
    }
    let line = &lines(dir.path())[0];
    assert_eq!(line["outcome"]["status"], "cancelled");
    assert_eq!(
        line["code"]["blake3"],
        blake3::hash(b"return 1").to_hex().as_str()
    );
    assert_eq!(
        line["who"]["client"],
        format!("{}… (129 bytes)", "c".repeat(128))
    );
}

#[tokio::test]
async fn an_execution_that_nobody_ends_is_logged() {
    let dir = tempfile::tempdir().unwrap();
    let audit = started(settings(dir.path(), OnFailure::Warn, false));
    drop(begin(&audit).unwrap());
    audit.flush();
    assert_eq!(lines(dir.path())[0]["outcome"]["status"], "abandoned");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_refuses_or_leaves_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("audit");
    fs::write(&at, "a file where the directory belongs").unwrap();
    let strict = started(settings(&at, OnFailure::Refuse, false));
    let refused = begin(&strict).map(drop).unwrap_err().to_string();
    assert!(
        refused.starts_with("the code was not run, because the audit log in `"),
        "{refused}"
    );
    assert!(refused.contains("on_failure = \"warn\""), "{refused}");

    let lax = started(settings(&at, OnFailure::Warn, false));
    for _ in 0..2 {
        begin(&lax)
            .unwrap()
            .end(Ended::otherwise("failed"))
            .await
            .unwrap();
    }
    lax.flush();
    // Both find out by themselves that it can be written again.
    fs::remove_file(&at).unwrap();
    while begin(&strict).map(drop).is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    begin(&lax)
        .unwrap()
        .end(Ended::otherwise("failed"))
        .await
        .unwrap();
    lax.flush();
    strict.flush();
    let gaps: Vec<_> = lines(&at)
        .into_iter()
        .filter(|line| line["kind"] == "gap")
        .collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0]["lost"], 2);
    assert!(check(&at).is_intact());
}

#[test]
fn the_queue_is_full_at_its_bound() {
    let state = Arc::default();
    let slots: Vec<_> = (0..writer::QUEUE_LINES_MAX)
        .map(|_| Slot::take(&state))
        .collect();
    assert!(slots.iter().all(Option::is_some));
    assert!(Slot::take(&state).is_none());
    drop(slots);
    assert!(Slot::take(&state).is_some());
}

#[test]
fn details_are_left_out_at_the_bound_of_bytes() {
    let state = Arc::default();
    let mut slot = Slot::take(&state).unwrap();
    let mut other = Slot::take(&state).unwrap();
    slot.weigh(writer::QUEUE_BYTES_MAX - 1, || panic!("there is room"));
    let mut is_omitted = false;
    other.weigh(2, || is_omitted = true);
    assert!(is_omitted);
    other.weigh(1, || panic!("there is room"));
    drop((slot, other));
    Slot::take(&state)
        .unwrap()
        .weigh(writer::QUEUE_BYTES_MAX, || panic!("there is room"));
}
