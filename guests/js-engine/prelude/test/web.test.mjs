// URL, encoding, Base64, structuredClone, crypto and DOMException: the same expressions here and in Node.
import assert from "node:assert/strict";
import test from "node:test";
import util from "node:util";
import { boot } from "./realm.mjs";

const { run, shared } = boot();

// What an expression gives, errors included; values compare by Node's own inspect.
function outcome(evaluate, code) {
  try {
    return util.inspect(evaluate(code), { depth: 8 });
  } catch (error) {
    // Node's ERR_ codes are its own; URL's is the one that programs look at.
    const code = error.code === "ERR_INVALID_URL" || typeof error.code === "number" ? ` ${error.code}` : "";
    return `throws ${error.name}${code}`;
  }
}

const here = (code) => outcome((text) => run(`(${text})`), code);
const inNode = (code) => outcome((text) => (0, eval)(`(${text})`), code);

const SAME = String.raw`
[...new URLSearchParams("a=1&b=2&a=3")] | [...new URLSearchParams("?q=x+y%20z&e=%E2%82%AC")] | [...new URLSearchParams("a&b=&=c&&d=e=f")] | [...new URLSearchParams("%zz=%&x=%ff%41")] | [...new URLSearchParams({ a: 1, b: [1, 2] })] | [...new URLSearchParams([["a", "b"], ["c", 1]])] | [...new URLSearchParams(new Map([["k", "v"]]))]
new URLSearchParams({ q: "a b&c=d!'()~*-._" }).toString() | new URLSearchParams("é=ü😀").toString() | new URLSearchParams([["\ud800", "x"]]).toString() | new URLSearchParams("a=1&a=2").getAll("a") | new URLSearchParams("a=1").get("b") | new URLSearchParams("a=1").has("a", "2") | new URLSearchParams("a=1&b=2").size
(() => { const p = new URLSearchParams("b=2&a=1&b=1"); p.sort(); p.append("c", "x"); p.set("b", "9"); p.delete("a"); return p.toString() })() | (() => { const p = new URLSearchParams("a=1&a=2"); p.delete("a", "1"); return p + "" })() | (() => { const p = new URLSearchParams("a=1"); const seen = []; p.forEach((v, k, o) => seen.push(k, v, o === p)); return seen })()
[...new URLSearchParams("a=1&b=2").keys()] | [...new URLSearchParams("a=1&b=2").values()] | new URLSearchParams([["a"]]) | new URLSearchParams([1]) | Object.prototype.toString.call(new URLSearchParams()) | Object.prototype.toString.call(new URLSearchParams().keys()) | URLSearchParams.prototype.get.call({}, "a") | new URLSearchParams().get()
new URL("https://u:p@host.example:8080/a/b/../c?q=1#h").href | new URL("../x?y", "https://a.b/c/d/e").href | new URL("nope") | new URL("//x", "https://a") + "" | new URL("http://EXAMPLE.com:80/").host | JSON.stringify({ u: new URL("http://a/b") }) | URL.canParse("x:") | URL.canParse("/a", "nope") | new URL() | URL.prototype.href
(() => { const u = new URL("https://a.b/c?x=1"); u.searchParams.append("y", "2 3"); u.hash = "z"; u.pathname = "/p q"; u.port = "444"; return [u.href, u.search, u.origin, u.host] })() | (() => { const u = new URL("https://a.b/?x=1"); const p = u.searchParams; u.search = "?n=2"; return [p.get("n"), p.has("x"), p === u.searchParams] })() | (() => { const u = new URL("https://a.b/?x=1"); const p = u.searchParams; u.href = "http://c/?k=v"; return [...p] })() | (() => { const u = new URL("https://a.b/?x=1"); u.searchParams.delete("x"); return u.href })() | (() => { const u = new URL("https://a.b"); u.href = "bad" })() | (() => { const u = new URL("https://a.b"); u.protocol = "http"; u.username = "me"; u.password = "pw"; u.hostname = "c.d"; return u.href })()
[...new TextEncoder().encode("aé€😀\ud800")] | [...new TextEncoder().encode()] | (() => { const d = new Uint8Array(5); const r = new TextEncoder().encodeInto("é€😀", d); return [r.read, r.written, ...d] })() | new TextEncoder().encodeInto("x", []) | new TextEncoder().encoding
new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])) | new TextDecoder("utf8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])).length | new TextDecoder().decode(new Uint8Array([0xff, 65, 0xe2, 0x82])) | new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])).x | new TextDecoder().decode() | new TextDecoder(" UTF8\n").encoding | new TextDecoder("unicode-1-1-utf-8").encoding
new TextDecoder("utf-16le").decode(new Uint8Array([0x41, 0, 0x3d, 0xd8, 0, 0xde])) | new TextDecoder("utf-16le").decode(new Uint8Array([0x41, 0, 0x3d])) | new TextDecoder("utf-16le").decode(new Uint8Array([0x3d, 0xd8, 0x41, 0])) | new TextDecoder("latin1").encoding | new TextDecoder("utf-16").encoding | new TextDecoder("utf-16be").decode(new Uint8Array([0, 0x41])) | new TextDecoder().decode(new DataView(new Uint8Array([65, 66, 67]).buffer, 1)) | new TextDecoder().decode(new Uint16Array([0x4142])) | new TextDecoder().decode("text") | new TextDecoder().decode(new Uint8Array([65]).buffer) | new TextDecoder().fatal
(() => { const d = new TextDecoder(); const all = new TextEncoder().encode("\ufeffa€😀é"); let s = ""; for (const b of all) s += d.decode(new Uint8Array([b]), { stream: true }); return s + d.decode() })() | (() => { const d = new TextDecoder(); return d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + d.decode(new Uint8Array([65])) })() | (() => { const d = new TextDecoder(); return d.decode(new Uint8Array([0xf0, 0x9f]), { stream: true }) + d.decode() })() | (() => { const d = new TextDecoder("utf-8", { fatal: true }); d.decode(new Uint8Array([0xf0]), { stream: true }); d.decode() })().x | (() => { const d = new TextDecoder(); return d.decode(new Uint8Array([0xe0, 0x80]), { stream: true }).length })() | (() => { const d = new TextDecoder("utf-16le"); return d.decode(new Uint8Array([0x3d]), { stream: true }) + d.decode(new Uint8Array([0xd8, 0]), { stream: true }) + d.decode(new Uint8Array([0xde])) })()
btoa("hello") | btoa("") | btoa("\xff\x00") | btoa("€") | btoa("ab") | btoa("abcd") | btoa(undefined) | atob("aGVsbG8=") | atob(" aGVs bG8 \n") | atob("aGVsbG8") | atob("a") | atob("a=") | atob("aa=") | atob("aa==") | atob("aaa=") | atob("aa=a") | atob("====") | atob("*") | atob("") | atob("/+8=") | atob("aGVsbG8==") | atob(null) | [...atob("gICA")].map((c) => c.charCodeAt())
structuredClone(1) | structuredClone("s") | structuredClone(undefined) | structuredClone(10n) | structuredClone({ a: [1, , 3], b: { c: new Date(5) } }) | structuredClone(new Map([[{ k: 1 }, new Set([1, "a"])]])) | structuredClone(/a+/gi) | structuredClone(new Uint16Array([1, 2])) | structuredClone(new Uint8Array([1, 2, 3]).subarray(1)) | structuredClone(new DataView(new ArrayBuffer(4), 1, 2)).byteLength | structuredClone([new Number(1), new String("s"), new Boolean(true), Object(1n)])
structuredClone(() => {}) | structuredClone(Symbol("s")) | structuredClone({ f() {} }) | structuredClone(new WeakMap()) | structuredClone(Promise.resolve()) | structuredClone({ get a() { return { b: 1 } } }) | structuredClone(new (class A { x = 1 })()) | structuredClone(Object.create({ inherited: 1 }, { own: { value: 1, enumerable: true }, hidden: { value: 2 } })) | structuredClone({ [Symbol("s")]: 1, a: 2 }) | structuredClone(Object.assign([1, 2], { x: 3 })) | structuredClone(new Proxy({}, {}))
(() => { const a = { n: 1 }; a.self = a; const c = structuredClone(a); return [c.self === c, c !== a] })() | (() => { const s = { x: 1 }; const c = structuredClone([s, s]); return c[0] === c[1] })() | (() => { const a = [1]; a.push(a); const c = structuredClone(a); return c[1] === c })() | (() => { const m = new Map(); m.set("m", m); const c = structuredClone(m); return c.get("m") === c })() | (() => { const b = new ArrayBuffer(4); const c = structuredClone({ x: new Uint8Array(b), y: new Uint8Array(b, 2) }); return c.x.buffer === c.y.buffer })() | (() => { const e = new RangeError("r", { cause: { a: 1 } }); const c = structuredClone(e); return [c.name, c.message, c.stack === e.stack, Object.prototype.toString.call(c)] })() | (() => { class MyError extends Error { name = "MyError" }; const c = structuredClone(new MyError("m")); return [c.name, c.message, c.constructor.name] })()
(() => { const b = new ArrayBuffer(2); structuredClone(b, { transfer: [b, b] }) })() | structuredClone() | structuredClone([1, 2, 3], {}) | structuredClone({ u: undefined, n: null, z: -0, nan: NaN }) | Object.is(structuredClone(-0), -0)
new DOMException("m", "AbortError").code | new DOMException("m", "Nope").code | new DOMException("m").name | new DOMException("m", { name: "DataCloneError", cause: 5 }).cause | new DOMException() instanceof Error | DOMException.TIMEOUT_ERR | String(new DOMException("m", "TimeoutError")) | Object.prototype.toString.call(new DOMException()) | Object.keys(new DOMException("x", "AbortError"))
typeof crypto.randomUUID() | /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()) | crypto.getRandomValues(new Uint8Array(3)).length | crypto.getRandomValues(new Float32Array(1)) | crypto.getRandomValues(new Uint8Array(65537)) | crypto.getRandomValues(new DataView(new ArrayBuffer(1))) | crypto.getRandomValues(new BigUint64Array(2)).some((x) => x !== 0n) | (() => { const a = new Uint32Array(4); return crypto.getRandomValues(a) === a })()
Object.getOwnPropertyDescriptor(globalThis, "URLSearchParams").enumerable | Object.keys(URLSearchParams.prototype).includes("append") | queueMicrotask.length | URL.length | URLSearchParams.length | TextDecoder.length | Event.length | AbortSignal.length | EventTarget.prototype.addEventListener.length | queueMicrotask.name
`.split(/\n| \| /).map((line) => line.trim()).filter(Boolean);

