//! Values of random types, into a component and out of it: JSON, lowered, lifted, JSON again.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use vesicle_sandbox::Sandbox;

use crate::support::{component, limits, told, tools_in};

/// A type of WIT's.
#[derive(Debug, Clone)]
enum Ty {
    Bool,
    Int(&'static str, i128, i128),
    F32,
    F64,
    Char,
    Str,
    List(Box<Ty>),
    Option(Box<Ty>),
    Result(Option<Box<Ty>>, Option<Box<Ty>>),
    Tuple(Vec<Ty>),
    Record(Vec<Ty>),
    Variant(Vec<Option<Ty>>),
    Enum(usize),
    Flags(usize),
}

const INTEGERS: [(&str, i128, i128); 8] = [
    ("s8", i8::MIN as i128, i8::MAX as i128),
    ("u8", 0, u8::MAX as i128),
    ("s16", i16::MIN as i128, i16::MAX as i128),
    ("u16", 0, u16::MAX as i128),
    ("s32", i32::MIN as i128, i32::MAX as i128),
    ("u32", 0, u32::MAX as i128),
    ("s64", i64::MIN as i128, i64::MAX as i128),
    ("u64", 0, u64::MAX as i128),
];

fn ty() -> impl Strategy<Value = Ty> {
    let plain = prop_oneof![
        Just(Ty::Bool),
        (0..INTEGERS.len()).prop_map(|n| Ty::Int(INTEGERS[n].0, INTEGERS[n].1, INTEGERS[n].2)),
        Just(Ty::F32),
        Just(Ty::F64),
        Just(Ty::Char),
        Just(Ty::Str),
        // Beyond what is searched one by one, and beyond one word of flags' bits each.
        (1..40_usize).prop_map(Ty::Enum),
        (1..32_usize).prop_map(Ty::Flags),
    ];
    plain.prop_recursive(4, 24, 4, |within| {
        let some = within.clone().prop_map(Box::new).boxed();
        let maybe = proptest::option::of(some.clone());
        prop_oneof![
            some.clone().prop_map(Ty::List),
            some.prop_map(Ty::Option),
            (maybe.clone(), maybe).prop_map(|(ok, err)| Ty::Result(ok, err)),
            proptest::collection::vec(within.clone(), 1..4).prop_map(Ty::Tuple),
            proptest::collection::vec(within.clone(), 1..11).prop_map(Ty::Record),
            proptest::collection::vec(proptest::option::of(within), 1..11).prop_map(Ty::Variant),
        ]
    })
}

/// The type in WIT, with what has to be declared for it.
fn wit(ty: &Ty, declared: &mut Vec<String>) -> String {
    let declare = |text: String, declared: &mut Vec<String>| {
        let name = format!("t{}", declared.len());
        declared.push(text.replace("NAME", &name));
        name
    };
    match ty {
        Ty::Bool => "bool".to_owned(),
        Ty::Int(name, ..) => (*name).to_owned(),
        Ty::F32 => "f32".to_owned(),
        Ty::F64 => "f64".to_owned(),
        Ty::Char => "char".to_owned(),
        Ty::Str => "string".to_owned(),
        Ty::List(of) => format!("list<{}>", wit(of, declared)),
        Ty::Option(of) => format!("option<{}>", wit(of, declared)),
        Ty::Result(ok, err) => {
            let mut side =
                |ty: &Option<Box<Ty>>| ty.as_ref().map_or("_".to_owned(), |ty| wit(ty, declared));
            match (side(ok), side(err)) {
                (ok, err) if err == "_" && ok == "_" => "result".to_owned(),
                (ok, err) if err == "_" => format!("result<{ok}>"),
                (ok, err) => format!("result<{ok}, {err}>"),
            }
        }
        Ty::Tuple(of) => {
            let of: Vec<_> = of.iter().map(|ty| wit(ty, declared)).collect();
            format!("tuple<{}>", of.join(", "))
        }
        Ty::Record(of) => {
            let of = of
                .iter()
                .enumerate()
                .map(|(n, ty)| format!("field-{n}: {}, ", wit(ty, declared)));
            let of: String = of.collect();
            declare(format!("record NAME {{ {of} }}"), declared)
        }
        Ty::Variant(of) => {
            let of = of.iter().enumerate().map(|(n, ty)| match ty {
                Some(ty) => format!("case-{n}({}), ", wit(ty, declared)),
                None => format!("case-{n}, "),
            });
            let of: String = of.collect();
            declare(format!("variant NAME {{ {of} }}"), declared)
        }
        Ty::Enum(count) => {
            let names: String = (0..*count).map(|n| format!("name-{n}, ")).collect();
            declare(format!("enum NAME {{ {names} }}"), declared)
        }
        Ty::Flags(count) => {
            let names: String = (0..*count).map(|n| format!("flag-{n}, ")).collect();
            declare(format!("flags NAME {{ {names} }}"), declared)
        }
    }
}

/// JSON of the type, as answers have it.
fn value(ty: &Ty) -> BoxedStrategy<Value> {
    match ty.clone() {
        Ty::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Ty::Int(_, least, most) => prop_oneof![least..=most, Just(least), Just(most)]
            .prop_map(integer)
            .boxed(),
        Ty::F32 => any::<f32>()
            .prop_map(|n| float(n.into(), serde_json::to_string(&n)))
            .boxed(),
        Ty::F64 => any::<f64>()
            .prop_map(|n| float(n, serde_json::to_string(&n)))
            .boxed(),
        Ty::Char => any::<char>().prop_map(|c| c.to_string().into()).boxed(),
        Ty::Str => any::<String>().prop_map(Value::from).boxed(),
        Ty::List(of) => match *of {
            Ty::Int("u8", ..) => proptest::collection::vec(any::<u8>(), 0..20)
                .prop_map(|bytes| {
                    use base64::Engine as _;
                    base64::engine::general_purpose::STANDARD
                        .encode(bytes)
                        .into()
                })
                .boxed(),
            of => proptest::collection::vec(value(&of), 0..4)
                .prop_map(Value::from)
                .boxed(),
        },
        Ty::Option(of) => {
            let nests = matches!(*of, Ty::Option(_));
            proptest::option::of(value(&of))
                .prop_map(move |value| match value {
                    None => Value::Null,
                    Some(value) if nests => json!({ "some": value }),
                    Some(value) => value,
                })
                .boxed()
        }
        Ty::Result(ok, err) => {
            let side = |name: &'static str, ty: Option<Box<Ty>>| {
                let value = ty.map_or(Just(Value::Null).boxed(), |ty| value(&ty));
                value.prop_map(move |value| json!({ name: value }))
            };
            prop_oneof![side("ok", ok), side("err", err)].boxed()
        }
        Ty::Tuple(of) => {
            let of: Vec<_> = of.iter().map(value).collect();
            of.prop_map(Value::from).boxed()
        }
        Ty::Record(of) => {
            let of: Vec<_> = of.iter().map(value).collect();
            let named = |values: Vec<Value>| {
                let names = (0..).map(|n| format!("field_{n}"));
                Value::Object(names.zip(values).collect::<Map<_, _>>())
            };
            of.prop_map(named).boxed()
        }
        Ty::Variant(of) => {
            let cases = of.iter().enumerate().map(|(n, ty)| {
                let name = format!("case_{n}");
                match ty {
                    None => Just(Value::from(name)).boxed(),
                    Some(ty) => value(ty)
                        .prop_map(move |value| json!({ name.clone(): value }))
                        .boxed(),
                }
            });
            proptest::strategy::Union::new(cases).boxed()
        }
        Ty::Enum(count) => (0..count).prop_map(|n| format!("name_{n}").into()).boxed(),
        Ty::Flags(count) => proptest::collection::vec(any::<bool>(), count)
            .prop_map(|set| {
                let set = set.iter().enumerate().filter(|(_, set)| **set);
                set.map(|(n, _)| Value::from(format!("flag_{n}")))
                    .collect::<Vec<_>>()
                    .into()
            })
            .boxed(),
    }
}

