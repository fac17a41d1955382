//! Calls of host capabilities, with a capability of the tests' own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use tokio::sync::{Barrier, Notify};
use vesicle_sandbox::{CapabilityError, Execution, Limits, Outcome, Tool, ToolCall};

use crate::support::{assert_transcript, execute, execution, run, sandbox_for, success, told};

/// What the tests' programs can call as `tools.test.…`.
struct TestTools {
    /// Opens when as many calls wait as it was made for.
    barrier: Barrier,
    /// Calls that are on their way.
    alive: Arc<AtomicUsize>,
    /// Told whenever a call is started.
    started: Arc<Notify>,
}

/// One call on its way.
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl TestTools {
    fn new() -> Arc<Self> {
        Self::with_barrier(1)
    }

    fn with_barrier(calls: usize) -> Arc<Self> {
        Arc::new(Self {
            barrier: Barrier::new(calls),
            alive: Arc::default(),
            started: Arc::default(),
        })
    }

    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    /// Waits until no call is on its way; for ever if one stays.
    async fn none_alive(&self) {
        while self.alive() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn tool(name: &str) -> Tool {
        Tool {
            name: format!("test.{name}"),
            description: format!("what `{name}` does: \"it\""),
            input_schema: to_raw_value(&json!({ "type": "object" })).unwrap(),
            output_schema: (name == "echo")
                .then(|| to_raw_value(&json!({ "type": "object" })).unwrap()),
        }
    }
}

#[async_trait]
impl ToolCall for TestTools {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        match query {
            "unavailable" => Err(CapabilityError::Unavailable {
                message: "the index is away".to_owned(),
                retry_after_ms: Some(250),
            }),
            _ => Ok(["echo", "sleep", "fail"]
                .into_iter()
                .filter(|name| name.contains(query))
                .take(limit)
                .map(Self::tool)
                .collect()),
        }
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        match name.strip_prefix("test.") {
            Some(name) => Ok(Self::tool(name)),
            None => Err(CapabilityError::NotFound(format!(
                "there is no tool `{name}`"
            ))),
        }
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        self.alive.fetch_add(1, Ordering::SeqCst);
        let _alive = Alive(self.alive.clone());
        self.started.notify_one();
        let arguments: Value = serde_json::from_str(arguments.get()).expect("arguments are JSON");
        let result = match name {
            "test.echo" => arguments,
            "test.raw" => {
                let text = arguments["json"].as_str().unwrap().to_owned();
                return RawValue::from_string(text)
                    .map_err(|error| CapabilityError::Failed(error.to_string()));
            }
            "test.sleep" => {
                tokio::time::sleep(Duration::from_millis(arguments["ms"].as_u64().unwrap())).await;
                arguments["then"].clone()
            }
            "test.meet" => {
                self.barrier.wait().await;
                json!("met")
            }
            "test.hang" => std::future::pending().await,
            "test.yield" => {
                tokio::task::yield_now().await;
                json!("yielded")
            }
            "test.fail" => return Err(failure(arguments["how"].as_str().unwrap())),
            _ => {
                return Err(CapabilityError::NotFound(format!(
                    "there is no tool `{name}`"
                )));
            }
        };
        Ok(to_raw_value(&result).unwrap())
    }
}

fn failure(how: &str) -> CapabilityError {
    let message = format!("it is {how}, \"so to speak\"");
    match how {
        "denied" => CapabilityError::Denied(message),
        "not_found" => CapabilityError::NotFound(message),
        "invalid_input" => CapabilityError::InvalidInput(message),
        "limit_exceeded" => CapabilityError::LimitExceeded(message),
        "rate_limited" => CapabilityError::RateLimited {
            message,
            retry_after_ms: Some(40),
        },
        "unavailable" => CapabilityError::Unavailable {
            message,
            retry_after_ms: None,
        },
        "timeout" => CapabilityError::Timeout(message),
        "upstream" => CapabilityError::Upstream(message),
        _ => CapabilityError::Failed(message),
    }
}

