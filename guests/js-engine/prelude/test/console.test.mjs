// The console against Node's own, call by call, and format against util.format.
import assert from "node:assert/strict";
import test from "node:test";
import util from "node:util";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { boot } from "./realm.mjs";

const FORMATS = String.raw`
"plain" | "%s", "a" | "%s %s", "a" | "%s", 1, 2 | "%s", -0 | "%s", 10n | "%s", null | "%s", undefined | "%s", Symbol("x") | "%s", { a: 1 } | "%s", { a: { b: 1 } }
"%s", [1, [2, [3]]] | "%s", new (class A { toString() { return "mine" } })() | "%s", new (class B { x = 1 })() | "%s", { toString() { return "own" } } | "%s", () => 1 | "%s", class C {} | "%s", new Date(0) | "%s", Object.create(null)
"%d", "42" | "%d", 4.5 | "%d", "x" | "%d", 5n | "%d", Symbol() | "%d", {} | "%d", -0 | "%i", 4.9 | "%i", "12px" | "%i", 5n | "%i", Symbol() | "%f", "1.5x" | "%f", Symbol() | "%f", 1
"%j", { a: [1] } | "%j", undefined | "%j", (() => { const a = {}; a.a = a; return a })() | "%O", { a: { b: { c: { d: 1 } } } } | "%o", { a: 1 } | "%c styled", "css" | "100%%" | "100%%", 1 | "%%s", "a" | "%x", 1 | "%", 1 | "a%", 1 | "%s%s%s", 1, 2 | "%s%%%s", 1, 2
1, 2, "3" | { a: 1 }, "b" | "a", { b: "c" } | "a", "b\nc" | undefined | "%s:%d:%i:%f:%j", "s", 1.5, 1.5, 1.5, "j", "rest", { x: 1 } | "", 1 | "%s", "a".repeat(200) | "%O", [1, 2, 3], "x" | "%s", new Error("e").message | null, undefined, true
`.split(/\n| \| /).map((line) => line.trim());

// Each is run against both consoles.
const CALLS = `
log() | log("x") | log("a\\nb") | info("i") | debug("d") | error("e", 1) | warn("w") | log({ a: [1, 2, { b: 3 }] }, "s", 1)
group("G"), log("in"), group(), log("deeper\\nline"), groupEnd(), log({ a: "x".repeat(80) }), groupEnd(), log("out") | groupCollapsed("c"), error("x"), groupEnd(), groupEnd(), log("y") | group("a", 1, { b: 2 }), groupEnd()
count(), count("x"), count(), countReset(), count() | count(undefined), count("default") | assert(true, "no"), assert(false, "yes %s", 1), assert(false) | dir({ a: { b: { c: { d: 1 } } } }), dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }), dir("s") | dirxml({ a: 1 }, 2)
dir({ a: { b: { c: { d: { e: 1 } } } } }, { depth: null }) | dir({ a: "x".repeat(50), b: "y".repeat(50) }, { breakLength: 200 }) | dir([1, 2, 3, 4], { maxArrayLength: 2 }) | dir("long string", { maxStringLength: 4 })
table([{ a: 1, b: "x" }, { a: 2, c: true }]) | table([[1, 2], [3, 4]]) | table({ r1: { c: 1 }, r2: { c: 2 } }) | table([1, "two", { three: 3 }]) | table("text") | table(5) | table([]) | table([{ a: { b: { c: 1 } }, l: [1, 2, 3, 4] }]) | table([{ a: 1, b: 2 }], ["b"]) | table(new Map([["k", { v: 1 }]])) | table(new Set([1, "b"])) | table([{ "漢字": "値" }, { "漢字": "é" }]) | table([undefined, null, () => 1]) | table([{ big: { a: 1, b: 2, c: 3 } }]) | table([1, 2], ["a"])
`.split(/\n| \| /).map((line) => line.trim()).filter(Boolean);

test("format formats as util.format does", () => {
  const { run, shared } = boot();
  for (const code of FORMATS) {
    const args = run(`[${code}]`);
    assert.equal(shared.format(args), util.format(...args), code);
  }
});

test("the console prints what Node's prints", () => {
  for (const code of CALLS) {
    const { run, output } = boot();
    const printed = { 1: "", 2: "" };
    const sink = (fd) => new Writable({ write(chunk, _, done) { printed[fd] += chunk; done(); } });
    const reference = new Console({ stdout: sink(1), stderr: sink(2) });
    const body = code.replace(/\b([a-zA-Z]+)\((?=[^]*)/g, (call, name) => (name in reference ? `c.${name}(` : call));
    run(`((c) => { ${body} })`)(run("console"));
    run(`((c) => { ${body} })`)(reference);
    assert.equal(output(1), printed[1], code);
    assert.equal(output(2), printed[2], code);
  }
});

test("timers of the console read the clock of the call", () => {
  const { run, output, world } = boot();
  const durations = [[0, "0ms"], [1.2345, "1.234ms"], [999.9, "999.9ms"], [1500, "1.500s"], [61_005, "1:01.005 (m:ss.mmm)"], [3_723_004, "1:02:03.004 (h:mm:ss.mmm)"]];
  for (const [ms] of durations) {
    world.clock = 0;
    run("console.time('t')");
    world.clock = ms;
    run("console.timeEnd('t')");
  }
  assert.equal(output(1), durations.map(([, text]) => `t: ${text}\n`).join(""));
  run("console.time(); console.timeLog(undefined, 'more', { a: 1 }); console.timeEnd('missing'); console.time()");
  assert.ok(output(1).endsWith("default: 0ms more { a: 1 }\n"));
  assert.equal(output(2), "Warning: No such label 'missing' for console.timeEnd()\nWarning: Label 'default' already exists for console.time()\n");
});

test("console.trace shows the caller and none of the prelude", () => {
  const { run, output } = boot();
  run("function caller() { console.trace('at %s', 'here') }\ncaller()", "agent.ts");
  assert.match(output(2), /^Trace: at here\n {4}at caller \(agent\.ts:1:\d+\)\n/);
  assert.doesNotMatch(output(2), /vesicle:/);
});

test("console methods work detached", () => {
  const { run, output } = boot();
  run("const { log } = console; [1, 2].forEach((x) => log(x)); setTimeout(log, 0, 'later')");
  assert.equal(output(1), "1\n2\n");
});
