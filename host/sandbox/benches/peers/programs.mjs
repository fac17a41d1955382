// The programs of `vesicle bench` (host/server/src/cli/bench/programs.rs), without types: the
// peers take JavaScript. `repetitions` are for a peer that takes a millisecond to start.

const REGIONS = ["north", "east", "south", "west"];

/** About 1 MB, byte for byte what `vesicle bench` uses. */
export const rowsText = `[${Array.from(
  { length: 10_000 },
  (_, id) =>
    `{"id":${id},"name":"customer number ${id}","region":"${REGIONS[id % 4]}","amount":${id % 977}.25,"active":${id % 3 !== 0}}`,
).join(",")}]`;

/** `code` is the body of an async function that sees `input` and, where it needs it, `add(a, b)`. */
export const programs = {
  one_plus_one: { code: "return 1 + 1", result: 2, repetitions: 500 },
  fib_25: {
    code: "const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(25)",
    result: 75_025,
    repetitions: 50,
  },
  json_10k_rows: {
    code: `const rows = JSON.parse(input);
const text = JSON.stringify(rows.filter(row => row.active).map(row => ({ ...row, amount: row.amount * 2 })));
return text.length > 100_000`,
    input: rowsText,
    result: true,
    repetitions: 40,
  },
  tool_calls_100: {
    code: "let sum = 0; for (let i = 0; i < 100; i++) sum = (await add({ a: sum, b: i })).sum; return sum",
    result: 4950,
    tools: true,
    repetitions: 100,
  },
};
