// The first view: how the host does, at a glance.

import { chart, latencies, outcomes, PERCENTILES } from "./charts.js";
import { el, keyed, name, put, tag } from "./dom.js";
import { rowsOf } from "./executions.js";
import { table } from "./tables.js";
import { clock, count, percent, plural, short, span, status, time } from "./words.js";

/** How many of the latest executions are shown here. */
const LATEST = 8;
const HEADS = [["Outcome", "w8"], ["What"], ["Time", "num w5"], ["Began", "w6"]];
const BUCKET_MS = 10_000;
const RANGES = [
  [60, "10 minutes"],
  [360, "1 hour"],
];

let tiles;
let latest;
let attention;
let latency;
let outcome;
let known;
let range = RANGES[0][0];
let buckets = [];

function tile(label, value, unit, sub) {
  return el(
    "div",
    { class: "tile" },
    el("dt", {}, label),
    el("dd", {}, value, unit && el("span", { class: "unit" }, unit)),
    sub && el("dd", { class: "sub" }, sub),
  );
}


/** The last ten seconds in which something ran. */
const last = (buckets) => buckets.findLast((bucket) => bucket.count > 0);

/** Takes in what the host counted; it tells the newest buckets again. */
function counted({ buckets: told }) {
  const first = told[0]?.at * 1e3;
  buckets = [
    ...buckets.filter((bucket) => bucket.at < first),
    ...told.map(({ at, count, outcomes, p50_ms, p90_ms, p99_ms }) => ({
      at: at * 1e3,
      count,
      failed: count - (outcomes.success ?? 0),
      p50: p50_ms * 1e3,
      p90: p90_ms * 1e3,
      p99: p99_ms * 1e3,
    })),
  ].slice(-RANGES.at(-1)[0]);
  figures();
}

/** With what was before the host began: nothing. */
function whole(here) {
  const first = here[0]?.at ?? Date.now();
  const before = Array.from({ length: range - here.length }, (_, index) => ({ at: first - (range - here.length - index) * BUCKET_MS, count: 0, failed: 0 }));
  return [...before, ...here];
}

/** The same of the executions that this page was told of, for whoever is not told the figures of the whole host. */
function ownBuckets() {
  const now = Math.floor(Date.now() / BUCKET_MS);
  const byBucket = Map.groupBy(rowsOf(known).filter((row) => row.status !== "running"), (row) => Math.floor((row.began_ms + row.took_us / 1e3) / BUCKET_MS));
  return Array.from({ length: RANGES.at(-1)[0] }, (_, index) => {
    const at = now - RANGES.at(-1)[0] + 1 + index;
    const rows = byBucket.get(at) ?? [];
    const times = rows.map((row) => row.took_us).sort((a, b) => a - b);
    const nth = (share) => times[Math.max(0, Math.ceil(times.length * share) - 1)];
    return { at: at * BUCKET_MS, count: rows.length, failed: rows.filter((row) => row.status !== "success").length, p50: nth(0.5), p90: nth(0.9), p99: nth(0.99) };
  });
}

function figures() {
  const seen = known.executions;
  if (!seen) return;
  const { counts } = seen;
  const all = counts.succeeded + counts.failed;
  const here = known.session?.sees_all ? buckets : ownBuckets();
  const recent = last(here);
  const ready = known.servers?.servers.filter((server) => server.state === "ready").length ?? 0;
  const servers = known.servers?.servers.length ?? 0;
  const saved = known.savings?.definitions;
  put(tiles, [
    tile("Running now", count(seen.running_count)),
    tile("Executions", short(all), "", "since it began"),
    tile("Success", all ? percent(counts.succeeded / all) : "–", "", plural(counts.failed, "failure")),
    recent && tile("Median time", ...span(recent.p50), `from ${clock(recent.at)}`),
    recent && tile("99 of 100", ...span(recent.p99), `of ${plural(recent.count, "run")}`),
    servers > 0 && tile("Servers ready", `${ready}`, `of ${servers}`, plural(tools(), "tool")),
    saved && tile("Tokens saved", short(Math.max(0, saved.plain_tokens - saved.own_tokens)), "", "in each prompt"),
  ]);
  const shown = whole(here.slice(-range));
  latency.show(shown);
  outcome.show(shown);
}

const tools = () => known.servers.servers.reduce((sum, server) => sum + (server.tools?.length ?? 0), 0);

function lately() {
  keyed(latest, rowsOf(known).slice(0, LATEST), (row) => row.id, (row) => {
    const [kind, word] = status(row.status);
    return el(
      "tr",
      {},
      el("td", {}, tag(kind, word)),
      el("th", { scope: "row" }, name(row.tool), row.account && el("span", { class: "who-sub" }, name(row.account))),
      el("td", { class: "num" }, row.status === "running" ? "" : time(row.took_us)),
      el("td", { class: "time" }, clock(row.began_ms)),
    );
  });
}

