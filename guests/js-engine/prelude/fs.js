// `fs`: the promises of Node's `fs/promises`, for the directories that the host granted.
(function (native, shared) {
  "use strict";
  const {
    ArrayPush, ArraySort, Date, ObjectDefineProperty, String, StringIncludes, StringToLowerCase, TypedArrayBuffer,
    TypedArrayByteLength, TypedArrayByteOffset, TypedArraySet, Uint8Array,
  } = shared.primordials;
  const { bytesOf } = shared;

  const FILE = 1;
  const DIRECTORY = 2;
  const LINK = 3;

  const FLAGS = { __proto__: null, w: 0, a: 1, wx: 2 };
  const ENCODINGS = { __proto__: null, utf8: true, "utf-8": true };

  const named = (Error, code, message) => {
    const error = new Error(message);
    error.code = code;
    return error;
  };

  const pathOf = (value, name = "path") => {
    if (typeof value !== "string") {
      throw named(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" argument must be a string, got ${value === null ? "null" : typeof value}`);
    }
    if (StringIncludes(value, "\0")) {
      throw named(TypeError, "ERR_INVALID_ARG_VALUE", `The argument "${name}" must be a string without null bytes`);
    }
    return value;
  };

  // Options are an object, or an encoding alone.
  const optionsOf = (value) => (typeof value === "string" ? { encoding: value } : value ?? {});

  const isText = (encoding) => {
    if (encoding === undefined || encoding === null) return false;
    if (typeof encoding === "string" && ENCODINGS[StringToLowerCase(encoding)]) return true;
    throw named(TypeError, "ERR_INVALID_ARG_VALUE", `fs knows the encoding "utf8" and no other; got ${String(encoding)}`);
  };

  const write = (path, data, mode) => {
    if (typeof data === "string") return native.fsWriteText(path, data, mode);
    let bytes = bytesOf(data);
    if (bytes === undefined) {
      throw named(TypeError, "ERR_INVALID_ARG_TYPE", 'The "data" argument must be a string, an ArrayBuffer or a view of one');
    }
    if (native.classOf(TypedArrayBuffer(bytes)) !== "ArrayBuffer") {
      const copy = new Uint8Array(TypedArrayByteLength(bytes));
      TypedArraySet(copy, bytes);
      bytes = copy;
    }
    native.fsWrite(path, TypedArrayBuffer(bytes), TypedArrayByteOffset(bytes), TypedArrayByteLength(bytes), mode);
  };

  const hidden = (object, kind) => ObjectDefineProperty(object, "kind", { __proto__: null, value: kind });

  class Stats {
    constructor(size, mtimeMs, kind) {
      this.size = size;
      this.mtimeMs = mtimeMs;
      this.mtime = new Date(mtimeMs);
      hidden(this, kind);
    }
    isFile() {
      return this.kind === FILE;
    }
    isDirectory() {
      return this.kind === DIRECTORY;
    }
  }

  class Dirent {
    constructor(name, parentPath, kind) {
      this.name = name;
      this.parentPath = parentPath;
      hidden(this, kind);
    }
    isFile() {
      return this.kind === FILE;
    }
    isDirectory() {
      return this.kind === DIRECTORY;
    }
    isSymbolicLink() {
      return this.kind === LINK;
    }
  }

  const byName = (one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0);

  const fs = {
    async readFile(path, options) {
      return isText(optionsOf(options).encoding) ? native.fsReadText(pathOf(path)) : new Uint8Array(native.fsRead(pathOf(path)));
    },

    async writeFile(path, data, options) {
      const { encoding, flag = "w" } = optionsOf(options);
      isText(encoding);
      const mode = FLAGS[flag];
      if (mode === undefined) throw named(TypeError, "ERR_INVALID_ARG_VALUE", `fs knows the flags "w", "wx" and "a"; got ${String(flag)}`);
      write(pathOf(path), data, mode);
    },

    async appendFile(path, data, options) {
      isText(optionsOf(options).encoding);
      write(pathOf(path), data, FLAGS.a);
    },

    async readdir(path, options) {
      const { withFileTypes } = optionsOf(options);
      const read = native.fsReaddir(pathOf(path));
      const entries = [];
      for (let i = 0; i < read.length; i += 2) ArrayPush(entries, new Dirent(read[i], path, read[i + 1]));
      // The system has them in any order, which would make programs differ from run to run.
      ArraySort(entries, byName);
      if (!withFileTypes) for (let i = 0; i < entries.length; i++) entries[i] = entries[i].name;
      return entries;
    },

    async stat(path) {
      const told = native.fsStat(pathOf(path));
      return new Stats(told[0], told[1], told[2]);
    },

    async mkdir(path, options) {
      const { recursive } = typeof options === "object" ? optionsOf(options) : {};
      return native.fsMkdir(pathOf(path), Boolean(recursive)) ?? undefined;
    },

    async rm(path, options) {
      const { recursive, force } = optionsOf(options);
      native.fsRm(pathOf(path), Boolean(recursive), Boolean(force));
    },

    async rename(from, to) {
      native.fsRename(pathOf(from, "oldPath"), pathOf(to, "newPath"));
    },
  };
  // Code that knows Node says `fs.promises`.
  ObjectDefineProperty(fs, "promises", { __proto__: null, value: fs });

  shared.defineGlobal("fs", fs);
})
