// TextEncoder and TextDecoder for UTF-8, UTF-16 and Windows-1252 (which the web also calls Latin-1 and ASCII).
(function (native, shared) {
  "use strict";
  const {
    ReflectApply, StringCodePointAt, StringFromCharCode, StringSlice,
    StringToLowerCase, StringToWellFormed, TypedArrayByteLength, TypedArraySet, TypedArraySubarray, TypedArrayTag,
    Uint16Array, Uint8Array,
  } = shared.primordials;
  const { bytesOf, toObjectOptions, toUSVString, utf8Decode } = shared;

  const BOM = "\ufeff";
  const CHUNK = 4096;
  const INVALID = "The encoded data was not valid for encoding";
  const EMPTY = new Uint8Array(0);

  const LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "utf-16be": "unicodefffe utf-16be",
    "windows-1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 " +
      "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
  };
  const encodings = { __proto__: null };
  for (const [encoding, labels] of Object.entries(LABELS)) {
    for (const label of labels.split(" ")) encodings[label] = encoding;
  }

  // What Windows-1252 has where Latin-1 has control characters.
  const WINDOWS_1252_HIGH = new Uint16Array([
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
    0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e,
    0x178,
  ]);

  function fromCodeUnits(units) {
    let text = "";
    for (let i = 0; i < units.length; i += CHUNK) {
      text += ReflectApply(StringFromCharCode, undefined, TypedArraySubarray(units, i, i + CHUNK));
    }
    return text;
  }

  function decodeWindows1252(bytes) {
    const units = new Uint16Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      units[i] = byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252_HIGH[byte - 0x80] : byte;
    }
    return { text: fromCodeUnits(units), rest: EMPTY };
  }

  // How many trailing bytes begin a UTF-8 sequence that later bytes may still complete.
  function incompleteUtf8(bytes) {
    const { length } = bytes;
    for (let back = 1; back <= 3 && back <= length; back++) {
      const lead = bytes[length - back];
      if ((lead & 0xc0) === 0x80) continue;
      const needed = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      if (needed <= back) return 0;
      if (back === 1) return back;
      const second = bytes[length - back + 1];
      const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      return second >= low && second <= high ? back : 0;
    }
    return 0;
  }

  function decodeUtf8(bytes, fatal, stream) {
    const complete = bytes.length - (stream ? incompleteUtf8(bytes) : 0);
    const text = complete === 0 ? "" : utf8Decode(TypedArraySubarray(bytes, 0, complete), fatal);
    return { text, rest: new Uint8Array(TypedArraySubarray(bytes, complete)) };
  }

  function decodeUtf16(bytes, fatal, stream, bigEndian) {
    let complete = bytes.length & ~1;
    const [high, low] = bigEndian ? [0, 1] : [1, 0];
    const unitAt = (at) => (bytes[at + high] << 8) | bytes[at + low];
    if (stream && complete >= 2 && (unitAt(complete - 2) & 0xfc00) === 0xd800) complete -= 2;
    const units = new Uint16Array(complete >> 1);
    for (let i = 0; i < units.length; i++) units[i] = unitAt(i * 2);
    const raw = fromCodeUnits(units);
    let text = StringToWellFormed(raw);
    const rest = new Uint8Array(TypedArraySubarray(bytes, complete));
    const truncated = !stream && rest.length > 0;
    if (fatal && (truncated || text !== raw)) throw new TypeError(`${INVALID} utf-16${bigEndian ? "be" : "le"}`);
    if (truncated) text += "\ufffd";
    return { text, rest: stream ? rest : EMPTY };
  }

  class TextEncoder {
    #brand;

    get encoding() {
      this.#brand;
      return "utf-8";
    }

    encode(input = "") {
      this.#brand;
      return new Uint8Array(native.utf8Encode(`${input}`));
    }

    encodeInto(source, destination) {
      this.#brand;
      if (TypedArrayTag(destination) !== "Uint8Array") {
        throw new TypeError("TextEncoder.encodeInto: the destination must be a Uint8Array");
      }
      const text = toUSVString(source);
      const room = TypedArrayByteLength(destination);
      let read = 0;
      let written = 0;
      while (read < text.length) {
        const code = StringCodePointAt(text, read);
        const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        if (written + size > room) break;
        written += size;
        read += size === 4 ? 2 : 1;
      }
      TypedArraySet(destination, new Uint8Array(native.utf8Encode(StringSlice(text, 0, read))));
      return { read, written };
    }
  }

  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    #rest = EMPTY;
    #atStart = true;

    constructor(label = "utf-8", options = undefined) {
      const { fatal, ignoreBOM } = toObjectOptions(options, "TextDecoder");
      const trimmed = /^[\t\n\f\r ]*([^]*?)[\t\n\f\r ]*$/.exec(`${label}`)[1];
      this.#encoding = encodings[StringToLowerCase(trimmed)];
      if (this.#encoding === undefined) {
        const error = new RangeError(`The "${label}" encoding is not supported`);
        error.code = "ERR_ENCODING_NOT_SUPPORTED";
        throw error;
      }
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }

    get encoding() {
      return this.#encoding;
    }

    get fatal() {
      return this.#fatal;
    }

    get ignoreBOM() {
      return this.#ignoreBOM;
    }

    decode(input = EMPTY, options = undefined) {
      const stream = Boolean(toObjectOptions(options, "TextDecoder.decode").stream);
      let bytes = bytesOf(input);
      if (bytes === undefined) {
        throw new TypeError("TextDecoder.decode: the input must be an ArrayBuffer or a view of one");
      }
      if (this.#rest.length > 0) {
        const joined = new Uint8Array(this.#rest.length + bytes.length);
        TypedArraySet(joined, this.#rest);
        TypedArraySet(joined, bytes, this.#rest.length);
        bytes = joined;
      }
      this.#rest = EMPTY;
      const atStart = this.#atStart;
      this.#atStart = true;
      const { text, rest } = this.#decode(bytes, stream);
      if (stream) {
        this.#rest = rest;
        this.#atStart = atStart && text === "";
      }
      return atStart && !this.#ignoreBOM && text !== "" && text[0] === BOM ? StringSlice(text, 1) : text;
    }

    #decode(bytes, stream) {
      switch (this.#encoding) {
        case "utf-8":
          return decodeUtf8(bytes, this.#fatal, stream);
        case "windows-1252":
          return decodeWindows1252(bytes);
        default:
          return decodeUtf16(bytes, this.#fatal, stream, this.#encoding === "utf-16be");
      }
    }
  }

  shared.exposeInterface("TextEncoder", TextEncoder);
  shared.exposeInterface("TextDecoder", TextDecoder);
})
