// Counts and compares with Map and Set.
// expect: value [{"a":2,"b":1,"c":3},["a"],["a","b","c","d"]]
const counts = new Map<string, number>();
for (const letter of "abacCC".toLowerCase()) counts.set(letter, (counts.get(letter) ?? 0) + 1);
const left = new Set(["a", "b", "c"]);
const right = new Set(["a", "d"]);
return [counts, left.intersection(right), left.union(right)];
