//! What is kept of what happens, and for whom.

use serde_json::value::RawValue;

use super::*;

fn begin(live: &Live, account: Option<&str>) -> UnderWay {
    let begun = Begun {
        tool: "t",
        profile: "p",
        code: "",
        input: RawValue::NULL,
    };
    let who = || Who {
        account: account.map(str::to_owned),
        client: "c".to_owned(),
        version: None,
    };
    live.begin(begun, who).unwrap()
}

fn run(live: &Live, account: Option<&str>) {
    begin(live, account).end(&Ended::otherwise("success"), None);
}

#[test]
fn an_account_sees_its_own_and_everybody_else_sees_all() {
    let live = Live::on();
    let of = |name: &str| live.watch(Whose::Account(name.to_owned())).look();
    run(&live, Some("a"));
    let running = begin(&live, Some("b"));
    live.listed(Some("a"));
    let (a, b, all) = (of("a"), of("b"), live.watch(Whose::All).look());
    assert_eq!((a.running_count, a.ended.len(), a.counts.lists), (0, 1, 1));
    assert_eq!((b.running_count, b.ended.len(), b.counts.lists), (1, 0, 0));
    assert_eq!(
        (all.running_count, all.ended.len(), all.counts.lists),
        (1, 1, 1)
    );
    drop(running);
    let b = of("b");
    assert_eq!((b.running_count, b.running.len()), (0, 0));
    assert_eq!((b.ended[0].status, b.counts.failed), ("abandoned", 1));
}

#[test]
fn the_last_that_is_kept_and_the_first_that_is_only_counted() {
    let live = Live::on();
    let mut watcher = live.watch(Whose::All);
    for _ in 0..ENDED_MAX {
        run(&live, None);
    }
    let sight = watcher.look();
    assert_eq!((sight.ended.len(), sight.omitted), (ENDED_MAX, 0));
    for _ in 0..=ENDED_MAX {
        run(&live, None);
    }
    let sight = watcher.look();
    assert_eq!((sight.ended.len(), sight.omitted), (ENDED_MAX, 1));
    assert!(sight.ended[0].number < sight.ended[1].number);
    let sight = watcher.look();
    assert_eq!((sight.ended.len(), sight.omitted), (0, 0));

    let running: Vec<_> = (0..=RUNNING_MAX).map(|_| begin(&live, None)).collect();
    let sight = watcher.look();
    assert_eq!(sight.running.len(), RUNNING_MAX);
    assert_eq!(sight.running_count, RUNNING_MAX as u64 + 1);
    drop(running);
    assert_eq!(watcher.look().running_count, 0);
}

#[tokio::test]
async fn whoever_watches_is_told() {
    let live = Live::on();
    let mut watcher = live.watch(Whose::All);
    let under_way = begin(&live, None);
    watcher.changed().await;
    assert_eq!(watcher.look().running_count, 1);
    drop(under_way);
    watcher.changed().await;
    assert_eq!(watcher.look().ended.len(), 1);
}

#[test]
fn what_stayed_in_the_sandbox_is_what_tools_answered_less_what_came_out() {
    let live = Live::on();
    let end = |answered, told| {
        let mut ended = Ended::otherwise("success");
        ended.set_told_bytes(told);
        begin(&live, None).end(&ended, answered);
    };
    end(Some(100), Some(10));
    // More came out than went in; nothing was asked of tools; nothing is known.
    end(Some(5), Some(50));
    end(Some(0), Some(70));
    end(None, Some(70));
    end(Some(70), None);
    let counts = live.watch(Whose::All).look().counts;
    assert_eq!(
        (counts.answered_bytes, counts.told_bytes, counts.kept_bytes),
        (105, 60, 90)
    );
}
