//! What modules have beside JSON: progress, lines, questions, prompts and resources. The first is the README's.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    plugins::{connected, done, failed, place},
    plugins_rich::{answered, notes, with_messages},
    raw::RawClient,
    servers::{output, text, tool},
    support::in_repository,
};

/// The module that the README has people save.
fn of_readme() -> String {
    let readme = fs::read_to_string(in_repository("README.md")).unwrap();
    let blocks = readme.split("```ts\n").skip(1);
    let mut modules = blocks.filter_map(|block| block.split("```").next());
    let module = modules.find(|block| block.starts_with("/** Plans a trip"));
    module.expect("it is in the README").to_owned()
}

/// A place where this module is installed as `trips`, with what it asks for if that is granted.
fn trips(source: &str, is_granted: bool) -> TempDir {
    let place = place("");
    fs::write(place.path().join("trips.ts"), source).unwrap();
    let rights = ["--ask", "questions", "--ask", "state"];
    done(place.path(), &[&["add", "trips.ts"], &rights[..]].concat());
    if is_granted {
        done(place.path(), &["grant", "trips", "--all"]);
    }
    place
}

fn client_that_answers(place: &TempDir) -> RawClient {
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize_with(&json!({"elicitation": {}, "sampling": {}, "roots": {}}));
    client
}

#[test]
fn the_module_of_the_readme_does_what_it_says() {
    let place = trips(&of_readme(), true);
    let mut client = client_that_answers(&place);
    let call =
        json!({"name": "trips__plan", "arguments": {"days": 3}, "_meta": {"progressToken": "p"}});
    let id = client.begin("tools/call", &call);
    let (mut told, mut asked) = (Vec::new(), 0);
    let result = loop {
        let message = client.receive();
        match message["method"].as_str() {
            Some("elicitation/create") => {
                let said = message["params"]["message"].as_str().unwrap();
                assert_eq!(said, "Who is coming along?\n(asked by the plugin `trips`)");
                asked += 1;
                let accepted = json!({"action": "accept", "content": {"names": "Ada"}});
                let reply = json!({"jsonrpc": "2.0", "id": message["id"], "result": accepted});
                client.send(&reply.to_string());
            }
            Some("notifications/progress") => told.push(message["params"].clone()),
            Some(_) => {}
            None if message["id"] == id => break message["result"].clone(),
            None => panic!("{message}"),
        }
    };
    assert_eq!((text(&result), asked), ("\"3 days with Ada\"", 1));
    let steps: Vec<_> = told.iter().map(|note| note["message"].clone()).collect();
    assert_eq!(steps, ["day 1", "day 2", "day 3"]);
    let declined = |_: &Value| json!({"action": "decline"});
    let (result, _) = answered(&mut client, &call, &declined);
    assert_eq!(text(&result), "\"3 days alone\"");

    let listed = client.request("prompts/list", &json!({}));
    let prompts = listed["result"]["prompts"].as_array().unwrap();
    let packing = prompts
        .iter()
        .find(|prompt| prompt["name"] == "trips__packing");
    assert_eq!(
        packing.unwrap(),
        &json!({"name": "trips__packing", "description": "Asks what to pack.", "arguments": [
            {"name": "place", "description": "Where the trip goes.", "required": true}]})
    );
    let mut get = |arguments: Value| {
        let params = json!({"name": "trips__packing", "arguments": arguments});
        client.request("prompts/get", &params)
    };
    let got = get(json!({"place": "Oslo"}));
    assert_eq!(
        got["result"]["messages"],
        json!([{"role": "user", "content": {"type": "text", "text": "What do I pack for a trip to Oslo?"}}])
    );
    let missing = get(json!({}));
    let why = missing["error"]["message"].as_str().unwrap();
    assert!(why.contains("place"), "{missing}");

    let templates = client.request("resources/templates/list", &json!({}));
    let forms = templates["result"]["resourceTemplates"].to_string();
    let form = "vesicle://plugins/trips/resources/trips%3A%2F%2F%2F{place}";
    assert!(forms.contains(form), "{forms}");
    let uri = "vesicle://plugins/trips/resources/trips%3A%2F%2F%2FOslo";
    let read = client.request("resources/read", &json!({ "uri": uri }));
    assert_eq!(
        read["result"]["contents"],
        json!([{"uri": uri, "mimeType": "text/plain", "text": "Nobody was in Oslo so far."}])
    );
    let absent = "vesicle://plugins/trips/resources/trips%3A%2F%2F%2FOslo%2F1";
    let absent = client.request("resources/read", &json!({ "uri": absent }));
    assert!(absent["error"].is_object(), "{absent}");
    let info = client.request("resources/read", &json!({"uri": "vesicle://plugins/trips"}));
    let info = info["result"]["contents"][0]["text"].as_str().unwrap();
    let info: Value = serde_json::from_str(info).unwrap();
    assert_eq!(info["offers"], json!(["prompts", "resources"]));
}

