//! Modules whose instance stays from one call to the next.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use vesicle_plugins::{Answer, Invocation, Tools};
use vesicle_sandbox::{
    CapabilityError, ErrorType, Grants, Limits, Outcome, Residence, Tool, ToolCall,
};

use crate::calls::{built, limits, sandbox};

const COUNTER: &str = "let count = 0
export function next(): number { return ++count }
export async function later(): Promise<number> {
  const before = count
  await new Promise((done) => setTimeout(done, 20))
  count = before + 1
  return count
}
export function fail(): never { throw new Error(`at ${count}`) }
export function spin(): void { while (count >= 0) count++ }
export function say(text: string): void { console.log(text) }
export function grow(): never { const kept: string[] = []; while (count >= 0) kept.push('x'.repeat(1 << 20) + kept.length); throw kept }
export function leave(): void { setInterval(() => { count += 100 }, 1) }
export async function rest(): Promise<number> {
  await new Promise((done) => setTimeout(done, 20))
  return count
}
let asked: Promise<unknown>
export function ask(): never {
  asked = tools.far.away({})
  throw new Error('asked')
}
export async function answer(): Promise<string> {
  try { return `${await asked}` } catch (error) { return `${error.code}: ${error.message}` }
}";

/// Never answers.
struct Silent;

#[async_trait]
impl ToolCall for Silent {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        std::future::pending().await
    }

    async fn describe(&self, _: &str) -> Result<Tool, CapabilityError> {
        std::future::pending().await
    }

    async fn call(&self, _: &str, _: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        std::future::pending().await
    }
}

async fn call(tools: &Tools, tool: &str, limits: Limits, residence: &Residence) -> Outcome {
    let arguments = match tool {
        "say" => r#"{"text":"hello"}"#,
        _ => "{}",
    };
    let invocation = Invocation {
        tool,
        arguments: serde_json::from_str::<&RawValue>(arguments).unwrap(),
        limits,
        grants: Grants {
            tools: Arc::new(Silent),
            ..Grants::default()
        },
        session: None,
        residence: Some(residence.clone()),
    };
    let called = tools.call(sandbox().await, invocation).await.unwrap();
    called.try_map(|answer| match answer {
        Answer::Result(value) => Ok(value),
        Answer::Failure(value) | Answer::Shown(value) => panic!("{value}"),
    })
}

async fn number(tools: &Tools, tool: &str, residence: &Residence) -> u32 {
    match call(tools, tool, limits(), residence).await {
        Outcome::Success { output, .. } => output.get().parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn variables_are_there_again_in_the_next_call_and_nowhere_else() {
    let tools = built(COUNTER).await.unwrap();
    let (one, other) = (Residence::default(), Residence::default());
    assert!(one.is_vacant());
    for expected in 1..=3 {
        assert_eq!(number(&tools, "next", &one).await, expected);
    }
    assert!(!one.is_vacant());
    assert_eq!(number(&tools, "next", &other).await, 1);
    assert_eq!(number(&tools, "next", &one).await, 4);
}

#[tokio::test]
async fn calls_of_one_instance_come_one_after_the_other() {
    let tools = built(COUNTER).await.unwrap();
    let residence = Residence::default();
    let calls = (0..8).map(|_| number(&tools, "later", &residence));
    let mut counts = futures_util::future::join_all(calls).await;
    counts.sort_unstable();
    assert_eq!(counts, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_throws_goes_on_and_what_is_stopped_ends() {
    let tools = built(COUNTER).await.unwrap();
    let residence = Residence::default();
    assert_eq!(number(&tools, "next", &residence).await, 1);
    let thrown = call(&tools, "fail", limits(), &residence).await;
    let Outcome::Error { message, .. } = thrown else {
        panic!("{thrown:?}");
    };
    assert_eq!(message, "at 1");
    assert_eq!(number(&tools, "next", &residence).await, 2);
    let short = Limits {
        wall_time: Duration::from_millis(100),
        ..limits()
    };
    let stopped = call(&tools, "spin", short, &residence).await;
    assert!(matches!(stopped, Outcome::Timeout { .. }), "{stopped:?}");
    assert!(residence.is_vacant());
    assert_eq!(number(&tools, "next", &residence).await, 1);
    let grown = call(&tools, "grow", limits(), &residence).await;
    let Outcome::Error { error_type, .. } = grown else {
        panic!("{grown:?}");
    };
    assert_eq!(error_type, ErrorType::OutOfMemory);
    assert_eq!(number(&tools, "next", &residence).await, 1);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_ends_the_instance() {
    let tools = built(COUNTER).await.unwrap();
    let residence = Residence::default();
    assert_eq!(number(&tools, "next", &residence).await, 1);
    let mut dropped = Box::pin(call(&tools, "later", limits(), &residence));
    while residence.idle().is_some() {
        assert!(futures_util::poll!(dropped.as_mut()).is_pending());
    }
    drop(dropped);
    assert!(residence.is_vacant());
    assert_eq!(number(&tools, "next", &residence).await, 1);
}

#[tokio::test]
async fn each_call_has_its_own_streams_and_limits() {
    let tools = built(COUNTER).await.unwrap();
    let residence = Residence::default();
    for _ in 0..2 {
        let said = call(&tools, "say", limits(), &residence).await;
        assert_eq!(said.streams().0, "hello\n");
    }
    assert_eq!(number(&tools, "next", &residence).await, 1);
    // One that was made with other limits has more or less than this call may have.
    let wider = Limits {
        memory_bytes: limits().memory_bytes * 2,
        ..limits()
    };
    let other = call(&tools, "next", wider, &residence).await;
    let Outcome::Success { output, .. } = other else {
        panic!("{other:?}");
    };
    assert_eq!(output.get(), "1");
}

#[tokio::test]
async fn what_a_call_left_running_goes_on_in_the_next() {
    let tools = built(COUNTER).await.unwrap();
    let residence = Residence::default();
    let left = call(&tools, "leave", limits(), &residence).await;
    assert!(left.is_success(), "{left:?}");
    assert!(number(&tools, "rest", &residence).await >= 100);
}

#[tokio::test]
async fn what_a_call_asked_of_the_host_fails_when_it_ended() {
    let tools = built(COUNTER).await.unwrap();
    let residence = Residence::default();
    let asked = call(&tools, "ask", limits(), &residence).await;
    let Outcome::Error { message, .. } = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(message, "asked");
    let answered = call(&tools, "answer", limits(), &residence).await;
    let Outcome::Success { output, .. } = answered else {
        panic!("{answered:?}");
    };
    insta::assert_snapshot!(output.get(), @r#""failed: the call that made this one ended before it was answered""#);
}
