// How the answers of an API changed in shape: fields that came, went or have another type. What breaks clients comes first.
//
//     vesicle run examples/api-changes.ts --preopen examples/api:/api

type Shape = Map<string, Set<string>>;

/** The types at each path of a value; items of lists share one path. */
function shape(value: unknown, path = "", into: Shape = new Map()): Shape {
  const type = value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
  const types = into.get(path) ?? new Set();
  into.set(path, types.add(type));
  if (Array.isArray(value)) {
    for (const item of value) shape(item, `${path}[]`, into);
  } else if (type === "object") {
    for (const [key, item] of Object.entries(value as object)) shape(item, path ? `${path}.${key}` : key, into);
  }
  return into;
}

const read = async (name: string) => shape(JSON.parse(await fs.readFile(`/api/${name}.json`, "utf8")));
const [before, after] = await Promise.all([read("v1"), read("v2")]);
const told = (types: Set<string>) => [...types].toSorted().join(" or ");

const gone: string[] = [];
const changed: string[] = [];
const added: string[] = [];
for (const [path, types] of before) {
  const now = after.get(path);
  if (!now) gone.push(`${path} (${told(types)})`);
  else if (told(types) !== told(now)) changed.push(`${path}: ${told(types)} is now ${told(now)}`);
}
for (const [path, types] of after) {
  if (!before.has(path)) added.push(`${path} (${told(types)})`);
}
return { breaks: gone.length + changed.length > 0, gone, changed, added };
