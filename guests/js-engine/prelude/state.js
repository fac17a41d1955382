// `state`: small JSON values that the host keeps from one call to the next.
(function (native, shared) {
  "use strict";
  const { JSONParse, JSONStringify, ObjectDefineProperty, String } = shared.primordials;

  class StateError extends Error {
    constructor(message, { code, retryAfterMs } = {}) {
      super(message);
      this.code = code;
      if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    }
  }
  ObjectDefineProperty(StateError.prototype, "name", { value: "StateError", writable: true, configurable: true });

  function ask(question, ...args) {
    try {
      return question(...args);
    } catch (error) {
      throw new StateError(String(error?.message ?? error), { code: error?.code ?? "failed", retryAfterMs: error?.retryAfterMs });
    }
  }

  const invalidInput = (message) => new StateError(message, { code: "invalid_input" });

  function keyOf(method, key) {
    if (typeof key !== "string") throw invalidInput(`state.${method} takes a string as key, got a value of type ${typeof key}`);
    return key;
  }

  function jsonOf(method, value) {
    let json;
    try {
      json = JSONStringify(value);
    } catch (error) {
      throw invalidInput(`state.${method}: the value cannot be kept as JSON: ${error?.message ?? error}`);
    }
    if (json === undefined) {
      throw invalidInput(`state.${method}: a value of type ${typeof value} cannot be kept; state.delete forgets a key`);
    }
    return json;
  }

  function ttlOf(options) {
    const ttl = options?.ttlMs;
    if (ttl === undefined) return undefined;
    if (typeof ttl !== "number" || !(ttl >= 1)) throw invalidInput("state.set: ttlMs is a number of milliseconds, 1 or more");
    return ttl;
  }

  const state = {
    get(key) {
      const json = ask(native.stateGet, keyOf("get", key));
      return json === undefined ? undefined : JSONParse(json);
    },
    set(key, value, options = undefined) {
      ask(native.stateSet, keyOf("set", key), jsonOf("set", value), ttlOf(options));
    },
    compareAndSet(key, expected, value) {
      const old = expected === undefined ? undefined : jsonOf("compareAndSet", expected);
      return ask(native.stateCompareAndSet, keyOf("compareAndSet", key), old, jsonOf("compareAndSet", value));
    },
    delete(key) {
      return ask(native.stateDelete, keyOf("delete", key));
    },
    keys(prefix = "") {
      return ask(native.stateKeys, keyOf("keys", prefix));
    },
  };
  ObjectDefineProperty(state, Symbol.toStringTag, { value: "state" });

  shared.defineGlobal("StateError", StateError);
  shared.defineGlobal("state", state);
})
