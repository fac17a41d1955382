// How the engine reads maps and sets when it turns a result into JSON: with the methods as they
// were at boot, so that a program that replaces them still gets its data out.
(function (native, shared) {
  "use strict";
  const { call } = Function.prototype;
  const mapForEach = call.bind(Map.prototype.forEach);
  const setForEach = call.bind(Set.prototype.forEach);

  // The array is null-prototyped first: a setter for "0" on Array.prototype would swallow entries.
  function collect(forEach, collection, entry) {
    const out = Object.setPrototypeOf([], null);
    let length = 0;
    forEach(collection, (value, key) => {
      out[length++] = entry(value, key);
    });
    return out;
  }

  const pair = (value, key) => [key, value];
  const single = (value) => value;
  shared.hooks.mapEntries = (map) => collect(mapForEach, map, pair);
  shared.hooks.setValues = (set) => collect(setForEach, set, single);
})
