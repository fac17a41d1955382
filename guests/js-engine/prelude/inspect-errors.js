// Turns errors into text: QuickJS stacks hold frames only, so the headline Node prints is built here.
(function (native, shared) {
  "use strict";
  const {
    ArrayIncludes, ArrayIndexOf, ArrayJoin, ArrayPush, ArraySplice, MathMin, ObjectHasOwn, String,
    StringEndsWith, StringIncludes, StringIndexOf, StringRepeat, StringReplaceAll, StringSlice, StringSplit,
    StringStartsWith,
  } = shared.primordials;
  const { prefix, readProperty } = shared.names;

  const FRAME = "    at ";
  const OWN_FILES = "vesicle:";
  const MAX_CAUSES = 4;
  const MAX_AGGREGATED = 10;
  // Fewer equal frames than this are not worth eliding.
  const MIN_SHARED_FRAMES = 4;

  const isArray = (value) => value !== null && typeof value === "object" && native.classOf(value) === "Array";
  const isError = (value) => value !== null && typeof value === "object" && native.classOf(value) === "Error";

  const isOwnFrame = (line) =>
    StringStartsWith(line, FRAME) &&
    (StringIncludes(line, `(${OWN_FILES}`) || StringStartsWith(line, FRAME + OWN_FILES));

  function stripOwnFrames(stack) {
    if (!StringIncludes(stack, OWN_FILES)) return stack;
    const kept = [];
    const lines = StringSplit(stack, "\n");
    for (let i = 0; i < lines.length; i++) {
      if (!isOwnFrame(lines[i])) ArrayPush(kept, lines[i]);
    }
    return ArrayJoin(kept, "\n");
  }

  function trimLineEnds(stack) {
    let end = stack.length;
    while (end > 0 && stack[end - 1] === "\n") end--;
    return StringSlice(stack, 0, end);
  }

  // Errors are user objects: any property may be missing, of another type or a throwing getter.
  function textProperty(error, key, fallback) {
    const value = readProperty(error, key);
    if (value === undefined || value === null) return fallback;
    if (typeof value === "string") return value;
    return typeof value === "object" || typeof value === "function" ? fallback : String(value);
  }

  function headline(name, message) {
    if (name === "") return message;
    return message === "" ? name : `${name}: ${message}`;
  }

  // The stack as V8 has it: headline first. A stack the program replaced is taken as it is.
  function fullStack(error) {
    const head = headline(textProperty(error, "name", "Error"), textProperty(error, "message", ""));
    const raw = readProperty(error, "stack");
    if (typeof raw !== "string" || raw === "") return head;
    const stack = trimLineEnds(stripOwnFrames(raw));
    if (stack === "") return head;
    return StringStartsWith(stack, FRAME) ? `${head}\n${stack}` : stack;
  }

  // Shows the class when it says more than the name: `Error` thrown as `class HttpError` prints `HttpError`.
  function nameConstructor(stack, constructor, name, tag) {
    const after = stack[name.length];
    const plainName = StringEndsWith(name, "Error") && StringStartsWith(stack, name) &&
      (after === undefined || after === ":" || after === "\n");
    if (constructor !== null && !plainName) return stack;
    const shown = StringSlice(prefix(constructor, tag, name), 0, -1);
    if (shown === name) return stack;
    const rest = plainName ? StringSlice(stack, name.length) : `: ${stack}`;
    return StringIncludes(shown, name) ? shown + rest : `${shown} [${name}]${rest}`;
  }

  function sharedRange(frames, others) {
    for (let offset = 0; offset < frames.length - 3; offset++) {
      const position = ArrayIndexOf(others, frames[offset]);
      if (position === -1) continue;
      const limit = MathMin(frames.length - offset, others.length - position);
      let length = 1;
      while (length < limit && frames[offset + length] === others[position + length]) length++;
      if (length >= MIN_SHARED_FRAMES) return { offset, length };
    }
    return undefined;
  }

  function elideFramesOfCause(error, frames) {
    const cause = readProperty(error, "cause");
    if (!isError(cause)) return frames;
    const stack = fullStack(cause);
    const start = StringIndexOf(stack, `\n${FRAME}`);
    if (start === -1) return frames;
    const common = sharedRange(frames, StringSplit(StringSlice(stack, start + 1), "\n"));
    if (common === undefined) return frames;
    const skipped = common.length - 2;
    ArraySplice(frames, common.offset + 1, skipped, `    ... ${skipped} lines matching cause stack trace ...`);
    return frames;
  }

  // `keys` are the properties to print behind the stack; what the stack already says is taken out.
  function formatError(ctx, error, constructor, tag, keys) {
    const name = textProperty(error, "name", "Error");
    const message = textProperty(error, "message", "");
    let stack = fullStack(error);
    const spoken = ["name", "message", "stack"];
    for (let i = 0; i < spoken.length; i++) {
      const index = ArrayIndexOf(keys, spoken[i]);
      if (index !== -1 && StringIncludes(stack, textProperty(error, spoken[i], ""))) ArraySplice(keys, index, 1);
    }
    if (ObjectHasOwn(error, "cause") && !ArrayIncludes(keys, "cause")) ArrayPush(keys, "cause");
    if (isArray(readProperty(error, "errors")) && !ArrayIncludes(keys, "errors")) ArrayPush(keys, "errors");

    stack = nameConstructor(stack, constructor, name, tag);
    const said = message === "" ? -1 : StringIndexOf(stack, message);
    const framesAt = StringIndexOf(stack, `\n${FRAME}`, said === -1 ? 0 : said + message.length);
    if (framesAt === -1) {
      stack = `[${stack}]`;
    } else {
      const frames = elideFramesOfCause(error, StringSplit(StringSlice(stack, framesAt + 1), "\n"));
      stack = `${StringSlice(stack, 0, framesAt)}\n${ArrayJoin(frames, "\n")}`;
    }
    return ctx.indentation === 0 ? stack : StringReplaceAll(stack, "\n", `\n${StringRepeat(" ", ctx.indentation)}`);
  }

  function readOr(error, key, fallback, whenThrown) {
    try {
      const value = error[key];
      return value === undefined || value === null ? fallback : String(value);
    } catch {
      return whenThrown;
    }
  }

  const indent = (text, by) => StringReplaceAll(text, "\n", `\n${by}`);

  // What caused the error, indented below its frames as Node prints it.
  function appendCauses(error, depth, by) {
    if (depth === MAX_CAUSES) return "";
    const entry = (value) => isError(value)
      ? indent(fullStack(value), by) + appendCauses(value, depth + 1, `${by}  `)
      : indent(shared.inspect(value), by);
    let text = "";
    if (ObjectHasOwn(error, "cause")) text += `\n${by}[cause]: ${entry(readProperty(error, "cause"))}`;
    const errors = readProperty(error, "errors");
    // Two levels at most: errors that aggregate each other would multiply.
    if (depth < 2 && isArray(errors)) {
      for (let i = 0; i < errors.length && i < MAX_AGGREGATED; i++) {
        text += `\n${by}[errors][${i}]: ${entry(readProperty(errors, i))}`;
      }
    }
    return text;
  }

  shared.describeError = (value) => {
    try {
      if (!isError(value)) return { name: "Uncaught", message: shared.display(value), stack: "", isError: false };
      const raw = readProperty(value, "stack");
      const frames = typeof raw === "string" ? trimLineEnds(stripOwnFrames(raw)) : "";
      return {
        name: readOr(value, "name", "Error", "Error"),
        message: readOr(value, "message", "", "[message getter threw]"),
        stack: frames + appendCauses(value, 0, "  "),
        isError: true,
      };
    } catch {
      return { name: "Error", message: "[the thrown value could not be described]", stack: "", isError: false };
    }
  };

  shared.errors = { __proto__: null, formatError, isError, stripOwnFrames };
})
