// Lays formatted entries out as Node does: on one line, in columns, or one per line.
(function (native, shared) {
  "use strict";
  const {
    ArrayJoin, ArrayPush, MathFloor, MathMax, MathMin, MathRound, MathSqrt, StringIncludes, StringPadEnd,
    StringPadStart, StringRepeat,
  } = shared.primordials;
  const { displayWidth } = shared.text;

  // How many nesting levels may share a line; Node's default for its `compact` option.
  const COMPACT_LEVELS = 3;
  const MIN_GROUPED_ENTRIES = 6;
  const SEPARATOR_WIDTH = 2;
  // Node's aspect ratio of a character cell, so that groups come out roughly square.
  const CELL_HEIGHT = 2.5;
  const MAX_COLUMNS = 15;

  function columnCount(ctx, count, total, widest) {
    const cell = widest + SEPARATOR_WIDTH;
    const fitsThrice = cell * 3 + ctx.indentation < ctx.breakLength;
    if (!fitsThrice || !(total / cell > 5 || widest <= 6)) return 1;
    const bias = MathSqrt(cell - total / count.all);
    const biased = MathMax(cell - 3 - bias, 1);
    return MathMin(
      MathRound(MathSqrt(CELL_HEIGHT * biased * count.grouped) / biased),
      MathFloor((ctx.breakLength - ctx.indentation) / cell),
      COMPACT_LEVELS * 4,
      MAX_COLUMNS,
    );
  }

  function allNumeric(array, count) {
    if (array === undefined) return true;
    for (let i = 0; i < count; i++) {
      if (typeof array[i] !== "number" && typeof array[i] !== "bigint") return false;
    }
    return true;
  }

  function groupInColumns(ctx, entries, array) {
    const all = entries.length;
    // A trailing "... n more items" stays on a line of its own.
    const grouped = ctx.maxArrayLength < all ? all - 1 : all;
    const widths = [];
    let total = 0;
    let widest = 0;
    for (let i = 0; i < grouped; i++) {
      widths[i] = displayWidth(entries[i]);
      total += widths[i] + SEPARATOR_WIDTH;
      widest = MathMax(widest, widths[i]);
    }
    const columns = columnCount(ctx, { all, grouped }, total, widest);
    if (!(columns > 1)) return entries;

    const columnWidths = [];
    for (let column = 0; column < columns; column++) {
      let width = 0;
      for (let i = column; i < grouped; i += columns) width = MathMax(width, widths[i]);
      columnWidths[column] = width + SEPARATOR_WIDTH;
    }
    const pad = allNumeric(array, all) ? StringPadStart : StringPadEnd;
    const lines = [];
    for (let start = 0; start < grouped; start += columns) {
      const last = MathMin(start + columns, grouped) - 1;
      let line = "";
      for (let i = start; i < last; i++) {
        line += pad(`${entries[i]}, `, columnWidths[i - start] + entries[i].length - widths[i], " ");
      }
      const room = columnWidths[last - start] + entries[last].length - widths[last] - SEPARATOR_WIDTH;
      line += pad === StringPadStart ? StringPadStart(entries[last], room, " ") : entries[last];
      ArrayPush(lines, line);
    }
    if (grouped < all) ArrayPush(lines, entries[grouped]);
    return lines;
  }

  function fitsOneLine(ctx, entries, start, base) {
    let total = entries.length + start;
    if (total + entries.length > ctx.breakLength) return false;
    for (let i = 0; i < entries.length; i++) {
      total += entries[i].length;
      if (total > ctx.breakLength) return false;
    }
    return base === "" || !StringIncludes(base, "\n");
  }

  // `array` is given for array-likes only: it enables grouping and decides the alignment of the columns.
  shared.layOut = (ctx, entries, base, open, close, depth, isList, array) => {
    const head = base === "" ? open : `${base} ${open}`;
    const lines = isList && entries.length > MIN_GROUPED_ENTRIES ? groupInColumns(ctx, entries, array) : entries;
    if (ctx.deepest - depth < COMPACT_LEVELS && lines === entries) {
      const start = entries.length + ctx.indentation + open.length + base.length + 10;
      if (fitsOneLine(ctx, entries, start, base)) {
        const joined = ArrayJoin(entries, ", ");
        if (!StringIncludes(joined, "\n")) return `${head} ${joined} ${close}`;
      }
    }
    const newline = `\n${StringRepeat(" ", ctx.indentation)}`;
    return `${head}${newline}  ${ArrayJoin(lines, `,${newline}  `)}${newline}${close}`;
  };
})
