// Puts what `vesicle bench --json` and the peers measured into one table.

import { readFileSync } from "node:fs";
import { programs } from "./programs.mjs";

const TITLES = {
  one_plus_one: "1 + 1",
  fib_25: "fib(25)",
  json_10k_rows: "10 000 JSON rows",
  tool_calls_100: "100 host calls",
};

const [ours, theirs] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const rows = [
  ...[JSON.parse(ours)].flat().flatMap(({ key, p50_us }) => ({ peer: "Vesicle", key, p50_us })),
  ...theirs.split("\n").filter(Boolean).map((line) => JSON.parse(line)),
];

/** Three digits, in milliseconds. */
const milliseconds = (us) => Number((us / 1e3).toPrecision(3)).toString();

const keys = Object.keys(programs);
const cells = [...new Set(rows.map(({ peer }) => peer))].map((peer) => [
  peer,
  ...keys.map((key) => {
    const row = rows.find((row) => row.peer === peer && row.key === key);
    return row === undefined ? "–" : milliseconds(row.p50_us);
  }),
]);
const table = [["p50, ms", ...keys.map((key) => TITLES[key])], ...cells];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
const line = (row) =>
  `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
console.log([line(table[0]), rule, ...table.slice(1).map(line)].join("\n"));
