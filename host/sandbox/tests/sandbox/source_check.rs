//! The source check: what it finds and where, what it leaves alone, and what a policy makes of it.

use vesicle_sandbox::{Outcome, RuleAction, SourcePolicy, ViolationType};

use crate::support::{every_rule, execute, told, under};

async fn checked(code: &str) -> Outcome {
    execute(under(SourcePolicy::default(), code)).await
}

/// Runs code in which `▶` marks the place that the finding has to name, and is not part of it.
async fn check_found(rule: ViolationType, marked: &[&str]) {
    let mut wrong = String::new();
    for marked in marked {
        let at = marked.find('▶').expect("a mark");
        let before = &marked[..at];
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() as u32 + 1;
        let outcome = checked(&marked.replace('▶', "")).await;
        let found = match &outcome {
            Outcome::SecurityViolation {
                violation_type,
                location,
                ..
            } => *violation_type == rule && (location.line, location.column) == (line, column),
            _ => false,
        };
        if !found {
            wrong.push_str(&format!("\n----\n{marked}\n{}", told(&outcome)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Runs code in which nothing may be found, and in which something may go wrong when it runs.
async fn check_not_found(codes: &[&str]) {
    let mut wrong = String::new();
    for code in codes {
        let outcome = checked(code).await;
        let finding = matches!(&outcome, Outcome::SecurityViolation { .. });
        let unread = matches!(&outcome, Outcome::Error { name, .. } if name == "SyntaxError");
        if finding || unread || !outcome.warnings().is_empty() {
            wrong.push_str(&format!("\n----\n{code}\n{}", told(&outcome)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn reasons_say_what_to_do() {
    let mut text = String::new();
    for code in [
        "import { readFile } from 'node:fs'",
        "import lodash from 'https://esm.sh/lodash'",
        "const fs = require('fs')",
        "import { exec } from 'node:child_process'",
        "return process.env.HOME",
        "return await fetch('https://example.com')",
        "return new WebSocket('wss://example.com')",
        "return new XMLHttpRequest()",
        "return eval(input)",
        "return new Function('a', 'return a')(1)",
        "let n = 0;\nwhile (true) {\n  n++;\n}",
    ] {
        text.push_str(&format!("{code}\n=====\n{}\n", told(&checked(code).await)));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn modules_are_found() {
    use ViolationType::{ChildProcess, Import, Require};
    check_found(
        Import,
        &[
            "import fs from ▶'node:fs'",
            "import ▶'https://example.com/a.js'",
            "const fs = await import(▶'fs')",
            "const fs = await import(▶`fs`)",
            "await import(▶'node:' + 'fs')",
            "export * from ▶'a'",
            "import x = require(▶'x')",
        ],
    )
    .await;
    check_found(
        Require,
        &[
            "return ▶require('fs')",
            "const load = ▶require; load('fs')",
            "return ▶require.resolve('fs')",
            "return ▶require(input)",
            "return (▶require as any)('fs')",
        ],
    )
    .await;
    check_found(
        ChildProcess,
        &[
            "import cp from ▶'child_process'",
            "import { spawn } from ▶'node:child_process'",
            "await import(▶'node:child_process')",
            "return ▶require('child_process')",
            "return ▶require(`node:child_process`)",
            "return ▶child_process.exec('id')",
        ],
    )
    .await;
}

#[tokio::test]
async fn globals_of_other_places_are_found() {
    use ViolationType::{Network, Process};
    check_found(
        Process,
        &[
            "return ▶process.env",
            "▶process.exit(1)",
            "const { env } = ▶process; return env",
            "return { ▶process }",
            "return [1].map(() => ▶process.cwd())",
            "return `${▶process.pid}`",
            "▶process = 1 as any",
            "return ▶pro\\u0063ess.env",
            "{ const process = 1 } return ▶process.env",
            "const f = (process: any) => process; return f(▶process)",
        ],
    )
    .await;
    check_found(
        Network,
        &[
            "return await ▶fetch('https://example.com')",
            "const get = ▶fetch; return get('x')",
            "return new ▶WebSocket('wss://example.com')",
            "class Socket extends ▶WebSocket {}",
            "const request = new ▶XMLHttpRequest()",
            "return typeof process === 'undefined' ? ▶fetch('x') : 1",
        ],
    )
    .await;
}

#[tokio::test]
async fn code_from_text_is_found() {
    check_found(
        ViolationType::Eval,
        &[
            "return ▶eval('1')",
            "return (0, ▶eval)('1')",
            "const run = ▶eval; return run('1')",
            "return ▶\\u0065val('1')",
            "return ▶\\u{65}val('1')",
            "return ▶eval?.('1')",
            "return typeof eval === 'function' && ▶eval('1')",
            "return new ▶Function('return 1')()",
            "return ▶Function('return 1')()",
            "return new (▶Function as any)('return 1')()",
            "return ((▶Function))('return 1')",
            "return ▶F\\u0075nction('return 1')",
        ],
    )
    .await;
}

#[tokio::test]
async fn loops_without_a_way_out_are_found() {
    check_found(
        ViolationType::EndlessLoop,
        &[
            "▶while (true) {}",
            "▶while (1);",
            "▶while ('yes') {}",
            "▶while (!0) {}",
            "▶while (!!(true as boolean)) {}",
            "▶for (;;) {}",
            "▶for (let i = 0; ; i++) {}",
            "▶for (; true; ) {}",
            "▶do {} while (1)",
            "const step = () => {};\n▶while (true) { step() }",
            // The way out is another's.
            "▶while (true) { [1].forEach(() => { return }) }",
            "▶while (true) { (async () => { await null })() }",
            "▶while (true) { for (const a of [1]) break }",
            "▶while (true) { switch (input) { case null: break } }",
            "▶while (true) { here: { break here } }",
            "▶while (true) { continue }",
            "here: ▶while (true) { continue here }",
            "here: ▶while (true) { for (const a of [1]) continue here }",
            "a: b: ▶while (true) { while (input) continue a }",
            "▶for (await null; ; ) {}",
            "while (true) { ▶while (true) {} break }",
            "function never() { ▶for (;;); }\nreturn 1",
            "const never = { toString() { ▶while (true); } }",
            "await null; ▶while (true) {} await null",
            "class A { static { ▶while (true); } }",
        ],
    )
    .await;
}

#[tokio::test]
async fn loops_with_a_way_out_are_left_alone() {
    check_not_found(&[
        "while (true) { break }",
        "while (true) { if (input === null) break }",
        "for (;;) return 1",
        "for (;;) { try { throw new Error('x') } finally { return 1 } }",
        "while (true) throw new Error('x')",
        "function* all() { while (true) yield 1 } return all().next().value",
        "let n = 0; while (true) { await null; if (++n > 2) return n }",
        "let n = 0; const f = async () => { for (;;) { if (++n > 2) return n; await null } }; return f()",
        "async function* g() { while (true) { for await (const x of [1]) yield x } } return (await g().next()).value",
        "let n = 0; async function f() { while (true) { for await (const x of [1]) if (++n > 2) throw 1 } } await f().catch(() => {})",
        "do { switch (input) { case null: return 1 } } while (true)",
        "here: while (true) { for (const a of [1]) break here }",
        "here: { while (true) { break here } }",
        "here: for (const a of [1, 2]) { while (true) { continue here } }",
        "out: while (true) { while (true) { break out } }",
        "while (input) {}",
        "for (; input; ) {}",
        "while (false) {}",
        "while (0) {}",
        "while (null) {}",
        "for (const a of []) {}",
        "do {} while (false)",
        "let n = 0; for (;; n++) { if (n > 3) break }",
        "const once = true; while (once) { break }",
        "for (;; await Promise.reject(1)) { continue }",
        "return /while (true) {}/.source + 'for (;;) {}'",
    ])
    .await;
}

/// What looks like a finding to a search for words, and is none.
#[tokio::test]
async fn what_is_meant_well_is_left_alone() {
    check_not_found(&[
        "const re = /a(b)/g; return re.exec('ab')",
        "// eval('1'), require('fs'), process.exit(), while (true) {}\n/* fetch(import('x')) */ return 1",
        "return 'eval(1); require(\"fs\"); process.exit(); child_process' + `fetch`",
        "return /eval|require|process|fetch/.test('eval')",
        "const x = { eval: () => 1, fetch: 2, process: 3, require: 4 }; return x.eval() + x.fetch + x['process'] + x.require",
        "class Page { fetch() { return 1 } eval() { return 2 } static process = 3; require = 4 } return new Page().fetch()",
        "type Env = typeof process; interface A { fetch: typeof fetch; eval(): void } return 1",
        "let f: Function = () => 1; const g = f as Function; return f instanceof Function && g()",
        "return Function.prototype.call.call(() => 1)",
        "return typeof fetch === 'undefined' && typeof process + typeof require + typeof eval + typeof WebSocket",
        "if (typeof process !== 'undefined') process.exit(1); return 1",
        "return typeof fetch === 'function' ? await fetch('x') : 'no network'",
        "globalThis.fetch = (() => 1) as any; return fetch('x')",
        "const process = { env: {} }; return process.env",
        "function process(row: number) { return row * 2 } return [1].map(process)",
        "return [1].map((fetch) => fetch + 1)",
        "const { fetch, require } = { fetch: 1, require: 2 }; return fetch + require",
        "try { throw 1 } catch (process) { return process }",
        "const f = () => { return process }; var process = 1; return f()",
        "class fetch {} return new fetch() instanceof fetch",
        "enum process { a } return process.a",
        "namespace process { export const a = 1 } return process.a",
        "const run = (Function: any) => new Function('x'); return run(class { })",
        "declare const process: { pid: number }; return 1",
        "process: for (const a of [1]) break process; return 1",
        "import type { Process } from 'node:process'; export default 1",
        "const evaluate = (text: string) => JSON.parse(text); return evaluate('1')",
        "return [1, 2].reduce((fetch, eval_) => fetch + eval_)",
    ])
    .await;
}

/// The first finding that is denied is told, whatever the order of the rules.
#[tokio::test]
async fn findings_are_told_in_the_order_of_the_text() {
    let code = "let n = 0;\nwhile (true) { n++ }\neval('1');\nprocess.exit();\nimport('x')";
    let mut policy = SourcePolicy::default();
    for (rule, line) in [
        (ViolationType::EndlessLoop, 2),
        (ViolationType::Eval, 3),
        (ViolationType::Process, 4),
        (ViolationType::Import, 5),
    ] {
        match execute(under(policy, code)).await {
            Outcome::SecurityViolation {
                violation_type,
                location,
                ..
            } => assert_eq!((violation_type, location.line), (rule, line)),
            other => panic!("{rule:?}: {}", told(&other)),
        }
        policy = policy.with(rule, RuleAction::Warn);
    }
}

#[tokio::test]
async fn a_policy_denies_warns_or_is_off() {
    let cases = [
        (ViolationType::Import, "import('x').catch(() => {})"),
        (ViolationType::ChildProcess, "() => child_process"),
        (ViolationType::Require, "() => require('x')"),
        (ViolationType::Process, "() => process"),
        (ViolationType::Network, "() => fetch('x')"),
        (ViolationType::Eval, "() => eval('x')"),
        (ViolationType::EndlessLoop, "() => { while (true); }"),
    ];
    assert_eq!(
        cases.map(|(rule, _)| rule),
        ViolationType::ALL.map(|(_, rule)| rule)
    );
    for (rule, code) in cases {
        let off = every_rule(RuleAction::Off);
        let run = async |action| execute(under(off.with(rule, action), code)).await;
        let denied = run(RuleAction::Deny).await;
        assert!(
            matches!(&denied, Outcome::SecurityViolation { violation_type, .. } if *violation_type == rule),
            "{code}: {}",
            told(&denied)
        );
        let warned = run(RuleAction::Warn).await;
        assert!(warned.is_success(), "{code}: {}", told(&warned));
        let rules: Vec<_> = warned.warnings().iter().map(|w| w.violation_type).collect();
        assert_eq!(rules, [rule], "{code}");
        let unseen = run(RuleAction::Off).await;
        assert!(unseen.is_success(), "{code}: {}", told(&unseen));
        assert!(unseen.warnings().is_empty(), "{code}");
    }
}

#[tokio::test]
async fn warnings_stand_beside_every_outcome() {
    let warn = every_rule(RuleAction::Warn);
    let mut text = String::new();
    for code in [
        "const late = () => fetch('a');\nconst later = () => { fetch('b'); process.exit() };\nreturn 1",
        "return eval('1')",
    ] {
        let outcome = execute(under(warn, code)).await;
        text.push_str(&format!("{code}\n=====\n{}\n", told(&outcome)));
    }
    insta::assert_snapshot!(text);

    let mut endless = under(warn, "while (true) {}");
    endless.limits.wall_time = std::time::Duration::from_millis(100);
    let outcome = execute(endless).await;
    assert!(
        matches!(outcome, Outcome::Timeout { .. }),
        "{}",
        told(&outcome)
    );
    assert_eq!(outcome.warnings().len(), 1);
}

#[tokio::test]
async fn outcomes_without_warnings_say_nothing_of_them() {
    let policy = every_rule(RuleAction::Warn);
    let json = async |code| serde_json::to_value(execute(under(policy, code)).await).unwrap();
    assert_eq!(json("return 1").await.get("warnings"), None);
    let warnings = json("return typeof (() => process)").await["warnings"].clone();
    assert_eq!(warnings[0]["violation_type"], "process");
    assert_eq!(warnings[0]["location"]["column"], 22);
    assert!(
        warnings[0]["reason"]
            .as_str()
            .unwrap()
            .contains("`process`")
    );
}

#[test]
fn rules_have_the_names_that_outcomes_give_them() {
    for (index, (name, rule)) in ViolationType::ALL.into_iter().enumerate() {
        assert_eq!(serde_json::to_value(rule).unwrap(), name);
        assert_eq!(rule as usize, index);
    }
}

/// Long chains of what the rules follow take no longer than the rest of the check.
#[tokio::test]
async fn much_of_what_is_looked_for_is_read_in_time() {
    let labels: String = (0..9_000).map(|n| format!("l{n}:")).collect();
    let breaks: String = (0..4_000).map(|n| format!("break l{n};")).collect();
    for code in [
        format!("{labels}for(;;){{{breaks}}}"),
        "for(;;)".repeat(14_000) + "break",
        "eval;".repeat(20_000),
        "while(1);".repeat(11_000),
        "import'a';".repeat(10_000),
    ] {
        let outcome = checked(&code).await;
        let timeout = matches!(outcome, Outcome::Timeout { .. });
        assert!(!timeout, "{}", &code[..40]);
    }
}
