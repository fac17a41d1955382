// URL: the host parses and serialises, this class holds the parts and keeps searchParams in step.
(function (native, shared) {
  "use strict";
  const { toUSVString, linkedSearchParams, resetSearchParams, requireArguments } = shared;

  // Positions in the list that native.urlParse and native.urlSet answer with.
  const HREF = 0;
  const PROTOCOL = 1;
  const USERNAME = 2;
  const PASSWORD = 3;
  const HOST = 4;
  const HOSTNAME = 5;
  const PORT = 6;
  const PATHNAME = 7;
  const SEARCH = 8;
  const HASH = 9;
  const ORIGIN = 10;

  const parse = (input, base) =>
    native.urlParse(toUSVString(input), base === undefined ? undefined : toUSVString(base)) ?? undefined;

  function invalidUrl(input) {
    const error = new TypeError(`Invalid URL: ${shared.inspect(`${input}`)}`);
    error.code = "ERR_INVALID_URL";
    return error;
  }

  class URL {
    #parts;
    #params;

    constructor(url, base = undefined) {
      requireArguments("URL", arguments.length, 1);
      this.#parts = parse(url, base);
      if (this.#parts === undefined) throw invalidUrl(url);
    }

    static canParse(url, base = undefined) {
      requireArguments("URL.canParse", arguments.length, 1);
      return parse(url, base) !== undefined;
    }

    static parse(url, base = undefined) {
      requireArguments("URL.parse", arguments.length, 1);
      return URL.canParse(url, base) ? new URL(url, base) : null;
    }

    #set(part, value) {
      this.#parts = native.urlSet(this.#parts[HREF], part, toUSVString(value)) ?? this.#parts;
    }

    get href() {
      return this.#parts[HREF];
    }

    set href(value) {
      const parts = parse(value, undefined);
      if (parts === undefined) throw invalidUrl(value);
      this.#parts = parts;
      if (this.#params !== undefined) resetSearchParams(this.#params, parts[SEARCH]);
    }

    get origin() {
      return this.#parts[ORIGIN];
    }

    get protocol() {
      return this.#parts[PROTOCOL];
    }

    set protocol(value) {
      this.#set("protocol", value);
    }

    get username() {
      return this.#parts[USERNAME];
    }

    set username(value) {
      this.#set("username", value);
    }

    get password() {
      return this.#parts[PASSWORD];
    }

    set password(value) {
      this.#set("password", value);
    }

    get host() {
      return this.#parts[HOST];
    }

    set host(value) {
      this.#set("host", value);
    }

    get hostname() {
      return this.#parts[HOSTNAME];
    }

    set hostname(value) {
      this.#set("hostname", value);
    }

    get port() {
      return this.#parts[PORT];
    }

    set port(value) {
      this.#set("port", value);
    }

    get pathname() {
      return this.#parts[PATHNAME];
    }

    set pathname(value) {
      this.#set("pathname", value);
    }

    get search() {
      return this.#parts[SEARCH];
    }

    set search(value) {
      this.#set("search", value);
      if (this.#params !== undefined) resetSearchParams(this.#params, this.#parts[SEARCH]);
    }

    get searchParams() {
      // Made at first use: most URLs are never asked for their parameters.
      this.#params ??= linkedSearchParams(this.#parts[SEARCH], (query) => this.#set("search", query));
      return this.#params;
    }

    get hash() {
      return this.#parts[HASH];
    }

    set hash(value) {
      this.#set("hash", value);
    }

    toString() {
      return this.#parts[HREF];
    }

    toJSON() {
      return this.#parts[HREF];
    }
  }

  const SHOWN = [
    "href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search",
    "searchParams", "hash",
  ];
  shared.exposeInterface("URL", URL, (url, show) => {
    const entries = [];
    for (let i = 0; i < SHOWN.length; i++) entries[i] = `${SHOWN[i]}: ${show(url[SHOWN[i]])}`;
    return entries;
  });
})
