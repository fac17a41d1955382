// `fetch`: a request by the host, to the hosts that it granted. It resolves when the whole answer is here.
(function (native, shared) {
  "use strict";
  const { ObjectDefineProperty } = shared.primordials;
  const { Request } = globalThis;

  async function fetch(input, options = undefined) {
    shared.requireArguments("fetch", arguments.length, 1);
    const request = new Request(input, options);
    const signal = shared.signalOfRequest(request);
    signal?.throwIfAborted();
    const call = shared.startRequest(request);
    if (signal !== undefined) native.whenOver(call, shared.onAbort(signal, () => native.giveUp(call, signal.reason)));
    return shared.responseOf(await call);
  }

  // The stack is that of the call, which is over.
  shared.hooks.fetchError = (code, message, stack) => {
    const error = new TypeError(`fetch failed: ${message}`);
    error.code = code;
    ObjectDefineProperty(error, "stack", { __proto__: null, value: stack, writable: true, configurable: true });
    return error;
  };

  shared.defineGlobal("fetch", fetch);
})
