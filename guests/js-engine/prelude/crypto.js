// The random parts of Web Crypto, and Math.random from the same source: a snapshot must hold no seed.
(function (native, shared) {
  "use strict";
  const {
    ArrayBufferIsView, ArrayJoin, TypedArrayBuffer, TypedArrayByteLength, TypedArrayByteOffset, TypedArraySet,
    TypedArrayTag, Uint8Array,
  } = shared.primordials;
  const { DOMException, defineGlobal, defineInterface, requireArguments } = shared;
  const { hexByte } = shared.text;

  const MAX_RANDOM_BYTES = 65_536;
  const INTEGER_ARRAYS = {
    __proto__: null, Int8Array: true, Uint8Array: true, Uint8ClampedArray: true, Int16Array: true, Uint16Array: true,
    Int32Array: true, Uint32Array: true, BigInt64Array: true, BigUint64Array: true,
  };
  // After which bytes of a UUID the dashes stand.
  const UUID_DASHES = { __proto__: null, 3: true, 5: true, 7: true, 9: true };

  class Crypto {
    #brand;

    getRandomValues(array) {
      this.#brand;
      requireArguments("crypto.getRandomValues", arguments.length, 1);
      if (!ArrayBufferIsView(array) || native.classOf(array) === "DataView" || !INTEGER_ARRAYS[TypedArrayTag(array)]) {
        throw new DOMException("crypto.getRandomValues takes an integer typed array", "TypeMismatchError");
      }
      const length = TypedArrayByteLength(array);
      if (length > MAX_RANDOM_BYTES) {
        throw new DOMException(
          `crypto.getRandomValues gives at most ${MAX_RANDOM_BYTES} bytes at once, not ${length}`,
          "QuotaExceededError",
        );
      }
      const target = new Uint8Array(TypedArrayBuffer(array), TypedArrayByteOffset(array), length);
      TypedArraySet(target, new Uint8Array(native.randomBytes(length)));
      return array;
    }

    randomUUID() {
      this.#brand;
      const bytes = new Uint8Array(native.randomBytes(16));
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const parts = [];
      for (let i = 0; i < 16; i++) parts[i] = UUID_DASHES[i] ? `${hexByte(bytes[i])}-` : hexByte(bytes[i]);
      return ArrayJoin(parts, "");
    }
  }

  defineInterface("Crypto", Crypto);
  defineGlobal("crypto", new Crypto());

  const { random } = { random: () => native.random() };
  Object.defineProperty(Math, "random", { value: random, writable: true, enumerable: false, configurable: true });
})
