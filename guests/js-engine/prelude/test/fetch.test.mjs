// Headers, Request and Response: the same expressions here and in Node. What `fetch` asks the host for.
import assert from "node:assert/strict";
import test from "node:test";
import util from "node:util";
import { boot } from "./realm.mjs";

const { run, world } = boot();

async function outcome(evaluate, code) {
  try {
    return util.inspect(await evaluate(`(${code})`), { depth: 8 });
  } catch (error) {
    return `throws ${error.name}`;
  }
}

const SAME = String.raw`
[...new Headers({ B: " 2 ", a: "1" })] | [...new Headers([["b", "2"], ["a", "1"], ["B", "3"]])] | [...new Headers(new Headers({ a: 1 })).keys()] | [...new Headers([["set-cookie", "a=1"], ["x", "y"], ["Set-Cookie", "b=2"]]).entries()]
new Headers({ a: "1" }).get("A") | new Headers().get("a") | new Headers({ a: "" }).has("A") | new Headers([["set-cookie", "a"], ["set-cookie", "b"]]).getSetCookie() | new Headers(null) | new Headers(1) | new Headers([["a"]]) | new Headers([["a", "b", "c"]])
(() => { const h = new Headers({ a: "1" }); h.append("a", "2"); h.set("b", "x"); h.set("B", "y"); h.delete("c"); const seen = []; h.forEach((v, k, o) => seen.push(k, v, o === h)); return [seen, h.get("a"), [...h.values()]] })()
new Headers({ "a b": "1" }) | new Headers({ a: "x\ny" }) | new Headers({ a: "x\0" }) | new Headers({ a: "\u0100" }) | new Headers({ a: "caf\xe9" }).get("a") | new Headers({ "": "1" }) | new Headers().append("a") | Object.prototype.toString.call(new Headers())
new Response("x").text() | new Response("\ufeffx").text() | new Response(new Uint8Array([104, 105])).text() | new Response(new URLSearchParams({ a: "1 2" })).text() | new Response().text() | new Response("{\"a\":[1]}").json() | new Response("no").json() | new Response("").json()
new Response("x").headers.get("content-type") | new Response(new URLSearchParams()).headers.get("content-type") | new Response(new Uint8Array(1)).headers.get("content-type") | new Response("x", { headers: { "content-type": "a/b" } }).headers.get("content-type")
(() => { const r = new Response("x", { status: 201, statusText: "Made" }); return [r.status, r.statusText, r.ok, r.type, r.url, r.redirected, r.bodyUsed] })() | new Response("x", { status: 99 }) | new Response("x", { status: 600 }) | new Response("x", { status: 204 }) | new Response(null, { status: 204 }).status | new Response("", { statusText: "a\nb" }) | new Response("", { status: 404 }).ok
(async () => { const r = new Response("x"); const c = r.clone(); return [await r.text(), r.bodyUsed, c.bodyUsed, await c.text()] })() | (async () => { const r = new Response("x"); await r.text(); return r.text() })() | (async () => { const r = new Response("x"); await r.text(); return r.clone() })() | (async () => { const r = new Response(); await r.text(); return [r.bodyUsed, await r.text()] })()
(async () => [...new Uint8Array(await new Response("é").arrayBuffer())])() | (async () => (await new Response("abc").arrayBuffer()).byteLength)() | Response.json({ a: 1 }).text() | Response.json({ a: 1 }).headers.get("content-type") | Response.json(undefined) | Response.json([], { status: 201 }).status | Response.error().status | Response.error().type | Response.redirect("https://a.b/", 301).headers.get("location") | Response.redirect("https://a.b/", 200) | Response.redirect("nope")
new Request("https://a.b/c#d").url | new Request("https://a.b").method | new Request("https://a.b", { method: "post" }).method | new Request("https://a.b", { method: "patch" }).method | new Request("https://a.b", { method: "TRACE" }) | new Request("https://a.b", { method: "a b" }).method | new Request("/x") | new Request("https://u:p@a.b") | new Request("https://a.b", { body: "x" }) | new Request("https://a.b", { method: "HEAD", body: "x" })
new Request("https://a.b", { method: "POST", body: "x" }).text() | new Request("https://a.b", { method: "POST", body: "x" }).headers.get("content-type") | new Request("https://a.b", { redirect: "other" }) | new Request("https://a.b", { signal: 1 }) | new Request("https://a.b").signal.aborted | (async () => { const r = new Request("https://a.b", { method: "POST", body: "x", headers: { a: "1" } }); const s = new Request(r, { headers: { b: "2" } }); return [s.method, [...s.headers], await s.text(), r.bodyUsed] })() | (async () => { const r = new Request("https://a.b", { method: "POST", body: "x" }); const c = r.clone(); return [await c.text(), await r.text(), c.url] })()
fetch.length | fetch.name | Object.keys(Response.prototype).includes("json") | Response.prototype.status | new Response() instanceof Response
`.split(/\n| \| /).map((line) => line.trim()).filter(Boolean);

const DIFFERENT = new Set([
  // Node sends what it is given; here a method is looked at by the host.
  'new Request("https://a.b", { method: "a b" }).method',
]);

test("what requests and responses are is what they are in Node", async (t) => {
  for (const code of SAME) {
    if (DIFFERENT.has(code)) continue;
    await t.test(code.slice(0, 120), async () => {
      assert.equal(await outcome(run, code), await outcome(globalThis.eval, code), code);
    });
  }
});

test("a body is text, bytes or parameters, and an object is none", async () => {
  for (const body of ["{ a: 1 }", "[1]", "new Map()", "() => 1"]) {
    assert.equal(await outcome(run, `new Response(${body})`), "throws TypeError", body);
  }
});

test("fetch asks the host, and answers with what it says", async () => {
  const told = run("Promise.all([fetch('https://a.b/c', { method: 'put', body: 'x', headers: { A: '1' }, redirect: 'manual' }), fetch(new Request('https://d.e'))])");
  assert.deepEqual(world.requests.map(({ request }) => request), [
    ["PUT", "https://a.b/c", ["a", "1", "content-type", "text/plain;charset=UTF-8"], "x", 2],
    ["GET", "https://d.e/", [], undefined, 0],
  ]);
  world.requests[0].resolve([200, "OK", "https://a.b/c", false, ["x", "1"], "body"]);
  world.requests[1].resolve([404, "", "https://d.e/f", true, [], ""]);
  const [one, two] = await told;
  assert.deepEqual([one.status, one.statusText, one.url, one.ok, one.headers.get("x"), await one.text()], [200, "OK", "https://a.b/c", true, "1", "body"]);
  assert.deepEqual([two.status, two.redirected, two.ok, await two.text()], [404, true, false, ""]);
});

test("a signal that is aborted asks for nothing", async () => {
  const before = world.requests.length;
  assert.equal(await outcome(run, "fetch('https://a.b', { signal: AbortSignal.abort() })"), "throws AbortError");
  assert.equal(await outcome(run, "fetch('nope')"), "throws TypeError");
  assert.equal(await outcome(run, "fetch()"), "throws TypeError");
  assert.equal(world.requests.length, before);
});
