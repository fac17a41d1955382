//! Programs in worker processes: that they end as they do on threads, and what stands around them.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use vesicle_sandbox::{
    CapabilityError, Config, ExecuteError, Execution, Isolation, OffClock, Outcome, Sandbox,
    SandboxError, Tool, ToolCall, WORKER_CALLS_MAX, WORKER_DESCRIPTORS_MAX, WORKER_GRACE, Workers,
    WorkersUsed,
};

use crate::support::{IN_PROCESSES, cache_dir, execution, success, told, workers};

/// Longer than a process takes to start or to end on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

async fn try_with(workers: Workers) -> Result<Sandbox, SandboxError> {
    let config = Config {
        cache_dir: Some(cache_dir()),
        isolation: Isolation::Process(workers),
        ..Config::default()
    };
    Sandbox::new(config).await
}

/// With one process ready for whoever comes next, and one for whom it served.
async fn sandbox() -> Sandbox {
    let workers = Workers {
        idle_max: 2,
        ..workers()
    };
    try_with(workers).await.expect("the sandbox starts")
}

fn used(sandbox: &Sandbox) -> WorkersUsed {
    sandbox.usage().workers.expect("there are worker processes")
}

fn of(session: &str, code: &str) -> Execution {
    Execution {
        session: Some(session.into()),
        ..execution(code)
    }
}

/// One tool, which never answers.
#[derive(Default)]
struct Never(Notify);

#[async_trait]
impl ToolCall for Never {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Err(CapabilityError::NotFound(name.to_owned()))
    }

    async fn call(&self, _: &str, _: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        self.0.notify_one();
        std::future::pending().await
    }
}

/// The processes of these that this test process started and that are there.
fn children(of: &str) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let Some((_, rest)) = stat.rsplit_once(')') else {
            return false;
        };
        let mut fields = rest.split_whitespace();
        let state = fields.next();
        let parent = fields.next().and_then(|pid| pid.parse().ok());
        let named = command
            .split(|byte| *byte == 0)
            .any(|word| word == of.as_bytes());
        named && state != Some("Z") && parent == Some(std::process::id())
    };
    pids.filter(is_child).collect()
}

/// A sandbox whose processes are known by a name, and one that runs a program which waits for a tool.
async fn waiting(name: &str) -> (Sandbox, tokio::task::JoinHandle<Executed>, u32) {
    let workers = Workers {
        arguments: vec![name.into()],
        idle_max: 0,
        ..workers()
    };
    let sandbox = try_with(workers).await.expect("the sandbox starts");
    gone(name).await;
    let never = Arc::new(Never::default());
    let execution = Execution {
        tools: never.clone(),
        ..execution("return await tools.test.never({})")
    };
    let running = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.execute(execution).await }
    });
    tokio::time::timeout(PATIENCE, never.0.notified())
        .await
        .expect("it asks");
    let found = children(name);
    assert_eq!(found.len(), 1, "{found:?}");
    (sandbox, running, found[0])
}

type Executed = Result<Outcome, ExecuteError>;