test("web APIs do what Node's do", async (t) => {
  for (const code of SAME) await t.test(code.slice(0, 120), () => assert.equal(here(code), inNode(code), code));
});

test("what Node's build leaves out or does differently on purpose", () => {
  assert.equal(here("new TextDecoder('windows-1252').decode(new Uint8Array([0x80, 0xe9, 0x9f]))"), "'€éŸ'");
  assert.equal(here("new TextDecoder('utf-16le', { fatal: true }).decode(new Uint8Array([0, 0xd8]))"), "throws TypeError");
  assert.equal(here("new TextDecoder('ebcdic')"), "throws RangeError");
  assert.equal(here("structuredClone(new URL('http://a'))"), "throws DataCloneError 25");
  assert.equal(here("structuredClone(new ArrayBuffer(2), { transfer: [1] })"), "throws DataCloneError 25");
  assert.equal(here("structuredClone.length"), "1");
  assert.equal(here("structuredClone(new Proxy({}, {}))"), "throws DataCloneError 25");
  assert.equal(here("(() => { const c = structuredClone(new DOMException('m', 'AbortError')); return [c.name, c.code, c instanceof DOMException] })()"), "[ 'AbortError', 20, true ]");
  assert.equal(here("Math.random()"), "0.25");
  assert.equal(here("[Math.random.name, Math.random.length, Object.keys(Math).length]"), "[ 'random', 0, 0 ]");
  assert.equal(here("[typeof crypto.subtle, typeof process, typeof require, typeof Buffer, typeof self]"), "[ 'undefined', 'undefined', 'undefined', 'undefined', 'undefined' ]");
});

test("platform objects print their state", () => {
  const print = (code) => shared.inspect(run(code));
  assert.equal(print("new URLSearchParams('a=1&b=2')"), util.inspect(new URLSearchParams("a=1&b=2")));
  assert.equal(print("new URLSearchParams()"), util.inspect(new URLSearchParams()));
  assert.equal(print("new URL('https://u:p@a.b:1/c?d=e#f')"), util.inspect(new URL("https://u:p@a.b:1/c?d=e#f")));
  assert.equal(print("new AbortController()"), util.inspect(new AbortController()));
  assert.equal(print("AbortSignal.abort()"), util.inspect(AbortSignal.abort()));
});
