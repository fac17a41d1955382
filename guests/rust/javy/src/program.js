// As in Javy's own guide.

const read = () => {
  const chunks = [];
  for (;;) {
    const buffer = new Uint8Array(1024);
    const length = Javy.IO.readSync(0, buffer);
    if (length === 0) break;
    chunks.push(buffer.subarray(0, length));
  }
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  chunks.reduce((at, chunk) => (bytes.set(chunk, at), at + chunk.length), 0);
  return JSON.parse(new TextDecoder().decode(bytes));
};
const write = (value) => Javy.IO.writeSync(1, new TextEncoder().encode(JSON.stringify(value)));

const { rows, by } = read();
const sums = {};
for (const row of rows) sums[row[by]] = (sums[row[by]] ?? 0) + row.amount;
write(sums);
