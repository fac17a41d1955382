// The memory of past work: episodes and patterns, searched.

import { el, name, put, say, tag } from "./dom.js";
import { get } from "./host.js";
import { count, day, percent, plural, time } from "./words.js";

const OUTCOMES = {
  success: ["good", "success"],
  partial_success: ["warn", "partly"],
  failure: ["bad", "failure"],
  abstained: ["", "abstained"],
};
const STEPS = { success: ["good", "ok"], error: ["bad", "error"], timeout: ["warn", "timeout"], pending: ["", "open"] };
const words = (text) => text.replaceAll("_", " ");

let form;
let episodes;
let patterns;
let session = null;
let asked = 0;
let filled = false;

const input = (id) => form.querySelector(`#${id}`).value.trim();

async function search({ aloud }) {
  if (!session?.has_memory) return;
  filled = true;
  asked += 1;
  const mine = asked;
  const query = `q=${encodeURIComponent(input("query"))}&domain=${encodeURIComponent(input("domain"))}`;
  try {
    const [found, learned] = await Promise.all([get(`/api/episodes?${query}`), get(`/api/patterns?${query}`)]);
    if (mine !== asked) return;
    put(episodes.note, `${count(found.episodes.length)} of ${count(found.total)} shown`, found.warnings.map((warning) => `; ${warning}`));
    put(episodes.list, found.episodes.length ? found.episodes.map(episode) : el("li", { class: "empty" }, "No episode fits. Agents keep them with ", el("code", {}, "create_episode"), "."));
    put(patterns.note, `${count(learned.patterns.length)} of ${count(learned.total)} shown`);
    put(patterns.list, learned.patterns.length ? learned.patterns.map(pattern) : el("li", { class: "empty" }, "Nothing was seen in more than one episode yet."));
    if (aloud) say(`${plural(found.episodes.length, "episode")} and ${plural(learned.patterns.length, "pattern")} found.`);
  } catch (error) {
    if (mine === asked) put(episodes.list, el("li", { class: "said bad" }, name(error.message)));
  }
}

function episode(found) {
  const [kind, word] = OUTCOMES[found.outcome] ?? ["info", "open"];
  const steps = el("div", {});
  const details = el("details", {}, el("summary", {}, plural(found.step_count, "step")), steps);
  details.addEventListener("toggle", async () => {
    if (!details.open || steps.childElementCount) return;
    try {
      const whole = await get(`/api/episodes/${encodeURIComponent(found.id)}`);
      put(steps, stepsOf(whole));
    } catch (error) {
      put(steps, el("p", { class: "said bad" }, name(error.message)));
    }
  });
  return el(
    "li",
    { class: "item" },
    el("div", { class: "title" }, el("h3", {}, name(found.task)), tag(kind, word)),
    found.summary && el("p", { class: "quiet" }, name(found.summary)),
    el(
      "div",
      { class: "tags" },
      [found.domain, words(found.task_type), ...found.tags].filter(Boolean).map((text) => el("span", { class: "tag plain" }, name(text))),
      el("span", { class: "note" }, day(found.start_time), found.duration_s !== null && `, ${time(found.duration_s * 1e6)}`, found.reward !== null && `, reward ${found.reward.toFixed(2)}`),
    ),
    details,
  );
}

function stepsOf(whole) {
  const insights = whole.reflection?.insights ?? [];
  return [
    el(
      "ol",
      { class: "list" },
      whole.steps.map((step) => {
        const [kind, word] = STEPS[step.result] ?? ["", step.result];
        return el("li", {}, tag(kind, word), " ", el("code", {}, name(step.tool)), " ", name(step.action), step.latency_ms !== null && ` (${time(step.latency_ms * 1e3)})`);
      }),
    ),
    whole.steps_omitted > 0 && el("p", { class: "note" }, `and ${plural(whole.steps_omitted, "more step", "more steps")}`),
    insights.length > 0 && el("p", { class: "said muted" }, name(insights.join(" "))),
  ];
}

function pattern(found) {
  return el(
    "li",
    { class: "item" },
    el("div", { class: "title" }, el("h3", {}, name(found.description)), found.is_anti_pattern ? tag("bad", "rather fails") : tag(found.success_rate >= 0.4 ? "good" : "", `at least ${percent(found.success_rate)} succeed`)),
    el(
      "div",
      { class: "tags" },
      el("span", { class: "tag plain" }, words(found.pattern_type)),
      el("span", { class: "tag plain" }, name(found.domain)),
      el("span", { class: "note" }, `seen in ${plural(found.occurrence_count, "episode")}, followed ${plural(found.times_applied, "time")}`),
    ),
  );
}

function half(title, id) {
  const note = el("small", {});
  const list = el("ul", { class: "items", "aria-labelledby": id });
  const card = el("div", { class: "card" }, el("div", { class: "top" }, el("h2", { id }, title), note), list);
  return { card, list, note };
}

export const memory = {
  id: "memory",
  title: "Memory",
  about: "What was done before, and what was seen more than once in it. Every account searches its own.",
  icon: "M12 8v4l3 2M4 12a8 8 0 1 0 2.3-5.6M4 4v4h4",
  build(section) {
    episodes = half("Episodes", "episodes-title");
    patterns = half("Patterns", "patterns-title");
    form = el(
      "form",
      { class: "card search", role: "search", "aria-label": "Episodes and patterns" },
      el("label", { class: "field wide", for: "query" }, "What was the work about?", el("input", { id: "query", type: "search", placeholder: "a task, an error, a tool", autocomplete: "off" })),
      el("label", { class: "field", for: "domain" }, "Domain", el("input", { id: "domain", placeholder: "any", autocomplete: "off" })),
      el("button", { class: "main", type: "submit" }, "Search"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      search({ aloud: true });
    });
    section.append(form, el("div", { class: "grid two" }, episodes.card, patterns.card));
  },
  entered(given) {
    session = given;
    if (!given.has_memory) put(episodes.list, el("li", { class: "empty" }, "There is no memory: ", el("code", {}, "enabled"), " under [memory] in vesicle.toml is false."));
    if (!document.getElementById("memory").hidden) search({ aloud: false });
  },
  shown() {
    // What agents did meanwhile is there as well.
    if (!filled || !input("query")) search({ aloud: false });
  },
};
