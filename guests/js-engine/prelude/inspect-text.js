// Text rules of inspect: how strings are quoted, when a key needs quotes and how wide text is on a terminal.
(function (native, shared) {
  "use strict";
  const {
    NumberToString, RegExpExec, StringCharCodeAt, StringCodePointAt, StringIncludes, StringNormalize, StringPadStart,
    StringSlice,
  } = shared.primordials;

  const SINGLE_QUOTE = 0x27;
  const BACKSLASH = 0x5c;
  // Also hits the quote and every surrogate; the slow path then decides which of them are escaped.
  const MAY_NEED_ESCAPE = /[\x00-\x1f'\\\x7f-\x9f\ud800-\udfff]/;
  // The usual case is the one that does not match: then exec() has no result to allocate.
  const NOT_PLAIN_ASCII = /[^\x20-\x7e]/;
  const NO_IDENTIFIER = /[^a-zA-Z_0-9]|^[0-9]|^$/;
  const ARRAY_INDEX = /^(0|[1-9][0-9]*)$/;

  const ESCAPES = { __proto__: null, 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 0x27: "\\'", 0x5c: "\\\\" };
  const isControl = (code) => code < 0x20 || (code >= 0x7f && code <= 0x9f);
  for (let code = 0; code < 0xa0; code++) {
    if (isControl(code)) {
      ESCAPES[code] ??= `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
    }
  }

  const isLowSurrogate = (code) => code >= 0xdc00 && code <= 0xdfff;

  function escapeText(text, quote) {
    let escaped = "";
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const code = StringCharCodeAt(text, i);
      let replacement;
      if (code === quote || code === BACKSLASH || isControl(code)) {
        replacement = ESCAPES[code];
      } else if (code >= 0xd800 && code <= 0xdfff) {
        if (code <= 0xdbff && isLowSurrogate(StringCharCodeAt(text, i + 1))) {
          i++;
          continue;
        }
        replacement = `\\u${NumberToString(code, 16)}`;
      } else {
        continue;
      }
      escaped += StringSlice(text, from, i) + replacement;
      from = i + 1;
    }
    return escaped + StringSlice(text, from);
  }

  // Node's choice: the first of ' " ` that the text does not contain; ' with escapes when it contains all three.
  function quoteText(text) {
    if (RegExpExec(MAY_NEED_ESCAPE, text) === null) return `'${text}'`;
    if (StringIncludes(text, "'")) {
      if (!StringIncludes(text, '"')) return `"${escapeText(text, -1)}"`;
      if (!StringIncludes(text, "`") && !StringIncludes(text, "${")) return `\`${escapeText(text, -1)}\``;
    }
    return `'${escapeText(text, SINGLE_QUOTE)}'`;
  }

  const isFullWidth = (code) =>
    code >= 0x1100 &&
    (code <= 0x115f || code === 0x2329 || code === 0x232a ||
      (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) ||
      (code >= 0x3250 && code <= 0x4dbf) || (code >= 0x4e00 && code <= 0xa4c6) ||
      (code >= 0xa960 && code <= 0xa97c) || (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe10 && code <= 0xfe19) ||
      (code >= 0xfe30 && code <= 0xfe6b) || (code >= 0xff01 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1b000 && code <= 0x1b001) ||
      (code >= 0x1f200 && code <= 0x1f251) || (code >= 0x1f300 && code <= 0x1f64f) ||
      (code >= 0x1f680 && code <= 0x1f6ff) || (code >= 0x1f900 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd));

  const isZeroWidth = (code) =>
    isControl(code) || (code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x20d0 && code <= 0x20ff) || (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0xfe20 && code <= 0xfe2f) || (code >= 0xe0100 && code <= 0xe01ef);

  function displayWidth(text) {
    if (RegExpExec(NOT_PLAIN_ASCII, text) === null) return text.length;
    const normal = StringNormalize(text, "NFC");
    let width = 0;
    for (let i = 0; i < normal.length; i++) {
      const code = StringCodePointAt(normal, i);
      if (code > 0xffff) i++;
      if (isFullWidth(code)) width += 2;
      else if (!isZeroWidth(code)) width++;
    }
    return width;
  }

  shared.text = {
    __proto__: null,
    displayWidth,
    escapeKey: (key) => escapeText(key, SINGLE_QUOTE),
    isArrayIndex: (key) => RegExpExec(ARRAY_INDEX, key) !== null,
    isIdentifier: (key) => RegExpExec(NO_IDENTIFIER, key) === null,
    hexByte: (byte) => StringPadStart(NumberToString(byte, 16), 2, "0"),
    more: (count, thing) => `... ${count} more ${thing}${count > 1 ? "s" : ""}`,
    quoteText,
  };
})
