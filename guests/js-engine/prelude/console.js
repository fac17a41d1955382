// The console: log, info and debug go to stdout, the rest to stderr, formatted as Node does.
(function (native, shared) {
  "use strict";
  const {
    ArrayIsArray, ArrayJoin, ArrayPush, ArrayUnshift, Map, MapDelete, MapGet, MapHas, MapSet, MathFloor, Number,
    NumberToFixed, String, StringIncludes, StringPadStart, StringReplaceAll, StringSlice, StringSplit,
    StringStartsWith,
  } = shared.primordials;
  const { format, inspect } = shared;

  const STDOUT = 1;
  const STDERR = 2;
  const GROUP_INDENT = "  ";
  const SECOND = 1000;
  const MINUTE = 60 * SECOND;
  const HOUR = 60 * MINUTE;

  const counts = new Map();
  const timers = new Map();
  let indent = "";

  function print(fd, text) {
    if (indent !== "") {
      text = indent + (StringIncludes(text, "\n") ? StringReplaceAll(text, "\n", `\n${indent}`) : text);
    }
    // Not a template literal: QuickJS looks up String.prototype.concat for those.
    native.write(fd, text + "\n");
  }

  const printAll = (fd, args) =>
    print(fd, args.length === 1 && typeof args[0] === "string" ? args[0] : format(args));

  const warn = (message) => print(STDERR, `Warning: ${message}`);

  function formatDuration(ms) {
    if (ms < SECOND) return `${Number(NumberToFixed(ms, 3))}ms`;
    if (ms < MINUTE) return `${NumberToFixed(ms / SECOND, 3)}s`;
    const hours = MathFloor(ms / HOUR);
    const minutes = MathFloor((ms % HOUR) / MINUTE);
    const seconds = StringPadStart(NumberToFixed((ms % MINUTE) / SECOND, 3), 6, "0");
    return hours === 0
      ? `${minutes}:${seconds} (m:ss.mmm)`
      : `${hours}:${StringPadStart(String(minutes), 2, "0")}:${seconds} (h:mm:ss.mmm)`;
  }

  function printTimer(method, label, data) {
    const start = MapGet(timers, label);
    if (start === undefined) {
      warn(`No such label '${label}' for console.${method}()`);
      return;
    }
    const line = `${label}: ${formatDuration(native.now() - start)}`;
    if (data.length === 0) return print(STDOUT, line);
    ArrayUnshift(data, "%s", line);
    print(STDOUT, format(data));
  }

  function callerFrames() {
    const stack = new Error().stack;
    const lines = typeof stack === "string" ? StringSplit(shared.errors.stripOwnFrames(stack), "\n") : [];
    const frames = [];
    for (let i = 0; i < lines.length; i++) {
      if (StringStartsWith(lines[i], "    at ")) ArrayPush(frames, `\n${lines[i]}`);
    }
    return ArrayJoin(frames, "");
  }

  function group(...data) {
    if (data.length > 0) printAll(STDOUT, data);
    indent += GROUP_INDENT;
  }

  const methods = {
    log(...data) {
      printAll(STDOUT, data);
    },
    info(...data) {
      printAll(STDOUT, data);
    },
    debug(...data) {
      printAll(STDOUT, data);
    },
    error(...data) {
      printAll(STDERR, data);
    },
    warn(...data) {
      printAll(STDERR, data);
    },
    trace(...data) {
      const message = format(data);
      print(STDERR, `Trace${message === "" ? "" : `: ${message}`}${callerFrames()}`);
    },
    assert(condition, ...data) {
      if (condition) return;
      if (typeof data[0] === "string") data[0] = `Assertion failed: ${data[0]}`;
      else ArrayUnshift(data, "Assertion failed");
      printAll(STDERR, data);
    },
    dir(value, options) {
      print(STDOUT, inspect(value, options ?? undefined));
    },
    dirxml(...data) {
      printAll(STDOUT, data);
    },
    table(data, properties) {
      if (properties !== undefined && !ArrayIsArray(properties)) {
        throw new TypeError("console.table: properties must be an array of column names");
      }
      const drawn = shared.table(data, properties);
      if (drawn === undefined) printAll(STDOUT, [data]);
      else print(STDOUT, drawn);
    },
    group,
    groupCollapsed: group,
    groupEnd() {
      indent = StringSlice(indent, GROUP_INDENT.length);
    },
    count(label = "default") {
      const key = `${label}`;
      const count = (MapGet(counts, key) ?? 0) + 1;
      MapSet(counts, key, count);
      print(STDOUT, `${key}: ${count}`);
    },
    countReset(label = "default") {
      const key = `${label}`;
      if (!MapDelete(counts, key)) warn(`Count for '${key}' does not exist`);
    },
    time(label = "default") {
      const key = `${label}`;
      if (MapHas(timers, key)) warn(`Label '${key}' already exists for console.time()`);
      else MapSet(timers, key, native.now());
    },
    timeLog(label = "default", ...data) {
      printTimer("timeLog", `${label}`, data);
    },
    timeEnd(label = "default") {
      const key = `${label}`;
      printTimer("timeEnd", key, []);
      MapDelete(timers, key);
    },
    clear() {},
  };

  // The console standard gives it an empty object of its own as prototype.
  const console = Object.assign(Object.create({}), methods);
  Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
  shared.defineGlobal("console", console);
})
