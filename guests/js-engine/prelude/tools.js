// `tools`: every server and tool as an ordinary property, every call as a promise the host settles.
(function (native, shared) {
  "use strict";
  const {
    FunctionBind, JSONParse, JSONStringify, Map, MapDelete, MapGet, MapSet, MapSize, ObjectCreate,
    ObjectDefineProperty, ObjectPrototype, Promise, Proxy, ReflectGet, String,
  } = shared.primordials;

  const DEFAULT_SEARCH_LIMIT = 10;

  // Calls the host has been asked for and has not answered: id -> how to settle them.
  const pending = new Map();

  class ToolError extends Error {
    constructor(message, { code, retryAfterMs } = {}) {
      super(message);
      this.code = code;
      if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    }
  }
  Object.defineProperty(ToolError.prototype, "name", { value: "ToolError", writable: true, configurable: true });

  const invalidInput = (message) => new ToolError(message, { code: "invalid_input" });

  const refused = (error) => new ToolError(String(error?.message ?? error), { code: error?.code ?? "failed" });

  const nameOf = (value) =>
    value === null ? "null" : native.classOf(value) === "Array" ? "an array" : `a ${typeof value}`;

  function argumentsJson(name, args) {
    if (args === undefined) return "{}";
    if (typeof args !== "object" || args === null || native.classOf(args) === "Array") {
      throw invalidInput(`tools.${name} takes one object of arguments, got ${nameOf(args)}`);
    }
    let json;
    try {
      json = JSONStringify(args);
    } catch (error) {
      throw invalidInput(`tools.${name}: the arguments cannot be sent as JSON: ${error?.message ?? error}`);
    }
    if (json === undefined || json[0] !== "{") {
      throw invalidInput(`tools.${name} takes one object of arguments, got one whose toJSON() gives something else`);
    }
    return json;
  }

  function startCall(name, args, signal, call) {
    const json = argumentsJson(name, args);
    if (signal !== undefined) {
      if (!shared.isAbortSignal(signal)) throw invalidInput(`tools.${name}: signal must be an AbortSignal`);
      signal.throwIfAborted();
    }
    let id;
    try {
      id = native.toolStart(name, json);
    } catch (error) {
      throw refused(error);
    }
    MapSet(pending, id, call);
    if (signal === undefined) return;
    call.ignoreSignal = shared.onAbort(signal, () => {
      MapDelete(pending, id);
      native.cancel(id);
      call.reject(signal.reason);
    });
  }

  function callTool(name, args = undefined, options = undefined) {
    // Made here for its stack: when the host's answer arrives, the caller's frames are gone.
    const error = new ToolError("");
    return new Promise((resolve, reject) => {
      startCall(name, args, options?.signal, { resolve, reject, error, ignoreSignal: undefined });
    });
  }

  function fail(call, payload) {
    const { code, message, retry_after_ms: retryAfterMs } = JSONParse(payload);
    const { error } = call;
    const value = `${message}`;
    ObjectDefineProperty(error, "message", { __proto__: null, value, writable: true, configurable: true });
    error.code = code;
    if (retryAfterMs !== undefined && retryAfterMs !== null) error.retryAfterMs = retryAfterMs;
    call.reject(error);
  }

  shared.hooks.settle = (id, ok, payload) => {
    const call = MapGet(pending, id);
    if (call === undefined) return;
    MapDelete(pending, id);
    call.ignoreSignal?.();
    try {
      if (ok) call.resolve(JSONParse(payload));
      else fail(call, payload);
    } catch (error) {
      call.reject(error);
    }
  };
  shared.hooks.pendingCalls = () => MapSize(pending);

  // What the language itself looks up on any object must not name a server or a tool:
  // `await` asks for then, JSON.stringify for toJSON, conversions for the methods of Object.prototype.
  const ORDINARY = { __proto__: null, then: true, toJSON: true };
  for (const key of Object.getOwnPropertyNames(Object.prototype)) ORDINARY[key] = true;

  const readOnly = (name) => () => {
    throw new TypeError(`${name} is read-only`);
  };

  function namespace(name, special, make) {
    const members = new Map();
    const target = ObjectCreate(ObjectPrototype, { [Symbol.toStringTag]: { value: name } });
    const refuse = readOnly(name);
    return new Proxy(target, {
      __proto__: null,
      get(_, key) {
        if (typeof key === "symbol" || ORDINARY[key]) return ReflectGet(target, key);
        const own = special[key];
        if (own !== undefined) return own;
        let member = MapGet(members, key);
        if (member === undefined) {
          member = make(key);
          MapSet(members, key, member);
        }
        return member;
      },
      set: refuse,
      defineProperty: refuse,
      deleteProperty: refuse,
      setPrototypeOf: refuse,
    });
  }

  function makeTool(name) {
    // Bound functions print as native code and have no prototype: nothing of the prelude shows.
    const tool = FunctionBind(callTool, undefined, name);
    ObjectDefineProperty(tool, "name", { __proto__: null, value: name, configurable: true });
    return tool;
  }

  const NO_SPECIAL = { __proto__: null };
  const makeServer = (server) => namespace(`tools.${server}`, NO_SPECIAL, (tool) => makeTool(`${server}.${tool}`));

  const answer = (ask) => new Promise((resolve) => {
    try {
      resolve(JSONParse(ask()));
    } catch (error) {
      throw refused(error);
    }
  });

  const special = {
    __proto__: null,
    $search(query, { limit = DEFAULT_SEARCH_LIMIT } = {}) {
      return answer(() => native.toolSearch(`${query}`, limit));
    },
    $describe(name) {
      return answer(() => native.toolDescribe(`${name}`));
    },
  };

  shared.defineGlobal("ToolError", ToolError);
  shared.defineGlobal("tools", namespace("tools", special, makeServer));
})
