// What runs, and what ended lately.

import { el, keyed, name, put, tag } from "./dom.js";
import { holder, table } from "./tables.js";
import { bytes, clock, count, plural, status, time } from "./words.js";

/** How many that ended are kept here. */
const KEPT = 200;

let ended = [];
let omitted = 0;
let paused = null;
let body;
let note;
let filter;
let known;

/** All that there are, the latest first: those that run before those that ended. */
export function rowsOf({ executions: seen }) {
  const running = (seen?.running ?? []).map((row) => ({ ...row, status: "running" }));
  return [...running.reverse(), ...ended];
}

/** Takes in what is new, before any view shows it. */
export function remember(seen) {
  ended = [...seen.ended.toReversed(), ...ended].slice(0, KEPT);
  omitted += seen.omitted;
}

/** A stream begins with all that there is. */
export function forget() {
  ended = [];
  omitted = 0;
}

function draw() {
  const rows = (paused ?? rowsOf(known)).filter((row) => filter.value === "all" || (filter.value === "running") === (row.status === "running") && row.status !== "success");
  keyed(body, rows.length ? rows : [null], (row) => row?.id ?? "none", (row) => (row ? line(row) : el("tr", {}, el("td", { colspan: 8, class: "empty" }, "There is nothing to show yet. Whatever clients run appears here as it happens."))));
  const running = known.executions?.running_count ?? 0;
  put(note, paused ? "Held still; what happens meanwhile appears when you go on." : `${count(running)} running. The latest ${plural(ended.length, "execution")} that ended${omitted ? `; ${count(omitted)} others are only counted` : ""}.`);
}

function line(row) {
  const [kind, word] = status(row.status);
  const over = row.status !== "running";
  return el(
    "tr",
    { class: over ? null : "new-row" },
    el("td", { class: "time" }, clock(row.began_ms)),
    el("td", {}, tag(kind, word), row.kind && el("span", { class: "who-sub" }, name(row.kind.replaceAll("_", " ")))),
    el("th", { scope: "row" }, name(row.tool)),
    el("td", {}, name(row.client || "–"), row.account && el("span", { class: "who-sub" }, name(row.account))),
    el("td", {}, name(row.profile)),
    el("td", { class: "num" }, over ? time(row.took_us) : "…"),
    el("td", { class: "num" }, over && row.cpu_us ? time(row.cpu_us) : ""),
    el("td", { class: "num" }, over && row.memory_bytes ? bytes(row.memory_bytes) : ""),
  );
}

export const executions = {
  id: "executions",
  title: "Executions",
  about: "Programs, calls of plugins and of the memory, as they happen.",
  icon: "M13 3 5 14h6l-1 7 8-11h-6z",
  build(section, context) {
    known = context.known;
    filter = el("select", { id: "which" }, [["all", "All"], ["running", "Running"], ["failed", "Without a result"]].map(([value, text]) => el("option", { value }, text)));
    filter.addEventListener("change", draw);
    const pause = holder((holds) => {
      paused = holds ? rowsOf(known) : null;
      draw();
    });
    context.tools.append(el("label", { class: "field", for: "which" }, "Show", filter), pause);
    body = el("tbody", {});
    note = el("p", { class: "note" });
    const heads = [["Began", "w6"], ["Outcome", "w8"], ["What"], ["Client"], ["Profile", "w8"], ["Time", "num w5"], ["Processor", "num w6"], ["Memory", "num w6"]];
    section.append(note, el("div", { class: "card flush" }, table("List of executions", heads, body)));
  },
  heard: { executions: draw },
};