fn integer(number: i128) -> Value {
    let exact = number.abs() < 1 << 53;
    if exact {
        (number as i64).into()
    } else {
        number.to_string().into()
    }
}

fn float(number: f64, text: serde_json::Result<String>) -> Value {
    match number {
        _ if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => serde_json::from_str(&text.unwrap()).unwrap(),
    }
}

/// With more than 16 values of WebAssembly's own the arguments lie in memory, and so does the result;
/// the first argument is where the arguments are. So any type goes back as it came.
fn echo(ty: &Ty) -> Vec<u8> {
    let mut declared = Vec::new();
    let ty = wit(ty, &mut declared);
    let more: Vec<_> = (0..8).map(|n| format!("more-{n}: option<u8>")).collect();
    let wit = format!(
        "package test:echo; world echo {{ {} export echo: func(value: tuple<{ty}, u32>, {}) -> tuple<{ty}, u32>; }}",
        declared.join(" "),
        more.join(", ")
    );
    component(&wit, &[("echo", "(local.get 0)")])
}

/// Few types, many values of each: making a component takes longer than a call.
const TYPES: u32 = 48;
const VALUES: usize = 16;

#[test]
fn values_of_random_types_come_back_as_they_went() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // Without a cache on the disk: these components are never seen again.
    let sandbox = runtime
        .block_on(Sandbox::new(vesicle_sandbox::Config::default()))
        .unwrap();
    let config = Config {
        cases: TYPES,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let cases = ty().prop_flat_map(|ty| {
        let values = proptest::collection::vec(value(&ty), VALUES);
        (Just(ty), values)
    });
    let ran = runner.run(&cases, |(ty, values)| {
        runtime.block_on(async {
            let tools = tools_in(&sandbox, &echo(&ty)).await;
            prop_assert_eq!(tools.refused(), []);
            let schema = tools.definitions()[0].output_schema.as_ref().unwrap();
            let schema = jsonschema::draft202012::new(schema).unwrap();
            for value in values {
                let sent = json!([value, 7]);
                prop_assert!(schema.is_valid(&sent), "{} is not of {:?}", sent, schema);
                let arguments = serde_json::value::to_raw_value(&json!({ "value": sent })).unwrap();
                let invocation = vesicle_plugins::Invocation {
                    tool: "echo",
                    arguments: &arguments,
                    limits: limits(),
                    grants: vesicle_sandbox::Grants::default(),
                    session: None,
                    residence: None,
                };
                let came = told(&tools.call(&sandbox, invocation).await.unwrap());
                // By number and not by spelling, which floats have several of.
                let came: Value = serde_json::from_str(&came).expect(&came);
                prop_assert_eq!(came.to_string(), sent.to_string());
            }
            Ok(())
        })
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
}
