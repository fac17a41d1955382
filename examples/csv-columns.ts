// What is in the CSV files of a directory: rows, and of each column its type, range and gaps.
//
//     vesicle run examples/csv-columns.ts --preopen examples:/data

interface Column {
  type: "number" | "date" | "text" | "empty";
  empty: number;
  distinct: number;
  range?: string;
}

/** One line's fields; a field may be quoted, and a doubled quote inside of quotes is a quote. */
function fields(line: string): string[] {
  const found = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
  return found.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain.trim());
}

function column(values: string[]): Column {
  const there = values.filter((value) => value !== "");
  const told = { empty: values.length - there.length, distinct: new Set(there).size };
  if (there.length === 0) return { type: "empty", ...told };
  const numbers = there.map(Number);
  if (numbers.every((number) => !Number.isNaN(number))) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    return { type: "number", ...told, range: `${low} to ${high}` };
  }
  const sorted = there.toSorted();
  const isDate = there.every((value) => /^\d{4}-\d{2}-\d{2}/.test(value));
  return { type: isDate ? "date" : "text", ...told, range: `${sorted[0]} to ${sorted.at(-1)}` };
}

const report: Record<string, { rows: number; columns: Record<string, Column> }> = {};
const names = (await fs.readdir("/data")).filter((name: string) => name.endsWith(".csv"));
if (names.length === 0) throw new Error("there is no CSV file in /data; grant a directory with --preopen DIR:/data");
for (const name of names.toSorted()) {
  const text: string = await fs.readFile(`/data/${name}`, "utf8");
  const [head = [], ...rows] = text.split(/\r?\n/).filter((line) => line.trim() !== "").map(fields);
  const columns = head.map((title, at) => [title, column(rows.map((row) => row[at] ?? ""))]);
  report[name] = { rows: rows.length, columns: Object.fromEntries(columns) };
}
return report;