#[test]
fn questions_of_modules_are_granted_and_are_of_clients_that_can() {
    let place = trips(&of_readme(), false);
    let mut client = client_that_answers(&place);
    let days = json!({"days": 1});
    let refused = tool(&mut client, "trips__plan", &days);
    let why = failed(&refused);
    assert!(why.contains("CallerError: nobody can be asked"), "{why}");
    assert!(why.contains("vesicle plugin grant trips --all"), "{why}");
    done(place.path(), &["grant", "trips", "--all"]);
    let mut client = connected(&place, &[]);
    let refused = tool(&mut client, "trips__plan", &days);
    assert!(failed(&refused).contains("shows no forms"), "{refused}");
    // Nobody can be asked where a program calls.
    let code = "return plugins.trips.plan({ days: 1 }).catch((error) => error.message)";
    let told = output(&mut client, code);
    assert!(
        told.as_str().unwrap().contains("nobody can be asked"),
        "{told}"
    );
}

#[test]
fn several_questions_are_asked_at_once_and_answered_by_name() {
    let source = "
        export async function all() {
            const can = await caller.canBeAsked();
            const [one, other] = await Promise.all([
                caller.ask({ model: { model: { text: 'Hi', tokensMax: 9 } }, roots: { roots: true } }),
                caller.ask({ name: { form: { message: 'Name?', schema: { type: 'object', properties: {} } } } }),
            ]);
            return [can, one.model.content.text, one.roots.roots[0].uri, other.name.action];
        }";
    let place = trips(source, true);
    let mut client = client_that_answers(&place);
    let answer = |message: &Value| match message["method"].as_str().unwrap() {
        "elicitation/create" => json!({"action": "cancel"}),
        "sampling/createMessage" => {
            json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": "Hello"}})
        }
        _ => json!({"roots": [{"uri": "file:///work"}]}),
    };
    let call = json!({"name": "trips__all", "arguments": {}});
    let (result, asked) = answered(&mut client, &call, &answer);
    assert_eq!(asked.len(), 3);
    assert_eq!(
        text(&result),
        r#"[{"form":true,"model":true,"roots":true},"Hello","file:///work","cancel"]"#
    );
}

#[test]
fn lines_and_progress_of_programs_and_modules_go_to_whoever_wants_them() {
    let source = "export function work() { caller.log('warning', 'half'); caller.log('debug', 'bit'); caller.progress(2, 1); caller.progress(1); }";
    let place = trips(source, false);
    let mut client = connected(&place, &[]);
    client.request("logging/setLevel", &json!({"level": "info"}));
    let call = json!({"name": "trips__work", "arguments": {}, "_meta": {"progressToken": "p"}});
    let (_, before) = with_messages(&mut client, "tools/call", &call);
    let lines = notes(&before, "notifications/message");
    assert_eq!(lines.len(), 1, "{before:?}");
    assert_eq!(
        (&lines[0]["level"], &lines[0]["logger"], &lines[0]["data"]),
        (&json!("warning"), &json!("trips"), &json!("half"))
    );
    let told = notes(&before, "notifications/progress");
    // A total that is less than what is done is none, and nothing goes back.
    assert_eq!(told.len(), 1, "{before:?}");
    assert_eq!(told[0].get("total"), None);

    let code = "caller.log('notice', 'from a program');
        for (let n = 1; n <= 3; n++) caller.progress(n, 3, `step ${n}`);
        return plugins.trips.work({})";
    let call = json!({"name": "execute_agent_code", "arguments": {"code": code}, "_meta": {"progressToken": "p"}});
    let (answer, before) = with_messages(&mut client, "tools/call", &call);
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let steps = notes(&before, "notifications/progress");
    let steps: Vec<_> = steps.iter().map(|note| note["message"].clone()).collect();
    assert_eq!(
        steps,
        ["step 1", "step 2", "step 3"],
        "and none of the plugin's"
    );
    let lines = notes(&before, "notifications/message");
    assert_eq!(lines.len(), 1, "{before:?}");
    assert_eq!(lines[0]["logger"], "program");
    let asked = client.call(&json!({"code": "return caller.ask({ a: { roots: true } })"}));
    assert!(text(&asked).contains("nobody can be asked"), "{asked}");
}
