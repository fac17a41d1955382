// What happened in a log: levels, the most frequent errors, slow requests.
//
//     vesicle run examples/log-report.ts --input-text @examples/app.log

interface Line {
  time: Date;
  level: string;
  source: string;
  message: string;
}

const lines = (input as string).split("\n").flatMap((text): Line[] => {
  const match = /^(\S+) +(\w+) +([\w.-]+): (.*)$/.exec(text);
  if (!match) return [];
  const [, time, level, source, message] = match;
  return [{ time: new Date(time), level, source, message }];
});
if (lines.length === 0) throw new Error("no log lines: each is `TIME LEVEL SOURCE: MESSAGE`");

/** How often each key occurs, most frequent first. */
function count(keys: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

/** The same problem with other numbers is the same problem. */
const withoutNumbers = (message: string) =>
  message.replace(/\b(?:[0-9a-f]{8,}|\d+(?:\.\d+)?)\b/g, "#");

const durations = lines
  .flatMap(({ message }) => /took (\d+) ?ms/.exec(message)?.[1] ?? [])
  .map(Number)
  .sort((a, b) => a - b);
const percentile = (share: number) =>
  durations[Math.max(0, Math.ceil(durations.length * share) - 1)];

const times = lines.map(({ time }) => time.getTime());
const minutes = (Math.max(...times) - Math.min(...times)) / 60_000;
const errors = count(
  lines
    .filter(({ level }) => level === "ERROR")
    .map(({ source, message }) => `${source}: ${withoutNumbers(message)}`),
);

const report = [
  `${lines.length} lines in ${minutes.toFixed(1)} minutes`,
  count(lines.map(({ level }) => level))
    .map(([level, n]) => `${n} ${level}`)
    .join(", "),
];
if (durations.length > 0) {
  report.push(`requests: median ${percentile(0.5)} ms, slowest tenth from ${percentile(0.9)} ms`);
}
report.push("", "errors:", ...errors.map(([error, n]) => `${String(n).padStart(4)}  ${error}`));
return report.join("\n");
