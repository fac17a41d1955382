// console.table: rows and columns of tabular data, drawn as Node draws them.
(function (native, shared) {
  "use strict";
  const {
    ArrayJoin, ArrayPush, MapForEach, MathMax, ObjectHasOwn, ObjectKeys, SetForEach, StringRepeat,
  } = shared.primordials;
  const { displayWidth } = shared.text;

  const INDEX = "(index)";
  const ITERATION = "(iteration index)";
  const HEADLINE = { __proto__: null, depth: -1, maxArrayLength: 3, breakLength: Infinity };
  const ONE_LEVEL = { __proto__: null, depth: 0, maxArrayLength: 3, breakLength: Infinity };

  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

  // A cell shows small objects and lists, and only the type of larger ones.
  function cell(value) {
    if (!isObject(value) || typeof value === "function") return shared.inspect(value, ONE_LEVEL);
    const kind = native.classOf(value);
    const isLarge = kind !== "Array" && kind !== "TypedArray" && ObjectKeys(value).length > 2;
    return shared.inspect(value, isLarge ? HEADLINE : ONE_LEVEL);
  }

  function draw(columns) {
    const widths = [];
    let height = 0;
    for (let i = 0; i < columns.length; i++) {
      const { title, cells } = columns[i];
      let width = displayWidth(title);
      for (let row = 0; row < cells.length; row++) width = MathMax(width, displayWidth(cells[row] ?? ""));
      widths[i] = width;
      height = MathMax(height, cells.length);
    }
    const rules = [];
    for (let i = 0; i < widths.length; i++) rules[i] = StringRepeat("─", widths[i] + 2);
    const rule = (left, middle, right) => left + ArrayJoin(rules, middle) + right;
    const line = (textOf) => {
      const texts = [];
      for (let i = 0; i < columns.length; i++) {
        const text = textOf(columns[i]);
        texts[i] = text + StringRepeat(" ", widths[i] - displayWidth(text));
      }
      return `│ ${ArrayJoin(texts, " │ ")} │`;
    };
    const lines = [rule("┌", "┬", "┐"), line((column) => column.title), rule("├", "┼", "┤")];
    for (let row = 0; row < height; row++) ArrayPush(lines, line((column) => column.cells[row] ?? ""));
    ArrayPush(lines, rule("└", "┴", "┘"));
    return ArrayJoin(lines, "\n");
  }

  function collectionColumns(data, kind) {
    const index = { title: ITERATION, cells: [] };
    const keys = { title: "Key", cells: [] };
    const values = { title: "Values", cells: [] };
    (kind === "Map" ? MapForEach : SetForEach)(data, (value, key) => {
      ArrayPush(index.cells, `${index.cells.length}`);
      ArrayPush(keys.cells, cell(key));
      ArrayPush(values.cells, cell(value));
    });
    return kind === "Map" ? [index, keys, values] : [index, values];
  }

  function rowColumns(data, properties) {
    const rows = ObjectKeys(data);
    const columns = [{ title: INDEX, cells: rows }];
    const byTitle = { __proto__: null };
    const values = { title: "Values", cells: [] };
    for (let row = 0; row < rows.length; row++) {
      const item = data[rows[row]];
      if (properties === undefined && !isObject(item)) {
        values.cells[row] = cell(item);
        continue;
      }
      const keys = properties ?? ObjectKeys(item);
      for (let i = 0; i < keys.length; i++) {
        const key = `${keys[i]}`;
        let column = byTitle[key];
        if (column === undefined) {
          column = byTitle[key] = { title: key, cells: [] };
          ArrayPush(columns, column);
        }
        if (isObject(item) && ObjectHasOwn(item, key)) column.cells[row] = cell(item[key]);
      }
    }
    if (values.cells.length > 0) ArrayPush(columns, values);
    return columns;
  }

  // undefined when the value has no rows to draw.
  shared.table = (data, properties) => {
    if (typeof data !== "object" || data === null) return undefined;
    const kind = native.classOf(data);
    return draw(kind === "Map" || kind === "Set" ? collectionColumns(data, kind) : rowColumns(data, properties));
  };
})
