// Request, after the Fetch standard: what `fetch` is asked for. Where it may go is the host's to say.
(function (native, shared) {
  "use strict";
  const { StringToUpperCase, TypedArrayBuffer } = shared.primordials;
  const { copyBytes, extractBody, requireArguments, toObjectOptions, toUSVString } = shared;
  const { AbortController, Headers } = globalThis;

  const HREF = 0;
  const USERNAME = 2;
  const PASSWORD = 3;

  const NORMALISED = { __proto__: null, DELETE: true, GET: true, HEAD: true, OPTIONS: true, POST: true, PUT: true };
  const FORBIDDEN = { __proto__: null, CONNECT: true, TRACE: true, TRACK: true };
  const REDIRECTS = { __proto__: null, follow: 0, error: 1, manual: 2 };

  function urlOf(input) {
    const text = toUSVString(input);
    const parts = native.urlParse(text, undefined);
    if (parts === null || parts === undefined) {
      const error = new TypeError(`Failed to parse URL from ${text}`);
      error.code = "ERR_INVALID_URL";
      throw error;
    }
    if (parts[USERNAME] !== "" || parts[PASSWORD] !== "") {
      throw new TypeError("Request: the URL has a user or a password in it, which is not sent; use the authorization header");
    }
    return parts[HREF];
  }

  function methodOf(value) {
    const method = `${value}`;
    const upper = StringToUpperCase(method);
    if (FORBIDDEN[upper]) throw new TypeError(`Request: the method ${method} cannot be sent`);
    return NORMALISED[upper] ? upper : method;
  }

  class Request {
    #url;
    #method = "GET";
    #headers;
    #bytes = null;
    #used = false;
    #redirect = "follow";
    #signal;

    constructor(input, options = undefined) {
      requireArguments("Request", arguments.length, 1);
      const { method, headers, body, redirect, signal } = toObjectOptions(options, "Request");
      const from = typeof input === "object" && input !== null && #url in input ? input : undefined;
      this.#url = from === undefined ? urlOf(input) : from.#url;
      this.#method = method === undefined ? (from?.#method ?? "GET") : methodOf(method);
      this.#headers = new Headers(headers ?? from?.#headers);
      if (redirect !== undefined && REDIRECTS[redirect] === undefined) {
        throw new TypeError(`Request: redirect is "follow", "error" or "manual"; got ${shared.inspect(redirect)}`);
      }
      this.#redirect = redirect ?? from?.#redirect ?? "follow";
      const chosen = signal === undefined ? from?.#signal : (signal ?? undefined);
      if (chosen !== undefined && !shared.isAbortSignal(chosen)) throw new TypeError("Request: signal must be an AbortSignal");
      this.#signal = chosen;
      const given = extractBody(body, "Request");
      if (given.type !== null && !this.#headers.has("content-type")) this.#headers.set("content-type", given.type);
      this.#bytes = given.bytes ?? (from === undefined ? null : shared.takeRequestBody(from));
      if (this.#bytes !== null && (this.#method === "GET" || this.#method === "HEAD")) {
        throw new TypeError(`Request: a ${this.#method} has no body; use another method, such as POST`);
      }
    }

    static {
      shared.takeRequestBody = (request) => {
        if (request.#used) throw new TypeError("The body of this request was already read; clone() the request before");
        if (request.#bytes !== null) request.#used = true;
        return request.#bytes;
      };
      // What the host is asked for.
      shared.startRequest = (request) => {
        const bytes = shared.takeRequestBody(request);
        // The whole of its buffer: it was made by extractBody().
        const body = bytes === null ? undefined : TypedArrayBuffer(bytes);
        return native.httpStart(request.#method, request.#url, shared.flatHeaders(request.#headers), body, REDIRECTS[request.#redirect]);
      };
      shared.signalOfRequest = (request) => request.#signal;
    }

    get method() {
      return this.#method;
    }

    get url() {
      return this.#url;
    }

    get headers() {
      return this.#headers;
    }

    get redirect() {
      return this.#redirect;
    }

    get signal() {
      // Signals have a clock in their events, which nothing may read before it is needed.
      this.#signal ??= new AbortController().signal;
      return this.#signal;
    }

    get bodyUsed() {
      return this.#used;
    }

    clone() {
      if (this.#used) throw new TypeError("The body of this request was already read");
      const copy = new Request(this.#url, { method: this.#method, headers: this.#headers, redirect: this.#redirect, signal: this.#signal });
      copy.#bytes = this.#bytes === null ? null : copyBytes(this.#bytes);
      return copy;
    }
  }

  shared.defineBody(Request, shared.takeRequestBody);
  shared.exposeInterface("Request", Request, (request, show) => [
    `method: ${show(request.method)}`, `url: ${show(request.url)}`, `headers: ${show(request.headers)}`,
    `redirect: ${show(request.redirect)}`, `bodyUsed: ${show(request.bodyUsed)}`,
  ]);
})
