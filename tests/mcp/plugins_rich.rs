//! What plugins have beside JSON: content, progress, lines, questions, prompts and resources. The plugin is the one that
//! the conformance suite is given.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    plugins::{connected, done, failed, names, place},
    raw::RawClient,
    servers::{text, tool},
    support::{VESICLE, in_repository, unconfigured},
};

pub const BARE: &str = "[plugins]\nbare = [\"fixtures\"]\n";

/// A place where the plugin is installed.
fn fixtures(configuration: &str, questions: bool) -> TempDir {
    let place = place(configuration);
    let component = in_repository("tests/programs/components/fixtures.wasm");
    let component = component.to_str().unwrap();
    done(place.path(), &["add", component, "--ask", "questions"]);
    if questions {
        done(place.path(), &["grant", "fixtures", "--all"]);
    }
    place
}

/// A request's answer, and what came before it.
pub fn with_messages(client: &mut RawClient, method: &str, params: &Value) -> (Value, Vec<Value>) {
    let id = client.begin(method, params);
    let mut before = Vec::new();
    loop {
        let message = client.receive();
        if message["id"] == id && message.get("method").is_none() {
            return (message, before);
        }
        before.push(message);
    }
}

fn called(name: &str) -> Value {
    json!({"name": name, "arguments": {}, "_meta": {"progressToken": "p"}})
}

pub fn notes<'m>(messages: &'m [Value], method: &str) -> Vec<&'m Value> {
    let of_method = messages
        .iter()
        .filter(|message| message["method"] == method);
    of_method.map(|message| &message["params"]).collect()
}

#[test]
fn tools_answer_with_content_of_each_kind() {
    let place = fixtures("", false);
    let mut client = connected(&place, &[]);
    let result = tool(&mut client, "fixtures__everything", &json!({}));
    let of = |block: &Value| block["type"].as_str().unwrap().to_owned();
    let content = result["content"].as_array().unwrap();
    let kinds: Vec<String> = content.iter().map(of).collect();
    assert_eq!(
        kinds,
        [
            "text",
            "image",
            "audio",
            "resource",
            "resource",
            "resource_link"
        ]
    );
    assert_eq!(result["structuredContent"], json!({"n": 1}));
    assert_eq!(
        content[1]["annotations"],
        json!({"audience": ["user"], "priority": 0.5, "lastModified": "2026-11-21T12:00:00Z"})
    );
    assert!(
        content[1]["data"]
            .as_str()
            .unwrap()
            .starts_with("iVBORw0KGgo")
    );
    assert_eq!(
        content[4]["resource"],
        json!({"uri": "test://b", "blob": "AP8="})
    );
    assert_eq!(content[5]["size"], 3);
    let failure = tool(&mut client, "fixtures__test_error_handling", &json!({}));
    assert_eq!(
        failed(&failure),
        "This tool intentionally returns an error for testing"
    );
    let refused = tool(&mut client, "fixtures__refuses", &json!({}));
    assert!(failed(&refused).contains("never good"), "{refused}");
}

#[test]
fn programs_have_of_content_what_they_have_of_that_of_servers() {
    let place = fixtures("", false);
    let mut client = connected(&place, &[]);
    let mut output = |code: &str| {
        let result = client.call(&json!({ "code": code }));
        result["structuredContent"]["output"].clone()
    };
    assert_eq!(
        output("return plugins.fixtures.everything({})"),
        json!({"n": 1})
    );
    assert_eq!(
        output("return plugins.fixtures.test_simple_text({})"),
        "This is a simple text response for testing."
    );
    let image = output("return plugins.fixtures.test_image_content({})");
    assert_eq!(image[0]["mimeType"], "image/png", "{image}");
    let code = "return plugins.fixtures.test_error_handling({}).catch((error) => [error.code, error.message])";
    let error = output(code);
    assert_eq!(error[0], "upstream");
    assert!(
        error[1].as_str().unwrap().contains("intentionally"),
        "{error}"
    );
    // Nobody can be asked where a program calls.
    let code =
        "return plugins.fixtures.test_sampling({ prompt: 'a' }).catch((error) => error.message)";
    assert!(output(code).as_str().unwrap().contains("denied"));
}

