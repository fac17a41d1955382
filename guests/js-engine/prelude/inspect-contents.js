// Formats what containers hold: arrays, buffers and views of them, maps, sets and promises.
(function (native, shared) {
  "use strict";
  const {
    ArrayJoin, ArrayPush, DataViewBuffer, DataViewByteLength, DataViewByteOffset, MapForEach, MapSize, MathMin,
    ObjectGetOwnPropertyDescriptor, ObjectKeys, SetForEach, SetSize, TypedArrayLength, Uint8Array,
  } = shared.primordials;
  const { hexByte, isArrayIndex, more } = shared.text;

  const emptyItems = (count) => `<${count} empty item${count > 1 ? "s" : ""}>`;

  // From the first hole on: runs of holes are counted through the keys, never by walking the length.
  function formatSparse(ctx, array, entries, from, limit, depth) {
    const keys = ObjectKeys(array);
    let index = from;
    for (let i = from; i < keys.length && entries.length < limit && isArrayIndex(keys[i]); i++) {
      const position = +keys[i];
      if (position > index) {
        ArrayPush(entries, emptyItems(position - index));
        index = position;
        if (entries.length === limit) break;
      }
      ArrayPush(entries, ctx.formatSlot(ctx, ObjectGetOwnPropertyDescriptor(array, keys[i]), depth));
      index++;
    }
    const left = array.length - index;
    if (left > 0) ArrayPush(entries, entries.length < limit ? emptyItems(left) : more(left, "item"));
    return entries;
  }

  function formatArray(ctx, array, depth) {
    const limit = MathMin(ctx.maxArrayLength, array.length);
    const entries = [];
    for (let i = 0; i < limit; i++) {
      const slot = ObjectGetOwnPropertyDescriptor(array, i);
      if (slot === undefined) return formatSparse(ctx, array, entries, i, limit, depth);
      ArrayPush(entries, ctx.formatSlot(ctx, slot, depth));
    }
    if (array.length > limit) ArrayPush(entries, more(array.length - limit, "item"));
    return entries;
  }

  function formatTypedArray(ctx, array) {
    const length = TypedArrayLength(array);
    const limit = MathMin(ctx.maxArrayLength, length);
    const entries = [];
    for (let i = 0; i < limit; i++) ArrayPush(entries, ctx.formatPrimitive(ctx, array[i]));
    if (length > limit) ArrayPush(entries, more(length - limit, "item"));
    return entries;
  }

  function formatArrayBuffer(ctx, buffer) {
    let bytes;
    try {
      bytes = new Uint8Array(buffer);
    } catch {
      return ["(detached)", "byteLength: 0"];
    }
    const length = TypedArrayLength(bytes);
    const limit = MathMin(ctx.maxArrayLength, length);
    const hex = [];
    for (let i = 0; i < limit; i++) ArrayPush(hex, hexByte(bytes[i]));
    const rest = length > limit ? ` ${more(length - limit, "byte")}` : "";
    return [`[Uint8Contents]: <${ArrayJoin(hex, " ")}${rest}>`, `byteLength: ${length}`];
  }

  // forEach visits every member; the ones beyond the limit cost a call each but no formatting.
  function formatMembers(ctx, size, visit, format) {
    const entries = [];
    ctx.indentation += 2;
    visit((value, key) => {
      if (entries.length < ctx.maxArrayLength) ArrayPush(entries, format(value, key));
    });
    ctx.indentation -= 2;
    if (size > entries.length) ArrayPush(entries, more(size - entries.length, "item"));
    return entries;
  }

  const formatSet = (ctx, set, depth) =>
    formatMembers(ctx, SetSize(set), (visitor) => SetForEach(set, visitor), (value) =>
      ctx.formatValue(ctx, value, depth));

  const formatMap = (ctx, map, depth) =>
    formatMembers(ctx, MapSize(map), (visitor) => MapForEach(map, visitor), (value, key) =>
      `${ctx.formatValue(ctx, key, depth)} => ${ctx.formatValue(ctx, value, depth)}`);

  function formatPromise(ctx, promise, depth) {
    const details = native.promiseState(promise);
    if (details[0] === "pending") return ["<pending>"];
    ctx.indentation += 2;
    const value = ctx.formatValue(ctx, details[1], depth);
    ctx.indentation -= 2;
    return [details[0] === "rejected" ? `<rejected> ${value}` : value];
  }

  function formatDataView(ctx, view, depth) {
    ctx.indentation += 2;
    const buffer = ctx.formatValue(ctx, DataViewBuffer(view), depth);
    ctx.indentation -= 2;
    return [`byteLength: ${DataViewByteLength(view)}`, `byteOffset: ${DataViewByteOffset(view)}`, `buffer: ${buffer}`];
  }

  const formatUnknownItems = () => ["<items unknown>"];

  shared.contents = {
    __proto__: null,
    formatArray,
    formatArrayBuffer,
    formatDataView,
    formatMap,
    formatPromise,
    formatSet,
    formatTypedArray,
    formatUnknownItems,
  };
})
