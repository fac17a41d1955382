// What the dashboard is looked at with: a host with servers, plugins and a memory, and clients that make real calls. Some of
// them have names that a page would run or be turned around by, if it took them for more than text.
import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../..");
const SERVERS = join(ROOT, "tests/servers");
export const HOSTILE = "<img src=x onerror=globalThis.hacked=1>";
export const TURNED = "\u202egnp.exe";

/** Environment without what the person who runs this configured. */
function environment(place) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("VESICLE_") && name !== "DATABASE_URL");
  return { ...Object.fromEntries(own), XDG_CONFIG_HOME: join(place, "none"), XDG_DATA_HOME: join(place, "none") };
}

export class Host {
  constructor(program, cache) {
    this.program = program;
    this.cache = cache;
    this.place = mkdtempSync(join(tmpdir(), "vesicle-dashboard-"));
  }

  /** Runs a command with the host's data. */
  vesicle(...options) {
    return execFileSync(this.program, [...options, "--cache-dir", this.cache, "--data-dir", this.place], {
      cwd: this.place,
      env: environment(this.place),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }

  /** Serves with this configuration. */
  async serve(toml) {
    writeFileSync(join(this.place, "vesicle.toml"), toml);
    const options = ["serve", "--http", this.address ?? "127.0.0.1:0", "--cache-dir", this.cache, "--data-dir", this.place];
    this.process = spawn(this.program, options, { cwd: this.place, env: environment(this.place), stdio: ["ignore", "ignore", "pipe"] });
    const lines = createInterface({ input: this.process.stderr });
    this.log = [];
    this.url = await new Promise((listening, failed) => {
      lines.on("line", (line) => {
        this.log.push(line);
        const found = /^serving MCP at (.+)\/mcp$/.exec(line.trim());
        if (found) listening(found[1]);
      });
      this.process.once("exit", () => failed(new Error(this.log.join("\n"))));
    });
    this.address = new URL(this.url).host;
  }

  async end() {
    if (this.process && this.process.exitCode === null) {
      this.process.kill("SIGKILL");
      await once(this.process, "exit");
    }
  }

  async remove() {
    await this.end();
    rmSync(this.place, { recursive: true, force: true });
  }

  /** Sends a request of the protocol of 2026, which has no sessions. */
  async request(method, params, { client = "agent", token } = {}) {
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: client, version: "1.0" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const headers = {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
    };
    if (params.name) headers["mcp-name"] = params.name;
    if (token) headers.authorization = `Bearer ${token}`;
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } });
    const response = await fetch(`${this.url}/mcp`, { method: "POST", headers, body });
    const text = await response.text();
    const json = text.split("\n").findLast((line) => line.includes("{"));
    if (!response.ok || !json) throw new Error(`${response.status} ${text}`);
    return JSON.parse(json.replace(/^data:/, "")).result;
  }

  /** Calls a tool, whatever comes of it. */
  call(name, args, options) {
    return this.request("tools/call", { name, arguments: args }, options);
  }

  run(code, options = {}) {
    const { timeout_ms, ...rest } = options;
    return this.call("execute_agent_code", timeout_ms ? { code, timeout_ms } : { code }, rest);
  }
}

/** A server of npm's, as the configuration has it. */
const npm = (name, ...options) => {
  const script = join(SERVERS, "node_modules/@modelcontextprotocol", name, "dist/index.js");
  return `command = "node"\nargs = ${JSON.stringify([script, ...options])}\ncalls_per_minute = 100000\n`;
};

/** Other servers: two that work, one that is not there, and one whose tools have hostile names. */
export function servers(place) {
  mkdirSync(join(place, "files"), { recursive: true });
  writeFileSync(join(place, "files/orders.csv"), "id,team,total\n" + Array.from({ length: 400 }, (_, at) => `${at},${at % 2 ? "blue" : "red"},${at * 7}`).join("\n"));
  return [
    `[servers.everything]\n${npm("server-everything", "stdio")}`,
    `[servers.files]\n${npm("server-filesystem", join(place, "files"))}`,
    `[servers.billing]\ncommand = "node"\nargs = ["-e", "console.error('Error: no licence key'); process.exit(1)"]\n`,
    `[servers.strange]\ncommand = "node"\nargs = ${JSON.stringify([join(ROOT, "tests/dashboard/strange.mjs"), HOSTILE, TURNED])}\n`,
  ].join("\n");
}

