//! Prompts and resources that modules export.

use serde_json::{Value, json};
use vesicle_plugins::content::OFFERED_MAX;
use vesicle_plugins::script::{Script, ScriptError};
use vesicle_plugins::{Answer, Blank, CallError, Request, Tools};
use vesicle_sandbox::{Grants, Outcome};

use crate::calls::{built, call_of, limits, sandbox};

const TRIPS: &str = r##"
const GREETING = "Hello";
let asked = 0;
type Tone = "kind" | "curt";

export function count(): number { return ++asked; }

export const prompts = {
  /**
   * Asks for a plan.
   * @title Plan a trip
   * @param place - Where it goes.
   * @param tone - How it is said.
   */
  plan(place: string, tone: Tone = "kind") {
    return `${GREETING}, plan a ${tone} trip to ${place}. ${this === prompts}`;
  },
  "two-sides": async ({ topic }: { topic: string }) => [
    topic,
    { role: "assistant", content: { type: "image", data: "AAEC", mimeType: "image/png" } },
  ],
  named,
  wrong: () => 7,
  fails(): string { throw new RangeError("no prompt today"); },
} satisfies Record<string, unknown>;

/** By its own name. */
function named() { return "named"; }

const documents = {
  /**
   * How we write.
   * @title The style
   * @mimeType text/markdown
   */
  "trips:///style": () => "# Style",
  /** One trip. */
  "trips:///{place}/{day}.md": async (day: string, place: string) => ({ text: `${place}, day ${day}`, mimeType: "text/plain" }),
  "trips:///{place}": (place: string) => place === "nowhere" ? null : [{ text: place }, { blob: "AAEC", uri: "trips:///map", mimeType: "image/png" }],
  "trips:///all/{+path}": () => "all",
};
export { documents as resources };
"##;

async fn request(tools: &Tools, request: Request<'_>) -> Result<Outcome<Answer>, CallError> {
    let sandbox = sandbox().await;
    tools
        .request(sandbox, request, limits(), Grants::default(), None)
        .await
}

/// What is answered; a failure in its own words.
async fn answered(tools: &Tools, asked: Request<'_>) -> Value {
    match request(tools, asked).await.unwrap() {
        Outcome::Success {
            output: Answer::Result(value),
            ..
        } => serde_json::from_str(value.get()).unwrap(),
        Outcome::Success {
            output: Answer::Failure(value) | Answer::Shown(value),
            ..
        } => json!({ "failure": value }),
        other => Value::String(other.explanation()),
    }
}

async fn prompt(tools: &Tools, name: &str, arguments: &[(&str, &str)]) -> Value {
    let arguments = arguments.iter();
    let arguments: Vec<_> = arguments
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let arguments = arguments.as_slice();
    answered(tools, Request::Prompt { name, arguments }).await
}

#[tokio::test]
async fn what_is_offered_is_read_as_tools_are() {
    let tools = built(TRIPS).await.unwrap();
    assert_eq!(tools.offers().names(), ["prompts", "resources"]);
    let names: Vec<_> = tools.definitions().iter().map(|tool| &tool.name).collect();
    assert_eq!(names, ["count"]);
    assert_eq!(tools.script().unwrap().notes(), []);
    let lists = json!({
        "prompts": answered(&tools, Request::Prompts).await,
        "resources": answered(&tools, Request::Resources).await,
        "templates": answered(&tools, Request::Templates).await,
    });
    insta::assert_snapshot!(serde_json::to_string_pretty(&lists).unwrap());
}

#[tokio::test]
async fn what_a_type_lists_fits_where_it_is_filled_in() {
    let tools = built(TRIPS).await.unwrap();
    let blank = |of, argument, typed| Blank {
        of,
        argument,
        typed,
        filled_in: &[],
    };
    for (argument, typed, fitting) in [
        ("tone", "", json!(["kind", "curt"])),
        ("tone", "cu", json!(["curt"])),
        ("tone", "loud", json!([])),
        ("place", "", json!([])),
        ("gone", "", json!([])),
    ] {
        let asked = Request::ForPrompt(blank("plan", argument, typed));
        assert_eq!(answered(&tools, asked).await, fitting, "{argument} {typed}");
    }
    let season = r##"export const resources = {
        "trips:///{season}": (season: "summer" | "winter") => season,
    };"##;
    let tools = built(season).await.unwrap();
    let asked = Request::ForTemplate(blank("trips:///{season}", "season", "w"));
    assert_eq!(answered(&tools, asked).await, json!(["winter"]));
}

