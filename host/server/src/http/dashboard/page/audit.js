// The newest lines of the audit log.

import { el, keyed, name, put, tag } from "./dom.js";
import { holder, table } from "./tables.js";
import { bytes, clock, count, plural, status, time } from "./words.js";

/** How many lines are kept here. */
const KEPT = 200;

let lines = [];
let paused = null;
let body;
let note;
let hasLog = true;
let wrong = null;

function hear(told) {
  hasLog = told.has_log;
  wrong = told.error ?? null;
  lines = [...told.lines.toReversed(), ...lines].slice(0, KEPT);
  draw();
}

function draw() {
  const rows = paused ?? lines;
  keyed(body, rows.length ? rows : [null], (line) => (line ? (line.hash ?? `${line.seq} ${line.time}`) : "none"), (line) => (line ? row(line) : el("tr", {}, el("td", { colspan: 6, class: "empty" }, hasLog ? "There is no line yet." : "There is no audit log: `audit.enabled` in vesicle.toml says so."))));
  put(note, wrong ? name(wrong) : paused ? "Held still; lines that are added meanwhile appear when you go on." : `The latest ${plural(lines.length, "line")}. `, !wrong && !paused && [el("code", {}, "vesicle audit verify"), " checks that none was changed."]);
}

function row(line) {
  if (line.kind !== "execution") return other(line);
  const outcome = line.outcome ?? {};
  const [kind, word] = status(outcome.status);
  const why = outcome.error_type ?? outcome.violation_type ?? outcome.limit;
  const calls = line.calls ?? [];
  return el(
    "tr",
    {},
    el("td", { class: "time" }, clock(line.time)),
    el("td", {}, tag(kind, word), why && el("span", { class: "who-sub" }, name(why.replaceAll("_", " ")))),
    el("th", { scope: "row" }, name(line.tool)),
    el("td", {}, name(`${line.who?.client ?? ""} ${line.who?.version ?? ""}`.trim() || "–"), line.who?.account && el("span", { class: "who-sub" }, name(line.who.account))),
    el("td", { class: "num" }, time(Math.round((line.ms ?? 0) * 1e3))),
    el(
      "td",
      {},
      el(
        "details",
        { "data-part": "more" },
        el("summary", {}, calls.length ? plural(calls.length + (line.calls_omitted ?? 0), "host call") : "More"),
        el(
          "ul",
          { class: "list" },
          calls.map((call) => el("li", {}, `${call.call} `, el("code", {}, name(call.name)), ` ${call.verdict}, ${bytes(call.bytes_out)} out, ${bytes(call.bytes_in)} in, ${time(call.us)}`)),
          line.calls_omitted > 0 && el("li", {}, `and ${count(line.calls_omitted)} more`),
          line.grants?.length > 0 && el("li", {}, "Used: ", name(line.grants.join(", "))),
          el("li", {}, `Profile `, name(line.profile), line.code && [`, code of ${bytes(line.code.bytes)}, `, el("code", {}, line.code.blake3.slice(0, 16))]),
          el("li", {}, `Line ${line.seq ?? "?"}, hash `, el("code", {}, name((line.hash ?? "").slice(0, 16)))),
        ),
      ),
    ),
  );
}

/** What the log says of itself, and of servers. */
function other(line) {
  if (line.kind === "refusal") return refusal(line);
  const what = line.kind === "server" ? [...(line.odd ?? []), ...(line.held ?? []).map((tool) => `held back: ${tool}`)].join("; ") : line.kind === "gap" ? `${line.lost} lines were lost` : "";
  const kind = line.kind === "server" || line.kind === "gap" ? "warn" : "";
  return el("tr", {}, el("td", { class: "time" }, line.time ? clock(line.time) : ""), el("td", {}, tag(kind, line.kind ?? "line")), el("th", { scope: "row" }, name(line.server ?? "the log")), el("td", { colspan: 3 }, name(what)));
}

/** Requests that were refused for one reason. */
function refusal(line) {
  const whose = line.who?.account ?? line.who?.address ?? "several";
  const what = `${line.reason}: ${plural(line.count ?? 0, "request")}`.replaceAll("_", " ");
  return el("tr", {}, el("td", { class: "time" }, line.time ? clock(line.time) : ""), el("td", {}, tag("warn", "refused")), el("th", { scope: "row" }, name(whose)), el("td", { colspan: 3 }, name(what)));
}

export const audit = {
  id: "audit",
  title: "Audit",
  about: "Who ran what, how it ended and what it reached. Lines hold no code and no results.",
  icon: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  build(section, context) {
    const pause = holder((holds) => {
      paused = holds ? lines : null;
      draw();
    });
    context.tools.append(pause);
    const heads = [["Ended", "w6"], ["Outcome", "w8"], ["What"], ["Who"], ["Time", "num w5"], ["Details", "w16"]];
    body = el("tbody", {});
    note = el("p", { class: "note" });
    section.append(note, el("div", { class: "card flush" }, table("Audit lines", heads, body)));
  },
  begun() {
    // A stream begins with the end of the log.
    lines = [];
  },
  heard: { audit: hear },
};