/// The least that a module needs: what it returns is content, if it clearly is that.
#[test]
fn modules_answer_with_content_by_returning_it() {
    let place = place("");
    let source = "
        export function picture() {
            return { content: [{ type: 'image', data: 'AAEC', mimeType: 'image/png' }, { type: 'text', text: 'a' }] };
        }
        export function page() {
            return { content: [{ type: 'paragraph', text: 'a' }] };
        }
        export function promised(): { content: { type: string, text: string }[] } {
            return { content: [{ type: 'text', text: 'a' }] };
        }
    ";
    std::fs::write(place.path().join("pictures.ts"), source).unwrap();
    done(place.path(), &["add", "pictures.ts"]);
    let mut client = connected(&place, &[]);
    let picture = tool(&mut client, "pictures__picture", &json!({}));
    assert_eq!(picture["content"][0]["type"], "image", "{picture}");
    assert_eq!(picture["content"].as_array().unwrap().len(), 2);
    for name in ["pictures__page", "pictures__promised"] {
        let own = tool(&mut client, name, &json!({}));
        assert!(text(&own).starts_with("{\"content\":["), "{own}");
    }
}

#[test]
fn lines_are_told_from_the_level_on_that_a_session_wants() {
    let place = fixtures("", false);
    let mut client = connected(&place, &[]);
    let call = called("fixtures__test_tool_with_logging");
    let (_, before) = with_messages(&mut client, "tools/call", &call);
    assert!(
        notes(&before, "notifications/message").is_empty(),
        "not asked for"
    );
    for (level, count) in [("info", 3), ("notice", 0), ("debug", 3)] {
        client.request("logging/setLevel", &json!({ "level": level }));
        let (_, before) = with_messages(&mut client, "tools/call", &call);
        let lines = notes(&before, "notifications/message");
        assert_eq!(lines.len(), count, "{level}: {before:?}");
        for line in lines {
            assert_eq!(
                (&line["level"], &line["logger"]),
                (&json!("info"), &json!("fixtures"))
            );
        }
    }
    let shouts = called("fixtures__shouts");
    let (_, before) = with_messages(&mut client, "tools/call", &shouts);
    let lines = notes(&before, "notifications/message");
    assert_eq!(lines.len(), 1_000);
    assert!(
        lines[999]["data"]
            .as_str()
            .unwrap()
            .contains("no more is told")
    );
    // What programs print, as well.
    let code = "for (let n = 0; n < 101; n++) console.log(n); console.error('bad'); return 1";
    let run = json!({"name": "execute_agent_code", "arguments": {"code": code}});
    let (_, before) = with_messages(&mut client, "tools/call", &run);
    let lines = notes(&before, "notifications/message");
    assert_eq!((lines.len(), &lines[0]["data"]), (102, &json!("0")));
    assert_eq!(lines[100]["data"], "[1 more lines are in the result]");
    assert_eq!(
        (&lines[101]["level"], &lines[101]["data"]),
        (&json!("warning"), &json!("bad"))
    );
    let wrong = client.request("logging/setLevel", &json!({"level": "loud"}));
    assert!(wrong["error"].is_object(), "{wrong}");
}

#[test]
fn progress_grows_and_is_told_to_whoever_asked() {
    let place = fixtures("", false);
    let mut client = connected(&place, &[]);
    let call = called("fixtures__test_tool_with_progress");
    let (_, before) = with_messages(&mut client, "tools/call", &call);
    let told = notes(&before, "notifications/progress");
    let done: Vec<_> = told
        .iter()
        .map(|note| note["progress"].as_f64().unwrap())
        .collect();
    assert_eq!(done, [0.0, 50.0, 100.0]);
    assert_eq!(
        (&told[0]["progressToken"], &told[0]["total"]),
        (&json!("p"), &json!(100.0))
    );
    let back = called("fixtures__counts_back");
    let (_, before) = with_messages(&mut client, "tools/call", &back);
    let told = notes(&before, "notifications/progress");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        (&told[0]["message"], told[0].get("total")),
        (&json!("step"), None)
    );
    let without = json!({"name": "fixtures__test_tool_with_progress", "arguments": {}});
    let (_, before) = with_messages(&mut client, "tools/call", &without);
    assert!(notes(&before, "notifications/progress").is_empty());
}

/// Answers what is asked meanwhile.
pub fn answered(
    client: &mut RawClient,
    call: &Value,
    answer: &dyn Fn(&Value) -> Value,
) -> (Value, Vec<Value>) {
    let id = client.begin("tools/call", call);
    let mut asked = Vec::new();
    loop {
        let message = client.receive();
        if message.get("method").is_some() && message.get("id").is_some() {
            let reply = json!({"jsonrpc": "2.0", "id": message["id"], "result": answer(&message)});
            client.send(&reply.to_string());
            asked.push(message);
        } else if message["id"] == id {
            return (message["result"].clone(), asked);
        }
    }
}

