// Measures the peers that JavaScript can drive. Each repetition makes a sandbox, runs the program
// and throws the sandbox away, as `vesicle bench` does. Prints one JSON object a line.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programs } from "./programs.mjs";

const quick = process.argv.includes("--quick");
const add = ({ a, b }) => ({ sum: a + b });

async function measure(peer, repetitions, run) {
  for (const [key, program] of Object.entries(programs)) {
    if (run.tools === false && program.tools) continue;
    try {
      await measureProgram(peer, key, program, repetitions(program), run);
    } catch (error) {
      console.error(`${peer}, ${key}: not measured: ${error.message}`);
    }
  }
}

async function measureProgram(peer, key, program, repetitions, run) {
  const times = [];
  const count = quick ? Math.max(3, Math.floor(repetitions / 10)) : repetitions;
  const warmUps = Math.ceil(count / 10);
  for (let i = -warmUps; i < count; i++) {
    const began = performance.now();
    const result = await run(program, key);
    const took = performance.now() - began;
    if (result !== program.result) throw new Error(`it gave ${result} instead of ${program.result}`);
    if (i >= 0) times.push(took);
  }
  times.sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(times.length * 0.5));
  console.log(JSON.stringify({ peer, key, p50_us: times[rank - 1] * 1e3, count }));
}

async function available(name) {
  try {
    return await import(name);
  } catch (error) {
    console.error(`${name}: not measured: ${error.message.split("\n")[0]}`);
    return undefined;
  }
}

const inProcess = (program) => program.repetitions;

// V8 isolates: a fresh isolate and context for each call, in this process.
const ivm = (await available("isolated-vm"))?.default;
if (ivm) {
  await measure("isolated-vm, fresh isolate", inProcess, async ({ code, input, tools }) => {
    const isolate = new ivm.Isolate({ memoryLimit: 128 });
    try {
      const context = await isolate.createContext();
      if (input !== undefined) await context.global.set("input", input);
      if (!tools) {
        return await context.eval(`(async () => {${code}\n})()`, { promise: true, copy: true });
      }
      await context.global.set("host", new ivm.Reference(async (args) => add(args)));
      return await context.eval(
        `(async () => {
          const add = args => host.apply(undefined, [args], { arguments: { copy: true }, result: { promise: true, copy: true } });
          ${code}
        })()`,
        { promise: true, copy: true },
      );
    } finally {
      isolate.dispose();
    }
  });
}

// QuickJS in V8's WebAssembly: the module is compiled once and instantiated for each call, so that
// calls share no memory, as ours share none.
const quickjs = await available("quickjs-emscripten");
if (quickjs) {
  const { newQuickJSWASMModule, newVariant, RELEASE_SYNC } = quickjs;
  const wasmModule = await compiledQuickJS();
  const variant = newVariant(RELEASE_SYNC, { wasmModule });
  const shared = await newQuickJSWASMModule(variant);
  await measure("quickjs-emscripten, fresh module", inProcess, async (program) =>
    quickjsRun(await newQuickJSWASMModule(variant), program),
  );
  await measure("quickjs-emscripten, shared module", inProcess, (program) =>
    quickjsRun(shared, program),
  );
}

async function compiledQuickJS() {
  const require = createRequire(import.meta.resolve("quickjs-emscripten"));
  const path = require.resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
  return WebAssembly.compile(readFileSync(path));
}

async function quickjsRun(module, { code, input, tools }) {
  const runtime = module.newRuntime();
  const context = runtime.newContext();
  try {
    if (input !== undefined) {
      context.newString(input).consume((text) => context.setProp(context.global, "input", text));
    }
    if (tools) {
      const number = (object, key) => context.getProp(object, key).consume(context.getNumber);
      const host = context.newFunction("add", (args) => {
        const call = context.newPromise();
        // An answer that comes later, as a tool's does.
        Promise.resolve(add({ a: number(args, "a"), b: number(args, "b") })).then(({ sum }) => {
          const answer = context.newObject();
          context.newNumber(sum).consume((value) => context.setProp(answer, "sum", value));
          call.resolve(answer);
          answer.dispose();
          call.dispose();
          runtime.executePendingJobs();
        });
        return call.handle;
      });
      host.consume((host) => context.setProp(context.global, "add", host));
    }
    const promise = context.unwrapResult(context.evalCode(`(async () => {${code}\n})()`));
    const settled = context.resolvePromise(promise);
    promise.dispose();
    runtime.executePendingJobs();
    const value = context.unwrapResult(await settled);
    return value.consume(context.dump);
  } finally {
    context.dispose();
    runtime.dispose();
  }
}

// A process for each call. There is nothing to call out through, so no tool calls.
const dir = mkdtempSync(join(tmpdir(), "vesicle-peers-"));
try {
  const slow = ({ repetitions }) => Math.min(repetitions, 40);
  await measure("node process", slow, byProcess("mjs", process.execPath, [], "for await (const chunk of process.stdin) text += chunk;"));
  const deno = process.env.PEERS_DENO;
  if (deno) {
    await measure("deno process", slow, byProcess("ts", deno, ["run", "--quiet", "--no-config", "--no-lock", "--no-prompt"], "text = await new Response(Deno.stdin.readable).text();"));
  } else {
    console.error("deno: not measured: it is not installed");
  }
} finally {
  rmSync(dir, { recursive: true });
}

function byProcess(extension, command, args, read) {
  const run = ({ code, input }, key) => {
    const path = join(dir, `${key}.${extension}`);
    const given = input === undefined ? "" : `let text = ""; ${read} const input = text;`;
    writeFileSync(path, `${given} console.log(JSON.stringify(await (async () => {${code}\n})()))`);
    return outputOf(command, [...args, path], input);
  };
  run.tools = false;
  return run;
}

function outputOf(command, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`it ended with code ${code}`));
    });
    // Whoever does not read its input may close it.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
