// JSON written by its specification, without the engine's: compared with it over generated values.
// Returns the first difference, or the number of comparisons.

const ESCAPES = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text) {
  let result = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i), next = text.charCodeAt(i + 1);
    if (ESCAPES[text[i]]) result += ESCAPES[text[i]];
    else if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) result += text[i] + text[++i];
    else if (unit < 32 || (unit >= 0xd800 && unit < 0xe000)) result += '\\u' + unit.toString(16).padStart(4, '0');
    else result += text[i];
  }
  return result + '"';
}

function written(value, gap, indent = '') {
  switch (typeof value) {
    case 'string': return quoted(value);
    case 'number': return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean': return String(value);
    case 'undefined': return undefined;
  }
  if (value === null) return 'null';
  const deeper = indent + gap;
  const parts = Array.isArray(value)
    ? value.map(element => written(element, gap, deeper) ?? 'null')
    : Object.keys(value).map(key => [key, written(value[key], gap, deeper)]).filter(([, text]) => text !== undefined)
      .map(([key, text]) => quoted(key) + (gap ? ': ' : ':') + text);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (parts.length === 0) return open + close;
  return gap
    ? open + '\n' + deeper + parts.join(',\n' + deeper) + '\n' + indent + close
    : open + parts.join(',') + close;
}

// The value of a text, or an error.
function read(text) {
  let at = 0;
  const fail = () => { throw new SyntaxError('no JSON'); };
  const space = () => { while (' \t\r\n'.includes(text[at] ?? 'x')) at++; };
  const take = character => { space(); if (text[at] !== character) fail(); at++; };
  const next = character => { space(); if (text[at] !== character) return false; at++; return true; };
  function string() {
    take('"');
    let result = '';
    for (;;) {
      if (at >= text.length || text.charCodeAt(at) < 32) fail();
      const character = text[at++];
      if (character === '"') return result;
      if (character !== '\\') { result += character; continue; }
      const escape = text[at++];
      if (escape === 'u') {
        const hex = text.slice(at, at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) fail();
        result += String.fromCharCode(parseInt(hex, 16));
        at += 4;
      } else {
        const index = '"\\/bfnrt'.indexOf(escape ?? 'x');
        if (index < 0) fail();
        result += '"\\/\b\f\n\r\t'[index];
      }
    }
  }
  function value() {
    space();
    if (text[at] === '"') return string();
    if (next('[')) {
      const result = [];
      if (next(']')) return result;
      do result.push(value()); while (next(','));
      take(']');
      return result;
    }
    if (next('{')) {
      const result = {};
      if (next('}')) return result;
      do {
        space();
        const key = string();
        take(':');
        Object.defineProperty(result, key, { value: value(), writable: true, enumerable: true, configurable: true });
      } while (next(','));
      take('}');
      return result;
    }
    const [word] = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(text.slice(at, at + 400)) ?? fail();
    at += word.length;
    return word === 'null' ? null : word === 'true' ? true : word === 'false' ? false : Number(word);
  }
  const result = value();
  space();
  if (at < text.length) fail();
  return result;
}

// All that a program can tell about a value.
function shown(value) {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'string') return 's' + Array.from({ length: value.length }, (_, i) => value.charCodeAt(i).toString(16)).join('.');
  if (typeof value !== 'object' || value === null) return String(value);
  const properties = Reflect.ownKeys(value).map(key => {
    const { value: inner, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(value, key);
    return shown(key) + '=' + shown(inner) + [writable, enumerable, configurable].map(Number).join('');
  });
  const proto = Object.getPrototypeOf(value);
  return (proto === Array.prototype ? 'array' : proto === Object.prototype ? 'object' : 'other') + '{' + properties.join() + '}';
}

let state = 20261121;
function below(n) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state >>> 8) / 16777216 * n);
}
const one = list => list[below(list.length)];

const KEYS = ['a', 'b', 'id', 'name', 'exactly8', 'a longer key', '', '0', '1', '42', '01', '4294967294', '4294967295', '2147483648',
  '-1', '__proto__', 'toString', 'é', 'Ã©', '日本', '"', '\\', 'a\nb', 'a\\nb', '\ud800', 'constructor', 'length'];