/// Returns when no process of this name is left.
async fn gone(name: &str) {
    let wait = async {
        while !children(name).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it ends");
}

/// The tests of programs once more, with each program in a worker process.
#[test]
fn programs_end_as_they_do_on_threads() {
    if std::env::var_os(IN_PROCESSES).is_some() {
        return;
    }
    // Of `concurrency` and `usage`, what is about the pool of instances is about the host's own.
    let others = ["--skip=five_hundred", "--skip=what_is_in_use_is_told"];
    let tests = [
        "bad_input::",
        "caller::",
        "calls::",
        "concurrency::",
        "console::",
        "errors::",
        "event_loop::",
        "files::",
        "hostile::",
        "isolation::",
        "limits::",
        "memories::",
        "network::",
        "source_check::",
        "state::",
        "typescript::",
        "usage::",
    ];
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(tests)
        .args(others)
        .env(IN_PROCESSES, "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[tokio::test]
async fn a_process_that_runs_a_program_is_locked() {
    let (_sandbox, running, pid) = waiting("locked").await;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim_start_matches(':').trim().to_owned()
    };
    assert_eq!(field("Seccomp"), "2");
    assert_eq!(field("NoNewPrivs"), "1");
    assert!(field("Threads").parse::<u32>().unwrap() <= 4, "{status}");
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let open = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    assert!(open.contains(&WORKER_DESCRIPTORS_MAX.to_string()), "{open}");
    // Whoever is not root may not look, as the process cannot be dumped.
    if let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) {
        let descriptors = descriptors
            .flatten()
            .map(|one| fs::read_link(one.path()).unwrap());
        let mut kinds: Vec<String> = descriptors
            .map(|target| {
                target
                    .display()
                    .to_string()
                    .split(['[', '('])
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        kinds.sort();
        kinds.dedup();
        insta::assert_debug_snapshot!(kinds);
    }
    // Each thread has the lock.
    for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten() {
        let status = fs::read_to_string(task.path().join("status")).unwrap();
        assert!(status.contains("Seccomp:\t2\n"), "{status}");
    }
    running.abort();
    gone("locked").await;
}

#[tokio::test]
async fn a_process_that_dies_is_told_and_the_next_call_has_another() {
    let (sandbox, running, pid) = waiting("killed").await;
    let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let error = running.await.unwrap().unwrap_err();
    insta::assert_snapshot!(error, @"the worker process ended before the program did, by signal: 9 (SIGKILL); the call may be tried again");
    assert_eq!(used(&sandbox).failed, 1);
    let next = sandbox.execute(execution("return 6 * 7")).await.unwrap();
    assert_eq!(success(next).get(), "42");
}

#[tokio::test]
async fn who_gives_a_program_up_ends_its_process() {
    let (sandbox, running, _) = waiting("given-up").await;
    running.abort();
    gone("given-up").await;
    assert!(running.await.unwrap_err().is_cancelled());
    let used = used(&sandbox);
    assert_eq!((used.stopped, used.running), (1, 0));
}

/// A person who takes longer than a program may.
struct Person(OffClock);

#[async_trait]
impl ToolCall for Person {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Err(CapabilityError::NotFound(name.to_owned()))
    }

    async fn call(&self, _: &str, _: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        let _stopped = self.0.stop();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        Ok(RawValue::NULL.to_owned())
    }
}

#[tokio::test]
async fn the_time_of_a_program_stands_still_while_a_person_is_asked() {
    let run = async |most| {
        let clock = OffClock::new(most);
        let mut asking = Execution {
            tools: Arc::new(Person(clock.clone())),
            off_clock: Some(clock),
            ..execution("await tools.person.ask({}); return 'answered'")
        };
        asking.limits.wall_time = Duration::from_millis(500);
        sandbox().await.execute(asking).await.unwrap()
    };
    assert_eq!(success(run(PATIENCE).await).get(), r#""answered""#);
    let outcome = run(Duration::ZERO).await;
    assert!(
        matches!(outcome, Outcome::Timeout { .. }),
        "{}",
        told(&outcome)
    );
}

#[tokio::test]
async fn processes_end_with_their_sandbox() {
    let (sandbox, running, _) = waiting("with-sandbox").await;
    running.abort();
    drop(sandbox);
    gone("with-sandbox").await;
}

#[tokio::test]
async fn a_process_serves_one_session() {
    let sandbox = sandbox().await;
    let run = async |session: &str| {
        let outcome = sandbox.execute(of(session, "return 1")).await.unwrap();
        assert_eq!(success(outcome).get(), "1");
        used(&sandbox)
    };
    // One that was tried, and one that waits for whoever comes next.
    assert_eq!(used(&sandbox).started, 2);
    // Another one waits then.
    assert_eq!(run("one").await.started, 3);
    assert_eq!(run("one").await.started, 3);
    let before = used(&sandbox).retired;
    let after = run("other").await;
    assert_eq!((after.started, after.retired), (4, before + 1));
    // Its process had to make room.
    assert_eq!(run("one").await.started, 5);
}

#[tokio::test]
async fn a_process_serves_so_many_calls_and_not_one_more() {
    let sandbox = sandbox().await;
    let run = async || {
        let outcome = sandbox.execute(of("one", "return 1")).await.unwrap();
        assert!(outcome.is_success(), "{}", told(&outcome));
    };
    for _ in 1..WORKER_CALLS_MAX {
        run().await;
    }
    let before = used(&sandbox);
    run().await;
    assert_eq!(used(&sandbox).retired, before.retired + 1);
    assert_eq!(used(&sandbox).started, before.started);
    run().await;
    assert_eq!(used(&sandbox).started, before.started + 1);
}

#[tokio::test]
async fn so_many_run_at_once() {
    let workers = Workers {
        running_max: 3,
        ..workers()
    };
    let sandbox = try_with(workers).await.expect("the sandbox starts");
    assert_eq!(sandbox.usage().programs.running.total, 3);
}

/// A process that ends its first program as a worker would, and is silent after that.
#[tokio::test]
async fn a_process_that_does_not_end_its_program_is_ended() {
    let end = r#"{"End":{"Ok":{"outcome":{"status":"success","output":null,"stdout":"","stderr":"","execution_time_us":1,"resources":{"cpu_time_us":1,"memory_peak_bytes":1,"host_calls":0}},"output":[null],"denied":0,"phases":{"queue":{"secs":0,"nanos":0},"check":{"secs":0,"nanos":0},"instantiate":{"secs":0,"nanos":0},"host_calls":{"secs":0,"nanos":0}}}}}"#;
    let silent = liar(&(frame(r#""Ready""#) + &frame(end)));
    let sandbox = try_with(silent).await.expect("it takes it for a worker");
    let mut execution = execution("return 1");
    execution.limits.wall_time = Duration::from_millis(10);
    let began = std::time::Instant::now();
    let outcome = sandbox.execute(execution).await.unwrap();
    assert!(
        matches!(outcome, Outcome::Timeout { limit_ms: 10, .. }),
        "{}",
        told(&outcome)
    );
    assert!(began.elapsed() >= WORKER_GRACE);
    assert_eq!(used(&sandbox).stopped, 1);
}

/// A frame, as `printf` writes it.
fn frame(json: &str) -> String {
    let length = (json.len() as u32)
        .to_le_bytes()
        .map(|byte| format!(r"\{byte:03o}"));
    format!("{0}{0}{json}", length.concat())
}

/// A process that says this as soon as it is there. `\` begins an octal number.
fn liar(says: &str) -> Workers {
    let script = format!("printf '{says}' >&0; exec sleep 60");
    Workers {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        idle_max: 1,
        ..workers()
    }
}

/// What a host makes of such a process.
async fn with_liar(says: &str) -> String {
    match try_with(liar(says)).await {
        Ok(_) => "it took it for a worker".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn nothing_that_a_process_says_is_taken_for_granted() {
    let ready = frame(r#""Ready""#);
    let ask = |id: u32| {
        frame(&format!(
            r#"{{"Ask":{{"id":{id},"ask":{{"Get":{{"key":"k"}}}}}}}}"#
        ))
    };
    let request = frame(
        r#"{"Ask":{"id":1,"ask":{"Fetch":{"method":"GET","url":"https://a.test/","headers":[],"has_body":false,"redirects":"Follow","time_ms":1,"refused":false}}}}"#,
    );
    let said = [
        r"\377\377\377\377\000\000\000\000".to_owned(),
        frame("no JSON"),
        ask(1),
        ready.clone() + &frame("null"),
        ready.clone() + &ready,
        ready.clone() + &ask(1) + &ask(1),
        ready + &request,
    ];
    let mut told = String::new();
    for says in said {
        told += &(with_liar(&says).await + "\n");
    }
    let gone = Workers {
        program: "/bin/false".into(),
        ..workers()
    };
    told += &try_with(gone)
        .await
        .err()
        .expect("it is no worker")
        .to_string();
    insta::assert_snapshot!(told);
}