#[tokio::test]
async fn prompts_are_filled_in() {
    let tools = built(TRIPS).await.unwrap();
    let text = |value: &Value, at: usize| value[at]["part"]["block"]["text"].clone();
    let said = prompt(&tools, "plan", &[("place", "Oslo"), ("tone", "curt")]).await;
    assert_eq!(text(&said, 0), "Hello, plan a curt trip to Oslo. true");
    let said = prompt(&tools, "plan", &[("place", "Oslo")]).await;
    assert_eq!(text(&said, 0), "Hello, plan a kind trip to Oslo. true");
    let said = prompt(&tools, "two-sides", &[("topic", "trains")]).await;
    assert_eq!(text(&said, 0), "trains");
    assert_eq!(
        (
            &said[1]["role"],
            &said[1]["part"]["block"]["image"]["mime_type"]
        ),
        (&json!("assistant"), &json!("image/png"))
    );
    assert_eq!(text(&prompt(&tools, "named", &[]).await, 0), "named");
    // Each begins where the module ended, and runs nothing for a list.
    let Outcome::Success { output, .. } = call_of(&tools, "count", "{}").await else {
        panic!("it is called");
    };
    assert_eq!(output.get(), "1");

    for (name, arguments, why) in [
        ("plan", &[][..], "InputError: arguments.place: is missing"),
        (
            "plan",
            &[("place", "Oslo"), ("tone", "loud")],
            "arguments.tone",
        ),
        ("plan", &[("place", "Oslo"), ("days", "3")], "days"),
        ("wrong", &[], "a prompt's function answers with a text"),
        ("fails", &[], "RangeError: no prompt today"),
    ] {
        let told = prompt(&tools, name, arguments).await;
        let told = told.as_str().unwrap_or_else(|| panic!("{told}"));
        assert!(told.contains(why), "{name}: {told}");
    }
    let absent = prompt(&tools, "gone", &[]).await;
    assert_eq!(
        absent,
        json!({"failure": {"not_found": "there is no prompt `gone`"}})
    );
}

#[tokio::test]
async fn resources_are_read_by_their_addresses() {
    let tools = built(TRIPS).await.unwrap();
    let read = async |uri: &str| answered(&tools, Request::Resource { uri }).await;
    let document = |uri: &str, mime_type: Value, body: Value| json!({"uri": uri, "mime_type": mime_type, "body": body});
    let style = document(
        "trips:///style",
        json!("text/markdown"),
        json!({"text": "# Style"}),
    );
    assert_eq!(read("trips:///style").await, json!([style]));
    let day = "trips:///S%C3%B8r/2.md";
    let told = document(day, json!("text/plain"), json!({"text": "Sør, day 2"}));
    assert_eq!(read(day).await, json!([told]));
    let oslo = document("trips:///Oslo", Value::Null, json!({"text": "Oslo"}));
    let map = document("trips:///map", json!("image/png"), json!({"bytes": "AAEC"}));
    assert_eq!(read("trips:///Oslo").await, json!([oslo, map]));
    let all = document("trips:///all/a/b", Value::Null, json!({"text": "all"}));
    assert_eq!(read("trips:///all/a/b").await, json!([all]));
    assert_eq!(read("trips:///nowhere").await, json!([]));
    let absent = read("trips:///a/b/c").await;
    assert_eq!(
        absent,
        json!({"failure": {"not_found": "nothing lies at `trips:///a/b/c`"}})
    );
}

#[tokio::test]
async fn a_module_without_tools_is_a_plugin_if_it_offers_something() {
    let tools = built("export const prompts = { hello: () => 'hello' }")
        .await
        .unwrap();
    assert!(tools.definitions().is_empty());
    assert_eq!(tools.offers().names(), ["prompts"]);
    let none = request(&tools, Request::Resources).await.unwrap();
    assert!(none.is_success());
    let error = Script::read("plugin.ts", "export const prompts = {}").unwrap_err();
    assert!(matches!(error, ScriptError::NoTools { .. }), "{error}");
    // Functions of these names are tools, as ever.
    let script = Script::read("plugin.ts", "export function prompts() {}").unwrap();
    assert_eq!(script.tools().len(), 1);
    assert!(!script.offers().any());
}

#[test]
fn what_cannot_be_offered_is_told() {
    let source = "export const prompts = {
  'no name': () => 'a',
  [`${1}`]: () => 'a',
  get late() { return () => 'a' },
  text: 'a',
  elsewhere: Math.random,
  count(n: number) { return `${n}` },
  good: () => 'a',
  ...{ more: () => 'a' },
};
export const resources = {
  style: () => 'a',
  'a b:c': () => 'a',
  'notes:{x}{y}': (x: string, y: string) => x + y,
  'notes:{id}': (name: string) => name,
  'notes:{': () => 'a',
  'notes:good': () => 'a',
};";
    let script = Script::read("plugin.ts", source).unwrap();
    let notes = script.notes().iter();
    let told: Vec<_> = notes
        .map(|note| format!("{}: {}", note.location.line, note.message))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn there_are_so_many_at_most() {
    let source = |count: usize| {
        let names = (0..count).map(|n| format!("p{n}: f,"));
        let names: String = names.collect();
        format!("const f = () => 'a'; export const prompts = {{ {names} }};")
    };
    assert!(Script::read("plugin.ts", &source(OFFERED_MAX)).is_ok());
    let error = Script::read("plugin.ts", &source(OFFERED_MAX + 1)).unwrap_err();
    assert!(
        matches!(error, ScriptError::TooManyOffered(1_001)),
        "{error}"
    );
}