/** Plugins: one that asks for nothing, one that asks for much, and one that says hostile things of itself. */
export function plugins(host, ...account) {
  const add = (name, ...options) => host.vesicle("plugin", "add", ...options, ...account, join(ROOT, `plugins/${name}/${name}.wasm`));
  add("markdown");
  add("advise", "--ask", "hosts=api.example.com:443", "--ask", "tools=everything.*", "--ask", "state", "--ask", "memory_mb=64");
  add("csv", "--name", "odd", "--description", `${HOSTILE} ${TURNED}`, "--ask", "env=CI_TOKEN");
}

/** Past work: some that went well, one that did not, and one with a hostile name. */
export async function memories(host, options) {
  const ask = async (name, args) => {
    const result = await host.call(name, args, options);
    if (result.isError) throw new Error(`${name}: ${result.content[0].text}`);
    return result.structuredContent;
  };
  const tasks = [
    [`${HOSTILE} ${TURNED}`, "web-shop", ["read_file", "run_tests", "edit_file"], HOSTILE],
    ["Find why checkout tests are flaky", "web-shop", ["read_file", "run_tests", "edit_file"], "The clock was not frozen"],
    ["Make the login form accept long names", "web-shop", ["read_file", "run_tests", "edit_file"], "The column was too short"],
    ["Sum the orders of each team", "reports", ["files.read_file", "execute_agent_code"], "One program in place of eleven calls"],
    ["Move the invoices to the new bucket", "billing", ["list_objects", "copy_object"], null],
  ];
  for (const [task_description, domain, tools, verdict] of tasks) {
    const { episode_id } = await ask("create_episode", { task_description, domain, task_type: "debugging", tags: ["tests"] });
    for (const [at, tool] of tools.entries()) {
      const result = verdict || at === 0 ? { type: "success", output: "done" } : { type: "error", message: "access denied" };
      await ask("add_episode_step", { episode_id, step_number: at + 1, tool, action: `use ${tool}`, result, latency_ms: 12 * (at + 1) });
    }
    await ask("complete_episode", verdict ? { episode_id, outcome_type: "success", verdict } : { episode_id, outcome_type: "failure", reason: "The role may not write there" });
  }
}

const PROGRAMS = [
  "return Array.from({length: 2000}, (_, i) => i * i).reduce((a, b) => a + b)",
  "const {content} = await tools.files.read_text_file({path: 'PLACE/files/orders.csv'}); return content.split('\\n').length",
  "return (await Promise.all([1, 2, 3].map(n => tools.everything['get-sum']({a: n, b: n})))).length",
  "const {content} = await tools.files.read_text_file({path: 'PLACE/files/orders.csv', head: ROUND}); return content.length",
];

/** Calls of all kinds, by clients of several names. */
export async function work(host, rounds, options = {}) {
  const by = (client) => ({ client, ...options });
  for (let round = 0; round < rounds; round += 1) {
    const code = PROGRAMS[round % PROGRAMS.length].replaceAll("PLACE", host.place).replaceAll("ROUND", 1 + Math.floor(Math.random() * 300));
    await host.run(code, by(round % 3 ? "claude-code" : "release-bot"));
    if (round % 5 === 2) await host.call("markdown__headings", { text: "# Orders\n\n## Of June\n" }, by("claude-code"));
    if (round % 7 === 3) await host.call("query_memory", { query: "flaky tests", domain: "web-shop" }, by("claude-code"));
    if (round % 12 === 5) await host.run("throw new TypeError('no such order')", by("release-bot"));
    if (round % 12 === 9) await host.run("while (Date.now()) {}", { timeout_ms: 60, ...by("claude-code") });
  }
}
