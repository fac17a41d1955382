// Reads, filters and writes some megabytes of JSON.
// expect: value [20000,6667,"row 19998"]
const text = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}`, tags: ["a", "b"], nested: { ok: id % 3 === 0 } })));
const rows: { id: number; name: string; nested: { ok: boolean } }[] = JSON.parse(text);
const kept = rows.filter((row) => row.nested.ok);
return [rows.length, kept.length, JSON.parse(JSON.stringify(kept)).at(-1).name];
