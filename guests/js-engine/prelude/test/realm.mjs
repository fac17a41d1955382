// Boots the prelude in a fresh V8 realm, with a `native` on Node's own APIs: same contract, other engine.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import vm from "node:vm";

// Node shows what is behind promises and proxies to itself only.
if (!process.execArgv.includes("--expose-internals")) {
  const script = process.argv[1];
  const { status } = spawnSync(process.execPath, ["--expose-internals", "--no-warnings", script], { stdio: "inherit" });
  process.exit(status ?? 1);
}
const { internalBinding } = createRequire(import.meta.url)("internal/test/binding");
const { getPromiseDetails, getProxyDetails } = internalBinding("util");

export const FILES = [
  "primordials", "webidl", "errors", "inspect-text", "inspect-layout", "inspect-names", "inspect-errors",
  "inspect-contents", "inspect-kinds", "inspect", "format", "console-table", "console", "encoding", "base64",
  "url-search-params", "url", "clone", "timers", "events", "abort", "crypto", "performance", "tools", "state", "fs",
];

const KINDS = [
  [types.isProxy, "Proxy"], [(value) => typeof value === "function", "Function"], [Array.isArray, "Array"],
  [types.isNativeError, "Error"], [types.isNumberObject, "Number"], [types.isStringObject, "String"],
  [types.isBooleanObject, "Boolean"], [types.isSymbolObject, "Symbol"], [types.isBigIntObject, "BigInt"],
  [types.isDate, "Date"], [types.isRegExp, "RegExp"], [types.isMap, "Map"], [types.isSet, "Set"],
  [types.isWeakMap, "WeakMap"], [types.isWeakSet, "WeakSet"], [types.isPromise, "Promise"],
  [types.isSharedArrayBuffer, "SharedArrayBuffer"], [types.isArrayBuffer, "ArrayBuffer"],
  [types.isDataView, "DataView"], [types.isTypedArray, "TypedArray"], [types.isGeneratorObject, "Generator"],
  [types.isMapIterator, "MapIterator"], [types.isSetIterator, "SetIterator"],
  [types.isArgumentsObject, "Arguments"], [types.isModuleNamespaceObject, "Module"],
];

const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash", "origin"];
const partsOf = (url) => PARTS.map((part) => url[part]);
const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

export function boot() {
  const context = vm.createContext({});
  const run = (code, filename = "program.js") => vm.runInContext(code, context, { filename });
  const Buffer = run("ArrayBuffer");
  const Bytes = run("Uint8Array");
  const toRealm = (bytes) => {
    const buffer = new Buffer(bytes.length);
    new Bytes(buffer).set(bytes);
    return buffer;
  };
  // What the realm did with the outside world, and what it is told.
  const world = { written: [], reported: [], calls: [], inFlight: new Map(), cancelled: [], clock: 0, booted: false, refuse: undefined };
  const native = {
    write: (fd, text) => void world.written.push([fd, text]),
    utf8Encode: (text) => toRealm(new TextEncoder().encode(text)),
    utf8Decode: (buffer, offset, length, fatal) => {
      try {
        return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(new Uint8Array(buffer, offset, length));
      } catch {
        throw new (run("TypeError"))("invalid utf-8");
      }
    },
    urlParse: (input, base) => (URL.canParse(input, base) ? partsOf(new URL(input, base)) : null),
    urlSet: (href, part, value) => {
      const url = new URL(href);
      url[part] = value;
      return partsOf(url);
    },
    randomBytes: (length) => toRealm(crypto.randomBytes(length)),
    random: () => 0.25,
    now: () => world.clock,
    promiseState: (promise) => {
      const [state, value] = getPromiseDetails(promise);
      return [["pending", "fulfilled", "rejected"][state], value];
    },
    proxyDetails: (value) => (types.isProxy(value) ? getProxyDetails(value, true) : undefined),
    classOf: (value) => (isObject(value) && KINDS.find(([is]) => is(value))?.[1]) || "Object",
    reportError: (error) => void world.reported.push(error),
    toolCall: (name, json) => {
      const call = {};
      const promise = new (run("Promise"))((resolve, reject) => Object.assign(call, { resolve, reject }));
      // Without this function, the prelude's and the harness's own.
      call.stack = new Error().stack.split("\n").slice(4).join("\n");
      if (world.refuse) {
        call.reject(shared.hooks.toolError(world.refuse.code, world.refuse.message, call.stack));
      } else {
        world.calls.push([name, json]);
        world.inFlight.set(promise, { id: world.calls.length, ...call });
      }
      return promise;
    },
    whenOver: (promise, over) => {
      const call = world.inFlight.get(promise);
      if (call) call.over = over;
      else over();
    },
    giveUp: (promise, reason) => {
      const call = world.inFlight.get(promise);
      if (!call) return;
      world.inFlight.delete(promise);
      world.cancelled.push(call.id);
      call.reject(reason);
    },
    toolSearch: (query, limit) => JSON.stringify([{ name: query, limit }]),
    toolDescribe: (name) => JSON.stringify({ name }),
  };
  // A clock or a random number that is read at boot would be frozen into the snapshot.
  const guarded = Object.fromEntries(Object.entries(native).map(([name, fn]) => [name, (...args) => {
    if (!world.booted) throw new Error(`native.${name} was called at boot`);
    return fn(...args);
  }]));
  const shared = {};
  for (const name of FILES) {
    const path = fileURLToPath(new URL(`../${name}.js`, import.meta.url));
    run(readFileSync(path, "utf8"), `vesicle:${name}`)(guarded, shared);
  }
  world.booted = true;
  const output = (fd) => world.written.filter(([to]) => to === fd).map(([, text]) => text).join("");
  // The host's answer to the call of this number.
  const answer = (id, settle) => {
    for (const [promise, call] of world.inFlight) {
      if (call.id !== id) continue;
      world.inFlight.delete(promise);
      settle(call);
      call.over?.();
    }
  };
  const succeed = (id, json) => answer(id, (call) => call.resolve(run(`(${json})`)));
  const fail = (id, code, message) => answer(id, (call) => call.reject(shared.hooks.toolError(code, message, call.stack)));
  const drain = () => new Promise((resolve) => setImmediate(resolve));
  return { run, shared, world, output, drain, succeed, fail, hooks: shared.hooks };
}
