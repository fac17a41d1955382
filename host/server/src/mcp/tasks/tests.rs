use rmcp::model::{InputRequest, InputResponses};
use serde_json::json;

use super::{
    job::{Answer, Stage},
    *,
};

fn tasks() -> Tasks {
    Tasks::new(Bounds {
        tasks: 2,
        kept_bytes: 200,
        result_time_min: Duration::from_millis(50),
        parked: 1,
        parked_time: Duration::from_millis(50),
    })
}

fn ada() -> Owner {
    Owner::Account("ada".into())
}

fn text(text: &str) -> Answer {
    Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
}

/// A call that ends when it is stopped, or its question is answered.
fn waiting(tasks: &Tasks, owner: Owner) -> Arc<Job> {
    tasks.begin(owner, None, |job| {
        let job = job.clone();
        async move {
            let question = json!({"method": "roots/list", "params": {}});
            let question: InputRequest = serde_json::from_value(question).unwrap();
            tokio::select! {
                () = job.stop.cancelled() => text("stopped"),
                answer = job.ask(vec![question]) => text(&format!("{answer:?}")),
            }
        }
    })
}

async fn asks(job: &Job) -> String {
    let names = job.until(|stage| match stage {
        Stage::Asks(requests) => requests.into_keys().next(),
        _ => None,
    });
    names.await
}

