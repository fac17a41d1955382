// Gives paths, options and data that are something else each time they are looked at, or lie about their length.
// expect: value ["ERR_INVALID_ARG_TYPE","hello","x",3]
const told: unknown[] = [];
let asked = 0;
const path = { toString: () => (asked++ ? "/data/../secret.txt" : "/data/hello.txt") };
told.push(await fs.readFile(path as any).catch((error) => error.code));
const options = { get encoding() { return asked++ % 2 ? "utf8" : "utf8"; } };
told.push(await fs.readFile("/data/hello.txt", options as any));
class Longer extends Uint8Array {
  get byteLength() { return 1 << 30; }
  get length() { return 1 << 30; }
  get byteOffset() { return 1 << 29; }
}
const data = new Longer(1);
data[0] = 120;
await fs.writeFile("/data/lies", data);
told.push(await fs.readFile("/data/lies", "utf8"));
const buffer = new ArrayBuffer(3);
await fs.writeFile("/data/moved", new Uint8Array(buffer));
told.push((await fs.stat("/data/moved")).size);
return told;
