// What a model did not have to read. Figures that were counted, and none that is guessed.

import { el, name, put } from "./dom.js";
import { bytes, count, percent, plural } from "./words.js";

let body;

function bar(label, value, max, text, kind) {
  return el("li", {}, el("div", { class: "label" }, el("span", {}, label), el("span", {}, text)), el("progress", { max: Math.max(1, max), value, class: kind, "aria-label": typeof label === "string" ? label : text }));
}

function definitions(told) {
  if (!told) return el("div", { class: "card" }, el("div", { class: "top" }, el("h2", {}, "Definitions of tools")), el("p", { class: "empty" }, "No other servers are configured, so that there are no definitions to leave out."));
  const { plain_tokens: plain, own_tokens: own, servers, lists } = told;
  const saved = Math.max(0, plain - own);
  const tools = servers.reduce((sum, server) => sum + server.tools, 0);
  return el(
    "div",
    { class: "card item" },
    el("div", { class: "top" }, el("h2", {}, "Definitions of tools")),
    el("div", {}, el("p", { class: "big" }, count(saved), plain > 0 && ` (${percent(saved / plain)})`), el("p", { class: "quiet" }, "tokens fewer in each prompt")),
    el(
      "ul",
      { class: "bars" },
      bar(`All ${plural(tools, "tool")} of ${plural(servers.length, "server")}, as a client without Vesicle lists them`, plain, plain, `${count(plain)} tokens`, ""),
      bar("What Vesicle lists in their place", own, plain, `${count(own)} tokens`, "ours"),
    ),
    el("p", { class: "note" }, `Counted with ${told.encoding}; other makers' counts differ by some percent. Lists sent so far: ${count(lists)}. They left out ${count(told.left_out_tokens)} tokens.`),
    servers.length > 0 &&
      el(
        "div",
        { class: "rights" },
        el(
          "table",
          {},
          el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Server"), el("th", { scope: "col", class: "num" }, "Tools"), el("th", { scope: "col", class: "num" }, "Tokens"))),
          el("tbody", {}, servers.map((server) => el("tr", {}, el("th", { scope: "row" }, name(server.name)), el("td", { class: "num" }, count(server.tools)), el("td", { class: "num" }, count(server.tokens))))),
        ),
      ),
  );
}

function results(told) {
  const head = el("div", { class: "top" }, el("h2", {}, "Results that stayed in the sandbox"));
  if (!told) return el("div", { class: "card" }, head, el("p", { class: "empty" }, "There is no audit log, and calls are only measured where there is one."));
  return el(
    "div",
    { class: "card item" },
    head,
    el("div", {}, el("p", { class: "big" }, bytes(told.kept_bytes)), el("p", { class: "quiet" }, "of what tools answered came no further than the program that asked")),
    el(
      "ul",
      { class: "bars" },
      bar("What tools answered to programs", told.answered_bytes, Math.max(told.answered_bytes, told.told_bytes), bytes(told.answered_bytes), ""),
      bar("What those programs returned and printed", told.told_bytes, Math.max(told.answered_bytes, told.told_bytes), bytes(told.told_bytes), "ours"),
    ),
    el("p", { class: "note" }, "In bytes, since what never was in a prompt was never counted in tokens. Since the host began; of programs that called a tool."),
  );
}

export const savings = {
  id: "savings",
  title: "Savings",
  about: "What models did not have to read.",
  icon: "M4 7c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 7v5c0 1.7 3.6 3 8 3s8-1.3 8-3V7M4 12v5c0 1.7 3.6 3 8 3s8-1.3 8-3v-5",
  build(section) {
    body = el("div", { class: "grid two" });
    section.append(body);
  },
  heard: {
    savings: (told) => put(body, definitions(told.definitions), results(told.results)),
  },
};