fn calling(tools: &Arc<TestTools>, code: &str) -> Execution {
    Execution {
        tools: tools.clone(),
        ..execution(code)
    }
}

async fn run_calling(tools: &Arc<TestTools>, code: &str) -> Outcome {
    execute(calling(tools, code)).await
}

async fn check_calling(cases: &[(&str, Value)]) {
    let mut wrong = String::new();
    for (code, expected) in cases {
        let outcome = run_calling(&TestTools::new(), code).await;
        match &outcome {
            Outcome::Success { output, .. }
                if serde_json::from_str::<Value>(output.get())
                    .is_ok_and(|output| output == *expected) => {}
            _ => wrong.push_str(&format!(
                "\n{code}\n  expected {expected}\n  came to  {}",
                told(&outcome)
            )),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn arguments_go_out_and_results_come_back() {
    check_calling(&[
        ("return await tools.test.echo({ a: [1, 'ü😀', null, { b: true }] })", json!({ "a": [1, "ü😀", null, { "b": true }] })),
        ("return await tools.test.echo()", json!({})),
        ("return await tools.test.echo({})", json!({})),
        ("return await tools.test.echo({ a: undefined, d: new Date(0) })", json!({ "d": "1970-01-01T00:00:00.000Z" })),
        ("return await tools.test.echo({ text: 'x'.repeat(1e6) }).then((r: any) => r.text.length)", json!(1_000_000)),
        ("return await tools['test']['echo']({ a: 1 })", json!({ "a": 1 })),
        ("const { echo } = tools.test; return await echo({ a: 1 })", json!({ "a": 1 })),
        ("return [await tools.test.raw({ json: 'null' }), await tools.test.raw({ json: '[1.5]' }), await tools.test.raw({ json: '\"s\"' })]", json!([null, [1.5], "s"])),
        ("return tools.test.echo === tools.test.echo", json!(true)),
        ("return await tools.test.yield()", json!("yielded")),
        ("export default async () => (await tools.test.echo({ a: 1 })).a", json!(1)),
        ("export default await tools.test.echo({ a: 2 })", json!({ "a": 2 })),
    ])
    .await;
}

#[tokio::test]
async fn sequential_calls() {
    let tools = TestTools::new();
    let code = "let n = 0;
        for (let i = 0; i < 1000; i++) n += (await tools.test.echo({ i })).i;
        return n";
    let outcome = run_calling(&tools, code).await;
    assert_eq!(outcome.resources().host_calls, 1000);
    assert_eq!(success(outcome).get(), "499500");
}

/// Each of the calls waits until all are on their way: in any other order they would wait for ever.
#[tokio::test]
async fn calls_are_in_flight_together() {
    for calls in [2, 10, 256] {
        let tools = TestTools::with_barrier(calls);
        let code = format!(
            "return (await Promise.all(Array.from({{ length: {calls} }}, () => tools.test.meet()))).length"
        );
        let outcome = run_calling(&tools, &code).await;
        assert_eq!(outcome.resources().host_calls, calls as u64);
        assert_eq!(success(outcome).get(), calls.to_string());
    }
}

#[tokio::test]
async fn results_arrive_in_the_order_in_which_calls_end() {
    check_calling(&[(
        "const order: unknown[] = [];
        await Promise.all([60, 5, 30].map(async ms => order.push(await tools.test.sleep({ ms, then: ms }))));
        return order",
        json!([5, 30, 60]),
    )])
    .await;
}

#[tokio::test]
async fn a_257th_call_in_flight_is_refused() {
    let tools = TestTools::with_barrier(256);
    let code = "const all = Array.from({ length: 256 }, () => tools.test.meet());
        let refused;
        try { await Promise.race([tools.test.echo({}), ...all.map(() => new Promise(() => {}))]) }
        catch (error) { refused = [error.name, error.code, error.message] }
        return refused";
    // With 256 on their way nobody meets before the refusal; then all do.
    let code = code.replace("let refused", "let refused: unknown");
    let output = success(run_calling(&tools, &code).await);
    assert_eq!(
        output.get(),
        r#"["ToolError","limit_exceeded","at most 256 calls may be in flight; await some before starting more"]"#
    );
}

#[tokio::test]
async fn calls_that_ended_make_room() {
    check_calling(&[
        (
            "for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 256 }, () => tools.test.yield()));
            return 'room'",
            json!("room"),
        ),
        (
            "const c = new AbortController();
            const all = Array.from({ length: 256 }, () => tools.test.hang({}, { signal: c.signal }).catch((e: Error) => e.name));
            const refused = await tools.test.echo({}).catch((e: any) => e.code);
            c.abort();
            const room = tools.test.echo({ a: 1 });
            return [refused, new Set(await Promise.all(all)).size, await room]",
            json!(["limit_exceeded", 1, { "a": 1 }]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn every_kind_of_failure_is_a_tool_error() {
    for how in [
        "denied",
        "not_found",
        "invalid_input",
        "limit_exceeded",
        "rate_limited",
        "unavailable",
        "timeout",
        "upstream",
        "failed",
    ] {
        let code = format!(
            "try {{ await tools.test.fail({{ how: '{how}' }}) }} catch (error) {{
                return [error instanceof ToolError, error instanceof Error, error.name, error.code, error.message, error.retryAfterMs ?? 'unknown']
            }}"
        );
        let output = success(run_calling(&TestTools::new(), &code).await);
        let output: Value = serde_json::from_str(output.get()).unwrap();
        let retry_after_ms = match how {
            "rate_limited" => json!(40),
            _ => json!("unknown"),
        };
        assert_eq!(
            output,
            json!([
                true,
                true,
                "ToolError",
                how,
                format!("it is {how}, \"so to speak\""),
                retry_after_ms
            ])
        );
    }
}

#[tokio::test]
async fn a_failure_that_is_not_caught_is_told_where_the_call_was() {
    let tools = TestTools::new();
    let code = "interface Removed {}\n\nasync function ask(how: string) {\n  return await tools.test.fail({ how })\n}\n\nawait ask('denied')";
    let outcome = run_calling(&tools, code).await;
    insta::assert_snapshot!(told(&outcome));
}

#[tokio::test]
async fn arguments_that_do_not_fit() {
    let outcomes = [
        "await tools.test.echo('text' as any)",
        "await tools.test.echo([1] as any)",
        "await tools.test.echo(null as any)",
        "await tools.test.echo(1n as any)",
        "await tools.test.echo((() => 1) as any)",
        "const a: any = {}; a.a = a; await tools.test.echo(a)",
        "await tools.test.echo({ big: 1n })",
        "await tools.test.echo({ toJSON: () => [1] })",
        "await tools.test.echo({ get a() { throw new Error('in a getter') } })",
        "await tools.test.echo(new Date() as any)",
        "await tools.test.echo({}, { signal: 'no signal' as any })",
        "await tools.test.echo({}, { signal: AbortSignal.abort('too late') })",
        "await tools.none.such({ a: 1 })",
        "await tools.test.unknown()",
        "await tools.test.fail({ how: 'denied' }).catch((e: Error) => { throw new Error('wrapped', { cause: e }) })",
    ];
    let tools = TestTools::new();
    let mut text = String::new();
    for code in outcomes {
        let outcome = run_calling(&tools, code).await;
        text.push_str(&format!(
            "{code}\n{}\n{}\n\n",
            "=".repeat(60),
            told(&outcome).trim_end()
        ));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn without_a_grant_every_call_is_denied() {
    assert_transcript![
        "await tools.github.listIssues({ repo: 'a' })",
        "try { await tools.a.b() } catch (error) { return [error.name, error.code] }",
        "return await tools.$search('anything')",
        "await tools.$describe('a.b')",
        "return [typeof tools, typeof tools.a, typeof tools.a.b]",
        "tools.a = 1",
        "delete tools.a",
        "return [await tools, await tools.a, JSON.stringify(tools), String(tools), Object.keys(tools)]",
        "console.log(tools, tools.a, tools.a.b)",
    ];
}

#[tokio::test]
async fn tools_can_be_searched_and_described() {
    check_calling(&[
        (
            "return await tools.$search('e', { limit: 2 })",
            json!([
                { "name": "test.echo", "description": "what `echo` does: \"it\"", "inputSchema": { "type": "object" }, "outputSchema": { "type": "object" } },
                { "name": "test.sleep", "description": "what `sleep` does: \"it\"", "inputSchema": { "type": "object" }, "outputSchema": null },
            ]),
        ),
        ("return (await tools.$search('fail')).map((tool: any) => tool.name)", json!(["test.fail"])),
        ("return await tools.$search('none')", json!([])),
        ("return (await tools.$describe('test.sleep')).name", json!("test.sleep")),
        ("try { await tools.$describe('other.tool') } catch (e) { return [e.name, e.code, e.message] }", json!(["ToolError", "not_found", "there is no tool `other.tool`"])),
        ("try { await tools.$search('unavailable') } catch (e: any) { return [e.name, e.code, e.message, e.retryAfterMs] }", json!(["ToolError", "unavailable", "the index is away", 250])),
        ("const [tool] = await tools.$search('echo'); const [server, name] = tool.name.split('.'); return await tools[server][name]({ found: true })", json!({ "found": true })),
    ])
    .await;
}

#[tokio::test]
async fn every_kind_of_call_is_counted() {
    let outcome = run_calling(
        &TestTools::new(),
        "await tools.$search('x'); await tools.$describe('test.echo'); await tools.test.echo(); await tools.test.fail({ how: 'failed' }).catch(() => {}); return 1",
    )
    .await;
    assert_eq!(outcome.resources().host_calls, 4, "{}", told(&outcome));
}

/// Dropping the host's future is what gives a call up.
#[tokio::test]
async fn an_aborted_call_is_given_up() {
    let tools = TestTools::new();
    let code = "const controller = new AbortController();
        const call = tools.test.hang({}, { signal: controller.signal });
        setTimeout(() => controller.abort(new Error('enough')), 5);
        try { await call } catch (error) { return [error.message, await tools.test.echo({ after: 1 })] }";
    let output = success(run_calling(&tools, code).await);
    assert_eq!(output.get(), r#"["enough",{"after":1}]"#);
    assert_eq!(tools.alive(), 0);
}

/// Not at the end of the program: as soon as the signal says so.
#[tokio::test]
async fn an_aborted_call_is_given_up_while_the_program_goes_on() {
    let tools = TestTools::with_barrier(2);
    let code = "const controller = new AbortController();
        const call = tools.test.hang({}, { signal: controller.signal });
        controller.abort();
        await call.catch(() => {});
        await tools.test.meet();
        return 'met'";
    let running = tokio::spawn({
        let tools = tools.clone();
        async move { run_calling(&tools, code).await }
    });
    // The program waits at the barrier, and its first call is gone by then.
    while tools.alive() != 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tools.barrier.wait().await;
    assert_eq!(success(running.await.unwrap()).get(), r#""met""#);
}

#[tokio::test]
async fn aborting_a_call_that_is_over_does_nothing() {
    check_calling(&[
        ("const c = new AbortController(); const r = await tools.test.echo({ a: 1 }, { signal: c.signal }); c.abort(); return [r, await tools.test.echo({ b: 2 })]", json!([{ "a": 1 }, { "b": 2 }])),
        ("const c = new AbortController(); const p = tools.test.echo({ a: 1 }, { signal: c.signal }); c.abort('x'); try { await p } catch (e) { return [e, await tools.test.echo({ b: 2 })] }", json!(["x", { "b": 2 }])),
        ("try { await tools.test.hang({}, { signal: AbortSignal.timeout(5) }) } catch (e) { return e.name }", json!("TimeoutError")),
        ("const c = new AbortController(); const all = [1, 2, 3].map(() => tools.test.hang({}, { signal: c.signal })); setTimeout(() => c.abort(), 2); return (await Promise.allSettled(all)).map(r => r.status)", json!(["rejected", "rejected", "rejected"])),
    ])
    .await;
}

#[tokio::test]
async fn dropping_an_execution_drops_its_calls_and_frees_its_place() {
    let sandbox = sandbox_for(1).await;
    for _ in 0..3 {
        let tools = TestTools::new();
        let code = "await Promise.all([tools.test.hang(), tools.test.hang(), tools.test.sleep({ ms: 1e8 })])";
        let running = tokio::spawn({
            let (sandbox, execution) = (sandbox.clone(), calling(&tools, code));
            async move { sandbox.execute(execution).await }
        });
        while tools.alive() < 3 {
            tools.started.notified().await;
        }
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert_eq!(tools.alive(), 0);
        // There is room for one: the next would wait for ever otherwise.
        let outcome = sandbox.execute(execution("return 'free'")).await.unwrap();
        assert_eq!(success(outcome).get(), r#""free""#);
    }
}

/// Dropped while it runs, not while it waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_an_execution_that_spins_frees_its_place() {
    let sandbox = sandbox_for(1).await;
    let tools = TestTools::new();
    let running = tokio::spawn({
        let (sandbox, execution) = (
            sandbox.clone(),
            calling(&tools, "tools.test.hang(); for (;;);"),
        );
        async move { sandbox.execute(execution).await }
    });
    tools.started.notified().await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    tools.none_alive().await;
    let outcome = sandbox.execute(execution("return 'free'")).await.unwrap();
    assert_eq!(success(outcome).get(), r#""free""#);
}

#[tokio::test]
async fn a_timeout_drops_the_calls() {
    let tools = TestTools::new();
    let mut hanging = calling(&tools, "console.log('before'); await tools.test.hang()");
    hanging.limits.wall_time = Duration::from_millis(200);
    let outcome = execute(hanging).await;
    assert!(
        matches!(outcome, Outcome::Timeout { .. }),
        "{}",
        told(&outcome)
    );
    assert_eq!(outcome.streams().0, "before\n");
    assert_eq!(outcome.resources().host_calls, 1);
    assert_eq!(tools.alive(), 0);
}

#[tokio::test]
async fn an_error_drops_the_calls() {
    let tools = TestTools::new();
    let outcome = run_calling(&tools, "tools.test.hang(); throw new Error('over')").await;
    assert!(
        matches!(&outcome, Outcome::Error { message, .. } if message == "over"),
        "{}",
        told(&outcome)
    );
    assert_eq!(tools.alive(), 0);
}

/// A call without `await` is done before the program is over.
#[tokio::test]
async fn calls_that_are_not_awaited_are_waited_for() {
    let tools = TestTools::new();
    let outcome = run_calling(
        &tools,
        "tools.test.sleep({ ms: 20, then: 'slept' }).then(console.log);\ntools.test.fail({ how: 'failed' });\nreturn 'done'",
    )
    .await;
    insta::assert_snapshot!(told(&outcome));
}

#[tokio::test]
async fn calls_and_timers_go_side_by_side() {
    check_calling(&[
        (
            "const order: unknown[] = [];
            setTimeout(() => order.push('timer 10'), 10);
            setTimeout(() => order.push('timer 60'), 60);
            const call = tools.test.sleep({ ms: 35, then: 'call 35' }).then(result => order.push(result));
            order.push(await tools.test.echo({ n: 0 }).then((r: any) => r.n));
            await call;
            await new Promise(done => setTimeout(done, 60));
            return order",
            json!([0, "timer 10", "call 35", "timer 60"]),
        ),
        (
            "let ticks = 0; const id = setInterval(() => ticks++, 1);
            await tools.test.sleep({ ms: 50 }); clearInterval(id);
            return ticks > 1",
            json!(true),
        ),
        ("return await Promise.race([tools.test.sleep({ ms: 5000 }), new Promise(done => setTimeout(done, 5, 'timer'))]).finally(() => 0)", json!("timer")),
    ])
    .await;
}

#[tokio::test]
async fn waiting_for_a_call_is_not_cpu_time() {
    let outcome = run_calling(
        &TestTools::new(),
        "return await tools.test.sleep({ ms: 600, then: 1 })",
    )
    .await;
    let resources = *outcome.resources();
    assert_eq!(success(outcome).get(), "1");
    assert!(resources.cpu_time_us < 300_000, "{resources:?}");
}

/// The calls of one guest are not another's, whatever their ids are.
#[tokio::test]
async fn guests_have_calls_of_their_own() {
    let mut running = tokio::task::JoinSet::new();
    for guest in 0..20 {
        running.spawn(async move {
            let code = format!(
                "const all = Array.from({{ length: 20 }}, (_, i) => tools.test.sleep({{ ms: i % 3, then: [{guest}, i] }}));
                return (await Promise.all(all)).every(([guest, i], index) => guest === {guest} && i === index)"
            );
            success(run_calling(&TestTools::new(), &code).await).get().to_owned()
        });
    }
    let outputs = running.join_all().await;
    assert!(outputs.iter().all(|output| output == "true"), "{outputs:?}");
}

/// A result that the guest has no room for.
#[tokio::test]
async fn a_result_that_does_not_fit_is_an_outcome() {
    struct Flood;
    #[async_trait]
    impl ToolCall for Flood {
        async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
            Ok(Vec::new())
        }
        async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
            Err(CapabilityError::NotFound(name.to_owned()))
        }
        async fn call(&self, _: &str, _: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
            Ok(to_raw_value(&"x".repeat(100 << 20)).unwrap())
        }
    }
    let default = execution("return (await tools.a.b()).length");
    let flooded = Execution {
        tools: Arc::new(Flood),
        limits: Limits {
            memory_bytes: 64 << 20,
            ..default.limits
        },
        ..default
    };
    let outcome = execute(flooded).await;
    assert!(
        matches!(outcome, Outcome::Error { .. }),
        "{}",
        told(&outcome)
    );
}

/// So that this file's tools are what the tests say they are.
#[tokio::test]
async fn the_guest_sends_what_the_program_says() {
    struct Recorder(parking_lot::Mutex<BTreeMap<String, String>>);
    #[async_trait]
    impl ToolCall for Recorder {
        async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
            self.0.lock().insert(query.to_owned(), limit.to_string());
            Ok(Vec::new())
        }
        async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
            Err(CapabilityError::NotFound(name.to_owned()))
        }
        async fn call(
            &self,
            name: &str,
            arguments: &RawValue,
        ) -> Result<Box<RawValue>, CapabilityError> {
            self.0
                .lock()
                .insert(name.to_owned(), arguments.get().to_owned());
            Ok(RawValue::NULL.to_owned())
        }
    }
    let recorder = Arc::new(Recorder(parking_lot::Mutex::default()));
    let recorded = Execution {
        tools: recorder.clone(),
        ..execution(
            "await tools.a.b({ z: 1, a: 'ü' }); await tools['s p']['t\"q']({}); await tools.$search('plain words'); await tools.$search('more', { limit: 3 })",
        )
    };
    assert!(execute(recorded).await.is_success());
    let recorded: Vec<_> = recorder.0.lock().clone().into_iter().collect();
    let expected = [
        ("a.b", r#"{"z":1,"a":"ü"}"#),
        ("more", "3"),
        ("plain words", "10"),
        ("s p.t\"q", "{}"),
    ];
    assert_eq!(
        recorded,
        expected.map(|(name, arguments)| (name.to_owned(), arguments.to_owned()))
    );
    assert!(run("return 1").await.is_success());
}