function worries() {
  const found = [];
  const add = (kind, word, view, what) => found.push({ kind, word, view, what });
  for (const server of known.servers?.servers ?? []) {
    if (server.is_down) add("bad", "down", "servers", [server.name, server.last_error ?? "The server is not there."]);
    if (server.held.length) add("warn", "held", "servers", [server.name, `${plural(server.held.length, "tool")} held back, since definitions changed`]);
    if (server.odd?.length) add("warn", "odd", "servers", [server.name, "Its definitions have what does not belong there."]);
  }
  for (const note of known.servers?.notes ?? []) add("bad", "unused", "servers", ["", note]);
  for (const place of known.plugins ?? []) {
    for (const plugin of place.plugins) if (plugin.missing) add("warn", "rights", "plugins", [plugin.name, `asks for ${plugin.missing}`]);
    for (const plugin of place.broken) add("bad", "broken", "plugins", [plugin.name, plugin.error]);
  }
  const shown = found.slice(0, 7);
  if (found.length > shown.length) shown.push({ kind: "", word: "more", view: "servers", what: ["", `and ${found.length - shown.length} more`] });
  keyed(attention, shown.length ? shown : [null], (item) => JSON.stringify(item), (item) =>
    item
      ? el("li", {}, tag(item.kind, item.word), el("span", {}, item.what[0] && el("a", { href: `#${item.view}` }, name(item.what[0])), item.what[0] && " ", name(item.what[1])))
      : el("li", {}, tag("good", "fine"), "Nothing needs anybody."),
  );
}

export const overview = {
  id: "overview",
  title: "Overview",
  about: "What the host does now, and how it has been doing.",
  icon: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  build(section, context) {
    known = context.known;
    const select = el("select", { id: "range" }, RANGES.map(([buckets, text]) => el("option", { value: buckets }, text)));
    select.addEventListener("change", () => {
      range = Number(select.value);
      figures();
    });
    context.tools.append(el("label", { class: "field", for: "range" }, "Charts show the last", select));
    tiles = el("dl", { class: "tiles" });
    latency = chart({
      id: "latency-title",
      title: "How long executions take",
      about: "In steps of ten seconds; each line is ten times the one below",
      height: 215,
      draw: latencies,
      legend: (buckets) => PERCENTILES.map(([key, label]) => el("li", { class: key }, label, el("b", {}, time(last(buckets)?.[key])))),
      head: ["Time", "Executions", ...PERCENTILES.map(([, label]) => label)],
      row: (bucket) => [clock(bucket.at), count(bucket.count), ...PERCENTILES.map(([key]) => (bucket.count ? time(bucket[key]) : "–"))],
      sentence: (buckets) => {
        const now = last(buckets);
        return now ? `Time of executions, most lately ${time(now.p50)} at the median and within ${time(now.p99)} for 99 of 100.` : "Nothing has run in this time.";
      },
    });
    outcome = chart({
      id: "outcome-title",
      title: "How many, and how they ended",
      about: "Executions in ten seconds",
      height: 215,
      draw: outcomes,
      legend: (buckets) => {
        const sum = (key) => buckets.reduce((all, bucket) => all + bucket[key], 0);
        return [
          el("li", { class: "bar-good" }, "Gave a result", el("b", {}, count(sum("count") - sum("failed")))),
          el("li", { class: "bar-bad" }, "Did not", el("b", {}, count(sum("failed")))),
        ];
      },
      head: ["Time", "Executions", "Without a result"],
      row: (bucket) => [clock(bucket.at), count(bucket.count), count(bucket.failed)],
      sentence: (buckets) => `${plural(buckets.reduce((all, bucket) => all + bucket.count, 0), "execution")} in this time, ${count(buckets.reduce((all, bucket) => all + bucket.failed, 0))} without a result.`,
    });
    latest = el("tbody", {});
    attention = el("ul", { class: "attention" });
    section.append(
      tiles,
      el("div", { class: "grid two" }, latency.figure, outcome.figure),
      el(
        "div",
        { class: "grid two" },
        el(
          "div",
          { class: "card flush" },
          el("div", { class: "top" }, el("h2", { id: "latest-title" }, "Latest executions"), el("a", { href: "#executions" }, "All of them")),
          table("List of the latest executions", HEADS, latest, "fixed"),
        ),
        el("div", { class: "card" }, el("div", { class: "top" }, el("h2", {}, "What needs somebody")), attention),
      ),
    );
    worries();
  },
  begun() {
    buckets = [];
  },
  heard: {
    executions: () => {
      figures();
      lately();
    },
    figures: counted,
    servers: () => {
      figures();
      worries();
    },
    plugins: worries,
    savings: figures,
  },
};
