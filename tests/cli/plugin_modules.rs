//! Modules in TypeScript as plugins at the command line: built, added, called.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{
    config::Place,
    plugins::{done, json_of, plugin},
};

/// As people write it.
const ORDERS: &str = r#"
/** What an order is worth. */
export interface Order { id: string; items: Item[]; note?: string }
interface Item { name: string; price: number; count?: number }
enum Currency { Euro = "EUR", Dollar = "USD" }
type Options = Partial<{ currency: Currency; rates: Record<string, number> }>;

const RATES = new Map([[Currency.Euro, 1], [Currency.Dollar, 1.1]]);
console.log("rates are ready");

/**
 * Adds up an order.
 * @param order - The order.
 */
export async function total(order: Order, options: Options = {}): Promise<{ id: string; sum: number }> {
  const rate = options.rates?.[order.id] ?? RATES.get(options.currency ?? Currency.Euro);
  if (rate === undefined) throw new RangeError(`no rate for ${options.currency}`);
  console.log("adding up", order.id);
  const sum = order.items.reduce((sum, item) => sum + item.price * (item.count ?? 1), 0);
  return { id: order.id, sum: sum * rate };
}

/** Names of an order. */
export const names = (order: Pick<Order, "items">) => order.items.map((item) => item.name);

export function fails(why: string): never {
  throw new TypeError(why);
}
"#;

fn place(files: &[(&str, &str)]) -> Place {
    let place = Place::with("data_dir = \"data\"\n");
    for (path, text) in files {
        fs::write(place.0.path().join(path), text).expect("a file");
    }
    place
}

