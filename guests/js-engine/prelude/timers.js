// setTimeout and its kin as a binary heap that the host's event loop asks for what is due; and microtasks.
(function (native, shared) {
  "use strict";
  const {
    Map, MapDelete, MapGet, MapSet, MapSize, MathMin, MathTrunc, Number, Promise, PromiseThen, ReflectApply,
  } = shared.primordials;

  const MAX_TIMERS = 10_000;
  const MAX_DELAY = 2 ** 31 - 1;
  // An interval without a pause would never let the event loop wait.
  const MIN_INTERVAL = 1;
  const NOT_IN_HEAP = -1;

  const byId = new Map();
  // Ordered by (deadline, sequence); every timer knows its place so that clearing one is logarithmic.
  const heap = { __proto__: null, length: 0 };
  let lastId = 0;
  let lastSequence = 0;
  let live = 0;

  const precedes = (a, b) => a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence);

  function place(timer, index) {
    heap[index] = timer;
    timer.index = index;
  }

  function siftUp(timer, from) {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!precedes(timer, heap[parent])) break;
      place(heap[parent], index);
      index = parent;
    }
    place(timer, index);
  }

  function siftDown(timer, from) {
    let index = from;
    for (let child = 2 * index + 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && precedes(heap[child + 1], heap[child])) child++;
      if (!precedes(heap[child], timer)) break;
      place(heap[child], index);
      index = child;
    }
    place(timer, index);
  }

  function schedule(timer, deadline) {
    timer.deadline = deadline;
    timer.sequence = ++lastSequence;
    siftUp(timer, heap.length++);
  }

  function unschedule(timer) {
    const { index } = timer;
    timer.index = NOT_IN_HEAP;
    const last = heap[--heap.length];
    delete heap[heap.length];
    if (last === timer) return;
    siftUp(last, index);
    siftDown(last, last.index);
  }

  function forget(timer) {
    MapDelete(byId, timer.id);
    if (timer.keepsAlive) live--;
  }

  function start(name, callback, delay, args, repeats, keepsAlive) {
    if (typeof callback !== "function") {
      throw new TypeError(`${name}: the callback must be a function, got ${shared.inspect(callback)}`);
    }
    if (MapSize(byId) >= MAX_TIMERS) throw new RangeError(`at most ${MAX_TIMERS} timers may be pending`);
    const number = MathTrunc(Number(delay));
    const wait = number > 0 ? MathMin(number, MAX_DELAY) : 0;
    const period = !repeats ? undefined : wait < MIN_INTERVAL ? MIN_INTERVAL : wait;
    const id = ++lastId;
    const timer = { __proto__: null, id, callback, args, period, keepsAlive, deadline: 0, sequence: 0, index: NOT_IN_HEAP };
    schedule(timer, native.now() + (period ?? wait));
    MapSet(byId, id, timer);
    if (keepsAlive) live++;
    return id;
  }

  function clear(id) {
    const timer = MapGet(byId, typeof id === "number" ? id : Number(id));
    if (timer === undefined) return;
    forget(timer);
    if (timer.index !== NOT_IN_HEAP) unschedule(timer);
  }

  function run(callback, args) {
    try {
      ReflectApply(callback, undefined, args);
    } catch (error) {
      native.reportError(error);
    }
  }

  function setTimeout(callback, delay = 0, ...args) {
    return start("setTimeout", callback, delay, args, false, true);
  }

  // Intervals alone do not keep a program alive: one that is never cleared would make every call time out.
  function setInterval(callback, delay = 0, ...args) {
    return start("setInterval", callback, delay, args, true, false);
  }

  function clearTimeout(id = undefined) {
    clear(id);
  }

  function clearInterval(id = undefined) {
    clear(id);
  }

  const resolved = Promise.resolve();
  function queueMicrotask(callback) {
    shared.requireArguments("queueMicrotask", arguments.length, 1);
    if (typeof callback !== "function") {
      throw new TypeError(`queueMicrotask: the callback must be a function, got ${shared.inspect(callback)}`);
    }
    PromiseThen(resolved, () => run(callback, []));
  }

  function reportError(error) {
    shared.requireArguments("reportError", arguments.length, 1);
    native.reportError(error);
  }

  // For AbortSignal.timeout, which must not keep a finished program waiting.
  shared.startBackgroundTimeout = (callback, delay) => start("AbortSignal.timeout", callback, delay, [], false, false);

  shared.hooks = {
    __proto__: null,
    nextTimer: () => (heap.length === 0 ? -1 : heap[0].deadline),
    liveTimers: () => live,
    fireTimers(now) {
      if (heap.length === 0 || heap[0].deadline > now) return false;
      const timer = heap[0];
      unschedule(timer);
      if (timer.period === undefined) forget(timer);
      run(timer.callback, timer.args);
      if (timer.period !== undefined && MapGet(byId, timer.id) === timer) schedule(timer, now + timer.period);
      return true;
    },
    inspect: shared.display,
    describeError: shared.describeError,
  };

  for (const global of [setTimeout, setInterval, clearTimeout, clearInterval, queueMicrotask, reportError]) {
    shared.defineGlobal(global.name, global);
  }
})
