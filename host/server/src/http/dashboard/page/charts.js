// Charts, drawn by hand. Each has a sentence for people who do not see it, and all of its figures as a table.

import { el, put, svg } from "./dom.js";
import { clock, count, time } from "./words.js";

const WIDTH = 560;
const LEFT = 50;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 22;

export const PERCENTILES = [
  ["p50", "Median"],
  ["p90", "90 of 100"],
  ["p99", "99 of 100"],
];

/** A card with a chart that is drawn again whenever it is given other figures. */
export function chart({ id, title, about, height, draw, legend, head, row, sentence }) {
  const figure = el("figure", { class: "card chart" });
  const drawing = el("div", {});
  const keys = el("ul", { class: "legend" });
  const readout = el("p", { class: "readout", "aria-hidden": "true" });
  const body = el("tbody", {});
  const table = el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title}, as a table` },
    el("table", {}, el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))), body),
  );
  figure.append(
    el("div", { class: "top" }, el("div", {}, el("h2", { id }, title), el("small", {}, about)), keys),
    drawing,
    readout,
    el("details", { class: "as-table" }, el("summary", {}, "Show the figures as a table"), table),
  );
  const show = (series) => {
    put(keys, legend(series));
    const filled = series.filter((bucket) => bucket.count > 0);
    put(body, filled.toReversed().map((bucket) => el("tr", {}, row(bucket).map((cell) => el("td", { class: "num" }, cell)))));
    put(readout, filled.length ? "Point at the chart to read a moment." : "");
    const empty = svg("text", { x: WIDTH / 2, y: height / 2, "text-anchor": "middle" }, "Nothing has run in this time.");
    const frame = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": sentence(series) });
    if (!filled.length) frame.append(empty);
    else draw(frame, series, scales(series, height));
    put(drawing, frame);
    pointing(frame, series, height, (bucket) => put(readout, bucket ? row(bucket).map((cell, at) => `${head[at]}: ${cell}`).join(" · ") : ""));
  };
  return { figure, show };
}

function scales(series, height) {
  const step = (WIDTH - LEFT - RIGHT) / series.length;
  const inner = height - TOP - BOTTOM;
  return { step, inner, bottom: height - BOTTOM, x: (at) => LEFT + step * (at + 0.5) };
}

function pointing(frame, series, height, tell) {
  const { x, step } = scales(series, height);
  const cross = svg("line", { class: "cross", y1: TOP, y2: height - BOTTOM, visibility: "hidden" });
  frame.append(cross);
  frame.addEventListener("pointermove", (event) => {
    const place = ((event.clientX - frame.getBoundingClientRect().left) / frame.getBoundingClientRect().width) * WIDTH;
    const at = Math.floor((place - LEFT) / step);
    const bucket = series[at];
    cross.setAttribute("visibility", bucket ? "visible" : "hidden");
    if (!bucket) return;
    for (const end of ["x1", "x2"]) cross.setAttribute(end, x(at));
    tell(bucket);
  });
}

/** The times below, at whole minutes. */
function times(frame, series, { x, bottom }) {
  const every = (series.length > 120 ? 10 : 2) * 60_000;
  series.forEach((bucket, at) => {
    const begins = at > 0 && Math.floor(bucket.at / every) !== Math.floor(series[at - 1].at / every);
    if (begins) frame.append(svg("text", { x: x(at), y: bottom + 16, "text-anchor": "middle" }, clock(bucket.at).slice(0, 5)));
  });
}

function rule(frame, y, text) {
  frame.append(
    svg("line", { class: "rule", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }),
    svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, text),
  );
}

/** Percentiles over time. Each line of the scale is ten times the one below: most calls take far less than the slowest. */
export function latencies(frame, series, scale) {
  const filled = series.filter((bucket) => bucket.count > 0);
  const low = 10 ** Math.floor(Math.log10(Math.max(10, Math.min(...filled.map((bucket) => bucket.p50)))));
  const high = 10 ** Math.max(Math.log10(low) + 2, Math.ceil(Math.log10(Math.max(...filled.map((bucket) => bucket.p99)))));
  const y = (us) => scale.bottom - (scale.inner * Math.log10(Math.max(us, low) / low)) / Math.log10(high / low);
  for (let us = low; us <= high * 1.01; us *= 10) rule(frame, y(us), time(us).replace(/\.0+ /, " "));
  for (const [key] of PERCENTILES.toReversed()) {
    let run = [];
    const flush = () => {
      if (run.length === 1) frame.append(svg("circle", { class: key, cx: run[0][0], cy: run[0][1], r: 2.6 }));
      else if (run.length > 1) {
        const points = run.map((point) => point.map((number) => number.toFixed(1)).join(",")).join(" L");
        if (key === "p50") frame.append(svg("path", { class: `area ${key}`, d: `M${run[0][0]},${scale.bottom} L${points} L${run.at(-1)[0]},${scale.bottom} Z` }));
        frame.append(svg("path", { class: `line ${key}`, d: `M${points}` }));
      }
      run = [];
    };
    series.forEach((bucket, at) => (bucket.count > 0 ? run.push([scale.x(at), y(bucket[key])]) : flush()));
    flush();
  }
  times(frame, series, scale);
}

/** How many ran, and how many of these gave no result. */
export function outcomes(frame, series, scale) {
  const most = Math.max(...series.map((bucket) => bucket.count));
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  const high = Math.max(4, Math.ceil(most / unit) * unit);
  const y = (number) => scale.bottom - (scale.inner * number) / high;
  for (const share of [0, 0.5, 1]) rule(frame, y(high * share), count(high * share));
  const width = Math.max(1, scale.step * 0.72);
  series.forEach((bucket, at) => {
    const place = { x: scale.x(at) - width / 2, width, rx: Math.min(2, width / 3) };
    const good = bucket.count - bucket.failed;
    if (good > 0) frame.append(svg("rect", { ...place, class: "bar-good", y: y(bucket.count), height: y(bucket.failed) - y(bucket.count) }));
    if (bucket.failed > 0) frame.append(svg("rect", { ...place, class: "bar-bad", y: y(bucket.failed), height: scale.bottom - y(bucket.failed) }));
  });
  times(frame, series, scale);
}
