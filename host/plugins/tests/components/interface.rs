//! Names, words and schemas of tools.

use vesicle_plugins::{TOOLS_MAX, Tools, with_docs};

use crate::support::{component, tools};

/// Every type that there is.
const ALL: &str = "
package test:all@1.0.0;

/// Prices and things.
interface shop {
  /// How much something is.
  record price {
    /// In the currency's smallest unit.
    amount: u64,
    currency: currency,
  }
  /// What it is paid in.
  enum currency {
    /// Euros.
    eur,
    swiss-franc,
  }
  /// How it comes.
  flags delivery { by-post, %by-hand }
  /// What is sold.
  variant thing {
    /// One that is counted.
    piece(u32),
    /// One that is weighed, in kilograms.
    weight(f32),
    nothing,
  }
  type things = list<thing>;
  record order {
    id: string,
    things: things,
    price: price,
    old-price: option<price>,
    delivery: delivery,
    note: option<option<string>>,
    checked: result<bool, string>,
  }
  /// Orders what is listed.
  ///
  /// Nothing is paid.
  place-order: func(order: order, gift: option<bool>) -> result<price, thing>;
  numbers: func(a: s8, b: u8, c: s16, d: u16, e: s32, f: u32, g: s64, h: u64, i: f32, j: f64) -> tuple<s64, u64, f32, f64>;
  texts: func(a: char, b: string, c: bool, d: list<u8>, e: list<string>) -> list<u8>;
  fails: func() -> result<_, currency>;
  nothing: func();
}

world all {
  export shop;
  /// Says hello.
  export say-hello: func(to: string) -> string;
}
";

fn schemas(tools: &Tools) -> String {
    serde_json::to_string_pretty(tools.definitions()).unwrap()
}

#[tokio::test]
async fn every_type_has_a_schema_and_every_comment_a_place() {
    let wasm = with_docs(&component(ALL, &[]), ALL).unwrap();
    let tools = tools(&wasm).await;
    assert_eq!(tools.refused(), []);
    insta::assert_snapshot!(schemas(&tools));
}

/// Comments are words: without them the tools are the same.
#[tokio::test]
async fn without_comments_the_signature_stands_for_them() {
    let tools = tools(&component(ALL, &[])).await;
    let described = tools.definitions().iter();
    let described: Vec<_> = described.map(|tool| tool.description.as_str()).collect();
    insta::assert_snapshot!(described.join("\n"));
    assert!(
        tools
            .definitions()
            .iter()
            .all(|tool| tool.description == tool.signature)
    );
}

#[tokio::test]
async fn schemas_are_valid() {
    for tool in tools(&component(ALL, &[])).await.definitions() {
        let schemas = [
            Some(&tool.input_schema),
            tool.output_schema.as_ref(),
            tool.error_schema.as_ref(),
        ];
        for schema in schemas.into_iter().flatten() {
            jsonschema::draft202012::meta::validate(schema).unwrap();
            jsonschema::draft202012::new(schema).unwrap();
        }
    }
}

/// A section that other readers would refuse the whole component for.
#[tokio::test]
async fn a_section_that_is_no_comments_is_passed_over() {
    let bare = component(ALL, &[]);
    for contents in [
        "",
        "x",
        "\u{1}{",
        "\u{1}{\"worlds\": 5}",
        "\u{1}{\"interfaces\":{\"none\":{}}}",
    ] {
        let mut wasm = bare.clone();
        for name in ["package-docs", "vesicle-docs"] {
            wasm.push(0);
            wasm.push((1 + name.len() + contents.len()) as u8);
            wasm.push(name.len() as u8);
            wasm.extend(name.as_bytes());
            wasm.extend(contents.as_bytes());
        }
        let tools = tools(&wasm).await;
        let schemas = serde_json::to_string(tools.definitions()).unwrap();
        assert!(schemas.contains("swiss_franc"));
    }
}

#[tokio::test]
async fn what_json_cannot_have_is_refused_by_name() {
    let wit = "
        package test:handles;
        interface files {
          resource file { constructor(name: string); read: func() -> string; }
          open: func(name: string) -> result<list<file>>;
          size: func(of: borrow<file>) -> u64;
          count: func() -> u32;
        }
        world handles { export files; }
    ";
    let module = crate::support::module(wit, &[]);
    let wasm = wit_component::ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    let tools = tools(&wasm).await;
    let refused: Vec<_> = tools
        .refused()
        .iter()
        .map(|refused| format!("{} {}", refused.function, refused.why))
        .collect();
    insta::assert_snapshot!(refused.join("\n"));
    let names: Vec<_> = tools
        .definitions()
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    assert_eq!(names, ["files__count"]);
}

/// A type that is small in the component and large when it is written out.
#[tokio::test]
async fn types_that_double_are_bounded() {
    let doubled = |levels: usize| {
        let types = (1..=levels).map(|n| format!("type t{n} = tuple<t{0}, t{0}>;", n - 1));
        let types: String = types.collect();
        let wit = format!(
            "package test:large; world large {{ type t0 = tuple<u8, u8>; {types} \
             export large: func() -> t{levels}; export small: func(); }}"
        );
        component(&wit, &[])
    };
    // Each level has twice as many types and one; 2^13 of them are 16 383.
    let fits = tools(&doubled(12)).await;
    assert_eq!(fits.refused(), []);
    let large = tools(&doubled(13)).await;
    assert_eq!(large.definitions().len(), 1);
    insta::assert_snapshot!(large.refused()[0].why, @"is of types that are too large: the functions of a component may use 20000 types together");
}

#[tokio::test]
async fn types_that_lie_deep_are_bounded_at_the_edge() {
    let deep = |levels: usize| {
        let ty = format!(
            "{}u8{}",
            "option<".repeat(levels - 1),
            ">".repeat(levels - 1)
        );
        component(
            &format!("package test:deep; world deep {{ export deep: func(v: {ty}); }}"),
            &[],
        )
    };
    assert_eq!(tools(&deep(50)).await.refused(), []);
    let refused = tools(&deep(51)).await;
    insta::assert_snapshot!(refused.refused()[0].why, @"is of types that lie too deep in one another: 50 levels are read");
}

#[tokio::test]
async fn tools_are_bounded_at_the_edge() {
    let many = |count: usize| {
        let functions: String = (0..count)
            .map(|n| format!("export tool{n}: func();"))
            .collect();
        component(
            &format!("package test:many; world many {{ {functions} }}"),
            &[],
        )
    };
    let fits = tools(&many(TOOLS_MAX)).await;
    assert_eq!(
        (fits.definitions().len(), fits.refused().len()),
        (TOOLS_MAX, 0)
    );
    let more = tools(&many(TOOLS_MAX + 1)).await;
    assert_eq!(
        (more.definitions().len(), more.refused().len()),
        (TOOLS_MAX, 1)
    );
}
