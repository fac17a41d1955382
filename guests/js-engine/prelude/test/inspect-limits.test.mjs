// What inspect promises beyond Node: QuickJS stacks, bounds, and no trap, getter or pollution that gets through.
import assert from "node:assert/strict";
import test from "node:test";
import { boot } from "./realm.mjs";

const { run, shared, hooks } = boot();
const { inspect } = shared;

const quickjsError = (code, frames) => {
  const error = run(code);
  error.stack = frames;
  return error;
};

test("a QuickJS stack gets its headline and loses the prelude's frames", () => {
  const frames = "    at f (agent.ts:1:2)\n    at settle (vesicle:tools:9:1)\n    at vesicle:timers:3\n    at <eval> (agent.ts:9:1)\n";
  assert.equal(inspect(quickjsError("new TypeError('bad')", frames)), "TypeError: bad\n    at f (agent.ts:1:2)\n    at <eval> (agent.ts:9:1)");
  assert.equal(inspect(quickjsError("new Error('only ours')", "    at x (vesicle:url:1:1)\n")), "[Error: only ours]");
  const named = quickjsError("Object.assign(new (class HttpError extends Error {})('s'), { status: 404 })", "    at f (a.ts:1:1)\n");
  assert.equal(inspect(named), "HttpError: s\n    at f (a.ts:1:1) {\n  status: 404\n}");
  assert.equal(inspect({ e: named }), "{\n  e: HttpError: s\n      at f (a.ts:1:1) {\n    status: 404\n  }\n}");
  assert.equal(inspect(quickjsError("new DOMException('gone', 'AbortError')", "    at f (a.ts:1:1)\n")), "DOMException [AbortError]: gone\n    at f (a.ts:1:1)");
});

test("describeError tells name, message, frames and causes", () => {
  const root = quickjsError("new RangeError('root')", "    at g (a.ts:2:2)\n");
  const error = quickjsError("new TypeError('top')", "    at f (a.ts:1:1)\n    at h (vesicle:x:1:1)\n");
  Object.defineProperty(error, "cause", { value: root });
  assert.deepEqual({ ...hooks.describeError(error) }, {
    name: "TypeError",
    message: "top",
    stack: "    at f (a.ts:1:1)\n  [cause]: RangeError: root\n      at g (a.ts:2:2)",
    isError: true,
  });
  const many = quickjsError("new AggregateError(['x', 1], 'many')", "");
  assert.equal(hooks.describeError(many).stack, "\n  [errors][0]: 'x'\n  [errors][1]: 1");
  const loop = quickjsError("new Error('loop')", "    at f (a.ts:1:1)\n");
  Object.defineProperty(loop, "cause", { value: loop });
  assert.equal(hooks.describeError(loop).stack.split("[cause]").length - 1, 4);
});

test("describeError survives anything that can be thrown", () => {
  const about = (code) => ({ ...hooks.describeError(run(code)) });
  assert.deepEqual(about("'text'"), { name: "Uncaught", message: "text", stack: "", isError: false });
  assert.deepEqual(about("({ code: 1 })"), { name: "Uncaught", message: "{ code: 1 }", stack: "", isError: false });
  assert.equal(about("undefined").message, "undefined");
  assert.equal(about("Symbol('s')").message, "Symbol(s)");
  const hostile = about(`Object.defineProperties(new Error("x"), {
    stack: { get() { throw 1 } }, name: { get() { throw 1 } }, message: { get() { throw 1 } }, cause: { get() { throw 1 } },
  })`);
  assert.equal(hostile.name, "Error");
  assert.equal(hostile.message, "[message getter threw]");
  assert.equal(hostile.isError, true);
  const proxied = about(`new Proxy(new Error("behind"), new Proxy({}, { get() { throw new Error("trap") } }))`);
  assert.equal(proxied.name, "Uncaught");
  assert.match(proxied.message, /^Error: behind/);
});

test("no Proxy trap runs, not even one in the prototype chain", () => {
  run(`globalThis.traps = 0;
    globalThis.trapped = (target) => new Proxy(target, new Proxy({}, { get() { traps++; return undefined } }));`);
  assert.equal(inspect(run("trapped({ a: trapped([1]) })")), "{ a: [ 1 ] }");
  assert.equal(inspect(run("Object.setPrototypeOf({ own: 1 }, trapped({}))")), "Object <Proxy> { own: 1 }");
  assert.equal(inspect(run("trapped(new Error('x'))")).startsWith("Error: x"), true);
  run("console.log('%s', trapped({ a: 1 })); console.log(trapped(class A {}))");
  assert.equal(run("traps"), 0);
});

