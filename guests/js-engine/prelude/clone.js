// structuredClone, after the HTML standard's StructuredSerialize and StructuredDeserialize.
(function (native, shared) {
  "use strict";
  const {
    ArrayBufferByteLength, ArrayPush, BigIntValueOf, BooleanValueOf, DataView, DataViewBuffer,
    DataViewByteLength, DataViewByteOffset, Date, DateGetTime, Map, MapForEach, MapGet, MapHas, MapSet, NumberValueOf,
    ObjectDefineProperty, ObjectGetOwnPropertyDescriptor, ObjectKeys, RegExpFlags, RegExpSource, Set, SetAdd,
    SetForEach, String, StringValueOf, TypedArrayBuffer, TypedArrayByteOffset, TypedArrayLength,
    TypedArraySet, TypedArrayTag, Uint8Array, uncurryThis,
  } = shared.primordials;
  const { DOMException, isDOMException, platformInspector, requireArguments, toObjectOptions } = shared;

  const ERROR_CONSTRUCTORS = {
    __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
  };
  const TYPED_ARRAY_CONSTRUCTORS = { __proto__: null };
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (/^(?:Int|Uint|Float|BigInt|BigUint)\d+(?:Clamped)?Array$/.test(name)) {
      TYPED_ARRAY_CONSTRUCTORS[name] = globalThis[name];
    }
  }
  // Engines without transfer() cannot detach: there the original keeps its bytes.
  const transferBuffer = ArrayBuffer.prototype.transfer && uncurryThis(ArrayBuffer.prototype.transfer);
  const maxByteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "maxByteLength")?.get;
  const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "resizable")?.get;

  const refuse = (value, why = "could not be cloned") => {
    const shown = shared.inspect(value, { __proto__: null, depth: -1 });
    return new DOMException(`${shown} ${why}.`, "DataCloneError");
  };

  const setOwn = (target, key, value) =>
    ObjectDefineProperty(target, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });

  function copyOwnProperties(source, target, memory) {
    const keys = ObjectKeys(source);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      // A getter run for an earlier key may have removed this one.
      if (ObjectGetOwnPropertyDescriptor(source, key) !== undefined) setOwn(target, key, clone(source[key], memory));
    }
    return target;
  }

  function cloneBuffer(buffer) {
    let bytes;
    try {
      bytes = new Uint8Array(buffer);
    } catch {
      throw refuse(buffer, "is detached and could not be cloned");
    }
    const options = resizable?.call(buffer) ? { maxByteLength: maxByteLength.call(buffer) } : undefined;
    const copy = new ArrayBuffer(ArrayBufferByteLength(buffer), options);
    TypedArraySet(new Uint8Array(copy), bytes);
    return copy;
  }

  function cloneError(error, memory) {
    if (isDOMException(error)) {
      const copy = new DOMException(error.message, error.name);
      MapSet(memory, error, copy);
      return copyErrorFields(error, copy, memory, ["stack", "cause"]);
    }
    const copy = new (ERROR_CONSTRUCTORS[String(error.name)] ?? Error)();
    MapSet(memory, error, copy);
    return copyErrorFields(error, copy, memory, ["message", "stack", "cause"]);
  }

  function copyErrorFields(error, copy, memory, fields) {
    for (let i = 0; i < fields.length; i++) {
      const descriptor = ObjectGetOwnPropertyDescriptor(error, fields[i]);
      if (descriptor === undefined || !("value" in descriptor)) continue;
      const value = fields[i] === "cause" ? clone(descriptor.value, memory) : String(descriptor.value);
      ObjectDefineProperty(copy, fields[i], { __proto__: null, value, writable: true, configurable: true });
    }
    return copy;
  }

  function cloneCollection(source, copy, memory, forEach, add) {
    MapSet(memory, source, copy);
    // Members are collected first: cloning them may run getters that change the collection.
    const members = [];
    forEach(source, (value, key) => ArrayPush(members, { key, value }));
    for (let i = 0; i < members.length; i++) add(copy, members[i]);
    return copy;
  }

  function cloneByKind(value, kind, memory) {
    switch (kind) {
      case "Boolean":
        return Object(BooleanValueOf(value));
      case "Number":
        return Object(NumberValueOf(value));
      case "BigInt":
        return Object(BigIntValueOf(value));
      case "String":
        return Object(StringValueOf(value));
      case "Date":
        return new Date(DateGetTime(value));
      case "RegExp":
        return new RegExp(RegExpSource(value), RegExpFlags(value));
      case "ArrayBuffer":
        return cloneBuffer(value);
      case "DataView":
        return new DataView(clone(DataViewBuffer(value), memory), DataViewByteOffset(value), DataViewByteLength(value));
      case "TypedArray": {
        const Constructor = TYPED_ARRAY_CONSTRUCTORS[TypedArrayTag(value)];
        const buffer = clone(TypedArrayBuffer(value), memory);
        return new Constructor(buffer, TypedArrayByteOffset(value), TypedArrayLength(value));
      }
      case "Map":
        return cloneCollection(value, new Map(), memory, MapForEach, (copy, member) => {
          MapSet(copy, clone(member.key, memory), clone(member.value, memory));
        });
      case "Set":
        return cloneCollection(value, new Set(), memory, SetForEach, (copy, member) => {
          SetAdd(copy, clone(member.value, memory));
        });
      case "Error":
        return cloneError(value, memory);
      case "Array": {
        const copy = new Array(value.length);
        MapSet(memory, value, copy);
        return copyOwnProperties(value, copy, memory);
      }
      case "Object":
      case "Arguments": {
        if (platformInspector(value) !== undefined) throw refuse(value);
        const copy = {};
        MapSet(memory, value, copy);
        return copyOwnProperties(value, copy, memory);
      }
      default:
        throw refuse(value);
    }
  }

  function clone(value, memory) {
    if (typeof value === "symbol") throw refuse(value);
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
    if (MapHas(memory, value)) return MapGet(memory, value);
    const copy = cloneByKind(value, native.classOf(value), memory);
    MapSet(memory, value, copy);
    return copy;
  }

  function buffersToTransfer(transfer) {
    const buffers = new Set();
    for (const buffer of transfer ?? []) {
      const isBuffer = buffer !== null && typeof buffer === "object" && native.classOf(buffer) === "ArrayBuffer";
      if (!isBuffer) throw refuse(buffer, "could not be transferred");
      if (buffers.has(buffer)) throw refuse(buffer, "appears twice in the transfer list");
      buffers.add(buffer);
    }
    return buffers;
  }

  function structuredClone(value, options = undefined) {
    requireArguments("structuredClone", arguments.length, 1);
    const memory = new Map();
    const buffers = buffersToTransfer(toObjectOptions(options, "structuredClone").transfer);
    // Copied first and detached last: a value that cannot be cloned leaves the buffers as they were.
    buffers.forEach((buffer) => MapSet(memory, buffer, cloneBuffer(buffer)));
    const copy = clone(value, memory);
    if (transferBuffer) buffers.forEach((buffer) => transferBuffer(buffer));
    return copy;
  }

  shared.defineGlobal("structuredClone", structuredClone);
})
