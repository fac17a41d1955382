// What inspect prints around the contents of each kind of object: headline, braces and the keys to list.
(function (native, shared) {
  "use strict";
  const {
    ArrayPush, BigIntValueOf, BooleanValueOf, DateGetTime, DateToISOString, MapSize, NumberValueOf,
    ObjectGetOwnPropertyNames, ObjectGetOwnPropertySymbols, ObjectKeys, ObjectPropertyIsEnumerable, RegExpSource,
    RegExpToString, SetSize, StringValueOf, SymbolValueOf, TypedArrayLength, TypedArrayTag,
  } = shared.primordials;
  const { isArrayIndex } = shared.text;
  const { functionHeadline, prefix } = shared.names;
  const { contents } = shared;

  // Beyond this an array is not searched for extra named properties: that would list all its indices.
  const MAX_SEARCHED_LENGTH = 10_000;

  function appendEnumerableSymbols(keys, object) {
    const symbols = ObjectGetOwnPropertySymbols(object);
    for (let i = 0; i < symbols.length; i++) {
      if (ObjectPropertyIsEnumerable(object, symbols[i])) ArrayPush(keys, symbols[i]);
    }
    return keys;
  }

  function enumerableKeys(object) {
    let keys;
    try {
      keys = ObjectKeys(object);
    } catch {
      // A module namespace refuses this while one of its bindings is uninitialised.
      keys = ObjectGetOwnPropertyNames(object);
    }
    return appendEnumerableSymbols(keys, object);
  }

  // Index keys come first, so the named ones are a suffix.
  function namedKeys(object, length) {
    if (length > MAX_SEARCHED_LENGTH) return appendEnumerableSymbols([], object);
    const keys = ObjectKeys(object);
    let first = keys.length;
    while (first > 0 && !isArrayIndex(keys[first - 1])) first--;
    const named = [];
    for (let i = first; i < keys.length; i++) ArrayPush(named, keys[i]);
    return appendEnumerableSymbols(named, object);
  }

  function boxedHeadline(value, kind, valueOf, constructor, tag, ctx) {
    let line = `[${kind}`;
    if (kind !== constructor) line += constructor === null ? " (null prototype)" : ` (${constructor})`;
    line += `: ${ctx.formatPrimitive(ctx, valueOf(value))}]`;
    return tag !== "" && tag !== constructor ? `${line} [${tag}]` : line;
  }

  const BOXED = {
    __proto__: null,
    Number: NumberValueOf,
    String: StringValueOf,
    Boolean: BooleanValueOf,
    BigInt: BigIntValueOf,
    Symbol: SymbolValueOf,
  };

  const plural = (count) => `(${count})`;

  // toString() asks the program's own flags and source properties where there are some.
  function regExpText(value) {
    try {
      return RegExpToString(value);
    } catch {
      return `/${RegExpSource(value)}/`;
    }
  }

  // What is particular to a kind of object. `base` is a headline that stands alone when there is nothing
  // behind it, `open` the opening brace, `body` formats the contents, `always` keeps the braces when empty.
  function describe(ctx, value, kind, constructor, tag) {
    const braced = (fallback, size, body, always) =>
      ({ open: `${prefix(constructor, tag, fallback, size)}{`, body, always, keys: enumerableKeys(value) });
    switch (kind) {
      case "Array": {
        const named = constructor !== "Array" || tag !== "";
        return {
          open: named ? `${prefix(constructor, tag, "Array", plural(value.length))}[` : "[",
          close: "]",
          body: contents.formatArray,
          always: value.length > 0,
          keys: namedKeys(value, value.length),
        };
      }
      case "TypedArray": {
        const length = TypedArrayLength(value);
        return {
          open: `${prefix(constructor, tag, TypedArrayTag(value), plural(length))}[`,
          close: "]",
          body: contents.formatTypedArray,
          always: length > 0,
          keys: namedKeys(value, length),
        };
      }
      case "Map":
        return braced(kind, plural(MapSize(value)), contents.formatMap, MapSize(value) > 0);
      case "Set":
        return braced(kind, plural(SetSize(value)), contents.formatSet, SetSize(value) > 0);
      case "Function":
        return { base: functionHeadline(value, constructor, tag), open: "{", keys: enumerableKeys(value) };
      case "RegExp":
      case "Date": {
        const head = prefix(constructor, tag, kind);
        const text = kind === "RegExp" ? regExpText(value)
          : DateGetTime(value) !== DateGetTime(value) ? "Invalid Date" : DateToISOString(value);
        return { base: head === `${kind} ` ? text : head + text, open: "{", keys: enumerableKeys(value) };
      }
      case "Error": {
        const keys = enumerableKeys(value);
        return { base: shared.errors.formatError(ctx, value, constructor, tag, keys), open: "{", keys };
      }
      case "Number":
      case "Boolean":
      case "BigInt":
      case "Symbol":
      case "String":
        return {
          base: boxedHeadline(value, kind, BOXED[kind], constructor, tag, ctx),
          open: "{",
          keys: kind === "String" ? namedKeys(value, 0) : enumerableKeys(value),
        };
      case "ArrayBuffer":
      case "SharedArrayBuffer":
        return braced(kind, "", contents.formatArrayBuffer, true);
      case "DataView":
        return braced(kind, "", contents.formatDataView, true);
      case "Promise":
        return braced(kind, "", contents.formatPromise, true);
      case "WeakMap":
      case "WeakSet":
        return braced(kind, "", contents.formatUnknownItems, true);
      case "MapIterator":
      case "SetIterator": {
        const own = kind === "MapIterator" ? "Map Iterator" : "Set Iterator";
        const label = tag === own || tag === "" ? own : `${tag}] [${own}`;
        return { open: `[${label}] {`, body: contents.formatUnknownItems, always: true, keys: enumerableKeys(value) };
      }
      case "Arguments":
        return { open: "[Arguments] {", keys: enumerableKeys(value) };
      default: {
        const isPlain = constructor === "Object" && tag === "";
        const head = isPlain ? "" : prefix(constructor, tag, kind === "Other" ? "Object" : kind);
        return { open: `${head}{`, keys: enumerableKeys(value) };
      }
    }
  }

  shared.describeKind = describe;
})
