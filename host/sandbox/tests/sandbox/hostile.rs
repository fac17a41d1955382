//! Texts made to break the native parser: nested or chained as far as 100 KB go. The process has to
//! survive them on a worker's stack of 2 MB; whatever the outcome is, it is one.

use std::fs;
use std::io::Write as _;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use vesicle_sandbox::{CODE_BYTES_MAX, Limits, Outcome, Profile};

use crate::support::{execution, sandbox};

/// The stack of tokio's workers.
const STACK_BYTES: usize = 2 << 20;

/// What the whole process may have. A text of 100 KB that takes more takes the machine.
const RESIDENT_BYTES_MAX: usize = 4 << 30;

/// Ends the process, loudly, before a text ends the machine.
fn watch_memory() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        thread::spawn(|| {
            loop {
                thread::sleep(Duration::from_millis(20));
                let pages = fs::read_to_string("/proc/self/statm").ok();
                let resident = pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<usize>().ok());
                if resident.is_some_and(|pages| pages * 4096 > RESIDENT_BYTES_MAX) {
                    let _ = writeln!(
                        std::io::stderr(),
                        "the hostile text that was named last takes more than {RESIDENT_BYTES_MAX} bytes"
                    );
                    std::process::abort();
                }
            }
        });
    });
}

/// What is repeated, and what stands in the middle and at the end to make it a program where it can
/// be one: `before`×n `middle` `after`×n.
const NESTED: &[(&str, &str, &str)] = &[
    ("(", "", ""),
    ("(", "1", ")"),
    ("[", "", ""),
    ("[", "", "]"),
    ("{", "", ""),
    ("{", "", "}"),
    ("a={", "", ""),
    ("({a:", "1", "})"),
    ("[...", "a", "]"),
    ("!", "1", ""),
    ("-+", "1", ""),
    ("- -", "1", ""),
    ("~", "1", ""),
    ("!", "", ""),
    ("typeof ", "1", ""),
    ("void ", "1", ""),
    ("delete ", "a.b", ""),
    ("await ", "1", ""),
    ("new ", "A", ""),
    ("new ", "A", "()"),
    ("new A(", "", ")"),
    ("async ", "", ""),
    ("async()=>", "1", ""),
    ("a=>", "1", ""),
    ("(a)=>", "1", ""),
    ("(a=", "1", ")=>1"),
    ("a=>{", "", "}"),
    ("(a,b=>", "1", ")"),
    ("a?", "1", ":1"),
    ("a?b:", "1", ""),
    ("a?", "", ""),
    ("(a?", "1", ":1)"),
    ("a?(b)=>", "1", ":1"),
    ("a?(b):", "1", ""),
    ("if(1)", ";", ""),
    ("if(1){", "", "}"),
    ("if(1);else ", ";", ""),
    ("while(1)", ";", ""),
    ("for(;;)", "break", ""),
    ("do ", ";", " while(0);"),
    ("for(a of ", "b", ");"),
    ("with(a)", ";", ""),
    ("try{", "", "}catch{}"),
    ("switch(a){case 1:", "", "}"),
    ("a:", ";", ""),
    ("abc:{", "", "}"),
    ("function(){", "", "}"),
    ("function f(){", "", "}"),
    ("function f(){", "", ""),
    ("(function(){", "", "})()"),
    ("(()=>{", "", "})()"),
    ("function*f(){yield*", "1", "}"),
    ("class{", "", "}"),
    ("class A{a=", "1", "}"),
    ("class A{", "", "}"),
    ("(class extends ", "A", "{})"),
    ("(class{static{", "", "}})"),
    ("(class{a=", "1", "})"),
    ("class A{[", "1", "]}"),
    ("class A extends ", "B", "{}"),
    ("({a(){", "", "}})"),
    ("({get a(){", "", "}})"),
    ("({[", "1", "]:1})"),
    ("[a=", "1", "]"),
    ("let {a:", "b", "}=1"),
    ("let [", "a", "]=1"),
    ("({a=", "1", "}=b)"),
    ("`${", "1", "}`"),
    ("`${", "", ""),
    ("${", "", ""),
    ("a`${", "1", "}`"),
    ("f(", "1", ")"),
    ("f?.(", "1", ")"),
    ("a[", "1", "]"),
    ("a?.[", "1", "]"),
    ("<", "", ""),
    ("<a>", "1", ""),
    ("<T>()=>", "1", ""),
    ("a<b>(", "1", ")"),
    ("a as ", "b", ""),
    ("import(", "1", ")"),
    ("import.meta.a(", "1", ")"),
    ("yield ", "1", ""),
    ("x=y=>x=", "1", ""),
    ("type A=", "B", ""),
    ("type A=B<", "C", ">"),
    ("type A=", "B", "[]"),
    ("let a:A<", "B", ">"),
    ("let a:(", "B", ")"),
    ("let a:(b:", "c", ")=>d"),
    ("let a:()=>", "b", ""),
    ("let a:new()=>", "b", ""),
    ("let a:{b:", "c", "}"),
    ("let a:[", "b", "]"),
    ("let a:[b:", "c", "]"),
    ("let a:keyof ", "b", ""),
    ("let a:typeof a<", "b", ">"),
    ("let a:readonly ", "b[]", ""),
    ("let a:A extends B?", "c", ":d"),
    ("let a:A extends B?C:", "c", ""),
    ("let a:A extends infer B extends ", "C", "?1:2"),
    ("let a:{[k in ", "b", "]:c}"),
    ("let a:`${", "b", "}`"),
    ("let a:asserts a is ", "b", ""),
    ("let a:import('a',{with:", "b", "}).c"),
    ("A<", "", ""),
    ("A<A", "", ">"),
    ("f<A<", "1", ">>()"),
    ("interface A{a:", "b", "}"),
    ("interface A{", "", "}"),
    ("namespace A{", "", "}"),
    ("namespace A{export ", "const a = 1", "}"),
    ("declare module 'a'{", "", "}"),
    ("declare global{", "", "}"),
    ("declare namespace A{", "", "}"),
    ("enum A{a=", "1", "}"),
    ("enum A{a=(", "1", ")}"),
    ("abstract class A{a(", "", "):b}"),
    ("function f(a:", "b", "){}"),
    ("function f(this:", "b", ");"),
    ("function f(a=function(", "", "){}){}"),
    ("@a(", "b", ")class{}"),
    ("@(", "a", ")class{}"),
    ("@a ", "class{}", ""),
    ("export default ", "1", ""),
    ("export default ()=>", "1", ""),
    ("(a<", "", ""),
    ("a<b<(", "1", ")"),
    ("[a=(", "1", ")]=b"),
    ("x=async (", "1", ")"),
    ("(a=(", "1", "))"),
    ("/(", "", ")/"),
    ("\\u{61}(", "", ")"),
    ("/*", "", "*/"),
    ("<!--", "", ""),
];

