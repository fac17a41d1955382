//! What a model reads before its first useful call, with Vesicle and without: `cargo bench --bench tokens`.
//!
//! 117 real tools, and 20 tasks in a person's words (`tests/data/github-tasks.json` says how they
//! were written). For each task: the definitions of all of Vesicle's tools, a search for the task
//! word by word, what it answers, a request for the declaration of the right tool, what that
//! answers, and the program that calls it. Everything counts, also what the model writes. Against
//! that stand the 117 definitions as they are handed to a model. Tokens are those of o200k_base.

#![allow(
    clippy::expect_used,
    reason = "without its data a benchmark measures nothing"
)]

use rmcp::model::Tool;
use serde::Deserialize;
use serde_json::{Value, json};
use vesicle_bridge::{
    discovery::{self, Detail, LIMIT_DEFAULT},
    schema::{self, Type},
    search::{Index, Query, Usage},
    tokens,
    typescript::Typed,
};

const SERVER: &str = "github";

#[derive(Deserialize)]
struct Tools {
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
struct Tasks {
    tasks: Vec<Task>,
    held_out: Vec<Task>,
}

#[derive(Deserialize)]
struct Task {
    task: String,
    needs: Vec<String>,
}

fn main() {
    let data: Tools =
        serde_json::from_str(include_str!("../../../tests/data/github-mcp-tools.json"))
            .expect("tools");
    let tasks: Tasks =
        serde_json::from_str(include_str!("../../../tests/data/github-tasks.json")).expect("tasks");
    let plain = tokens::plain(&data.tools);
    let own = [
        discovery::execute_agent_code(
            ["restrictive", "default", "permissive"],
            [(SERVER, data.tools.len())],
        ),
        discovery::search_tools(),
        discovery::describe_tools(),
        discovery::call_tool(),
        discovery::list_servers(),
    ];
    let listed = tokens::plain(&own);
    for tool in &own {
        println!("{:>6}  {}", tokens::plain([tool]), tokens::definition(tool));
    }
    println!(
        "{listed:>6}  all of Vesicle's own\n{plain:>6}  the {} definitions\n",
        data.tools.len()
    );

    let index = Index::new(data.tools.iter().map(|tool| (SERVER, tool)));
    println!("place  own  asks  search  declaration  code   all      %  task");
    let mut sums = vec![];
    let mut found = 0;
    for task in &tasks.tasks {
        let hits = index.search(
            &Query {
                text: &task.task,
                server: None,
                limit: 100,
                used: &[],
            },
            &Usage::default(),
        );
        let place = place(&index, task);
        let is_found = place.is_some_and(|place| place <= LIMIT_DEFAULT);
        found += usize::from(is_found);
        // Where the search fails, the tool is described as if it had been found; the miss is counted.
        let right = match (is_found, place) {
            (true, Some(place)) => hits[place - 1].tool,
            _ => task.needs[0].as_str(),
        };
        let typed: Vec<Typed<'_>> = hits
            .iter()
            .take(LIMIT_DEFAULT)
            .filter_map(|hit| data.tools.iter().find(|tool| tool.name == hit.tool))
            .map(|tool| Typed::new(SERVER, tool, None))
            .collect();
        let tool = data
            .tools
            .iter()
            .find(|tool| tool.name == right)
            .expect("the tool");
        let asks = tokens::count(&json!({"query": task.task}).to_string())
            + tokens::count(&json!({"names": [format!("{SERVER}.{right}")]}).to_string());
        let search = tokens::count(&discovery::found(&typed, Detail::Names));
        let declaration = tokens::count(&discovery::found(
            &[Typed::new(SERVER, tool, None)],
            Detail::Full,
        ));
        let code = tokens::count(&json!({"code": program(tool)}).to_string());
        let all = listed + asks + search + declaration + code;
        let percent = 100.0 * all as f64 / plain as f64;
        println!(
            "{:>5}  {listed:>3}  {asks:>4}  {search:>6}  {declaration:>11}  {code:>4}  {all:>4}  {percent:>5.2}  {}{}",
            place.map_or("-".to_owned(), |place| place.to_string()),
            task.task,
            if is_found {
                ""
            } else {
                "   <- not in the first 5"
            },
        );
        sums.push(all);
    }
    sums.sort_unstable();
    let mean = sums.iter().sum::<usize>() as f64 / sums.len() as f64;
    let of_plain = |tokens: f64| 100.0 * tokens / plain as f64;
    println!(
        "\n{mean:.0} tokens on average, {:.2} % of {plain} (least {}, most {} = {:.2} %); the right tool among the first {LIMIT_DEFAULT} in {found} of {}.",
        of_plain(mean),
        sums[0],
        sums[sums.len() - 1],
        of_plain(sums[sums.len() - 1] as f64),
        tasks.tasks.len(),
    );
    held_out(&index, &tasks.held_out);
}

/// Where the right tool stands among all that are found, from 1.
fn place(index: &Index, task: &Task) -> Option<usize> {
    let hits = index.search(
        &Query {
            text: &task.task,
            server: None,
            limit: 100,
            used: &[],
        },
        &Usage::default(),
    );
    let place = hits
        .iter()
        .position(|hit| task.needs.iter().any(|needed| needed == hit.tool));
    place.map(|place| place + 1)
}

/// The same question for tasks that nothing was tuned to.
fn held_out(index: &Index, tasks: &[Task]) {
    let places: Vec<Option<usize>> = tasks.iter().map(|task| place(index, task)).collect();
    let found = places
        .iter()
        .flatten()
        .filter(|place| **place <= LIMIT_DEFAULT)
        .count();
    println!(
        "Of {} further tasks that nothing was tuned to: {found}. Missed:",
        tasks.len()
    );
    for (task, place) in tasks.iter().zip(places) {
        if place.is_none_or(|place| place > LIMIT_DEFAULT) {
            println!(
                "{:>5}  {}",
                place.map_or("-".to_owned(), |place| place.to_string()),
                task.task
            );
        }
    }
}

/// The call that a model writes: every required argument, with a value of its type.
fn program(tool: &Tool) -> String {
    let mut arguments = serde_json::Map::new();
    if let Type::Object(object) = schema::read_object(&tool.input_schema).root {
        for property in object
            .properties
            .iter()
            .filter(|property| property.required)
        {
            arguments.insert(property.name.clone(), example(&property.is));
        }
    }
    let arguments: Vec<String> = arguments
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!(
        "return await tools.{SERVER}.{}({{ {} }})",
        tool.name,
        arguments.join(", ")
    )
}

fn example(one: &Type) -> Value {
    match one {
        Type::Integer | Type::Number => json!(42),
        Type::Boolean => json!(true),
        Type::Literal(schema::Literal::String(text)) => json!(text),
        Type::Union(members) => members.first().map_or(Value::Null, example),
        Type::Array(items) => json!([example(items)]),
        Type::Object(_) => json!({}),
        _ => json!("octo-org/example"),
    }
}
