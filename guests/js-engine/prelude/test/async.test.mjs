// Timers, microtasks, events, abort signals and tool calls: what happens, and in which order.
import assert from "node:assert/strict";
import test from "node:test";
import { boot } from "./realm.mjs";

// Fires everything due up to `until`, one timer at a time with microtasks between, as the host does.
async function advance(realm, until) {
  for (let next = realm.hooks.nextTimer(); next >= 0 && next <= until; next = realm.hooks.nextTimer()) {
    realm.world.clock = Math.max(realm.world.clock, next);
    assert.equal(realm.hooks.fireTimers(realm.world.clock), true);
    await realm.drain();
  }
  realm.world.clock = until;
}

const start = (code) => {
  const realm = boot();
  realm.run("globalThis.seen = []");
  realm.run(code);
  return realm;
};
const seen = (realm) => Array.from(realm.run("seen"));

test("timers fire by deadline, then by creation, with microtasks in between", async () => {
  const realm = start(`
    setTimeout(() => seen.push("c"), 20);
    setTimeout(() => { seen.push("a"); Promise.resolve().then(() => seen.push("a2")); queueMicrotask(() => seen.push("a3")) }, 10);
    setTimeout((...args) => seen.push("b", ...args), 10, 1, 2);
    setTimeout(() => seen.push("zero"), "not a number");
    setTimeout(() => seen.push("negative"), -5);`);
  assert.equal(realm.hooks.nextTimer(), 0);
  assert.equal(realm.hooks.liveTimers(), 5);
  await advance(realm, 100);
  assert.deepEqual(seen(realm), ["zero", "negative", "a", "a2", "a3", "b", 1, 2, "c"]);
  assert.equal(realm.hooks.nextTimer(), -1);
  assert.equal(realm.hooks.liveTimers(), 0);
  assert.equal(realm.hooks.fireTimers(1000), false);
});

test("clearing works from anywhere and ignores what it does not know", async () => {
  const realm = start(`
    const second = setTimeout(() => seen.push("never"), 2);
    setTimeout(() => { clearTimeout(second); clearInterval(second); clearTimeout(); clearTimeout("x"); clearTimeout({}) }, 1);
    const own = setInterval(() => { seen.push("i"); if (seen.length === 3) clearInterval(own) }, 5);`);
  await advance(realm, 100);
  assert.deepEqual(seen(realm), ["i", "i", "i"]);
  assert.equal(realm.hooks.nextTimer(), -1);
});

test("a heap of many timers stays in order, whatever is cleared", async () => {
  const realm = start(`
    let state = 7;
    const ids = [];
    const due = [];
    for (let i = 0; i < 2000; i++) {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      const delay = state % 500;
      ids.push([delay, i, setTimeout(() => seen.push(delay * 10000 + i), delay)]);
    }
    globalThis.expected = ids.filter(([delay, i, id]) => i % 3 ? true : clearTimeout(id)).map(([d, i]) => d * 10000 + i).sort((a, b) => a - b);`);
  while (realm.hooks.fireTimers(1000));
  assert.equal(seen(realm).length, 1333);
  assert.deepEqual(seen(realm), Array.from(realm.run("expected")));
});

test("intervals and background timeouts do not keep a program alive, and errors are reported", async () => {
  const realm = start(`
    setInterval(() => { throw new Error("tick") }, 0);
    AbortSignal.timeout(50).onabort = (event) => seen.push(event.type, event.target.reason.name);
    queueMicrotask(() => { throw new Error("micro") });
    reportError("told");`);
  await realm.drain();
  assert.equal(realm.hooks.liveTimers(), 0);
  assert.equal(realm.hooks.nextTimer(), 1);
  await advance(realm, 3);
  assert.deepEqual(realm.world.reported.map((error) => error.message ?? error), ["told", "micro", "tick", "tick", "tick"]);
  await advance(realm, 60);
  assert.deepEqual(seen(realm), ["abort", "TimeoutError"]);
});

test("at most 10000 timers", () => {
  const realm = start("for (let i = 0; i < 10000; i++) globalThis.last = setTimeout(() => {}, 5)");
  assert.throws(() => realm.run("setTimeout(() => {}, 1)"), { name: "RangeError", message: "at most 10000 timers may be pending" });
  realm.run("clearTimeout(last); setTimeout(() => {}, 1)");
  assert.throws(() => realm.run("setTimeout('code', 1)"), { name: "TypeError" });
});