async fn ended(job: &Job) -> serde_json::Value {
    let answer = job.until(|stage| match stage {
        Stage::Ended(answer) => Some(answer),
        _ => None,
    });
    match answer.await {
        Ok(CallToolResponse::Complete(result)) => json!(result),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tasks_are_their_callers_and_of_a_number() {
    let tasks = tasks();
    let jobs = [(); 3].map(|()| waiting(&tasks, ada()));
    assert!(
        tasks.find(&ada(), &jobs[0].id).is_err(),
        "nobody knows of it yet"
    );
    assert_eq!(tasks.keep(&jobs[0]), Ok(true));
    assert_eq!(tasks.keep(&jobs[1]), Ok(true));
    let full = tasks.keep(&jobs[2]).unwrap_err();
    assert!(
        full.starts_with("2 tasks of yours are running or kept"),
        "{full}"
    );
    let others = [
        Owner::Account("bob".into()),
        Owner::Session(0),
        Owner::Bearer,
    ];
    for other in others {
        assert!(tasks.find(&other, &jobs[0].id).is_err(), "{other:?}");
        assert!(tasks.list(&other).is_empty());
        let job = waiting(&tasks, other);
        assert_eq!(tasks.keep(&job), Ok(true), "others have tasks of their own");
    }
    assert_eq!(tasks.list(&ada()).len(), 2);
    let elsewhere = Tasks::default().find(&ada(), &jobs[0].id).err().unwrap();
    assert!(
        elsewhere.message.contains("is not on this host"),
        "{elsewhere}"
    );
    let never = format!("{}-00", jobs[0].id.split_once('-').unwrap().0);
    let never = tasks.find(&ada(), &never).err().unwrap();
    assert!(never.message.contains("you have no task"), "{never}");
}

#[tokio::test]
async fn a_session_takes_its_tasks_along() {
    let tasks = tasks();
    let session = tasks.session();
    let other = tasks.session();
    assert_ne!(session.number(), other.number());
    let [own, others] = [&session, &other].map(|of| waiting(&tasks, Owner::Session(of.number())));
    assert_eq!(
        (tasks.keep(&own), tasks.keep(&others)),
        (Ok(true), Ok(true))
    );
    drop(session);
    assert!(own.stop.is_cancelled() && !others.stop.is_cancelled());
    assert_eq!(tasks.counts().running, 1);
}

#[tokio::test]
async fn results_are_kept_for_their_time_and_within_their_bytes() {
    let tasks = tasks();
    let rest = serde_json::to_vec(&CallToolResult::success(vec![ContentBlock::text("")])).unwrap();
    let fits = "x".repeat(200 - rest.len());
    for (result, is_kept) in [(fits.clone(), true), (format!("{fits}x"), false)] {
        let (end, ends) = tokio::sync::oneshot::channel::<()>();
        let told = result.clone();
        let wish = Some(Duration::ZERO);
        let job = tasks.begin(ada(), wish, |_| async move {
            let _ = ends.await;
            text(&told)
        });
        assert_eq!(job.ttl, TTL_MIN, "no wish is below it");
        assert_eq!(tasks.keep(&job), Ok(true));
        assert_eq!(tasks.counts().running, 1);
        end.send(()).unwrap();
        let answer = ended(&job).await;
        assert_eq!(answer["isError"], !is_kept, "{answer}");
        let told = answer["content"][0]["text"].as_str().unwrap();
        match is_kept {
            true => assert_eq!(told, result),
            false => assert!(
                told.contains("has 201 bytes, and could not be kept"),
                "{told}"
            ),
        }
        assert_eq!(tasks.counts().kept, 1);
        while tasks.find(&ada(), &job.id).is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(job.began.elapsed() >= TTL_MIN);
    }
    let longest = tasks.begin(ada(), Some(Duration::MAX), |_| async { text("") });
    assert_eq!(longest.ttl, TTL_MAX);
}

#[test]
fn a_result_outlives_a_long_call() {
    let began = Instant::now();
    let (ttl, least) = (Duration::from_secs(10), Duration::from_secs(3));
    let after = |seconds| began + Duration::from_secs(seconds);
    assert_eq!(expiry(began, ttl, after(7), least), after(10));
    assert_eq!(expiry(began, ttl, after(8), least), after(11));
}

#[tokio::test]
async fn a_parked_call_is_taken_up_once_by_its_caller() {
    let tasks = tasks();
    let job = waiting(&tasks, ada());
    let name = asks(&job).await;
    assert_eq!(tasks.park(&job), Ok(true));
    let other = waiting(&tasks, ada());
    asks(&other).await;
    let full = tasks.park(&other).unwrap_err();
    assert!(full.starts_with("1 calls of this caller wait"), "{full}");
    other.refuse();
    let refused = ended(&other).await.to_string();
    assert!(refused.contains("nobody can be asked"), "{refused}");
    assert!(tasks.find(&ada(), &job.id).is_err(), "it is no task");
    assert!(tasks.unpark(&Owner::Bearer, &job.id).is_none());
    let taken = tasks.unpark(&ada(), &job.id).unwrap();
    assert!(tasks.unpark(&ada(), &job.id).is_none());
    taken.answer(InputResponses::from([
        ("other".to_owned(), json!(1)),
        (name, json!("yes")),
    ]));
    let answer = ended(&job).await.to_string();
    assert!(answer.contains("yes"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_the_call() {
    let tasks = tasks();
    let job = waiting(&tasks, ada());
    asks(&job).await;
    assert_eq!(tasks.park(&job), Ok(true));
    assert_eq!(tasks.counts().parked, 1);
    assert!(ended(&job).await.to_string().contains("stopped"));
    assert_eq!(tasks.counts(), Counts::default());
    assert!(tasks.unpark(&ada(), &job.id).is_none());
}

#[tokio::test]
async fn what_was_cancelled_stays_so() {
    let tasks = tasks();
    let job = waiting(&tasks, ada());
    assert_eq!(tasks.keep(&job), Ok(true));
    assert!(job.cancel());
    assert!(!job.cancel(), "it ran no more");
    assert!(matches!(job.stage(), Stage::Cancelled));
    // The call itself ends, and nothing comes of it.
    while !job.expiry(Duration::ZERO).le(&(job.began + job.ttl)) || job.bytes() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(job.stage(), Stage::Cancelled));
}

#[tokio::test]
async fn a_call_that_breaks_down_ends() {
    let job = tasks().begin(ada(), None, |_| async { panic!("a fault of the server") });
    let answer = job.until(|stage| match stage {
        Stage::Ended(answer) => Some(answer),
        _ => None,
    });
    let error = answer.await.unwrap_err();
    assert!(error.message.contains("fault of the server"), "{error}");
}

#[tokio::test]
async fn the_end_stops_all_and_waits_for_them() {
    let tasks = tasks();
    let jobs = [ada(), Owner::Bearer].map(|owner| waiting(&tasks, owner));
    assert_eq!(tasks.keep(&jobs[0]), Ok(true));
    tasks.end(Duration::from_secs(30)).await;
    for job in jobs {
        assert!(ended(&job).await.to_string().contains("stopped"));
    }
}

#[test]
fn what_is_done_at_once_takes_no_task() {
    for long in [execute::NAME, CALL_TOOL, "csv__parse"] {
        assert!(may_be_long(long), "{long}");
    }
    for short in ["search_tools", "health_check", "list_servers"] {
        assert!(!may_be_long(short), "{short}");
    }
}
