// URLSearchParams: parsing, editing and serialising application/x-www-form-urlencoded.
(function (native, shared) {
  "use strict";
  const {
    ArrayJoin, ArrayPush, ArraySort, ArraySplice, ReflectOwnKeys, StringIncludes, StringIndexOf, StringReplace,
    StringReplaceAll, StringSlice, StringSplit, StringStartsWith, TypedArraySubarray, Uint8Array,
  } = shared.primordials;
  const { requireArguments, toUSVString, utf8Decode } = shared;
  const { decodeURIComponent, encodeURIComponent } = globalThis;

  const PERCENT = 0x25;

  function hexValue(code) {
    if (code >= 0x30 && code <= 0x39) return code - 0x30;
    const letter = code | 0x20;
    return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
  }

  function decodeBytes(text) {
    const bytes = new Uint8Array(native.utf8Encode(text));
    let length = 0;
    for (let i = 0; i < bytes.length; i++) {
      const high = bytes[i] === PERCENT && i + 2 < bytes.length ? hexValue(bytes[i + 1]) : -1;
      const low = high === -1 ? -1 : hexValue(bytes[i + 2]);
      if (low !== -1) i += 2;
      bytes[length++] = low === -1 ? bytes[i] : high * 16 + low;
    }
    return utf8Decode(TypedArraySubarray(bytes, 0, length), false);
  }

  function decode(text) {
    const spaced = StringIncludes(text, "+") ? StringReplaceAll(text, "+", " ") : text;
    if (!StringIncludes(spaced, "%")) return spaced;
    try {
      return decodeURIComponent(spaced);
    } catch {
      // Stray percent signs and invalid UTF-8 are no errors in a query.
      return decodeBytes(spaced);
    }
  }

  // encodeURIComponent keeps these five, form encoding does not.
  const FORM_EXTRA = { __proto__: null, "!": "%21", "'": "%27", "(": "%28", ")": "%29", "~": "%7E", "%20": "+" };
  const encode = (text) => StringReplace(encodeURIComponent(text), /[!'()~]|%20/g, (found) => FORM_EXTRA[found]);

  function parse(query) {
    const list = [];
    const parts = StringSplit(query, "&");
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (part === "") continue;
      const equals = StringIndexOf(part, "=");
      const name = equals === -1 ? part : StringSlice(part, 0, equals);
      const value = equals === -1 ? "" : StringSlice(part, equals + 1);
      ArrayPush(list, [decode(name), decode(value)]);
    }
    return list;
  }

  function serialise(list) {
    const parts = [];
    for (let i = 0; i < list.length; i++) parts[i] = `${encode(list[i][0])}=${encode(list[i][1])}`;
    return ArrayJoin(parts, "&");
  }

  function fromPairs(pairs) {
    const list = [];
    for (const pair of pairs) {
      if (pair === null || typeof pair !== "object" || typeof pair[Symbol.iterator] !== "function") {
        throw new TypeError("URLSearchParams: each query pair must be an iterable [name, value] tuple");
      }
      const entry = [...pair];
      if (entry.length !== 2) {
        throw new TypeError("URLSearchParams: each query pair must be an iterable [name, value] tuple");
      }
      ArrayPush(list, [toUSVString(entry[0]), toUSVString(entry[1])]);
    }
    return list;
  }

  function fromRecord(record) {
    const list = [];
    const keys = ReflectOwnKeys(record);
    for (let i = 0; i < keys.length; i++) {
      if (!Object.prototype.propertyIsEnumerable.call(record, keys[i])) continue;
      ArrayPush(list, [toUSVString(keys[i]), toUSVString(record[keys[i]])]);
    }
    return list;
  }

  function initialList(init) {
    if (init === undefined || init === null) return [];
    if (typeof init === "object" || typeof init === "function") {
      const iterate = init[Symbol.iterator];
      if (iterate === undefined || iterate === null) return fromRecord(init);
      if (typeof iterate !== "function") throw new TypeError("URLSearchParams: the query pairs must be iterable");
      return fromPairs(init);
    }
    const query = toUSVString(init);
    return parse(StringStartsWith(query, "?") ? StringSlice(query, 1) : query);
  }

  const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

  class URLSearchParams {
    #list;
    // Tells the URL that these are the parameters of.
    #changed;

    constructor(init = "") {
      this.#list = initialList(init);
    }

    static {
      shared.linkedSearchParams = (query, changed) => {
        const params = new URLSearchParams(query);
        params.#changed = changed;
        return params;
      };
      shared.resetSearchParams = (params, query) => {
        params.#list = initialList(query);
      };
      shared.listSearchParams = (params) => params.#list;
      shared.isURLSearchParams = (value) => #list in value;
      shared.serialiseSearchParams = (params) => serialise(params.#list);
    }

    #update() {
      this.#changed?.(serialise(this.#list));
    }

    get size() {
      return this.#list.length;
    }

    append(name, value) {
      requireArguments("URLSearchParams.append", arguments.length, 2);
      ArrayPush(this.#list, [toUSVString(name), toUSVString(value)]);
      this.#update();
    }

    delete(name, value = undefined) {
      requireArguments("URLSearchParams.delete", arguments.length, 1);
      const key = toUSVString(name);
      const text = value === undefined ? undefined : toUSVString(value);
      const list = this.#list;
      for (let i = list.length - 1; i >= 0; i--) {
        if (list[i][0] === key && (text === undefined || list[i][1] === text)) ArraySplice(list, i, 1);
      }
      this.#update();
    }

    get(name) {
      requireArguments("URLSearchParams.get", arguments.length, 1);
      const key = toUSVString(name);
      const list = this.#list;
      for (let i = 0; i < list.length; i++) if (list[i][0] === key) return list[i][1];
      return null;
    }

    getAll(name) {
      requireArguments("URLSearchParams.getAll", arguments.length, 1);
      const key = toUSVString(name);
      const list = this.#list;
      const values = [];
      for (let i = 0; i < list.length; i++) if (list[i][0] === key) ArrayPush(values, list[i][1]);
      return values;
    }

    has(name, value = undefined) {
      requireArguments("URLSearchParams.has", arguments.length, 1);
      const key = toUSVString(name);
      const text = value === undefined ? undefined : toUSVString(value);
      const list = this.#list;
      for (let i = 0; i < list.length; i++) {
        if (list[i][0] === key && (text === undefined || list[i][1] === text)) return true;
      }
      return false;
    }

    set(name, value) {
      requireArguments("URLSearchParams.set", arguments.length, 2);
      const key = toUSVString(name);
      const text = toUSVString(value);
      const kept = [];
      let found = false;
      for (let i = 0; i < this.#list.length; i++) {
        const pair = this.#list[i];
        if (pair[0] !== key) ArrayPush(kept, pair);
        else if (!found) {
          found = true;
          ArrayPush(kept, [key, text]);
        }
      }
      if (!found) ArrayPush(kept, [key, text]);
      this.#list = kept;
      this.#update();
    }

    sort() {
      ArraySort(this.#list, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      this.#update();
    }

    forEach(callback, thisArg = undefined) {
      if (typeof callback !== "function") {
        throw new TypeError("URLSearchParams.forEach: the callback must be a function");
      }
      for (let i = 0; i < this.#list.length; i++) {
        callback.call(thisArg, this.#list[i][1], this.#list[i][0], this);
      }
    }

    // Live iteration: the list is looked at anew at each step, as the standard wants.
    static #iterator(params, pick) {
      let next = 0;
      params.#list;
      return Object.create(URLSearchParamsIteratorPrototype, {
        next: {
          value: () => {
            const pair = params.#list[next++];
            return pair === undefined ? { value: undefined, done: true } : { value: pick(pair), done: false };
          },
        },
      });
    }

    entries() {
      return URLSearchParams.#iterator(this, (pair) => [pair[0], pair[1]]);
    }

    keys() {
      return URLSearchParams.#iterator(this, (pair) => pair[0]);
    }

    values() {
      return URLSearchParams.#iterator(this, (pair) => pair[1]);
    }

    toString() {
      return serialise(this.#list);
    }
  }

  const URLSearchParamsIteratorPrototype = Object.create(IteratorPrototype, {
    [Symbol.toStringTag]: { value: "URLSearchParams Iterator", configurable: true },
  });

  Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
    value: URLSearchParams.prototype.entries,
    writable: true,
    configurable: true,
  });
  shared.exposeInterface("URLSearchParams", URLSearchParams, (params, show) => {
    const list = shared.listSearchParams(params);
    const entries = [];
    for (let i = 0; i < list.length; i++) entries[i] = `${show(list[i][0])} => ${show(list[i][1])}`;
    return entries;
  });
})
