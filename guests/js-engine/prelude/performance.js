// performance.now(), on the clock of the call: it is 0 when the call starts.
(function (native, shared) {
  "use strict";
  const { DateNow } = shared.primordials;

  class Performance extends shared.EventTarget {
    #timeOrigin;

    now() {
      this.#timeOrigin;
      return native.now();
    }

    // Not at boot: the snapshot's clock is not the call's.
    get timeOrigin() {
      this.#timeOrigin ??= DateNow() - native.now();
      return this.#timeOrigin;
    }

    toJSON() {
      return { timeOrigin: this.timeOrigin };
    }
  }

  shared.defineInterface("Performance", Performance, (performance, show) => [
    `timeOrigin: ${show(performance.timeOrigin)}`,
  ]);
  shared.defineGlobal("performance", new Performance());
})
