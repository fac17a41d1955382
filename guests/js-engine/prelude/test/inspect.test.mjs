// inspect against Node's util.inspect, value by value; then what Node does not have: bounds and QuickJS stacks.
import assert from "node:assert/strict";
import test from "node:test";
import util from "node:util";
import { boot } from "./realm.mjs";

const { run, shared } = boot();
const { inspect } = shared;

// Each is an expression; both inspectors get the very same value.
const SAME = String.raw`
0 | -0 | 1.5 | NaN | Infinity | 1e21 | 10n | -5n | true | undefined | null | Symbol() | Symbol("a b")
"plain" | "it's" | "it's \"quoted\"" | "it's \"quoted\" and ${"`"}ticked${"`"}" | "a\nb\t\\\x00\x7f\x9f" | "\ud800 \udc00 😀"
{} | { a: 1 } | { a: 1, "b-c": 2, 3: 4, "": 5, _x: 6, $: 7 } | { ["__proto__"]: 1 } | { "it's": "it's" } | { "a\nb": 1 }
{ a: { b: { c: {} } } } | { a: { b: { c: { d: 1 } } } } | { a: { b: { c: [] } } } | { a: { b: { c: [1] } } } | [[[[]]]] | [[[[1]]]]
{ a: { b: { c: new Map([[1, 2]]), d: new Set([1]), e: new Date(0), f: /x/, g: () => 1, h: class A {}, i: new Error("deep").message } } }
{ a: { b: { c: new (class Foo { x = 1 })(), d: Object.create(null), e: Object.assign(Object.create(null), { a: 1 }), f: new Uint8Array(2) } } }
[] | [1] | [1, 2, 3] | [undefined, null] | ["a", "b"] | [, 1] | [1, , , 2] | [1, , 2, ,] | new Array(3) | new Array(200) | Object.assign([1, 2], { x: 1, "-1": 2 })
Array.from({ length: 7 }, (_, i) => i) | Array.from({ length: 100 }, (_, i) => i) | Array.from({ length: 101 }, (_, i) => i) | Array.from({ length: 150 }, (_, i) => i * 1000)
Array.from({ length: 26 }, (_, i) => "x".repeat(i % 7)) | Array.from({ length: 30 }, (_, i) => "name" + i) | Array.from({ length: 10 }, () => "x".repeat(30)) | Array.from({ length: 8 }, (_, i) => ({ i }))
Array.from({ length: 120 }, (_, i) => i % 3 ? "ab" : "漢字") | Array.from({ length: 9 }, (_, i) => BigInt(i) ** 20n) | [1.5, 2.25, -3, 4, 5, 6, 7, 8] | Array.from({ length: 10 }, (_, i) => i % 2 ? i : "s" + i)
Object.assign([1,2,3,4,5,6,7,8], { name: "extra" }) | (() => { const a = []; a[5] = 1; a[1000000] = 2; return a })() | (() => { const a = []; for (let i = 0; i < 300; i += 2) a[i] = i; return a })()
[[1, 2, [3, 4, [5, [6]]]], { a: [1, { b: 2 }] }] | [["a", 1], ["b", 2]] | [{ a: 1, b: 2 }, { a: 3, b: 4 }]
{ name: "Ada", langs: ["en", "fr"], nested: { deep: { deeper: { deepest: 1 } } }, when: new Date(86400000), f() {}, g: async () => {} }
{ long: "x".repeat(100) } | { long: "line one\nline two\n".repeat(5) } | ["short\nlines"] | "x".repeat(200) | { a: "x".repeat(60), b: "y".repeat(60) } | "y".repeat(10050) | "a\nb".repeat(20)
{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10, k: 11, l: 12, m: 13, n: 14, o: 15, p: 16, q: 17, r: 18, s: 19, t: 20 }
{ users: [{ id: 1, name: "Alice", roles: ["admin", "dev"], address: { city: "Paris", geo: { lat: 1, lng: 2 } } }, { id: 2, name: "Bob", roles: [], address: null }], total: 2 }
{ a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((x) => ({ x, y: [x, x] })) } | { matrix: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] } | { m: Array.from({ length: 12 }, () => [1, 2, 3, 4, 5, 6, 7, 8]) }
new Map() | new Map([["a", 1], ["b", { c: 2 }]]) | new Map([[{ k: 1 }, [1, 2]]]) | new Set() | new Set([1, "a", { b: 1 }]) | new Map(Array.from({ length: 120 }, (_, i) => [i, i])) | new Set(Array.from({ length: 120 }, (_, i) => i)) | Object.assign(new Map([[1, 2]]), { x: 1 })
new Map([["nested", new Map([["inner", new Map([["deep", new Map([[1, 2]])]])]])]]) | new Set([new Set([new Set([new Set([1])])])]) | [new Map(), new Set()]
new WeakMap() | new WeakSet() | Promise.resolve(1) | Promise.resolve({ a: [1] }) | new Promise(() => {}) | (() => { const p = Promise.reject(3); p.catch(() => {}); return p })() | [Promise.resolve("x")]
new Uint8Array(3) | new Uint8Array([1, 2, 3]) | new Float64Array([1.5, -0]) | new BigInt64Array([1n, -2n]) | new Uint8Array(120) | new Uint8Array(0) | Object.assign(new Uint8Array(2), { x: 1 }) | new Uint8ClampedArray([300])
new ArrayBuffer(2) | new Uint8Array([1, 2, 255]).buffer | new ArrayBuffer(200) | new DataView(new ArrayBuffer(4), 1, 2) | { b: new ArrayBuffer(1) } | new SharedArrayBuffer(2) | Object.assign(new ArrayBuffer(1), { x: 1 })
new Date(0) | new Date(NaN) | Object.assign(new Date(0), { x: 1 }) | /a\/b/gi | Object.assign(/x/, { y: 1 }) | new (class MyDate extends Date {})(0) | new (class Re extends RegExp {})("a", "g")
new Number(3) | new Number(-0) | new String("ab") | Object.assign(new String("ab"), { x: 1 }) | new Boolean(false) | Object(1n) | Object(Symbol("s")) | [new Number(1)] | new (class N extends Number {})(3)
() => {} | function f() {} | async function af() {} | function* gf() {} | async function* agf() {} | (class {}) | class A {} | class B extends Array {} | class { static x = 1 } | Object.assign(function f() {}, { a: 1 }) | (() => () => {})()
Math.max | Object.assign(() => {}, { a: { b: 1 } }) | [function f() {}, class A {}, () => {}] | Object.setPrototypeOf(function f() {}, null) | class Outer { static Inner = class {} } | ({ class() {} }).class | class extends null {} | class A { static [Symbol.toStringTag] = "T" }
new (class Foo {})() | new (class Foo { x = 1; #y = 2 })() | new (class {})() | new (class { a = 1 })() | new (class Foo extends Map {})([[1, 2]]) | new (class Foo extends Array {})(1, 2, 3) | new (class Foo extends Set {})()
new (class A { get [Symbol.toStringTag]() { return "Tag" } })() | { [Symbol.toStringTag]: "Own" } | Object.create({ [Symbol.toStringTag]: "Proto" }) | Object.defineProperty({}, Symbol.toStringTag, { value: "Hidden" }) | new (class A { get [Symbol.toStringTag]() { return "A" } })()
Object.create(null) | Object.assign(Object.create(null), { a: 1 }) | Object.create({}) | Object.create({ a: 1 }) | Object.create(Object.create(null)) | Object.setPrototypeOf([1, 2], null) | Object.setPrototypeOf(new Map([[1, 2]]), null) | Object.setPrototypeOf(new Date(0), null) | Object.create(class A {}.prototype)
Object.prototype | Array.prototype | Function.prototype | (class A { x() {} }).prototype | (class A extends Map {}).prototype | Map.prototype | Symbol.prototype | Date.prototype
{ get a() { return 1 } } | { set a(x) {} } | { get a() { return 1 }, set a(x) {} } | { get a() { throw 1 } } | [Object.defineProperty([], 0, { get() { return 1 }, enumerable: true })] | Object.defineProperty({ a: 1 }, "hidden", { value: 2 })
{ [Symbol("x")]: 1, [Symbol()]: 2, [Symbol.iterator]: 3 } | { [Symbol("multi\nline")]: 1 } | Object.assign([1], { [Symbol("k")]: 2 })
(() => { const a = { x: 1 }; a.self = a; return a })() | (() => { const a = [1]; a.push(a, [a]); return a })() | (() => { const a = {}, b = { a }; a.b = b; return [a, b] })() | (() => { const m = new Map(); m.set("m", m); return m })() | (() => { const s = new Set(); s.add({ s }); return s })()
(() => { const a = { n: "a" }, b = { n: "b" }; a.a = a; a.b = b; b.b = b; b.a = a; return { a, b } })() | (() => { class N { constructor() { this.self = this } } return new N() })() | (() => { const a = {}; return [a, a, { a }] })() | (() => { function f() {} f.f = f; return f })()
(() => { const e = new Error("loop"); e.cause = e; return e })() | (() => { const e = new Error("p"); e.self = e; return e })()
(function* () {})() | (async function* () {})() | [][Symbol.iterator]() | "ab"[Symbol.iterator]() | "a".matchAll(/a/g) | (function () { return arguments })() | (function () { return arguments })(1, "a") | globalThis.Math | globalThis.JSON | globalThis.Reflect | globalThis.Atomics
new Proxy({ a: 1 }, {}) | new Proxy([1, 2], {}) | new Proxy(function f() {}, {}) | new Proxy(new Proxy({ deep: 1 }, {}), {}) | new Proxy({ a: 1 }, { get() { throw new Error("trap") }, ownKeys() { throw new Error("trap") }, getPrototypeOf() { throw new Error("trap") } }) | (() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })() | { p: new Proxy(new Map([[1, 2]]), {}) }
new Error("boom") | new TypeError("bad") | Error("") | new Error("multi\nline") | new RangeError() | [new Error("in array")] | { e: new Error("in object") } | { a: { b: { c: { e: new Error("x") } } } } | { a: { b: { e: new Error("deep x") } } }
Object.assign(new Error("props"), { code: "E_X", detail: { a: 1 } }) | new Error("outer", { cause: new Error("inner") }) | new Error("c", { cause: "text" }) | new Error("c", { cause: undefined }) | new Error("c", { cause: { code: 1 } }) | new AggregateError([new Error("one"), new TypeError("two")], "many") | new AggregateError([])
new (class MyError extends Error {})("mine") | new (class MyError extends Error { name = "Custom" })("mine") | new (class HttpError extends Error { constructor(s) { super("status " + s); this.status = s } })(404) | (() => { const e = new Error("renamed"); e.name = "Other"; return e })() | (() => { const e = new Error("m"); e.message = "changed"; return e })() | (() => { const e = new Error("x"); e.name = "FooError"; return e })()
(() => { const e = new Error("no stack"); e.stack = undefined; return e })() | (() => { const e = new Error("no stack"); delete e.stack; return e })() | (() => { const e = new Error("x"); e.stack = "custom stack"; return e })() | (() => { const e = new Error("x"); e.name = null; return e })() | (() => { class ValidationError extends TypeError {} return new ValidationError("v") })() | (() => { const e = new Error("enumerable"); Object.defineProperty(e, "message", { enumerable: true }); return e })()
(() => { function f() { throw new Error("with cause", { cause: (() => { try { g() } catch (e) { return e } })() }) } function g() { throw new Error("root") } try { f() } catch (e) { return e } })()
[{ a: 1, b: "x".repeat(70) }] | [["x".repeat(80)], 1] | { a: { b: "x".repeat(75) } } | { key: ["aaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "ccccccccccccccccccc"] } | { a: [{ b: { c: { d: 1 } } }] } | { f: function () {}, g: class {}, h: Symbol("x") }
{ a: 1n, b: -0, c: undefined, d: null, e: NaN } | Object.assign(Object.create({ inherited: 1 }), { own: 1 }) | [[], {}, [[]], [{}]] | { undefined: 1, null: 2, "1a": 3, a1: 4, "ключ": 5 } | [null, undefined, , NaN] | { a: [[[[1]]]], b: {} }
`.split(/\n| \| /).map((line) => line.trim()).filter(Boolean);

test("inspect prints what Node prints", async (t) => {
  for (const code of SAME) {
    const value = run(`(${code})`);
    await t.test(code.slice(0, 100), () => assert.equal(inspect(value), util.inspect(value)));
  }
});
