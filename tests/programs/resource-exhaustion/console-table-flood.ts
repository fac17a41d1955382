// Has the console draw a table of a hundred thousand rows and of an endless object: what is drawn is bounded.
// expect: value "drawn"
// limits: wall_time_ms=30000
console.table(Array.from({ length: 1e5 }, (_, row) => ({ row, square: row * row })));
const endless: Record<string, unknown> = {};
endless.self = endless;
for (let i = 0; i < 1000; i++) endless[`key ${i}`] = [endless];
console.log(endless);
console.dir(endless);
return "drawn";