test("events reach their listeners once each, in order", () => {
  const realm = start(`
    const target = new EventTarget();
    const listener = (event) => seen.push("f", event.type, event.target === target, event.eventPhase);
    target.addEventListener("x", listener);
    target.addEventListener("x", listener, false);
    target.addEventListener("x", listener, { capture: true });
    target.addEventListener("x", { handleEvent(event) { seen.push("obj", this !== undefined); event.preventDefault() } });
    target.addEventListener("x", () => seen.push("once"), { once: true });
    target.addEventListener("x", () => { throw new Error("listener") });
    const controller = new AbortController();
    target.addEventListener("x", () => seen.push("signalled"), { signal: controller.signal });
    target.addEventListener("x", (event) => event.stopImmediatePropagation());
    target.addEventListener("x", () => seen.push("never"));
    target.addEventListener("x", null);
    seen.push(target.dispatchEvent(new Event("x", { cancelable: true })));
    controller.abort();
    target.removeEventListener("x", listener);
    seen.push("|");
    seen.push(target.dispatchEvent(new Event("x")));
    seen.push(new CustomEvent("c", { detail: 5 }).detail, new Event("t").target);`);
  assert.deepEqual(seen(realm), ["f", "x", true, 2, "f", "x", true, 2, "obj", true, "once", "signalled", false, "|", "f", "x", true, 2, "obj", true, true, 5, null]);
  assert.deepEqual(realm.world.reported.map((error) => error.message), ["listener", "listener"]);
  assert.throws(() => realm.run("new EventTarget().dispatchEvent({})"), { name: "TypeError" });
});

test("abort signals", () => {
  const realm = start(`
    const c = new AbortController();
    c.signal.onabort = () => seen.push("on");
    c.signal.addEventListener("abort", () => seen.push("listener"));
    const any = AbortSignal.any([new AbortController().signal, c.signal]);
    const nested = AbortSignal.any([any]);
    any.addEventListener("abort", () => seen.push("any", c.signal.aborted, nested.aborted));
    c.abort(); c.abort("again");
    seen.push(c.signal.reason.name, c.signal.reason.message, any.reason === c.signal.reason, nested.reason === any.reason);
    try { c.signal.throwIfAborted() } catch (error) { seen.push(error.code) }
    seen.push(AbortSignal.abort("why").reason, AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason, AbortSignal.any([]).aborted);
    new AbortController().signal.throwIfAborted();`);
  assert.deepEqual(seen(realm), ["on", "listener", "any", true, true, "AbortError", "This operation was aborted", true, true, 20, "why", 1, false]);
  for (const code of ["new AbortSignal()", "AbortSignal.timeout(-1)", "AbortSignal.any([1])", "AbortController.prototype.signal"]) {
    assert.throws(() => realm.run(code), { name: "TypeError" }, code);
  }
});

test("tool calls start, settle and fail", async () => {
  const realm = start(`
    const note = (promise) => promise.then((value) => seen.push(value), (error) => seen.push([error.name, error.code, error.retryAfterMs, error.message, error instanceof ToolError]));
    note(tools.github.list({ a: [1] }));
    note(tools["my-server"]["get.thing"]());
    note(tools.github.missing({}));`);
  assert.deepEqual(realm.world.calls, [["github.list", '{"a":[1]}'], ["my-server.get.thing", "{}"], ["github.missing", "{}"]]);
  realm.succeed(2, '{"x":[1,null]}');
  realm.fail(1, "denied", "no");
  realm.fail(3, "rate_limited", "later", 40);
  await realm.drain();
  const [value, denied, limited] = JSON.parse(JSON.stringify(seen(realm)));
  assert.deepEqual(value, { x: [1, null] });
  assert.deepEqual(denied, ["ToolError", "denied", null, "no", true]);
  assert.deepEqual(limited, ["ToolError", "rate_limited", 40, "later", true]);
});

test("plugins are tools by another name", async () => {
  const realm = start(`
    plugins.csv.query({ a: 1 });
    plugins["my-plugin"].run();
    plugins.csv.query([1]).catch((error) => seen.push(error.message));
    seen.push(String(plugins), String(plugins.csv));`);
  assert.deepEqual(realm.world.calls, [["plugins.csv.query", '{"a":1}'], ["plugins.my-plugin.run", "{}"]]);
  await realm.drain();
  assert.deepEqual(seen(realm), [
    "[object plugins]",
    "[object plugins.csv]",
    "plugins.csv.query takes one object of arguments, got an array",
  ]);
});