#[test]
fn questions_are_asked_in_a_session_if_they_are_granted_and_the_client_can() {
    let all = json!({"elicitation": {}, "sampling": {}, "roots": {}});
    let answer = |message: &Value| match message["method"].as_str().unwrap() {
        "elicitation/create" => json!({"action": "accept", "content": {"name": "Ada"}}),
        "sampling/createMessage" => {
            json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": "Hello"}})
        }
        _ => json!({"roots": [{"uri": "file:///work", "name": "work"}]}),
    };
    let call =
        json!({"name": "fixtures__test_input_required_result_multiple_inputs", "arguments": {}});

    let place = fixtures("", true);
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize_with(&all);
    let (result, asked) = answered(&mut client, &call, &answer);
    assert_eq!(asked.len(), 3, "{result}");
    let form = asked
        .iter()
        .find(|message| message["method"] == "elicitation/create");
    let message = form.unwrap()["params"]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "What is your name?\n(asked by the plugin `fixtures`)"
    );
    assert_eq!(
        text(&result),
        "Elicitation completed: action=accept, content={\"name\":\"Ada\"}\n\
         {\"content\":{\"text\":\"Hello\",\"type\":\"text\"},\"model\":\"m\",\"role\":\"assistant\"}\n\
         {\"roots\":[{\"name\":\"work\",\"uri\":\"file:///work\"}]}"
    );
    for (wrong, why) in [
        ("none", "ask 1 to 16 at once"),
        ("many", "17 questions"),
        ("twice", "two questions are called `a`"),
        ("name", "is no name of a question"),
        ("schema", "is none of a form"),
    ] {
        let result = tool(
            &mut client,
            "fixtures__asks_wrongly",
            &json!({"message": wrong}),
        );
        assert!(failed(&result).contains(why), "{wrong}: {result}");
    }

    // A client that cannot.
    let mut client = connected(&place, &[]);
    let result = tool(
        &mut client,
        "fixtures__test_sampling",
        &json!({"prompt": "a"}),
    );
    assert!(failed(&result).contains("asks no model"), "{result}");

    // A plugin that may not.
    let place = fixtures("", false);
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize_with(&all);
    let (result, asked) = answered(&mut client, &call, &answer);
    assert!(asked.is_empty());
    assert!(failed(&result).contains("nobody can be asked"), "{result}");
    assert!(failed(&result).contains("vesicle plugin grant fixtures --all"));
}