/// What stands in the beginning, what is repeated, and the end.
const CHAINED: &[(&str, &str, &str)] = &[
    ("a", ".b", ""),
    ("a", "?.b", ""),
    ("a", ".b()", ""),
    ("a", "?.b?.()", ""),
    ("a", "[0]", ""),
    ("a", "?.[0]", ""),
    ("a", "()", ""),
    ("a", "``", ""),
    ("a", "!", ""),
    ("a", "!.b", ""),
    ("a", "<b>()", ""),
    ("new A", ".b", ""),
    ("1", "+1", ""),
    ("1", "-1", ""),
    ("1", "*1", ""),
    ("1", "**1", ""),
    ("1", "&&1", ""),
    ("1", "||1", ""),
    ("null", "??null", ""),
    ("1", "&1", ""),
    ("1", "|1", ""),
    ("1", "<1", ""),
    ("1", ">>1", ""),
    ("1", "==1", ""),
    ("1", " in 1", ""),
    ("1", " instanceof 1", ""),
    ("1", "&&1||1", ""),
    ("1", "+(1", ""),
    ("1", "+1*1", ""),
    ("\"a\"", "+\"a\"", ""),
    ("let s=\"a\"", "+\"a\"", ";return s.length"),
    ("`a`", "+`a`", ""),
    ("a", ",a", ""),
    ("x", "=x", ""),
    ("let x;x", "=x", ""),
    ("let x;x", "+=x", ""),
    ("let x;x", "??=x", ""),
    ("x", "=x=>x", ""),
    ("let a", ",b=1", ""),
    ("let a=1", ",a=1", ""),
    ("a", " as b", ""),
    ("a", " satisfies b", ""),
    ("a", " as const", ""),
    ("type A=B", "[]", ""),
    ("type A=B", "|B", ""),
    ("type A=B", "&B", ""),
    ("type A=", "|B", ""),
    ("type A=B", "['a']", ""),
    ("type A=B", ".c", ""),
    ("type A=", "B extends C?D:", "E"),
    ("let a:A", "[]", ""),
    ("import A=B", ".c", ""),
    ("namespace A", ".B", "{}"),
    ("namespace A", ".B", "{export const a = 1}"),
    ("if(0);", "else if(0);", ""),
    ("if(0);", "else if(0);", "else;"),
    ("switch(0){", "case 0:", "}"),
    ("try{}", "finally{}", ""),
    ("", "/", ""),
    ("", "/a/+", "1"),
    ("", "/\n", ""),
    ("", "'", ""),
    ("", "`", ""),
    ("", "\\", ""),
    ("", "#", ""),
    ("", "@", ""),
    ("", "@a", ""),
    ("", ";", ""),
    ("", "\n", "1"),
    ("", "\u{2028}", "1"),
    ("", "🦀", ""),
    ("", "é", ""),
    ("", "\u{200d}", ""),
    ("", "0", ""),
    ("", "1", ""),
    ("", "0x", ""),
    ("", "1n", ""),
    ("", "1e", "1"),
    ("", "1_", "1"),
    ("", "a", ""),
    ("", "let ", ""),
    ("", "a\n", ""),
    ("", "1,", "1"),
    ("[", ",", "]"),
    ("[", "1,", "]"),
    ("({", "a,", "})"),
    ("({", "...a,", "})"),
    ("f(", "a,", ")"),
    ("f(", "...a,", ")"),
    ("(", "a,", ")=>1"),
    ("function f(", "a,", "){}"),
    ("class A{", "a;", "}"),
    ("class A{", "a(){}", "}"),
    ("class A{", "#a=1;", "}"),
    ("enum A{", "a=1,", "}"),
    ("enum A{a,b=a", "+a", "}"),
    ("enum A{a='x',b=a", "+a", "}"),
    ("enum A{a='x',b=`${a}", "${a}", "`}"),
    ("", "enum A{a}", ""),
    ("", "namespace A{export const a=1}", ""),
    ("", "var a;", ""),
    ("", "function f(){}", ""),
    ("", "import 'a';", ""),
    ("", "import a from 'a';", ""),
    ("", "export {};", ""),
    ("", "export * from 'a';", ""),
    ("", "{let a}", ""),
    ("", "()=>", ""),
    ("", "=>", ""),
    ("", "a<b>c,", ""),
    ("", "a<b,", ""),
    ("", "(a<", ""),
    ("", "a?(b", ""),
    ("", "a?(b)", ""),
    ("", "a<(b>", ""),
    ("", "async(a,", ""),
    ("", "async<", ""),
    ("", "({a=1},", ""),
    ("/", "(a|", "/"),
    ("/", "a*", "/"),
    ("/", "(?=", "/"),
    ("/", "(?<a>", "/"),
    ("/", "[", "/v"),
    ("/[", "[", "]/v"),
    ("/", "a|", "/"),
    ("/", "\\u{61}", "/u"),
    ("`", "${a}", "`"),
    ("'", "\\u{61}", "'"),
    ("'", "\\", "'"),
    ("//", "a", ""),
    ("//# sourceMappingURL=", "a", ""),
    ("#!", "a", ""),
    ("/*", "*", "/return 1"),
];

