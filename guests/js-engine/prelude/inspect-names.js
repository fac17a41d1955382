// Finds what inspect calls a value: constructor names, tags and function headlines, without running Proxy traps.
(function (native, shared) {
  "use strict";
  const {
    FunctionToString, Map, MapGet, ObjectGetOwnPropertyDescriptor, ObjectGetPrototypeOf, ObjectKeys,
    ObjectPropertyIsEnumerable, ObjectPrototype, ReflectApply, RegExpExec,
  } = shared.primordials;
  const { toStringTag } = Symbol;

  // Unmodified prototypes answer for themselves: most values need no walk through their chain.
  const wellKnownPrototypes = new Map([
    [Object.prototype, "Object"],
    [Function.prototype, "Function"],
  ]);
  const functionKinds = new Map(
    [function* () {}, async function () {}, async function* () {}].map((sample) => {
      const prototype = Object.getPrototypeOf(sample);
      return [prototype, prototype[toStringTag]];
    }),
  );

  const isProxy = (object) => native.classOf(object) === "Proxy";

  // null at the end of the chain, which is also where a Proxy begins.
  function nextPrototype(object) {
    const prototype = ObjectGetPrototypeOf(object);
    return prototype === ObjectPrototype || prototype === null || !isProxy(prototype) ? prototype : null;
  }

  // The property as an ordinary lookup finds it. `object` itself is known to be no Proxy, here and below.
  function findProperty(object, key) {
    for (let holder = object; holder !== null; holder = nextPrototype(holder)) {
      const descriptor = ObjectGetOwnPropertyDescriptor(holder, key);
      if (descriptor !== undefined) return descriptor;
    }
    return undefined;
  }

  // Runs a getter at most. undefined when that throws, or when a module's binding is not initialised.
  function readProperty(object, key) {
    try {
      const descriptor = findProperty(object, key);
      return descriptor?.get === undefined ? descriptor?.value : ReflectApply(descriptor.get, object, []);
    } catch {
      return undefined;
    }
  }

  function functionName(fn) {
    const name = isProxy(fn) ? "" : readProperty(fn, "name");
    return typeof name === "string" ? name : "";
  }

  function inheritsFrom(object, prototype) {
    for (let proto = nextPrototype(object); proto !== null; proto = nextPrototype(proto)) {
      if (proto === prototype) return true;
    }
    return false;
  }

  // null when no constructor in the chain can have made the object.
  function constructorName(object) {
    for (let holder = object; holder !== null; holder = nextPrototype(holder)) {
      const known = MapGet(wellKnownPrototypes, holder);
      if (known !== undefined && holder !== object) return known;
      const constructor = ObjectGetOwnPropertyDescriptor(holder, "constructor")?.value;
      if (typeof constructor !== "function" || isProxy(constructor)) continue;
      const name = functionName(constructor);
      if (name !== "" && inheritsFrom(object, ObjectGetOwnPropertyDescriptor(constructor, "prototype")?.value)) {
        return name;
      }
    }
    return null;
  }

  // For chains without any usable constructor: Node names the value's own class and what it inherits from.
  function describeOddPrototype(object, fallback) {
    const prototype = ObjectGetPrototypeOf(object);
    if (prototype === null) return null;
    if (isProxy(prototype)) return `${fallback} <Proxy>`;
    const inherited = constructorName(prototype) ??
      (ObjectKeys(prototype).length === 0 ? "[Object: null prototype] {}" : "[Object: null prototype]");
    return `${fallback} <${inherited}>`;
  }

  // Only a tag that is not printed as a property anyway.
  function tagOf(object) {
    const tag = readProperty(object, toStringTag);
    return typeof tag === "string" && !(tag !== "" && ObjectPropertyIsEnumerable(object, toStringTag)) ? tag : "";
  }

  function prefix(constructor, tag, fallback, size = "") {
    if (constructor === null) {
      const suffix = tag !== "" && tag !== fallback ? `[${tag}] ` : "";
      return `[${fallback}${size}: null prototype] ${suffix}`;
    }
    return tag !== "" && tag !== constructor ? `${constructor}${size} [${tag}] ` : `${constructor}${size} `;
  }

  // A method called `class` has a parenthesis where a class has its name, `extends` or body.
  const isClass = (fn) => RegExpExec(/^class(?:\s+[^\s(]|\{)/, FunctionToString(fn)) !== null;

  function classHeadline(fn, constructor, tag) {
    let line = `class ${functionName(fn) || "(anonymous)"}`;
    if (constructor !== "Function" && constructor !== null) line += ` [${constructor}]`;
    if (tag !== "" && tag !== constructor) line += ` [${tag}]`;
    if (constructor === null) return `[${line} extends [null prototype]]`;
    const superclass = ObjectGetPrototypeOf(fn);
    const superName = typeof superclass === "function" ? functionName(superclass) : "";
    return superName === "" ? `[${line}]` : `[${line} extends ${superName}]`;
  }

  function functionHeadline(fn, constructor, tag) {
    if (isClass(fn)) return classHeadline(fn, constructor, tag);
    const kind = MapGet(functionKinds, ObjectGetPrototypeOf(fn)) ?? "Function";
    const name = functionName(fn);
    const shownName = name === "" ? " (anonymous)" : `: ${name}`;
    let line = `[${kind}${constructor === null ? " (null prototype)" : ""}${shownName}]`;
    if (constructor !== kind && constructor !== null) line += ` ${constructor}`;
    if (tag !== "" && tag !== constructor) line += ` [${tag}]`;
    return line;
  }

  shared.names = {
    __proto__: null,
    constructorName,
    describeOddPrototype,
    functionHeadline,
    prefix,
    readProperty,
    tagOf,
  };
})
