// console.log's view of a value: Node's util.inspect, bounded in size and never running a Proxy trap.
(function (native, shared) {
  "use strict";
  const {
    ArrayIncludes, ArrayJoin, ArrayPop, ArrayPush, Map, MapGet, MapSet, MapSize, MathMin,
    ObjectGetOwnPropertyDescriptor, ObjectIs, StringIndexOf, StringRepeat, StringSlice, SymbolToString,
  } = shared.primordials;
  const { escapeKey, isIdentifier, more, quoteText } = shared.text;
  const { constructorName, describeOddPrototype, prefix, tagOf } = shared.names;
  const { describeKind, layOut } = shared;

  const MAX_INSPECT_CHARS = 1 << 20;
  const MAX_KEYS = 1000;
  // `depth: Infinity` ends here, well before the engine's stack does.
  const MAX_DEPTH = 100;
  const MIN_BROKEN_STRING = 16;
  const DEFAULTS = { __proto__: null, depth: 2, breakLength: 80, maxArrayLength: 100, maxStringLength: 10_000 };

  function formatString(ctx, value) {
    let text = value;
    let trailer = "";
    if (text.length > ctx.maxStringLength) {
      trailer = more(text.length - ctx.maxStringLength, "character");
      text = StringSlice(text, 0, ctx.maxStringLength);
    }
    ctx.budget -= text.length;
    if (text.length <= MIN_BROKEN_STRING || text.length <= ctx.breakLength - ctx.indentation - 4) {
      return quoteText(text) + trailer;
    }
    const lines = [];
    let from = 0;
    while (from < text.length) {
      const newline = StringIndexOf(text, "\n", from);
      const end = newline === -1 ? text.length : newline + 1;
      ArrayPush(lines, quoteText(StringSlice(text, from, end)));
      from = end;
    }
    return ArrayJoin(lines, ` +\n${StringRepeat(" ", ctx.indentation + 2)}`) + trailer;
  }

  function formatPrimitive(ctx, value) {
    switch (typeof value) {
      case "string":
        return formatString(ctx, value);
      case "number":
        return ObjectIs(value, -0) ? "-0" : `${value}`;
      case "bigint":
        return `${value}n`;
      case "symbol":
        return SymbolToString(value);
      default:
        return `${value}`;
    }
  }

  function formatKey(key, enumerable) {
    if (typeof key === "symbol") return `[${escapeKey(SymbolToString(key))}]`;
    if (key === "__proto__") return "['__proto__']";
    if (!enumerable) return `[${escapeKey(key)}]`;
    return isIdentifier(key) ? key : quoteText(key);
  }

  function formatSlot(ctx, descriptor, depth) {
    if (descriptor === undefined) return "undefined";
    if (descriptor.get !== undefined) return descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
    if (descriptor.set !== undefined) return "[Setter]";
    ctx.indentation += 2;
    const text = formatValue(ctx, descriptor.value, depth);
    ctx.indentation -= 2;
    return text;
  }

  function formatProperty(ctx, object, key, depth) {
    let descriptor;
    try {
      descriptor = ObjectGetOwnPropertyDescriptor(object, key);
    } catch {
      return `${formatKey(key, true)}: <uninitialized>`;
    }
    const name = formatKey(key, descriptor === undefined || descriptor.enumerable);
    ctx.budget -= name.length;
    return `${name}: ${formatSlot(ctx, descriptor, depth)}`;
  }

  function formatCircular(ctx, value) {
    let index = MapGet(ctx.circular, value);
    if (index === undefined) {
      index = MapSize(ctx.circular) + 1;
      MapSet(ctx.circular, value, index);
    }
    return `[Circular *${index}]`;
  }

  // Objects that keep their state in private fields show it through an inspector of their own.
  function platformEntries(ctx, value, depth) {
    const inspector = shared.platformInspector(value);
    if (!inspector) return undefined;
    try {
      return inspector(value, (inner) => {
        ctx.indentation += 2;
        const text = formatValue(ctx, inner, depth);
        ctx.indentation -= 2;
        return text;
      });
    } catch {
      // Not a real instance: a prototype object or Object.create() of one.
      return undefined;
    }
  }

  function formatObject(ctx, value, kind, depth) {
    const constructor = constructorName(value) ?? describeOddPrototype(value, kind === "Other" ? "Object" : kind);
    const tag = tagOf(value);
    const parts = describeKind(ctx, value, kind, constructor, tag);
    const { open, keys, body } = parts;
    const close = parts.close ?? "}";
    const isPlatform = body === undefined && parts.base === undefined && (kind === "Object" || kind === "Other") &&
      constructor !== "Object" && constructor !== null;
    let base = parts.base ?? "";
    if (keys.length === 0 && !parts.always && !isPlatform) return base === "" ? open + close : base;

    if (depth > ctx.depth) {
      if (kind === "RegExp" && base !== "") return base;
      const name = StringSlice(prefix(constructor, tag, kind === "Other" ? "Object" : kind), 0, -1);
      return keys.length === 0 && !parts.always ? open + close : constructor === null ? name : `[${name}]`;
    }

    const inner = depth + 1;
    ArrayPush(ctx.seen, value);
    ctx.deepest = inner;
    let entries;
    if (isPlatform) {
      entries = platformEntries(ctx, value, inner) ?? [];
      if (entries.length === 0 && keys.length === 0) {
        ArrayPop(ctx.seen);
        return open + close;
      }
    }
    entries ??= body === undefined ? [] : body(ctx, value, inner);
    const shown = MathMin(keys.length, MAX_KEYS);
    for (let i = 0; i < shown && ctx.budget > 0; i++) ArrayPush(entries, formatProperty(ctx, value, keys[i], inner));
    if (keys.length > shown) {
      const left = keys.length - shown;
      ArrayPush(entries, `... ${left} more ${left === 1 ? "property" : "properties"}`);
    }
    ArrayPop(ctx.seen);

    const reference = MapGet(ctx.circular, value);
    if (reference !== undefined) base = base === "" ? `<ref *${reference}>` : `<ref *${reference}> ${base}`;
    const isList = close === "]";
    return layOut(ctx, entries, base, open, close, inner, isList, isList ? value : undefined);
  }

  // The engine refuses to show what is behind a revoked proxy, or shows null.
  function proxyTarget(proxy) {
    try {
      return native.proxyDetails(proxy)?.[0] ?? undefined;
    } catch {
      return undefined;
    }
  }

  function formatValue(ctx, given, depth) {
    if (given === null) return "null";
    if (typeof given !== "object" && typeof given !== "function") return formatPrimitive(ctx, given);
    if (ctx.budget <= 0) return "...";
    ctx.budget -= 4;
    let value = given;
    let kind = native.classOf(value);
    while (kind === "Proxy") {
      value = proxyTarget(value);
      if (value === undefined) return "<Revoked Proxy>";
      kind = native.classOf(value);
    }
    if (ArrayIncludes(ctx.seen, value)) return formatCircular(ctx, value);
    return formatObject(ctx, value, kind, depth);
  }

  const limit = (value, fallback, ceiling) =>
    value === null ? ceiling : typeof value === "number" && value >= 0 ? MathMin(value, ceiling) : fallback;

  // `depth` may be -1: only the value's own headline.
  shared.inspect = (value, options = DEFAULTS) => {
    if (typeof value !== "object" && typeof value !== "function" && typeof value !== "string") {
      return formatPrimitive(undefined, value);
    }
    try {
      const ctx = {
        __proto__: null,
        depth: options.depth === -1 ? -1 : limit(options.depth, DEFAULTS.depth, MAX_DEPTH),
        breakLength: limit(options.breakLength, DEFAULTS.breakLength, Infinity),
        maxArrayLength: limit(options.maxArrayLength, DEFAULTS.maxArrayLength, Infinity),
        maxStringLength: limit(options.maxStringLength, DEFAULTS.maxStringLength, Infinity),
        indentation: 0,
        deepest: 0,
        budget: MAX_INSPECT_CHARS,
        seen: [],
        circular: new Map(),
        formatValue,
        formatPrimitive,
        formatSlot,
      };
      const text = formatValue(ctx, value, 0);
      return text.length > MAX_INSPECT_CHARS ? `${StringSlice(text, 0, MAX_INSPECT_CHARS)}... [cut]`
        : ctx.budget <= 0 ? `${text}... [cut]` : text;
    } catch {
      return "[value could not be inspected]";
    }
  };

  // The value as console.log prints it alone: strings are text there, not literals.
  shared.display = (value) => {
    if (typeof value !== "string") return shared.inspect(value);
    return value.length > MAX_INSPECT_CHARS ? `${StringSlice(value, 0, MAX_INSPECT_CHARS)}... [cut]` : value;
  };
})