test("arguments that cannot be sent never start a call", async () => {
  const realm = start(`
    const cyclic = {}; cyclic.self = cyclic;
    for (const args of [cyclic, { n: 1n }, [1], "text", 5, null, () => {}, { toJSON() { return 1 } }, { toJSON() { return undefined } }]) {
      tools.s.t(args).catch((error) => seen.push(error.name + " " + error.code + ": " + error.message));
    }`);
  await realm.drain();
  const messages = seen(realm);
  assert.equal(messages.length, 9);
  for (const message of messages) assert.match(message, /^ToolError invalid_input: tools\.s\.t/);
  assert.match(messages[0], /cannot be sent as JSON/);
  assert.match(messages[1], /BigInt/);
  assert.match(messages[2], /takes one object of arguments, got an array$/);
  assert.match(messages[5], /got null$/);
  assert.deepEqual(realm.world.calls, []);
});

test("a refusal rejects with a ToolError at the caller's line, and a signal gives up on a call", async () => {
  const realm = boot();
  realm.world.refuse = { code: "not_found", message: "no tool of that name" };
  realm.run("globalThis.seen = []; tools.a.b({}).catch((e) => seen.push(e.name, e.code, e.message))");
  await realm.drain();
  assert.deepEqual(seen(realm), ["ToolError", "not_found", "no tool of that name"]);
  realm.world.refuse = undefined;
  realm.run(`seen.length = 0; const c = new AbortController();
    tools.a.b({}, { signal: c.signal }).catch((e) => seen.push(e.name));
    tools.a.done({}, { signal: c.signal }).then((v) => seen.push(v));`);
  realm.succeed(2, "7");
  realm.run("c.abort(); tools.a.late({}, { signal: c.signal }).catch((e) => seen.push('late ' + e.name))");
  realm.succeed(1, "1");
  await realm.drain();
  assert.deepEqual(seen(realm), [7, "AbortError", "late AbortError"]);
  assert.deepEqual(realm.world.cancelled, [1]);
  assert.equal(realm.world.calls.length, 2);
  realm.run("function here() { return tools.a.b({}) }\nhere().catch((e) => seen.push(e.stack))", "agent.ts");
  realm.fail(3, "failed", "m");
  await realm.drain();
  assert.match(seen(realm).at(-1), /at here \(agent\.ts:1/);
});

test("ordinary language operations on tools start nothing", async () => {
  const realm = start(`
    seen.push(typeof tools, typeof tools.x, typeof tools.x.y, tools.x.y === tools.x.y, tools.x.y.name);
    seen.push(tools.then, tools.x.then, tools.x.y.then, tools[Symbol.iterator], tools.toJSON);
    seen.push(String(tools), String(tools.x), \`\${tools.x}\`, tools.x.toString(), JSON.stringify(tools), JSON.stringify({ t: tools.x }));
    seen.push(String(tools.x.y).includes("[native code]"), tools.x.valueOf() === tools.x, tools.constructor === Object, Object.keys(tools).length, "x" in tools);
    (async () => { seen.push((await tools) === tools, (await tools.x) === tools.x, typeof (await tools.x.y)) })();
    console.log(tools, tools.x, tools.x.y);
    for (const change of [() => { "use strict"; tools.x = 1 }, () => { "use strict"; delete tools.x.y }, () => Object.defineProperty(tools, "x", { value: 1 })]) {
      try { change(); seen.push("changed") } catch (error) { seen.push(error.name) }
    }`);
  await realm.drain();
  assert.deepEqual(seen(realm), ["object", "object", "function", true, "x.y", undefined, undefined, undefined, undefined, undefined,
    "[object tools]", "[object tools.x]", "[object tools.x]", "[object tools.x]", "{}", '{"t":{}}', true, true, true, 0, true,
    "TypeError", "TypeError", "TypeError", true, true, "function"]);
  assert.equal(realm.output(1), "Object <Proxy> [tools] {} Object <Proxy> [tools.x] {} [Function: x.y]\n");
  assert.deepEqual(realm.world.calls, []);
});

test("$search and $describe ask the host", async () => {
  const realm = start(`
    tools.$search("find", { limit: 3 }).then((found) => seen.push(JSON.stringify(found)));
    tools.$search("more").then((found) => seen.push(found[0].limit));
    tools.$describe("a.b").then((tool) => seen.push(tool.name));`);
  await realm.drain();
  assert.deepEqual(seen(realm), ['[{"name":"find","limit":3}]', 10, "a.b"]);
});

test("performance reads the clock of the call", () => {
  const realm = boot();
  realm.world.clock = 1234.5;
  assert.equal(realm.run("performance.now()"), 1234.5);
  const origin = realm.run("performance.timeOrigin");
  assert.ok(Math.abs(Date.now() - 1234.5 - origin) < 1000);
  realm.world.clock = 9999;
  assert.equal(realm.run("performance.timeOrigin"), origin);
  assert.equal(realm.run("JSON.stringify(performance)"), JSON.stringify({ timeOrigin: origin }));
});
