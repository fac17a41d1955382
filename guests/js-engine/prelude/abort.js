// AbortController and AbortSignal, after the DOM standard.
(function (native, shared) {
  "use strict";
  const { ArrayPush, Number, Set, SetAdd, SetDelete, SetForEach } = shared.primordials;
  const { DOMException, Event, EventTarget } = shared;

  // Only this file can make signals: `new AbortSignal()` is an error on the web.
  const INTERNAL = Symbol("internal");

  let signalAbort;

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason = undefined;
    #algorithms = new Set();
    // Signals made by AbortSignal.any() of this one, and of what a signal of that kind is made.
    #dependents = new Set();
    #sources = [];
    #isDependent = false;

    constructor(key = undefined) {
      if (key !== INTERNAL) throw new TypeError("Illegal constructor: AbortController makes signals");
      super();
    }

    static {
      signalAbort = (signal, reason) => signal.#abort(reason);
      shared.isAbortSignal = (value) => typeof value === "object" && value !== null && #aborted in value;
      // Returns how to take the algorithm back. Not for signals that are aborted already.
      shared.onAbort = (signal, algorithm) => {
        SetAdd(signal.#algorithms, algorithm);
        return () => SetDelete(signal.#algorithms, algorithm);
      };
    }

    static abort(reason = undefined) {
      const signal = new AbortSignal(INTERNAL);
      signal.#aborted = true;
      signal.#reason = reason === undefined ? abortError() : reason;
      return signal;
    }

    static timeout(milliseconds) {
      shared.requireArguments("AbortSignal.timeout", arguments.length, 1);
      const delay = Number(milliseconds);
      if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
        throw new TypeError("AbortSignal.timeout: the delay must be a non-negative number of milliseconds");
      }
      const signal = new AbortSignal(INTERNAL);
      shared.startBackgroundTimeout(() => {
        signal.#abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
      }, delay);
      return signal;
    }

    static any(signals) {
      shared.requireArguments("AbortSignal.any", arguments.length, 1);
      const given = [...signals];
      for (const signal of given) {
        if (!shared.isAbortSignal(signal)) throw new TypeError("AbortSignal.any: every element must be an AbortSignal");
      }
      const result = new AbortSignal(INTERNAL);
      for (const signal of given) {
        if (!signal.#aborted) continue;
        result.#aborted = true;
        result.#reason = signal.#reason;
        return result;
      }
      result.#isDependent = true;
      for (const signal of given) {
        const sources = signal.#isDependent ? signal.#sources : [signal];
        for (const source of sources) {
          ArrayPush(result.#sources, source);
          SetAdd(source.#dependents, result);
        }
      }
      return result;
    }

    get aborted() {
      return this.#aborted;
    }

    get reason() {
      return this.#reason;
    }

    throwIfAborted() {
      if (this.#aborted) throw this.#reason;
    }

    #abort(reason) {
      if (this.#aborted) return;
      this.#aborted = true;
      this.#reason = reason === undefined ? abortError() : reason;
      // All dependents are aborted before any program code runs and may ask them.
      const dependents = [];
      SetForEach(this.#dependents, (dependent) => {
        if (dependent.#aborted) return;
        dependent.#aborted = true;
        dependent.#reason = this.#reason;
        ArrayPush(dependents, dependent);
      });
      this.#run();
      for (let i = 0; i < dependents.length; i++) dependents[i].#run();
    }

    #run() {
      const algorithms = this.#algorithms;
      this.#algorithms = new Set();
      SetForEach(algorithms, (algorithm) => algorithm());
      this.dispatchEvent(new Event("abort"));
    }
  }

  const abortError = () => new DOMException("This operation was aborted", "AbortError");

  class AbortController {
    #signal = new AbortSignal(INTERNAL);

    get signal() {
      return this.#signal;
    }

    abort(reason = undefined) {
      signalAbort(this.#signal, reason);
    }
  }

  shared.defineEventHandler(AbortSignal, "abort");
  shared.exposeInterface("AbortSignal", AbortSignal, (signal, show) => [`aborted: ${show(signal.aborted)}`]);
  shared.exposeInterface("AbortController", AbortController, (controller, show) => [
    `signal: ${show(controller.signal)}`,
  ]);
})
