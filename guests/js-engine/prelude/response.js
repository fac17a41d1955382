// Response, after the Fetch standard. Bodies are whole when they are here: there are no streams.
(function (native, shared) {
  "use strict";
  const { JSONStringify, Number, RegExpExec } = shared.primordials;
  const { bytesOfBuffer, copyBytes, extractBody, headersOf, requireArguments, toObjectOptions, toUSVString } = shared;
  const { Headers } = globalThis;

  // Positions in the list that the host answers with.
  const STATUS = 0;
  const REASON = 1;
  const URL = 2;
  const REDIRECTED = 3;
  const HEADERS = 4;
  const BODY = 5;

  const WITHOUT_BODY = { __proto__: null, 101: true, 103: true, 204: true, 205: true, 304: true };
  const REDIRECTS = { __proto__: null, 301: true, 302: true, 303: true, 307: true, 308: true };
  const REASON_PHRASE = /^[\t \x21-\x7e\x80-\xff]*$/;

  class Response {
    #status = 200;
    #statusText = "";
    #url = "";
    #redirected = false;
    #type = "default";
    #headers;
    #bytes = null;
    #used = false;

    constructor(body = null, options = undefined) {
      const { status = 200, statusText = "", headers } = toObjectOptions(options, "Response");
      const number = Number(status);
      if (!(number >= 200 && number <= 599 && number % 1 === 0)) {
        throw new RangeError(`Response: the status is a whole number from 200 to 599, not ${shared.inspect(status)}`);
      }
      const text = `${statusText}`;
      if (RegExpExec(REASON_PHRASE, text) === null) throw new TypeError("Response: statusText has characters that it cannot have");
      this.#status = number;
      this.#statusText = text;
      this.#headers = new Headers(headers);
      const given = extractBody(body, "Response");
      if (given.bytes !== null && WITHOUT_BODY[number]) throw new TypeError(`Response: a ${number} has no body`);
      if (given.type !== null && !this.#headers.has("content-type")) this.#headers.set("content-type", given.type);
      this.#bytes = given.bytes;
    }

    static {
      shared.responseOf = (told) => {
        const response = new Response();
        response.#status = told[STATUS];
        response.#statusText = told[REASON];
        response.#url = told[URL];
        response.#redirected = told[REDIRECTED];
        response.#headers = headersOf(told[HEADERS]);
        response.#bytes = bytesOfBuffer(told[BODY]);
        response.#type = "basic";
        return response;
      };
      shared.takeResponseBody = (response) => {
        if (response.#used) throw new TypeError("Body is unusable: the body of this response was already read; clone() the response before");
        if (response.#bytes !== null) response.#used = true;
        return response.#bytes;
      };
    }

    static error() {
      const response = new Response();
      response.#status = 0;
      response.#type = "error";
      return response;
    }

    static json(data, options = undefined) {
      requireArguments("Response.json", arguments.length, 1);
      const text = JSONStringify(data);
      if (text === undefined) throw new TypeError("Response.json: the value cannot be told as JSON");
      const response = new Response(text, options);
      if (new Headers(options?.headers).get("content-type") === null) response.#headers.set("content-type", "application/json");
      return response;
    }

    static redirect(url, status = 302) {
      requireArguments("Response.redirect", arguments.length, 1);
      const parts = native.urlParse(toUSVString(url), undefined);
      if (parts === null || parts === undefined) throw new TypeError(`Failed to parse URL from ${url}`);
      if (!REDIRECTS[status]) throw new RangeError(`Response.redirect: ${shared.inspect(status)} is no status of a redirect`);
      return new Response(null, { status, headers: { location: parts[0] } });
    }

    get type() {
      return this.#type;
    }

    get url() {
      return this.#url;
    }

    get redirected() {
      return this.#redirected;
    }

    get status() {
      return this.#status;
    }

    get ok() {
      return this.#status >= 200 && this.#status <= 299;
    }

    get statusText() {
      return this.#statusText;
    }

    get headers() {
      return this.#headers;
    }

    get bodyUsed() {
      return this.#used;
    }

    clone() {
      if (this.#used) throw new TypeError("Response.clone: Body has already been consumed.");
      const copy = new Response();
      copy.#status = this.#status;
      copy.#statusText = this.#statusText;
      copy.#url = this.#url;
      copy.#redirected = this.#redirected;
      copy.#type = this.#type;
      copy.#headers = new Headers(this.#headers);
      copy.#bytes = this.#bytes === null ? null : copyBytes(this.#bytes);
      return copy;
    }
  }

  shared.defineBody(Response, shared.takeResponseBody);
  shared.exposeInterface("Response", Response, (response, show) => [
    `status: ${show(response.status)}`, `statusText: ${show(response.statusText)}`, `headers: ${show(response.headers)}`,
    `bodyUsed: ${show(response.bodyUsed)}`, `ok: ${show(response.ok)}`, `redirected: ${show(response.redirected)}`,
    `type: ${show(response.type)}`, `url: ${show(response.url)}`,
  ]);
})
