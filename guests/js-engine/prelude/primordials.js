// Keeps the builtins the host-facing code relies on, because user code shares this realm and may replace them.
(function (native, shared) {
  "use strict";
  const { bind, call } = Function.prototype;
  const uncurryThis = bind.bind(call);
  const getter = (prototype, key) =>
    uncurryThis(Object.getOwnPropertyDescriptor(prototype, key).get);
  const TypedArray = Object.getPrototypeOf(Uint8Array);

  shared.primordials = {
    __proto__: null,
    uncurryThis,

    ArrayBufferIsView: ArrayBuffer.isView,
    ArrayBufferByteLength: getter(ArrayBuffer.prototype, "byteLength"),
    ArrayIsArray: Array.isArray,
    ArrayIncludes: uncurryThis(Array.prototype.includes),
    ArrayIndexOf: uncurryThis(Array.prototype.indexOf),
    ArrayJoin: uncurryThis(Array.prototype.join),
    ArrayPop: uncurryThis(Array.prototype.pop),
    ArrayPush: uncurryThis(Array.prototype.push),
    ArraySlice: uncurryThis(Array.prototype.slice),
    ArraySort: uncurryThis(Array.prototype.sort),
    ArraySplice: uncurryThis(Array.prototype.splice),
    ArrayUnshift: uncurryThis(Array.prototype.unshift),

    BigIntValueOf: uncurryThis(BigInt.prototype.valueOf),
    BooleanValueOf: uncurryThis(Boolean.prototype.valueOf),

    DataView,
    DataViewBuffer: getter(DataView.prototype, "buffer"),
    DataViewByteLength: getter(DataView.prototype, "byteLength"),
    DataViewByteOffset: getter(DataView.prototype, "byteOffset"),

    Date,
    DateNow: Date.now,
    DateGetTime: uncurryThis(Date.prototype.getTime),
    DateToISOString: uncurryThis(Date.prototype.toISOString),

    FunctionBind: uncurryThis(bind),
    FunctionToString: uncurryThis(Function.prototype.toString),

    JSONParse: JSON.parse,
    JSONStringify: JSON.stringify,

    Map,
    MapDelete: uncurryThis(Map.prototype.delete),
    MapForEach: uncurryThis(Map.prototype.forEach),
    MapGet: uncurryThis(Map.prototype.get),
    MapHas: uncurryThis(Map.prototype.has),
    MapSet: uncurryThis(Map.prototype.set),
    MapSize: getter(Map.prototype, "size"),

    MathCeil: Math.ceil,
    MathFloor: Math.floor,
    MathMax: Math.max,
    MathMin: Math.min,
    MathRound: Math.round,
    MathSqrt: Math.sqrt,
    MathTrunc: Math.trunc,

    Number,
    NumberParseFloat: Number.parseFloat,
    NumberParseInt: Number.parseInt,
    NumberToFixed: uncurryThis(Number.prototype.toFixed),
    NumberToString: uncurryThis(Number.prototype.toString),
    NumberValueOf: uncurryThis(Number.prototype.valueOf),

    ObjectCreate: Object.create,
    ObjectDefineProperty: Object.defineProperty,
    ObjectGetOwnPropertyDescriptor: Object.getOwnPropertyDescriptor,
    ObjectGetOwnPropertyNames: Object.getOwnPropertyNames,
    ObjectGetOwnPropertySymbols: Object.getOwnPropertySymbols,
    ObjectGetPrototypeOf: Object.getPrototypeOf,
    ObjectHasOwn: Object.hasOwn,
    ObjectIs: Object.is,
    ObjectKeys: Object.keys,
    ObjectPropertyIsEnumerable: uncurryThis(Object.prototype.propertyIsEnumerable),
    ObjectPrototype: Object.prototype,

    Promise,
    PromiseThen: uncurryThis(Promise.prototype.then),

    Proxy,

    ReflectApply: Reflect.apply,
    ReflectDefineProperty: Reflect.defineProperty,
    ReflectGet: Reflect.get,
    ReflectOwnKeys: Reflect.ownKeys,

    RegExpExec: uncurryThis(RegExp.prototype.exec),
    RegExpFlags: getter(RegExp.prototype, "flags"),
    RegExpSource: getter(RegExp.prototype, "source"),
    RegExpToString: uncurryThis(RegExp.prototype.toString),

    Set,
    SetAdd: uncurryThis(Set.prototype.add),
    SetDelete: uncurryThis(Set.prototype.delete),
    SetForEach: uncurryThis(Set.prototype.forEach),
    SetHas: uncurryThis(Set.prototype.has),
    SetSize: getter(Set.prototype, "size"),

    String,
    StringFromCharCode: String.fromCharCode,
    StringCharCodeAt: uncurryThis(String.prototype.charCodeAt),
    StringCodePointAt: uncurryThis(String.prototype.codePointAt),
    StringEndsWith: uncurryThis(String.prototype.endsWith),
    StringIncludes: uncurryThis(String.prototype.includes),
    StringIndexOf: uncurryThis(String.prototype.indexOf),
    StringNormalize: uncurryThis(String.prototype.normalize),
    StringPadEnd: uncurryThis(String.prototype.padEnd),
    StringPadStart: uncurryThis(String.prototype.padStart),
    StringRepeat: uncurryThis(String.prototype.repeat),
    StringReplace: uncurryThis(String.prototype.replace),
    StringReplaceAll: uncurryThis(String.prototype.replaceAll),
    StringSlice: uncurryThis(String.prototype.slice),
    StringSplit: uncurryThis(String.prototype.split),
    StringStartsWith: uncurryThis(String.prototype.startsWith),
    StringToLowerCase: uncurryThis(String.prototype.toLowerCase),
    StringToUpperCase: uncurryThis(String.prototype.toUpperCase),
    StringToWellFormed: uncurryThis(String.prototype.toWellFormed),
    StringValueOf: uncurryThis(String.prototype.valueOf),

    SymbolToString: uncurryThis(Symbol.prototype.toString),
    SymbolValueOf: uncurryThis(Symbol.prototype.valueOf),

    TypedArrayBuffer: getter(TypedArray.prototype, "buffer"),
    TypedArrayByteLength: getter(TypedArray.prototype, "byteLength"),
    TypedArrayByteOffset: getter(TypedArray.prototype, "byteOffset"),
    TypedArrayLength: getter(TypedArray.prototype, "length"),
    TypedArraySet: uncurryThis(TypedArray.prototype.set),
    TypedArraySubarray: uncurryThis(TypedArray.prototype.subarray),
    TypedArrayTag: getter(TypedArray.prototype, Symbol.toStringTag),
    Uint8Array,
    Uint16Array,
  };
})
