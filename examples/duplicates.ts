// Files of a directory that have the same bytes under several names, and the room that they take for nothing.
//
//     vesicle run examples/duplicates.ts --preopen examples/photos:/files

interface Found {
  path: string;
  size: number;
}

async function below(directory: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of (await fs.readdir(directory)).toSorted()) {
    const path = `${directory}/${name}`;
    const about = await fs.stat(path);
    if (about.isDirectory()) found.push(...(await below(path)));
    else found.push({ path, size: about.size });
  }
  return found;
}

const isSame = (a: Uint8Array, b: Uint8Array) => a.every((byte, at) => byte === b[at]);

// Only files of one size can be the same, so that most are never read.
const bySize = Map.groupBy(await below("/files"), (file) => file.size);
const groups: Found[][] = [];
for (const [size, files] of bySize) {
  if (files.length < 2 || size === 0) continue;
  const kinds: { bytes: Uint8Array; files: Found[] }[] = [];
  for (const file of files) {
    const bytes: Uint8Array = await fs.readFile(file.path);
    const known = kinds.find((kind) => isSame(kind.bytes, bytes));
    if (known) known.files.push(file);
    else kinds.push({ bytes, files: [file] });
  }
  groups.push(...kinds.map((kind) => kind.files).filter((same) => same.length > 1));
}

const waste = (same: Found[]) => (same.length - 1) * same[0].size;
groups.sort((a, b) => waste(b) - waste(a));
for (const same of groups) {
  console.log(`${same.length} times ${same[0].size} bytes:`);
  for (const { path } of same) console.log(`  ${path.replace("/files/", "")}`);
}
const wasted = groups.reduce((sum, same) => sum + waste(same), 0);
return `${wasted} bytes could be saved`;