#[test]
fn a_module_is_added_and_its_tools_are_called() {
    let place = place(&[("orders.ts", ORDERS)]);
    assert_snapshot!(done(&place, &["add", "orders.ts"]), @r"
    added orders 0.1.0
      orders.total
      orders.names
      orders.fails
    ");
    let order = json!({ "id": "7", "items": [{ "name": "a", "price": 2, "count": 3 }, { "name": "b", "price": 4 }] });
    let arguments = json!({ "order": order, "options": { "currency": "USD" } }).to_string();
    let outcome = json_of(&place, &["call", "orders.total", &arguments]);
    assert_eq!(outcome["output"], json!({ "id": "7", "sum": 11 }));
    assert_eq!(outcome["stdout"], "adding up 7\n");
    let arguments = json!({ "items": [{ "name": "a", "price": "2" }] }).to_string();
    let wrong = plugin(&place, &["call", "orders.names", &arguments]);
    assert_eq!(wrong.code(), Some(2), "{wrong}");
    assert_snapshot!(wrong.stderr().trim_end(), @"InputError: arguments.items[0].price: expected number");
    let failed = plugin(&place, &["call", "orders.fails", r#"{"why": "as asked"}"#]);
    assert_eq!(failed.code(), Some(1), "{failed}");
    assert_snapshot!(failed.stderr());
    // The same once more is no second plugin, though another process builds it.
    assert_eq!(json_of(&place, &["add", "orders.ts"])["changed"], false);
}

#[test]
fn what_is_built_is_the_same_each_time_and_is_added_as_it_is() {
    let place = place(&[("orders.ts", ORDERS)]);
    fs::create_dir(place.0.path().join("out")).expect("a directory");
    let build = |out: &str| -> Value {
        let arguments = [
            "build",
            "orders.ts",
            "-o",
            out,
            "--ask",
            "state",
            "--output",
            "json",
        ];
        serde_json::from_str(&done(&place, &arguments)).expect("JSON")
    };
    let (first, second) = (build("orders.wasm"), build("out/orders.wasm"));
    assert_eq!(first["digest"], second["digest"]);
    let read = |path: &str| fs::read(place.0.path().join(path)).expect("a file");
    assert_eq!(read("orders.wasm"), read("out/orders.wasm"));
    let manifest = String::from_utf8(read("plugin.toml")).expect("text");
    for line in [
        "name = \"orders\"",
        "world = \"vesicle:plugin/plugin-engine@0.1.0\"",
        "source = \"orders.ts\"",
        "recipe = \"vesicle plugin build orders.ts, with the engine blake3:",
        "source_digest = \"blake3:",
        "state = true",
    ] {
        assert!(manifest.contains(line), "{line}\n{manifest}");
    }

    let added = ["add", "out/orders.wasm", "--manifest", "out/plugin.toml"];
    let added = json_of(&place, &added);
    assert_eq!(
        (&added["changed"], &added["digest"]),
        (&json!(true), &first["digest"])
    );
    assert_eq!(added["tools"], json!(["total", "names", "fails"]));
    // A manifest of other tools is none of this component.
    fs::write(
        place.0.path().join("plugin.toml"),
        manifest.replace("price", "prize"),
    )
    .expect("a file");
    let lies = plugin(&place, &["add", "orders.wasm", "--manifest", "plugin.toml"]);
    assert_eq!(lies.code(), Some(1), "{lies}");
}

#[test]
fn what_is_granted_is_there_in_calls_and_nothing_else() {
    let source = "export const count = () => { state.set('n', (state.get('n') ?? 0) + 1); return state.get('n'); };
        export const read = async () => fs.readFile('/data/a.txt', 'utf8');
        export const ask = async () => (await fetch('https://example.com/')).status;";
    let place = place(&[("counter.ts", source)]);
    fs::create_dir(place.0.path().join("files")).expect("a directory");
    fs::write(place.0.path().join("files/a.txt"), "text").expect("a file");
    done(
        &place,
        &[
            "add",
            "counter.ts",
            "--ask",
            "state",
            "--ask",
            "preopen=/data",
        ],
    );
    let denied = plugin(&place, &["call", "counter.count"]);
    assert_eq!(denied.code(), Some(1), "{denied}");
    assert!(denied.stderr().contains("not granted"), "{denied}");
    done(
        &place,
        &["grant", "counter", "--all", "preopen=./files:/data"],
    );
    assert_eq!(done(&place, &["call", "counter.count"]), "1");
    assert_eq!(done(&place, &["call", "counter.count"]), "2");
    assert_eq!(done(&place, &["call", "counter.read"]), "\"text\"");
    let denied = plugin(&place, &["call", "counter.ask"]);
    assert_eq!(denied.code(), Some(1), "{denied}");
    assert!(denied.stderr().contains("example.com"), "{denied}");
}

#[test]
fn what_makes_no_plugin_is_told() {
    let mut told = String::new();
    for (name, source) in [
        ("empty.ts", ""),
        ("nothing.ts", "const a = 1;"),
        ("syntax.ts", "export const f = () => {\n  return 1 +;\n};"),
        (
            "throws.ts",
            "export const f = () => 1;\nthrow new RangeError('at the top');",
        ),
        (
            "watch.ts",
            "const started = Date.now();\nexport const f = () => started;",
        ),
        ("loops.ts", "export const f = () => 1;\nfor (;;) {}"),
        (
            "imports.ts",
            "import { a } from './a.ts';\nexport const f = () => a;",
        ),
    ] {
        let place = place(&[(name, source)]);
        for command in ["build", "add"] {
            let refused = plugin(&place, &[command, name]);
            assert_eq!(refused.code(), Some(1), "{refused}");
            if command == "add" {
                told += &format!("{}\n", refused.stderr());
            }
        }
        assert!(!place.0.path().join("plugin.toml").exists(), "{name}");
        assert!(done(&place, &["list"]).contains("no plugins"));
    }
    assert_snapshot!(told);
}

#[test]
fn types_that_are_not_understood_are_told_at_their_line() {
    let source = "type Keys<T> = { [K in keyof T]: boolean };\nexport function f(a: Keys<{ b: string }>, c: ReturnType<typeof f>): number { return 1; }";
    let place = place(&[("mapped.ts", source)]);
    let added = plugin(&place, &["add", "mapped.ts"]);
    assert_eq!(added.code(), Some(0), "{added}");
    assert_snapshot!(added.stdout());
}
