// atob and btoa, the forgiving Base64 of the HTML and Infra standards.
(function (native, shared) {
  "use strict";
  const {
    MathCeil, ReflectApply, StringFromCharCode, TypedArraySubarray, Uint8Array,
  } = shared.primordials;
  const { DOMException } = shared;

  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const PADDING = 0x3d;
  const CHUNK = 4096;
  const SPACE = 0x40;
  const OUTSIDE = 0x80;
  // U+00FF is C3 BF.
  const LAST_LATIN1_LEAD = 0xc3;

  const toCode = new Uint8Array(64);
  const toValue = new Uint8Array(256).fill(OUTSIDE);
  for (let value = 0; value < 64; value++) {
    toCode[value] = ALPHABET.charCodeAt(value);
    toValue[toCode[value]] = value;
  }
  for (const space of "\t\n\f\r ") toValue[space.charCodeAt(0)] = SPACE;

  const invalid = (message) => new DOMException(message, "InvalidCharacterError");

  function fromLatin1(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; i += CHUNK) {
      text += ReflectApply(StringFromCharCode, undefined, TypedArraySubarray(bytes, i, i + CHUNK));
    }
    return text;
  }

  // The string's characters as bytes; undefined when one does not fit. From the UTF-8 that the host
  // makes at once, because asking for characters one by one is slow.
  function toLatin1(text) {
    const bytes = new Uint8Array(native.utf8Encode(text));
    if (bytes.length === text.length) return bytes;
    let length = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte > LAST_LATIN1_LEAD) return undefined;
      bytes[length++] = byte < 0x80 ? byte : ((byte & 3) << 6) | (bytes[++i] & 0x3f);
    }
    return TypedArraySubarray(bytes, 0, length);
  }

  function btoa(data) {
    shared.requireArguments("btoa", arguments.length, 1);
    const bytes = toLatin1(`${data}`);
    if (bytes === undefined) throw invalid("btoa: the string contains characters outside of the Latin1 range");
    const { length } = bytes;
    const out = new Uint8Array(MathCeil(length / 3) * 4);
    let at = 0;
    for (let i = 0; i < length; i += 3) {
      const first = bytes[i];
      const second = i + 1 < length ? bytes[i + 1] : 0;
      const third = i + 2 < length ? bytes[i + 2] : 0;
      out[at++] = toCode[first >> 2];
      out[at++] = toCode[((first & 3) << 4) | (second >> 4)];
      out[at++] = i + 1 < length ? toCode[((second & 15) << 2) | (third >> 6)] : PADDING;
      out[at++] = i + 2 < length ? toCode[third & 63] : PADDING;
    }
    return shared.utf8Decode(out, false);
  }

  function atob(data) {
    shared.requireArguments("atob", arguments.length, 1);
    const codes = new Uint8Array(native.utf8Encode(`${data}`));
    const out = new Uint8Array(MathCeil(codes.length / 4) * 3);
    let at = 0;
    let bits = 0;
    let digits = 0;
    let padding = 0;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      const value = toValue[code];
      if (value === SPACE) continue;
      if (code === PADDING) {
        padding++;
        continue;
      }
      if (value === OUTSIDE || padding > 0) throw invalid("atob: the string contains characters that are not Base64");
      bits = ((bits << 6) | value) & 0xffff;
      digits++;
      if (digits % 4 !== 1) out[at++] = bits >> ((digits * 6) % 8);
    }
    const tail = digits % 4;
    // Padding is optional, but where there is some it has to complete the last group of four.
    if (tail === 1 || (padding > 0 && (padding > 2 || tail + padding !== 4))) {
      throw invalid("atob: the string is not correctly encoded");
    }
    return fromLatin1(TypedArraySubarray(out, 0, at));
  }

  shared.defineGlobal("atob", atob);
  shared.defineGlobal("btoa", btoa);
})
