// `tools` and `plugins`: every server or plugin and every tool as a property, every call as a promise the host settles.
(function (native, shared) {
  "use strict";
  const {
    ArrayIsArray, FunctionBind, JSONParse, JSONStringify, Map, MapGet, MapSet, ObjectCreate,
    ObjectDefineProperty, ObjectPrototype, Promise, Proxy, ReflectDefineProperty, ReflectGet, String,
    StringStartsWith,
  } = shared.primordials;

  const DEFAULT_SEARCH_LIMIT = 10;

  class ToolError extends Error {
    constructor(message, { code, retryAfterMs } = {}) {
      super(message);
      this.code = code;
      if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    }
  }
  Object.defineProperty(ToolError.prototype, "name", { value: "ToolError", writable: true, configurable: true });

  const invalidInput = (message) => new ToolError(message, { code: "invalid_input" });

  const refused = (error) =>
    new ToolError(String(error?.message ?? error), { code: error?.code ?? "failed", retryAfterMs: error?.retryAfterMs });

  const nameOf = (value) =>
    value === null ? "null" : native.classOf(value) === "Array" ? "an array" : `a ${typeof value}`;

  // The host knows plugins' tools as those of one server.
  const PLUGINS = "plugins.";
  const shown = (name) => (StringStartsWith(name, PLUGINS) ? name : `tools.${name}`);

  function argumentsJson(name, args) {
    if (args === undefined) return "{}";
    if (typeof args !== "object" || args === null || ArrayIsArray(args)) {
      throw invalidInput(`${shown(name)} takes one object of arguments, got ${nameOf(args)}`);
    }
    let json;
    try {
      json = JSONStringify(args);
    } catch (error) {
      throw invalidInput(`${shown(name)}: the arguments cannot be sent as JSON: ${error?.message ?? error}`);
    }
    if (json === undefined || json[0] !== "{") {
      throw invalidInput(`${shown(name)} takes one object of arguments, got one whose toJSON() gives something else`);
    }
    return json;
  }

  function callTool(name, args = undefined, options = undefined) {
    try {
      const json = argumentsJson(name, args);
      const signal = options?.signal;
      if (signal === undefined) return native.toolCall(name, json);
      if (!shared.isAbortSignal(signal)) throw invalidInput(`${shown(name)}: signal must be an AbortSignal`);
      signal.throwIfAborted();
      const call = native.toolCall(name, json);
      native.whenOver(call, shared.onAbort(signal, () => native.giveUp(call, signal.reason)));
      return call;
    } catch (error) {
      return new Promise((_, reject) => reject(error));
    }
  }

  // The stack is that of the call, which is over.
  shared.hooks.toolError = (code, message, stack, retryAfterMs) => {
    const error = new ToolError(message, { code, retryAfterMs });
    ObjectDefineProperty(error, "stack", { __proto__: null, value: stack, writable: true, configurable: true });
    return error;
  };

  // What the language itself looks up on any object must not name a server or a tool:
  // `await` asks for then, JSON.stringify for toJSON, conversions for the methods of Object.prototype.
  const ORDINARY = { __proto__: null, then: true, toJSON: true };
  for (const key of Object.getOwnPropertyNames(Object.prototype)) ORDINARY[key] = true;

  // Members come to be when they are first asked for, through the prototype, and are ordinary
  // properties from then on: a proxy in the way of every access would cost more than the call.
  function namespace(name, special, make) {
    const members = new Map();
    const above = ObjectCreate(ObjectPrototype);
    const unknown = new Proxy(above, {
      __proto__: null,
      get(_, key, receiver) {
        if (typeof key === "symbol" || ORDINARY[key]) return ReflectGet(above, key);
        const own = special[key];
        if (own !== undefined) return own;
        let member = MapGet(members, key);
        if (member === undefined) {
          member = make(key);
          MapSet(members, key, member);
        }
        if (receiver === space) ReflectDefineProperty(space, key, { __proto__: null, value: member });
        return member;
      },
      set() {
        throw new TypeError(`${name} is read-only`);
      },
    });
    const space = ObjectCreate(unknown, { __proto__: null, [Symbol.toStringTag]: { __proto__: null, value: name } });
    return space;
  }

  function makeTool(name) {
    // Bound functions print as native code and have no prototype: nothing of the prelude shows.
    const tool = FunctionBind(callTool, undefined, name);
    ObjectDefineProperty(tool, "name", { __proto__: null, value: name, configurable: true });
    return tool;
  }

  const NO_SPECIAL = { __proto__: null };
  const makeServer = (server) => namespace(`tools.${server}`, NO_SPECIAL, (tool) => makeTool(`${server}.${tool}`));
  const makePlugin = (plugin) => namespace(`${PLUGINS}${plugin}`, NO_SPECIAL, (tool) => makeTool(`${PLUGINS}${plugin}.${tool}`));

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
  shared.defineGlobal("plugins", namespace("plugins", NO_SPECIAL, makePlugin));
})
