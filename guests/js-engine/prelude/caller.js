// `caller`: whoever called a plugin, who is told how far the call is and asked what it needs to know.
(function (native, shared) {
  "use strict";
  const { ArrayIsArray, JSONStringify, ObjectDefineProperty, Promise, String } = shared.primordials;

  class CallerError extends Error {
    constructor(message, { code, retryAfterMs } = {}) {
      super(message);
      this.code = code;
      if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    }
  }
  ObjectDefineProperty(CallerError.prototype, "name", { value: "CallerError", writable: true, configurable: true });

  const invalidInput = (message) => new CallerError(message, { code: "invalid_input" });

  function tell(what, said) {
    try {
      native.callerTell(what, JSONStringify(said));
    } catch (error) {
      throw new CallerError(String(error?.message ?? error), { code: error?.code ?? "failed", retryAfterMs: error?.retryAfterMs });
    }
  }

  function numberOf(name, value) {
    // NaN and the infinities are no numbers in JSON.
    if (typeof value !== "number" || value - value !== 0) throw invalidInput(`caller.progress: ${name} is a finite number`);
    return value;
  }

  function questionsJson(questions) {
    if (typeof questions !== "object" || questions === null || ArrayIsArray(questions)) {
      throw invalidInput("caller.ask takes questions by their names, such as { who: { form: { message, schema } } }");
    }
    let json;
    try {
      json = JSONStringify(questions);
    } catch (error) {
      throw invalidInput(`caller.ask: the questions cannot be sent as JSON: ${error?.message ?? error}`);
    }
    return `${json}`;
  }

  // The stack is that of the call, which is over.
  shared.hooks.callerError = (code, message, stack, retryAfterMs) => {
    const error = new CallerError(message, { code, retryAfterMs });
    ObjectDefineProperty(error, "stack", { __proto__: null, value: stack, writable: true, configurable: true });
    return error;
  };

  const caller = {
    progress(done, total = undefined, message = undefined) {
      tell("progress", {
        done: numberOf("done", done),
        total: total == null ? undefined : numberOf("total", total),
        message: message == null ? undefined : `${message}`,
      });
    },
    log(level, message) {
      tell("log", { level: `${level}`, message: `${message}` });
    },
    canBeAsked() {
      return native.callerAsk("can-be-asked", "{}");
    },
    ask(questions) {
      try {
        return native.callerAsk("ask", questionsJson(questions));
      } catch (error) {
        return new Promise((_, reject) => reject(error));
      }
    },
  };
  ObjectDefineProperty(caller, Symbol.toStringTag, { value: "caller" });

  shared.defineGlobal("CallerError", CallerError);
  shared.defineGlobal("caller", caller);
})