#[test]
fn prompts_and_resources_of_plugins_are_offered_under_their_names() {
    let place = fixtures("", false);
    let mut client = connected(&place, &[]);
    let listed = client.request("prompts/list", &json!({}));
    let prompts = listed["result"]["prompts"].as_array().unwrap();
    let of = |wanted: &str| prompts.iter().find(|prompt| prompt["name"] == wanted);
    assert!(
        of("write_code").is_some() && of("save_plugin").is_some(),
        "{listed}"
    );
    let prompt = of("fixtures__test_prompt_with_arguments").unwrap();
    assert_eq!(prompt["arguments"][1]["name"], "arg2");
    let arguments = json!({"arg1": "a", "arg2": "b"});
    let got = client.request(
        "prompts/get",
        &json!({"name": "fixtures__test_prompt_with_arguments", "arguments": arguments}),
    );
    let message = &got["result"]["messages"][0];
    assert_eq!(
        message["content"]["text"],
        "Prompt with arguments: arg1='a', arg2='b'"
    );
    let missing = client.request(
        "prompts/get",
        &json!({"name": "fixtures__test_prompt_with_arguments"}),
    );
    assert!(
        missing["error"]["message"]
            .as_str()
            .unwrap()
            .contains("`arg1` is missing"),
        "{missing}"
    );
    let unknown = client.request("prompts/get", &json!({"name": "test_simple_prompt"}));
    assert!(
        unknown["error"]["message"]
            .as_str()
            .unwrap()
            .contains("no prompt `test_simple_prompt`")
    );

    let listed = client.request("resources/list", &json!({}));
    let uris = listed["result"]["resources"].as_array().unwrap().iter();
    let uris: Vec<_> = uris
        .map(|resource| resource["uri"].as_str().unwrap().to_owned())
        .collect();
    let address = "vesicle://plugins/fixtures/resources/test%3A%2F%2Fstatic-text";
    assert!(uris.contains(&address.to_owned()), "{uris:?}");
    assert!(uris.contains(&"vesicle://plugins/fixtures".to_owned()));
    let read = client.request("resources/read", &json!({ "uri": address }));
    let contents = &read["result"]["contents"][0];
    assert_eq!(contents["uri"], address);
    assert_eq!(
        contents["text"],
        "This is the content of the static text resource."
    );
    let info = client.request(
        "resources/read",
        &json!({"uri": "vesicle://plugins/fixtures"}),
    );
    let info: Value =
        serde_json::from_str(info["result"]["contents"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(info["offers"], json!(["prompts", "resources"]));
    assert_eq!(info["rights"]["questions"]["missing"], json!(["questions"]));
    let templates = client.request("resources/templates/list", &json!({}));
    let forms = templates["result"]["resourceTemplates"].to_string();
    assert!(
        forms.contains("/resources/test%3A%2F%2Ftemplate%2F{id}%2Fdata"),
        "{forms}"
    );
    for uri in [
        "test://static-text",
        "vesicle://plugins/fixtures/resources/test%3A%2F%2Fgone",
        "vesicle://plugins/gone",
    ] {
        let absent = client.request("resources/read", &json!({ "uri": uri }));
        assert_eq!(absent["error"]["data"]["uri"], uri, "{absent}");
    }
}

#[test]
fn names_stand_alone_where_the_operator_says_so_and_no_two_are_the_same() {
    let place = fixtures(BARE, false);
    let mut client = connected(&place, &[]);
    assert!(names(&mut client).contains(&"test_simple_text".to_owned()));
    for name in [
        "test_simple_text",
        "fixtures.test_simple_text",
        "plugins.fixtures.test_simple_text",
    ] {
        let result = tool(&mut client, name, &json!({}));
        assert!(
            text(&result).starts_with("This is a simple"),
            "{name}: {result}"
        );
    }
    let read = client.request("resources/read", &json!({"uri": "test://template/7/data"}));
    assert_eq!(
        read["result"]["contents"][0]["uri"],
        "test://template/7/data"
    );

    // Somebody else's tool of that name, and one of the server's own.
    for source in [
        "export function everything() { return 1 }",
        "export function call_tool() { return 1 }",
    ] {
        std::fs::write(place.path().join("other.js"), source).unwrap();
        done(place.path(), &["add", "other.js", "--update"]);
        std::fs::write(
            place.path().join("vesicle.toml"),
            "[plugins]\nbare = [\"fixtures\", \"other\"]\n",
        )
        .unwrap();
        let mut serve = Command::new(VESICLE);
        serve
            .args(["serve", "--data-dir", "data"])
            .current_dir(place.path());
        let refused = unconfigured(&mut serve).output().unwrap();
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{told}");
        assert!(
            told.contains("cannot have that name alone, since"),
            "{told}"
        );
        assert!(told.contains("plugins.bare"), "{told}");
    }
}

/// What fits where a plugin's prompt or address is filled in, the plugin knows.
#[test]
fn plugins_complete_what_is_theirs() {
    let place = fixtures("", false);
    let mut client = connected(&place, &[]);
    let mut completed = |of: Value, name: &str, value: &str, filled_in: Value| {
        let argument = json!({"name": name, "value": value});
        let params = json!({"ref": of, "argument": argument, "context": {"arguments": filled_in}});
        let answer = client.request("completion/complete", &params);
        answer["result"]["completion"].clone()
    };
    let prompt = |name: &str| json!({"type": "ref/prompt", "name": format!("fixtures__{name}")});
    let of = || prompt("test_prompt_with_arguments");
    let arg1 = completed(of(), "arg1", "te", json!({}));
    assert_eq!(arg1["values"], json!(["testing", "telling\\u{202e}"]));
    assert_eq!(
        completed(of(), "arg1", "tes", json!({}))["values"],
        json!(["testing"])
    );
    let arg2 = completed(of(), "arg2", "", json!({"arg1": "one"}));
    assert_eq!(arg2["values"], json!(["one too"]));
    let many = completed(prompt("test_prompt_with_image"), "n", "", json!({}));
    assert_eq!(
        (
            many["values"].as_array().unwrap().len(),
            &many["total"],
            &many["hasMore"]
        ),
        (100, &json!(150), &json!(true))
    );
    let none = json!({"values": [], "total": 0, "hasMore": false});
    for (of, name) in [
        (of(), "arg3"),
        (prompt("gone"), "arg1"),
        (json!({"type": "ref/resource", "uri": "gone:{id}"}), "id"),
    ] {
        assert_eq!(completed(of, name, "", json!({})), none, "{name}");
    }
    let listed =
        client.request("resources/templates/list", &json!({}))["result"]["resourceTemplates"]
            .clone();
    let templates = listed.as_array().unwrap().iter();
    let mut uris = templates.filter_map(|template| template["uriTemplate"].as_str());
    let uri = uris
        .find(|uri| uri.starts_with("vesicle://plugins/fixtures/"))
        .unwrap();
    let params = json!({"ref": {"type": "ref/resource", "uri": uri}, "argument": {"name": "id", "value": "1"}});
    let answer = client.request("completion/complete", &params);
    assert_eq!(answer["result"]["completion"]["values"], json!(["12", "1"]));
}
