// `memory`: what past work was like, and, where it is granted, writing down what this work is like.
(function (native, shared) {
  "use strict";
  const { ArrayIsArray, JSONStringify, ObjectDefineProperty, Promise } = shared.primordials;

  class MemoryError extends Error {
    constructor(message, { code, retryAfterMs } = {}) {
      super(message);
      this.code = code;
      if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    }
  }
  ObjectDefineProperty(MemoryError.prototype, "name", { value: "MemoryError", writable: true, configurable: true });

  const invalidInput = (message) => new MemoryError(message, { code: "invalid_input" });

  // In the order of `memory.rs`.
  const QUERY = 0, SIMILAR = 1, PATTERNS = 2, RECOMMEND = 3, EPISODE = 4, START = 5, STEP = 6, COMPLETE = 7;

  function objectOf(method, value, textAs) {
    if (typeof value === "string" && textAs !== undefined) return { [textAs]: value };
    if (typeof value !== "object" || value === null || ArrayIsArray(value)) {
      throw invalidInput(`memory.${method} takes ${textAs === undefined ? "an object" : "a text or an object"}, got a value of type ${typeof value}`);
    }
    return value;
  }

  function ask(operation, method, argumentsOf) {
    try {
      let json;
      try {
        json = JSONStringify(argumentsOf());
      } catch (error) {
        throw error instanceof MemoryError ? error : invalidInput(`memory.${method}: the arguments cannot be sent as JSON: ${error?.message ?? error}`);
      }
      return native.memoryStart(operation, json);
    } catch (error) {
      return new Promise((_, reject) => reject(error));
    }
  }

  // The stack is that of the call, which is over.
  shared.hooks.memoryError = (code, message, stack, retryAfterMs) => {
    const error = new MemoryError(message, { code, retryAfterMs });
    ObjectDefineProperty(error, "stack", { __proto__: null, value: stack, writable: true, configurable: true });
    return error;
  };

  const record = {
    start: (episode) => ask(START, "record.start", () => objectOf("record.start", episode)),
    step: (episodeId, step) =>
      ask(STEP, "record.step", () => ({ ...objectOf("record.step", step), episode_id: episodeId })),
    complete: (episodeId, end) =>
      ask(COMPLETE, "record.complete", () => ({ ...objectOf("record.complete", end), episode_id: episodeId })),
  };

  const memory = {
    query: (asked) => ask(QUERY, "query", () => objectOf("query", asked, "query")),
    similar: (episodeId, options = {}) =>
      ask(SIMILAR, "similar", () => ({ ...objectOf("similar", options), episode_id: episodeId })),
    patterns: (asked) => ask(PATTERNS, "patterns", () => objectOf("patterns", asked, "query")),
    recommend: (task) => ask(RECOMMEND, "recommend", () => objectOf("recommend", task, "task_description")),
    episode: (episodeId) => ask(EPISODE, "episode", () => ({ episode_id: episodeId })),
    record,
  };
  ObjectDefineProperty(memory, Symbol.toStringTag, { value: "memory" });

  shared.defineGlobal("MemoryError", MemoryError);
  shared.defineGlobal("memory", memory);
})
