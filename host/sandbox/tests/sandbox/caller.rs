//! `caller`, over an implementation of the test's own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use vesicle_sandbox::{
    Askable, Asked, Caller, CallerLevel, CapabilityError, ErrorType, Execution, Outcome, Question,
    Unanswered,
};

use crate::support::{execute, execution, success};

/// Notes what it is told, and answers with what it was asked.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<String>>,
    /// Whether answers come in another call.
    is_later: bool,
}

#[async_trait]
impl Caller for Ear {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let told = format!("{done} {total:?} {message:?}");
        self.heard.lock().unwrap().push(told);
    }

    fn log(&self, level: CallerLevel, message: &str) {
        let told = format!("{level:?} {message}");
        self.heard.lock().unwrap().push(told);
    }

    fn askable(&self) -> Askable {
        Askable {
            form: true,
            model: false,
            roots: true,
        }
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered> {
        for question in questions {
            let asked = format!("asked {}", question.name);
            self.heard.lock().unwrap().push(asked);
        }
        if self.is_later {
            return Err(Unanswered::Later);
        }
        // As a person would.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        let answers = questions.iter().map(|question| match &question.asked {
            Asked::Form { message, schema } => Ok(json!([message, schema])),
            Asked::Model {
                text,
                system,
                tokens_max,
            } => Ok(json!([text, system, tokens_max])),
            Asked::Roots => Err(Unanswered::Refused(CapabilityError::Denied(
                "tells no directories".to_owned(),
            ))),
        });
        let answers: Result<Vec<_>, _> = answers.collect();
        Ok(answers?
            .iter()
            .map(|answer| to_raw_value(answer).unwrap())
            .collect())
    }
}

async fn with(ear: Ear, code: &str) -> (Outcome, Vec<String>) {
    let ear = Arc::new(ear);
    let execution = Execution {
        caller: ear.clone(),
        ..execution(code)
    };
    let outcome = execute(execution).await;
    let heard = ear.heard.lock().unwrap().clone();
    (outcome, heard)
}

async fn output(code: &str) -> (Value, Vec<String>) {
    let (outcome, heard) = with(Ear::default(), code).await;
    (serde_json::from_str(success(outcome).get()).unwrap(), heard)
}

#[tokio::test]
async fn what_is_told_arrives_in_order_and_has_no_outcome() {
    let code = "caller.progress(1, 3, 'begun');
        caller.log('warning', 'half');
        await null;
        caller.progress(2.5);
        caller.progress(3, null, undefined);
        return String(caller)";
    let (told, heard) = output(code).await;
    assert_eq!(told, "[object caller]");
    let expected = [
        r#"1 Some(3.0) Some("begun")"#,
        "Warning half",
        "2.5 None None",
        "3 None None",
    ];
    assert_eq!(heard, expected);
    // More than calls may be in flight, in one turn.
    let (_, heard) = output("for (let n = 1; n <= 999; n++) caller.progress(n); return 1").await;
    assert_eq!(heard.len(), 999);
    let (_, heard) = output("for (let n = 1; n <= 2_000; n++) caller.progress(n); return 1").await;
    assert_eq!(heard.len(), 1_000);
    assert!(heard[999].starts_with("Warning [no more is told"));
}

#[tokio::test]
async fn questions_are_answered_by_their_names() {
    let code = "const can = await caller.canBeAsked();
        const answers = await caller.ask({
            who: { form: { message: 'Who?', schema: { type: 'object', properties: {} } } },
            capital: { model: { text: 'Of France?', system: 'Be short.', tokensMax: 10 } },
        });
        return [can, answers]";
    let (told, heard) = output(code).await;
    assert_eq!(
        told,
        json!([
            {"form": true, "model": false, "roots": true},
            {"who": ["Who?", {"type": "object", "properties": {}}], "capital": ["Of France?", "Be short.", 10]},
        ])
    );
    assert_eq!(heard, ["asked capital", "asked who"]);
}

#[tokio::test]
async fn what_is_said_wrongly_is_told() {
    let code = "const schema = {};
        const told = [];
        const wrong = (error) => told.push(`${error.name} ${error.code}: ${error.message}`);
        for (const say of [
            () => caller.progress('1'),
            () => caller.progress(NaN),
            () => caller.progress(1, Infinity),
            () => caller.log('loud', 'a'),
        ]) try { say() } catch (error) { wrong(error) }
        const ring = {}; ring.ring = ring;
        for (const questions of [
            undefined, [], {}, ring, { toJSON() {} },
            { a: 1 }, { a: { shout: true } }, { a: { form: { message: 'a' } } }, { a: { form: { message: 'a', schema: 1 } } },
            { a: { model: { text: 'a', tokensMax: -1 } } }, { 'a b': { roots: true } }, { a: { roots: true } },
            Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`a${n}`, { roots: true }])),
        ]) await caller.ask(questions).then(() => told.push('answered'), wrong);
        return told.join('\\n')";
    let (told, heard) = output(code).await;
    insta::assert_snapshot!(told.as_str().unwrap());
    assert_eq!(heard, ["asked a"]);
}

#[tokio::test]
async fn a_failure_is_where_it_was_asked() {
    let code =
        "async function ask() {\n  return caller.ask({ a: { roots: true } })\n}\nawait ask()";
    let (outcome, _) = with(Ear::default(), code).await;
    let Outcome::Error {
        name,
        message,
        location,
        stack,
        ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (name.as_str(), message.as_str()),
        ("CallerError", "tells no directories")
    );
    assert_eq!(location.map(|place| place.line), Some(2));
    assert!(stack.starts_with("    at ask (agent.ts:2"), "{stack}");
}

#[tokio::test]
async fn answers_of_another_call_end_this_one() {
    let code = "console.log('before');
        const asked = [caller.ask({ a: { roots: true } }), caller.ask({ b: { roots: true } })];
        setTimeout(() => console.log('never'), 1);
        await Promise.allSettled(asked);
        console.log('never')";
    let ear = Ear {
        is_later: true,
        ..Ear::default()
    };
    let (outcome, heard) = with(ear, code).await;
    let Outcome::Error {
        error_type, stdout, ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(error_type, ErrorType::NeverSettles);
    assert_eq!(stdout, "before\n");
    assert_eq!(heard, ["asked a", "asked b"], "both are asked at once");
}

#[tokio::test]
async fn nobody_hears_and_nobody_answers_where_there_is_no_caller() {
    let code = "caller.progress(1);
        caller.log('error', 'a');
        const error = await caller.ask({ a: { roots: true } }).catch((error) => error);
        return [await caller.canBeAsked(), error.code, error instanceof CallerError]";
    let told = success(execute(execution(code)).await);
    let told: Value = serde_json::from_str(told.get()).unwrap();
    assert_eq!(
        told,
        json!([{"form": false, "model": false, "roots": false}, "denied", true])
    );
    // Names of its own are no tools.
    let code = "return tools['caller/ask'].a({}).catch((error) => error.code)";
    let told = success(execute(execution(code)).await);
    assert_eq!(told.get(), "\"not_found\"");
}
