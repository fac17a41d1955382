// The other servers, and how they stand.

import { el, keyed, name, put, tag } from "./dom.js";
import { count, percent, plural, time } from "./words.js";

const STATES = {
  ready: ["good", "ready"],
  starting: ["info", "starting"],
  idle: ["", "idle"],
  down: ["bad", "down"],
  stopped: ["", "stopped"],
};

let list;
let notes;
let badge;

const fact = (label, value) => el("div", {}, el("dt", {}, label), el("dd", {}, value));

function more(part, label, content) {
  return el("details", { "data-part": part }, el("summary", {}, label), content);
}

function card(server) {
  const [kind, word] = STATES[server.state] ?? ["", server.state];
  const counts = server.counts;
  const calls = counts && counts.calls > 0;
  return el(
    "li",
    { class: "card item" },
    el("div", { class: "title" }, el("div", {}, el("h2", {}, name(server.name)), server.title && el("span", { class: "note" }, name(`${server.title} ${server.version ?? ""}`))), tag(kind, word)),
    el("p", { class: "quiet" }, server.transport, server.address && [" · ", name(server.address, { class: "mono" })]),
    server.is_down && server.last_error && el("p", { class: "said bad" }, name(server.last_error)),
    server.tools_from_disk && el("p", { class: "said muted" }, "It has not answered yet; its tools are those that it last listed."),
    el(
      "dl",
      { class: "facts" },
      fact("Tools", count(server.tools?.length ?? 0)),
      counts && [
        fact("Calls", count(counts.calls)),
        calls && [
          fact("Success", percent(counts.succeeded / counts.calls)),
          fact("Median", time(counts.latency_us_p50)),
          fact("99 of 100", time(counts.latency_us_p99)),
          fact("From cache", count(counts.cache_hits)),
          fact("Denied", count(counts.denied)),
        ],
        fact("Connected", plural(server.connections, "time")),
      ],
    ),
    server.held.length > 0 && el("div", { class: "said warn" }, `${plural(server.held.length, "tool")} held back until somebody approves the new definitions: `, name(server.held.join(", "))),
    server.odd?.length > 0 && el("div", { class: "said warn" }, "Odd: ", name(server.odd.join("; "))),
    server.notes.length > 0 && el("div", { class: "said muted" }, name(server.notes.join("; "))),
    server.tools?.length > 0 && more("tools", plural(server.tools.length, "tool"), el("ul", { class: "tags list" }, server.tools.map((tool) => el("li", { class: "tag plain" }, name(tool))))),
    server.stderr?.length > 0 && more("stderr", "What it wrote to its standard error", el("pre", { tabindex: 0, role: "region", "aria-label": `Standard error of ${server.name}` }, server.stderr.join("\n"))),
  );
}

export const servers = {
  id: "servers",
  title: "Servers",
  about: "Other MCP servers whose tools code may call.",
  icon: "M4 5h16v5H4zM4 14h16v5H4zM8 7.5h.01M8 16.5h.01",
  build(section, context) {
    badge = context.count;
    list = el("ul", { class: "cards" });
    notes = el("div", { class: "notes" });
    section.append(notes, list);
  },
  heard: {
    servers: ({ servers: all, notes: told }) => {
      keyed(list, all, (server) => server.name, card);
      const down = all.filter((server) => server.is_down).length;
      put(badge, down ? [String(down), el("span", { class: "unseen" }, " down")] : "");
      put(notes, told.map((note) => el("p", { class: "said warn" }, name(note))), !all.length && el("p", { class: "card empty" }, "No other servers are configured. ", el("code", {}, "[servers.NAME]"), " in vesicle.toml, or a file given with ", el("code", {}, "--mcp-config"), ", adds some."));
    },
  },
};
