// Reads CSV with quotes and line breaks in fields, as agents do with files that they were given.
// expect: value [{"name":"Ann, \"A\"","total":12.5},{"name":"Bob\nB","total":7}]
const csv = 'name,total\r\n"Ann, ""A""",12.5\r\n"Bob\nB",7\r\n';
const rows: string[][] = [[]];
for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
  if (quoted === undefined && plain === "" && end === "") break;
  rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain);
  if (end !== ",") rows.push([]);
}
const [header, ...body] = rows.filter((row) => row.length > 0);
return body.map((row) => Object.fromEntries(row.map((cell, i) => [header[i], i === 1 ? Number(cell) : cell])));
