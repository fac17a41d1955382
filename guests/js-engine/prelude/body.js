// What requests and responses have in common: a body of bytes, which is read once.
(function (native, shared) {
  "use strict";
  const {
    ArrayBufferByteLength, JSONParse, ObjectDefineProperty, StringSlice, TypedArrayBuffer, TypedArraySet, Uint8Array,
  } = shared.primordials;
  const { bytesOf, toUSVString, utf8Decode } = shared;

  const BOM = "\ufeff";

  const copy = (bytes) => {
    const copied = new Uint8Array(bytes.length);
    TypedArraySet(copied, bytes);
    return copied;
  };
  shared.copyBytes = copy;

  // The bytes of what a program gives as a body, and the type that goes with it.
  shared.extractBody = (value, where) => {
    if (value === undefined || value === null) return { bytes: null, type: null };
    if (typeof value === "object" || typeof value === "function") {
      if (shared.isURLSearchParams(value)) {
        const bytes = new Uint8Array(native.utf8Encode(shared.serialiseSearchParams(value)));
        return { bytes, type: "application/x-www-form-urlencoded;charset=UTF-8" };
      }
      const bytes = bytesOf(value);
      if (bytes !== undefined) return { bytes: copy(bytes), type: null };
      throw new TypeError(
        `${where}: the body must be a string, bytes or URLSearchParams; for an object, give JSON.stringify(object)`,
      );
    }
    const bytes = new Uint8Array(native.utf8Encode(toUSVString(value)));
    return { bytes, type: "text/plain;charset=UTF-8" };
  };

  const EMPTY = new Uint8Array(0);

  const textOf = (bytes) => {
    const text = utf8Decode(bytes, false);
    return text[0] === BOM ? StringSlice(text, 1) : text;
  };

  // `take` hands over the bytes of an object, and throws where they were taken before.
  shared.defineBody = (Class, take) => {
    const methods = {
      async arrayBuffer() {
        return TypedArrayBuffer(take(this) ?? new Uint8Array(0));
      },
      async bytes() {
        return take(this) ?? new Uint8Array(0);
      },
      async json() {
        return JSONParse(textOf(take(this) ?? EMPTY));
      },
      async text() {
        return textOf(take(this) ?? EMPTY);
      },
    };
    for (const name of Object.keys(methods)) {
      ObjectDefineProperty(Class.prototype, name, {
        __proto__: null, value: methods[name], writable: true, enumerable: true, configurable: true,
      });
    }
  };

  shared.bytesOfBuffer = (buffer) => (ArrayBufferByteLength(buffer) === 0 ? null : new Uint8Array(buffer));
})
