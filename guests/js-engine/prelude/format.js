// printf-style formatting of console arguments, after Node's util.format.
(function (native, shared) {
  "use strict";
  const {
    JSONStringify, Number, NumberParseFloat, NumberParseInt, ObjectGetPrototypeOf, ObjectHasOwn, Set, SetAdd, SetHas,
    String, StringCharCodeAt, StringIncludes, StringSlice,
  } = shared.primordials;
  const { inspect } = shared;

  const PERCENT = 0x25;
  const HEADLINE_ONLY = { __proto__: null, depth: 0 };
  const DEEP = { __proto__: null, depth: 4 };

  // At boot every constructor on the global object is the engine's own.
  const builtinPrototypes = new Set();
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const prototype = Object.getOwnPropertyDescriptor(globalThis, name).value?.prototype;
    if (/^[A-Z]/.test(name) && prototype) SetAdd(builtinPrototypes, prototype);
  }

  // %s prints the program's own toString(), but nothing as useless as "[object Object]".
  function hasOwnText(object) {
    for (let holder = object; holder !== null; holder = ObjectGetPrototypeOf(holder)) {
      if (native.classOf(holder) === "Proxy") return false;
      if (ObjectHasOwn(holder, "toString") || ObjectHasOwn(holder, Symbol.toPrimitive)) {
        return !SetHas(builtinPrototypes, holder);
      }
    }
    return false;
  }

  function asText(value) {
    if (typeof value === "number" || typeof value === "bigint") return inspect(value);
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!isObject) return String(value);
    if (typeof value === "object" ? !hasOwnText(value) : native.classOf(value) === "Proxy") {
      return inspect(value, HEADLINE_ONLY);
    }
    try {
      return String(value);
    } catch {
      return inspect(value, HEADLINE_ONLY);
    }
  }

  function asJSON(value) {
    try {
      return String(JSONStringify(value));
    } catch (error) {
      if (error instanceof TypeError && StringIncludes(error.message, "ircular")) return "[Circular]";
      throw error;
    }
  }

  const asNumber = (value, convert) =>
    typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : inspect(convert(value));

  const DIRECTIVES = {
    __proto__: null,
    [StringCharCodeAt("s", 0)]: asText,
    [StringCharCodeAt("d", 0)]: (value) => asNumber(value, Number),
    [StringCharCodeAt("i", 0)]: (value) => asNumber(value, NumberParseInt),
    [StringCharCodeAt("f", 0)]: (value) => (typeof value === "symbol" ? "NaN" : inspect(NumberParseFloat(value))),
    [StringCharCodeAt("j", 0)]: asJSON,
    [StringCharCodeAt("O", 0)]: (value) => inspect(value),
    [StringCharCodeAt("o", 0)]: (value) => inspect(value, DEEP),
    [StringCharCodeAt("c", 0)]: () => "",
  };

  shared.format = (args) => {
    const count = args.length;
    const template = args[0];
    let next = 0;
    let text = "";
    if (typeof template === "string") {
      next = 1;
      let from = 0;
      for (let i = 0; count > 1 && i < template.length - 1; i++) {
        if (StringCharCodeAt(template, i) !== PERCENT) continue;
        const code = StringCharCodeAt(template, i + 1);
        const directive = DIRECTIVES[code];
        if (code === PERCENT) {
          text += StringSlice(template, from, i + 1);
        } else if (directive !== undefined && next < count) {
          text += StringSlice(template, from, i) + directive(args[next++]);
        } else {
          continue;
        }
        from = i + 2;
        i++;
      }
      text += from === 0 ? template : StringSlice(template, from);
    }
    for (; next < count; next++) {
      if (next > 0) text += " ";
      text += typeof args[next] === "string" ? args[next] : inspect(args[next]);
    }
    return text;
  };
})