fn nested((before, middle, after): (&str, &str, &str)) -> String {
    let count = (CODE_BYTES_MAX - middle.len()) / (before.len() + after.len());
    format!("{}{middle}{}", before.repeat(count), after.repeat(count))
}

fn chained((start, link, end): (&str, &str, &str)) -> String {
    let count = (CODE_BYTES_MAX - start.len() - end.len()) / link.len();
    format!("{start}{}{end}", link.repeat(count))
}

/// Runs each text on a thread with a worker's stack.
fn survive(texts: Vec<(String, String)>) {
    watch_memory();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let sandbox = sandbox().await;
            let mut wrong = String::new();
            for (name, code) in texts {
                assert!(code.len() <= CODE_BYTES_MAX, "{name}");
                // An overflow kills the process, and this line is what says where; the harness would
                // keep what `eprintln!` writes to itself.
                let _ = writeln!(std::io::stderr(), "hostile text: {name}");
                let mut execution = execution(code);
                execution.limits = Limits {
                    wall_time: Duration::from_secs(2),
                    ..Profile::Default.limits()
                };
                let outcome = match sandbox.execute(execution).await {
                    Ok(outcome) => outcome,
                    Err(error) => {
                        wrong.push_str(&format!("\n{name}: {error}"));
                        continue;
                    }
                };
                // What is told of it is bounded, whatever the text is.
                let told = match &outcome {
                    Outcome::Error {
                        message,
                        location,
                        stack,
                        ..
                    } => {
                        message.len()
                            + location.as_ref().map_or(0, |place| place.excerpt.len())
                            + stack.len()
                    }
                    Outcome::SecurityViolation {
                        reason, location, ..
                    } => reason.len() + location.excerpt.len(),
                    Outcome::Success { .. }
                    | Outcome::Timeout { .. }
                    | Outcome::LimitExceeded { .. } => 0,
                };
                if told > 16 * 1024 {
                    wrong.push_str(&format!("\n{name}: {told} bytes are told of it"));
                }
            }
            assert!(wrong.is_empty(), "{wrong}");
        });
    };
    let thread = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn named(
    texts: &[(&str, &str, &str)],
    make: fn((&str, &str, &str)) -> String,
) -> Vec<(String, String)> {
    texts
        .iter()
        .map(|text| (format!("{text:?}"), make(*text)))
        .collect()
}

