// Gives the prelude's classes the shape Web IDL prescribes and converts their arguments in one place.
(function (native, shared) {
  "use strict";
  const {
    ArrayBufferByteLength, ArrayBufferIsView, DataViewBuffer, DataViewByteLength, DataViewByteOffset, Map, MapGet,
    MapSet, ObjectGetPrototypeOf, String, StringToWellFormed, TypedArrayBuffer, TypedArrayByteLength,
    TypedArrayByteOffset, TypedArraySet, Uint8Array,
  } = shared.primordials;

  // Prototype of every class with private state -> its inspector (or null): inspect prints the state
  // the private fields hide, structuredClone refuses what it cannot see.
  const platformPrototypes = new Map();

  shared.defineGlobal = (name, value) => {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  };

  shared.defineInterface = (name, Class, inspector = null) => {
    const { prototype } = Class;
    for (const key of Object.getOwnPropertyNames(prototype)) {
      if (key !== "constructor") Object.defineProperty(prototype, key, { enumerable: true });
    }
    Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
    MapSet(platformPrototypes, prototype, inspector);
  };

  shared.exposeInterface = (name, Class, inspector) => {
    shared.defineInterface(name, Class, inspector);
    shared.defineGlobal(name, Class);
  };

  // undefined: no platform object; null: one without an inspector of its own.
  shared.platformInspector = (value) => {
    for (let proto = ObjectGetPrototypeOf(value); proto !== null; proto = ObjectGetPrototypeOf(proto)) {
      const inspector = MapGet(platformPrototypes, proto);
      if (inspector !== undefined) return inspector;
      // Asking a Proxy for its prototype would run a trap.
      if (native.classOf(proto) === "Proxy") return undefined;
    }
    return undefined;
  };

  shared.toUSVString = (value) => StringToWellFormed(typeof value === "string" ? value : `${value}`);

  shared.requireArguments = (where, given, wanted) => {
    if (given < wanted) {
      throw new TypeError(`${where} requires ${wanted} argument${wanted === 1 ? "" : "s"}, but only ${given} given`);
    }
  };

  // Any BufferSource as bytes over the same memory; undefined for anything else.
  shared.bytesOf = (value) => {
    if (ArrayBufferIsView(value)) {
      return native.classOf(value) === "DataView"
        ? new Uint8Array(DataViewBuffer(value), DataViewByteOffset(value), DataViewByteLength(value))
        : new Uint8Array(TypedArrayBuffer(value), TypedArrayByteOffset(value), TypedArrayByteLength(value));
    }
    if (value === null || typeof value !== "object") return undefined;
    const kind = native.classOf(value);
    return kind === "ArrayBuffer" || kind === "SharedArrayBuffer" ? new Uint8Array(value) : undefined;
  };

  shared.utf8Decode = (bytes, fatal) => {
    const buffer = TypedArrayBuffer(bytes);
    if (native.classOf(buffer) === "ArrayBuffer") {
      return native.utf8Decode(buffer, TypedArrayByteOffset(bytes), TypedArrayByteLength(bytes), fatal);
    }
    const copy = new Uint8Array(TypedArrayByteLength(bytes));
    TypedArraySet(copy, bytes);
    const copied = TypedArrayBuffer(copy);
    return native.utf8Decode(copied, 0, ArrayBufferByteLength(copied), fatal);
  };

  shared.toObjectOptions = (value, where) => {
    if (value === undefined || value === null) return {};
    if (typeof value !== "object" && typeof value !== "function") {
      throw new TypeError(`${where}: options must be an object, got ${String(value)}`);
    }
    return value;
  };
})
