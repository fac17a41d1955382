// Event, CustomEvent and EventTarget, after the DOM standard without a tree: targets have no parents.
(function (native, shared) {
  "use strict";
  const {
    ArrayIndexOf, ArrayPush, ArraySlice, ArraySplice, Map, MapGet, MapSet, ReflectApply,
  } = shared.primordials;
  const { DOMException, requireArguments, toObjectOptions } = shared;

  const NONE = 0;
  const AT_TARGET = 2;

  let dispatch;

  class Event {
    #type;
    #bubbles;
    #cancelable;
    #composed;
    #timeStamp = native.now();
    #target = null;
    #currentTarget = null;
    #canceled = false;
    #propagationStopped = false;
    #immediatelyStopped = false;
    #dispatching = false;
    #passive = false;

    constructor(type, options = undefined) {
      requireArguments("Event", arguments.length, 1);
      const { bubbles, cancelable, composed } = toObjectOptions(options, "Event");
      this.#type = `${type}`;
      this.#bubbles = Boolean(bubbles);
      this.#cancelable = Boolean(cancelable);
      this.#composed = Boolean(composed);
    }

    static {
      dispatch = (event, target, listeners, remove) => {
        if (event.#dispatching) {
          throw new DOMException("The event is already being dispatched", "InvalidStateError");
        }
        event.#dispatching = true;
        event.#target = event.#currentTarget = target;
        for (let i = 0; i < listeners.length && !event.#immediatelyStopped; i++) {
          const listener = listeners[i];
          if (listener.removed) continue;
          if (listener.once) remove(listener);
          event.#passive = listener.passive;
          try {
            const { callback } = listener;
            if (typeof callback === "function") ReflectApply(callback, target, [event]);
            else callback.handleEvent(event);
          } catch (error) {
            native.reportError(error);
          }
        }
        event.#passive = false;
        event.#dispatching = event.#propagationStopped = event.#immediatelyStopped = false;
        event.#currentTarget = null;
        return !event.#canceled;
      };
    }

    get type() {
      return this.#type;
    }

    get target() {
      return this.#target;
    }

    get srcElement() {
      return this.#target;
    }

    get currentTarget() {
      return this.#currentTarget;
    }

    get eventPhase() {
      return this.#dispatching ? AT_TARGET : NONE;
    }

    get bubbles() {
      return this.#bubbles;
    }

    get cancelable() {
      return this.#cancelable;
    }

    get composed() {
      return this.#composed;
    }

    get defaultPrevented() {
      return this.#canceled;
    }

    get returnValue() {
      return !this.#canceled;
    }

    get cancelBubble() {
      return this.#propagationStopped;
    }

    get isTrusted() {
      this.#type;
      return false;
    }

    get timeStamp() {
      return this.#timeStamp;
    }

    composedPath() {
      return this.#dispatching ? [this.#currentTarget] : [];
    }

    preventDefault() {
      if (this.#cancelable && !this.#passive) this.#canceled = true;
    }

    stopPropagation() {
      this.#propagationStopped = true;
    }

    stopImmediatePropagation() {
      this.#propagationStopped = this.#immediatelyStopped = true;
    }
  }

  for (const [name, value] of Object.entries({ NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 })) {
    Object.defineProperty(Event, name, { value, enumerable: true });
    Object.defineProperty(Event.prototype, name, { value, enumerable: true });
  }

  class CustomEvent extends Event {
    #detail;

    constructor(type, options = undefined) {
      requireArguments("CustomEvent", arguments.length, 1);
      super(type, options);
      this.#detail = toObjectOptions(options, "CustomEvent").detail ?? null;
    }

    get detail() {
      return this.#detail;
    }
  }

  const captureOf = (options) =>
    typeof options === "object" && options !== null ? Boolean(options.capture) : Boolean(options);

  function isListener(callback) {
    if (typeof callback === "function" || (typeof callback === "object" && callback !== null)) return true;
    if (callback === null || callback === undefined) return false;
    throw new TypeError("EventTarget: the listener must be a function or an object with handleEvent()");
  }

  class EventTarget {
    #listeners = new Map();

    #find(type, callback, capture) {
      const list = MapGet(this.#listeners, type) ?? [];
      for (let i = 0; i < list.length; i++) {
        if (list[i].callback === callback && list[i].capture === capture) return list[i];
      }
      return undefined;
    }

    #remove(type, listener) {
      const list = MapGet(this.#listeners, type);
      listener.removed = true;
      const index = ArrayIndexOf(list, listener);
      if (index !== -1) ArraySplice(list, index, 1);
    }

    addEventListener(type, callback, options = undefined) {
      requireArguments("EventTarget.addEventListener", arguments.length, 2);
      const name = `${type}`;
      const capture = captureOf(options);
      const { once, passive, signal } = typeof options === "object" && options !== null ? options : {};
      if (signal !== undefined && !shared.isAbortSignal(signal)) {
        throw new TypeError("EventTarget.addEventListener: signal must be an AbortSignal");
      }
      if (!isListener(callback) || signal?.aborted || this.#find(name, callback, capture) !== undefined) return;
      const listener = { callback, capture, once: Boolean(once), passive: Boolean(passive), removed: false };
      const list = MapGet(this.#listeners, name);
      if (list === undefined) MapSet(this.#listeners, name, [listener]);
      else ArrayPush(list, listener);
      if (signal !== undefined) shared.onAbort(signal, () => this.#remove(name, listener));
    }

    removeEventListener(type, callback, options = undefined) {
      requireArguments("EventTarget.removeEventListener", arguments.length, 2);
      const name = `${type}`;
      const listener = this.#find(name, callback, captureOf(options));
      if (listener !== undefined) this.#remove(name, listener);
    }

    dispatchEvent(event) {
      requireArguments("EventTarget.dispatchEvent", arguments.length, 1);
      if (!(event instanceof Event)) throw new TypeError("EventTarget.dispatchEvent: the argument must be an Event");
      const list = MapGet(this.#listeners, event.type) ?? [];
      // A copy: listeners added while dispatching wait for the next event.
      return dispatch(event, this, ArraySlice(list), (listener) => this.#remove(event.type, listener));
    }
  }

  // The `onname` attribute of a target: an ordinary listener that keeps its place when it is replaced.
  shared.defineEventHandler = (Class, type) => {
    const handlers = new WeakMap();
    Object.defineProperty(Class.prototype, `on${type}`, {
      get() {
        return handlers.get(this)?.handler ?? null;
      },
      set(value) {
        const handler = typeof value === "function" ? value : null;
        const known = handlers.get(this);
        if (known !== undefined) {
          known.handler = handler;
        } else if (handler !== null) {
          const entry = { handler };
          this.addEventListener(type, function (event) {
            if (entry.handler !== null) ReflectApply(entry.handler, this, [event]);
          });
          handlers.set(this, entry);
        }
      },
      enumerable: true,
      configurable: true,
    });
  };

  const SHOWN = ["type", "defaultPrevented", "cancelable", "timeStamp"];
  shared.exposeInterface("Event", Event, (event, show) => {
    const entries = [];
    for (let i = 0; i < SHOWN.length; i++) entries[i] = `${SHOWN[i]}: ${show(event[SHOWN[i]])}`;
    return entries;
  });
  shared.exposeInterface("CustomEvent", CustomEvent, (event, show) => [
    `type: ${show(event.type)}`,
    `detail: ${show(event.detail)}`,
  ]);
  shared.exposeInterface("EventTarget", EventTarget);
  shared.Event = Event;
  shared.EventTarget = EventTarget;
})