test("hostile objects are cut, not followed", () => {
  const keys = inspect(run("Object.fromEntries(Array.from({ length: 1003 }, (_, i) => ['k' + i, i]))"));
  assert.match(keys, /k999: 999,\n {2}\.\.\. 3 more properties\n\}$/);
  const wide = run(`const leaf = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => ["key" + i, "x".repeat(100)]));
    Array.from({ length: 100 }, () => ({ ...leaf }))`);
  const cut = inspect(wide);
  assert.ok(cut.length <= (1 << 20) + 20, `${cut.length}`);
  assert.ok(cut.endsWith("... [cut]"));
  const dag = run("let d = {}; for (let i = 0; i < 60; i++) d = { a: d, b: d }; d");
  assert.ok(inspect(dag, { depth: Infinity }).length <= (1 << 20) + 20);
  const deep = run("let n = {}; for (let i = 0; i < 50000; i++) n = { n }; n");
  assert.match(inspect(deep, { depth: null }), /\[Object\]/);
  assert.match(inspect(run("new Array(1e9)")), /^\[ <1000000000 empty items> \]$/);
  assert.match(inspect(run("new Uint8Array(5e7)")), /49999900 more items/);
  assert.equal(hooks.inspect("x".repeat(2 << 20)).length, (1 << 20) + "... [cut]".length);
});

test("inspect never throws", () => {
  for (const code of [
    "({ get [Symbol.toStringTag]() { throw 1 }, a: 1 })",
    "class A { static get name() { throw 1 } }; new A()",
    "Object.defineProperty(function f() {}, 'name', { get() { throw 1 } })",
    "Object.defineProperty(new Error('e'), 'errors', { get() { throw 1 } })",
    "Object.defineProperty(new Error('e'), 'stack', { value: Symbol('s') })",
    "Object.assign(new Error('e'), { name: { toString() { throw 1 } } })",
    "Object.setPrototypeOf(new Error('e'), null)",
    "Object.setPrototypeOf(new Map([[1, 2]]), Set.prototype)",
    "Object.setPrototypeOf({}, URL.prototype)",
    "Object.create(AbortSignal.prototype)",
    "URL.prototype",
    "({ constructor: { name: 1 } })",
    "({ constructor: class { static [Symbol.hasInstance]() { throw 1 } } })",
  ]) {
    const text = inspect(run(code));
    assert.equal(typeof text, "string", code);
    assert.notEqual(text, "[value could not be inspected]", code);
  }
});

test("pollution of the builtins does not reach inspect, console, timers or tools", async () => {
  const realm = boot();
  realm.run(`
    const broken = () => { throw new Error("polluted") };
    const value = { a: [1, "x", new Map([[1, 2]]), new Set([3])], d: new Date(0), r: /x/g };
    const { ownKeys, defineProperty } = Reflect;
    const kept = { __proto__: null, constructor: 1, prototype: 1, length: 1, name: 1 };
    const targets = [Object, Reflect, JSON, Math];
    for (const C of [Array, Map, Set, String, RegExp, Promise, Number, Date, Function, Error]) targets.push(C, C.prototype);
    const pushed = targets.length;
    for (let i = 0; i < pushed; i++) {
      const keys = ownKeys(targets[i]);
      for (let k = 0; k < keys.length; k++) {
        if (keys[k] in kept) continue;
        defineProperty(targets[i], keys[k], { __proto__: null, value: broken, configurable: true, writable: true });
      }
    }
    defineProperty(Object.prototype, "polluted", { __proto__: null, value: 1, writable: true, configurable: true, enumerable: true });
    console.log(value, -0, [1, , 2]);
    console.log("%s has %d items", "it", 3);
    console.error(1);
    setTimeout(() => console.log("timer"), 1);
    tools.a.b({ x: 1 });
  `);
  assert.equal(realm.hooks.fireTimers(5), true);
  assert.equal(realm.output(1), "{\n  a: [ 1, 'x', Map(1) { 1 => 2 }, Set(1) { 3 } ],\n  d: 1970-01-01T00:00:00.000Z,\n  r: /x/\n} -0 [ 1, <1 empty item>, 2 ]\nit has 3 items\ntimer\n");
  assert.deepEqual(realm.world.calls, [["a.b", '{"x":1}']]);
  assert.equal(realm.output(2), "1\n");
});
