// Elements made of text. Nothing here reads markup: whatever comes from elsewhere becomes text nodes, and what nobody would see
// of it, or what would turn other text around, is written out.

const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;

const SVG = "http://www.w3.org/2000/svg";

/** `text` as nodes, with what is not seen written as `\u{…}`. */
function nodes(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > from) parts.push(document.createTextNode(text.slice(from, found.index)));
    const escape = document.createElement("span");
    escape.className = "escape";
    escape.textContent = `\\u{${found[0].codePointAt(0).toString(16)}}`;
    parts.push(escape);
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push(document.createTextNode(text.slice(from)));
  return parts;
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

/** Appends children: nodes, texts, numbers, lists of these; nothing for what is absent. */
export function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Node) element.append(child);
    else element.append(...nodes(String(child)));
  }
}

/** An element. */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An element of a drawing. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** A name that somebody else chose, which cannot turn around what stands beside it. */
export function name(text, properties = {}) {
  return el("bdi", properties, text ?? "");
}

/** Has `element` hold these alone. */
export function put(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

/** A word with a colour. */
export function tag(kind, text) {
  return el("span", { class: `tag ${kind}` }, text);
}

/**
 * Has `element` hold one node for each of `items`, in their order. A node whose item is as it was stays, with the focus and
 * whatever is open in it; where an item changed, what is open stays open, and the focus stays where it was.
 */
export function keyed(element, items, key, make) {
  const known = new Map([...element.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => {
    const id = String(key(item));
    const state = JSON.stringify(item);
    const before = known.get(id);
    known.delete(id);
    if (before?.itemState === state) return before;
    const node = make(item);
    node.dataset.key = id;
    node.itemState = state;
    if (before) keepOpen(before, node);
    return node;
  });
  for (const gone of known.values()) gone.remove();
  let place = element.firstElementChild;
  for (const node of wanted) {
    if (node === place) place = place.nextElementSibling;
    else element.insertBefore(node, place);
  }
  while (place) {
    const next = place.nextElementSibling;
    place.remove();
    place = next;
  }
}

function keepOpen(before, node) {
  for (const open of before.querySelectorAll("details[open][data-part]")) {
    const same = node.querySelector(`details[data-part="${open.dataset.part}"]`);
    if (same) same.open = true;
  }
  if (before.contains(document.activeElement)) {
    const part = document.activeElement.closest("[data-part]")?.dataset.part;
    before.replaceWith(node);
    const same = part && node.querySelector(`[data-part="${part}"]`);
    (same?.matches("details") ? same.querySelector("summary") : same)?.focus();
  } else {
    before.replaceWith(node);
  }
}

/** Tells people who hear the page. */
export function say(text) {
  put(document.getElementById("said"), text);
}