const TEXTS = ['', 'x', 'exactly8', 'exactly 15 char', 'exactly 16 chars', '"', '\\', '\n', '\t\b\f\r', '\0', '\x1f', '\x7f', '\x80', '\xff',
  'café au lait', '日本語', '😀', '\ud800', '\udc00x', 'x'.repeat(300) + '"', '1234567"', '12345678"', '123456789\\', '\u2028'];
const NUMBERS = [0, -0, 0.1, 0.2, 0.1 + 0.2, 1.005, 4.35, 8.41, 1e-6, 1.5e-6, 1e-7, 5e-324, 1e15, 1e16, 1e21, 123456789012345680000,
  999999999999999, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 53, 1.7976931348623157e308, NaN, Infinity, -Infinity];
const FRACTIONS = [10, 100, 1e3, 1e5, 1e6, 1e7, 3, 7];

function number() {
  switch (below(6)) {
    case 0: return below(1000) - 500;
    case 1: return below(1e9);
    case 2: return (below(1e6) - 5e5) / one(FRACTIONS);
    case 3: return below(1e9) / one(FRACTIONS);
    case 4: return below(1e9) * below(1e9) / one(FRACTIONS);
    default: return one(NUMBERS);
  }
}

function object(depth) {
  const result = {};
  for (let i = below(6); i > 0; i--) {
    Object.defineProperty(result, one(KEYS), { value: generated(depth - 1), writable: true, enumerable: true, configurable: true });
  }
  return result;
}

// Nearly the same keys in each: what the engine expects, and what it must not take for that.
function rows(depth) {
  return Array.from({ length: below(8) }, (_, id) => {
    const row = { id, name: one(TEXTS), amount: number() };
    if (below(4) === 0) row.inner = generated(depth - 1);
    if (below(5) === 0) delete row.name;
    if (below(5) === 0) row[one(KEYS)] = id;
    return row;
  });
}

function generated(depth) {
  switch (below(depth > 0 ? 12 : 6)) {
    case 0: case 1: return number();
    case 2: case 3: return one(TEXTS);
    case 4: return one([true, false, null]);
    case 5: return below(3) ? number() : undefined;
    case 6: case 7: return Array.from({ length: below(6) }, () => generated(depth - 1));
    case 8: case 9: return rows(depth);
    default: return object(depth);
  }
}

function spaced(text) {
  return text.replace(/"(?:[^"\\]|\\.)*"|[{}\[\],:]/gs, token => token[0] === '"' ? token : one(['', ' ', '\n', '\t', '\r\n']) + token + one(['', ' ', '\n']));
}

function numberText() {
  const digits = n => Array.from({ length: n }, () => below(10)).join('');
  return one(['', '-']) + (below(4) ? String(below(9) + 1) + digits(below(20)) : '0') + (below(2) ? '.' + digits(1 + below(24)) : '')
    + (below(4) ? '' : one(['e', 'E']) + one(['', '+', '-']) + digits(1 + below(3)));
}

function copied(value) {
  const result = {};
  for (const key of Object.keys(value)) {
    Object.defineProperty(result, key, { value: value[key], writable: true, enumerable: true, configurable: true });
  }
  return result;
}

const DAMAGE = [...'{}[],:"\\0123456789.eE+-truefalsn \n\0é/x'];
function damaged(text) {
  const at = below(text.length + 1);
  return text.slice(0, at) + one(['', one(DAMAGE)]) + text.slice(at + below(2));
}

const outcome = work => { try { return shown(work()); } catch (error) { return error.name; } };
let comparisons = 0;
function compare(what, subject, native, reference) {
  comparisons++;
  const [is, should] = [outcome(native), outcome(reference)];
  if (is !== should) throw new Error(`${what} of ${shown(subject)} is ${is} and should be ${should}`);
}

for (let i = 0; i < CASES; i++) {
  const value = generated(4), gap = one(['', '', '  ', '\t', '日本', '0123456789']);
  compare('stringify', value, () => JSON.stringify(value), () => written(value, ''));
  compare('stringify with a gap', value, () => JSON.stringify(value, null, gap), () => written(value, gap));
  compare('spread', value, () => ({ ...Object(value) }), () => copied(Object(value)));
  const text = written(value, '');
  for (const variant of text === undefined ? [] : [text, spaced(text), damaged(text), damaged(text), `[${text},${text}]`, numberText()]) {
    compare('parse', variant, () => JSON.parse(variant), () => read(variant));
  }
}
return comparisons;
