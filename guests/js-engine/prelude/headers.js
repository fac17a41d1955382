// Headers, after the Fetch standard. What may be sent is the host's to say; here is only what a header is.
(function (native, shared) {
  "use strict";
  const {
    ArrayPush, ArraySort, ObjectKeys, RegExpExec, StringCharCodeAt, StringSlice, StringToLowerCase,
  } = shared.primordials;
  const { requireArguments } = shared;

  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const NOT_IN_VALUES = /[\0\r\n]|[^\0-\xff]/;
  const SET_COOKIE = "set-cookie";

  const isSpace = (code) => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

  function normalName(name) {
    const text = `${name}`;
    if (RegExpExec(TOKEN, text) === null) throw new TypeError(`Headers: ${shared.inspect(text)} is no name of a header`);
    return StringToLowerCase(text);
  }

  function normalValue(name, value) {
    const text = `${value}`;
    let begin = 0;
    let end = text.length;
    while (begin < end && isSpace(StringCharCodeAt(text, begin))) begin++;
    while (end > begin && isSpace(StringCharCodeAt(text, end - 1))) end--;
    const trimmed = StringSlice(text, begin, end);
    if (RegExpExec(NOT_IN_VALUES, trimmed) !== null) {
      throw new TypeError(`Headers: the value of ${name} has line ends, or characters beyond U+00FF`);
    }
    return trimmed;
  }

  class Headers {
    // Pairs of a name in lower case and a value, in the order they came.
    #list = [];

    constructor(init = undefined) {
      if (init === undefined) return;
      if (init === null || (typeof init !== "object" && typeof init !== "function")) {
        throw new TypeError("Headers takes an object, or pairs of names and values");
      }
      if (#list in init) {
        const { length } = init.#list;
        for (let i = 0; i < length; i++) ArrayPush(this.#list, init.#list[i]);
        return;
      }
      if (init[Symbol.iterator] !== undefined) {
        for (const pair of init) {
          const entry = [...pair];
          if (entry.length !== 2) throw new TypeError("Headers: each header must be a name and a value");
          this.#append(entry[0], entry[1]);
        }
        return;
      }
      const keys = ObjectKeys(init);
      for (let i = 0; i < keys.length; i++) this.#append(keys[i], init[keys[i]]);
    }

    static {
      // As they are sent: names and values in turn.
      shared.flatHeaders = (headers) => {
        const flat = [];
        for (let i = 0; i < headers.#list.length; i++) ArrayPush(flat, headers.#list[i][0], headers.#list[i][1]);
        return flat;
      };
      // As they came: the host's own names and values, which are not looked at again.
      shared.headersOf = (flat) => {
        const headers = new Headers();
        for (let i = 0; i < flat.length; i += 2) ArrayPush(headers.#list, [flat[i], flat[i + 1]]);
        return headers;
      };
    }

    #append(name, value) {
      const key = normalName(name);
      ArrayPush(this.#list, [key, normalValue(key, value)]);
    }

    #without(key) {
      const kept = [];
      for (let i = 0; i < this.#list.length; i++) if (this.#list[i][0] !== key) ArrayPush(kept, this.#list[i]);
      return kept;
    }

    #value(key) {
      let joined = null;
      for (let i = 0; i < this.#list.length; i++) {
        if (this.#list[i][0] !== key) continue;
        joined = joined === null ? this.#list[i][1] : joined + ", " + this.#list[i][1];
      }
      return joined;
    }

    // Sorted by name, each name once with all its values; cookies apart, since commas are part of them.
    #sorted() {
      const names = { __proto__: null };
      const cookies = [];
      for (let i = 0; i < this.#list.length; i++) {
        const name = this.#list[i][0];
        if (name === SET_COOKIE) ArrayPush(cookies, this.#list[i][1]);
        names[name] = true;
      }
      const sorted = ArraySort(ObjectKeys(names), (one, other) => (one < other ? -1 : one > other ? 1 : 0));
      const pairs = [];
      for (let i = 0; i < sorted.length; i++) {
        if (sorted[i] !== SET_COOKIE) {
          ArrayPush(pairs, [sorted[i], this.#value(sorted[i])]);
          continue;
        }
        for (let j = 0; j < cookies.length; j++) ArrayPush(pairs, [SET_COOKIE, cookies[j]]);
      }
      return pairs;
    }

    append(name, value) {
      requireArguments("Headers.append", arguments.length, 2);
      this.#append(name, value);
    }

    delete(name) {
      requireArguments("Headers.delete", arguments.length, 1);
      this.#list = this.#without(normalName(name));
    }

    get(name) {
      requireArguments("Headers.get", arguments.length, 1);
      return this.#value(normalName(name));
    }

    getSetCookie() {
      const cookies = [];
      for (let i = 0; i < this.#list.length; i++) {
        if (this.#list[i][0] === SET_COOKIE) ArrayPush(cookies, this.#list[i][1]);
      }
      return cookies;
    }

    has(name) {
      requireArguments("Headers.has", arguments.length, 1);
      return this.#value(normalName(name)) !== null;
    }

    set(name, value) {
      requireArguments("Headers.set", arguments.length, 2);
      const key = normalName(name);
      const text = normalValue(key, value);
      this.#list = this.#without(key);
      ArrayPush(this.#list, [key, text]);
    }

    forEach(callback, thisArg = undefined) {
      if (typeof callback !== "function") throw new TypeError("Headers.forEach: the callback must be a function");
      const pairs = this.#sorted();
      for (let i = 0; i < pairs.length; i++) callback.call(thisArg, pairs[i][1], pairs[i][0], this);
    }

    static #iterator(headers, pick) {
      let next = 0;
      headers.#list;
      return Object.create(HeadersIteratorPrototype, {
        next: {
          value: () => {
            const pair = headers.#sorted()[next++];
            return pair === undefined ? { value: undefined, done: true } : { value: pick(pair), done: false };
          },
        },
      });
    }

    entries() {
      return Headers.#iterator(this, (pair) => pair);
    }

    keys() {
      return Headers.#iterator(this, (pair) => pair[0]);
    }

    values() {
      return Headers.#iterator(this, (pair) => pair[1]);
    }
  }

  const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  const HeadersIteratorPrototype = Object.create(IteratorPrototype, {
    [Symbol.toStringTag]: { value: "Headers Iterator", configurable: true },
  });
  Object.defineProperty(Headers.prototype, Symbol.iterator, {
    value: Headers.prototype.entries,
    writable: true,
    configurable: true,
  });
  shared.exposeInterface("Headers", Headers, (headers, show) => {
    const flat = shared.flatHeaders(headers);
    const entries = [];
    for (let i = 0; i < flat.length; i += 2) ArrayPush(entries, `${flat[i]}: ${show(flat[i + 1])}`);
    return entries;
  });
})