#[test]
fn nested_texts() {
    survive(named(NESTED, nested));
}

#[test]
fn chained_texts() {
    survive(named(CHAINED, chained));
}

/// The same below a module and below a function, and with an error that has to be placed.
#[test]
fn nested_texts_of_other_forms() {
    let some = [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("a=>", "1", ""),
        ("!", "1", ""),
        ("{", "", "}"),
        ("if(1)", ";", ""),
    ];
    let texts = some.into_iter().flat_map(|text| {
        let (before, middle, after) = text;
        let count = (CODE_BYTES_MAX - 200) / (before.len() + after.len());
        let inner = format!("{}{middle}{}", before.repeat(count), after.repeat(count));
        [
            (
                format!("module {text:?}"),
                format!("export const a = 1;\n{}", inner),
            ),
            (
                format!("function {text:?}"),
                format!("function f() {{\n{}\n}}", inner),
            ),
            (
                format!("throwing {text:?}"),
                format!(
                    "const f: unknown = () => {{\n{}\n}};\nthrow new Error('placed')",
                    inner
                ),
            ),
        ]
    });
    survive(texts.collect());
}

/// What is short and becomes long, and what is nested just as deep as it may be around as much as
/// there is room for.
#[test]
fn growing_texts() {
    let members = |member: fn(usize) -> String| (1..60).map(member).collect::<String>();
    let joined = members(|n| format!("a{n}=a{0}+a{0},", n - 1));
    let written = members(|n| format!("a{n}=`${{a{0}}}${{a{0}}}`,", n - 1));
    let around = |before: &str, depth: usize, bulk: &str, after: &str| {
        let room = CODE_BYTES_MAX - depth * (before.len() + after.len()) - 1;
        let middle = bulk.repeat(room / bulk.len());
        format!("{}{middle}x{}", before.repeat(depth), after.repeat(depth))
    };
    let texts = [
        ("joined", format!("enum A {{ a0 = 'xxxxxxxx', {joined} }}")),
        (
            "written",
            format!("enum A {{ a0 = 'xxxxxxxx', {written} }}"),
        ),
        ("defaults", around("(a=", 24, "x+", ")=>1")),
        ("deep defaults", around("(a=", 196, "x+", ")=>1")),
        ("calls", around("x=async (", 24, "(x<y),", ")")),
        ("types", around("a<b<(", 8, "x,", ")")),
        ("conditions", around("(a=(", 12, "x?(y):", "))")),
    ];
    survive(texts.map(|(name, code)| (name.to_owned(), code)).into());
}
