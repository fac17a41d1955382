//! Values of JavaScript as the expressions that make them, and data as JSON.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// An expression for a value of any kind.
pub fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => prop::sample::select(PECULIAR).prop_map(|text| format!("({text})")),
        1 => any::<i32>().prop_map(|number| format!("({number})")),
        1 => any::<f64>().prop_map(|number| format!("(Number(\"{number:e}\"))")),
        3 => prop::collection::vec(any::<u16>(), 0..12).prop_map(|units| string(&units)),
        1 => ".{0,30}".prop_map(|text| json!(text).to_string()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop::sample::select(KEYS);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key.clone(), inner.clone()), 0..4).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(key, value)| format!("[{key}]:{value}"));
                format!("({{{}}})", members.collect::<Vec<_>>().join(","))
            }),
            (key, inner.clone())
                .prop_map(|(key, value)| format!("({{get [{key}](){{return {value}}}}})")),
            inner
                .clone()
                .prop_map(|value| format!("(new Proxy(Object({value}),{{}}))")),
            inner
                .clone()
                .prop_map(|value| format!("(new Map([[{value},{value}]]))")),
            inner
                .clone()
                .prop_map(|value| format!("(new Set([{value}]))")),
            inner.clone().prop_map(|value| format!("(()=>{value})")),
            inner.prop_map(|value| format!("(Object.assign(new Error('e'),{{cause:{value}}}))")),
        ]
    })
}

/// As its code units, half pairs too.
fn string(units: &[u16]) -> String {
    let units: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("'{units}'")
}

/// What host functions read of an object, and what the language asks for.
const KEYS: &[&str] = &[
    "'a'",
    "'limit'",
    "'signal'",
    "'name'",
    "'message'",
    "'stack'",
    "'code'",
    "'length'",
    "'then'",
    "'toJSON'",
    "'toString'",
    "'valueOf'",
    "'constructor'",
    "'transfer'",
    "'aborted'",
    "'fatal'",
    "'depth'",
    "Symbol.toPrimitive",
    "Symbol.iterator",
    "Symbol.toStringTag",
    "Symbol.hasInstance",
    "Symbol()",
];

const PECULIAR: &[&str] = &[
    "undefined",
    "null",
    "true",
    "-0",
    "NaN",
    "Infinity",
    "2**53",
    "2**32",
    "-1",
    "1n",
    "-(2n**200n)",
    "''",
    "'https://a.example:8443/b?c#d'",
    "'file:///etc/passwd'",
    "'utf-8'",
    "'%s %o'",
    "'\\0'",
    "'__proto__'",
    "'x'.repeat(70000)",
    "Symbol()",
    "Symbol.for('x')",
    "Symbol.iterator",
    "()=>{}",
    "async()=>{}",
    "function*(){}",
    "class A{}",
    "function(){throw this}",
    "{}",
    "Object.create(null)",
    "Object.freeze({a:1})",
    "[,1,,]",
    "new Array(1000)",
    "(()=>{const o:any={};o.o=o;return o})()",
    "(()=>{let a:any=[];for(let i=0;i<2000;i++)a=[a];return a})()",
    "new Date(NaN)",
    "new Date(0)",
    "/(?:)/gu",
    "new Uint8Array(70000)",
    "new Uint8Array([0xff,0xfe,0])",
    "new Float64Array(3)",
    "new DataView(new ArrayBuffer(8),4)",
    "new ArrayBuffer(16,{maxByteLength:32} as any)",
    "(()=>{const b:any=new ArrayBuffer(8);const v=new Uint8Array(b);b.transfer();return v})()",
    "(()=>{const b:any=new ArrayBuffer(8,{maxByteLength:16} as any);const v=new Uint8Array(b,4);b.resize(2);return v})()",
    "new SharedArrayBuffer(8)",
    "new WeakMap()",
    "new WeakRef({})",
    "new Proxy({},{get(){throw 1}})",
    "new Proxy([],{get:(_,k)=>k==='length'?1000:1})",
    "new Proxy({},{ownKeys(){return ['a',Symbol()]}})",
    "(()=>{const r=Proxy.revocable({},{});r.revoke();return r.proxy})()",
    "(()=>{const r=Proxy.revocable(()=>{},{});r.revoke();return r.proxy})()",
    "Promise.resolve(1)",
    "new Promise(()=>{})",
    "{then(f:any){f(1)}}",
    "{then(){throw 1}}",
    "{toString(){throw new Error('t')}}",
    "{toString(){return {}},valueOf(){return {}}}",
    "{[Symbol.toPrimitive](){return Symbol()}}",
    "{toJSON(){throw 1}}",
    "{toJSON(){return undefined}}",
    "{get a():any{return this.a}}",
    "{[Symbol.iterator](){let n=0;return {next(){return {done:n++>3}},return(){throw 1}}}}",
    "globalThis",
    "tools",
    "tools.test",
    "console",
    "Math",
    "new URL('https://a.example/')",
    "new URLSearchParams('a=1')",
    "AbortSignal.abort()",
    "new AbortController().signal",
    "new Event('e')",
    "new DOMException('m','AbortError')",
    "new AggregateError([1],'m')",
    "Object.assign(new Error('m'),{stack:{}})",
    "Object.create(Error.prototype)",
    "(function(){return arguments})(1,2)",
    "(function*(){yield 1})()",
    "new Boolean(false)",
    "new String('\\ud800')",
];

/// Data as JSON has it, in numbers that do not change on the way.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let key = prop_oneof![".{0,8}", "[a-z]{1,3}", Just("toJSON".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}
