// Patterns that nest as deep as their text allows: each is refused or runs, and the program goes on.
// expect: value "survived"
for (const [open, close] of [["(", ")"], ["(?:", ")"], ["(?=", ")"], ["[", "]"], ["(?<a>", ")"]]) {
  for (const depth of [100, 10_000, 200_000]) {
    try {
      new RegExp(open.repeat(depth) + "a" + close.repeat(depth), "v").test("a".repeat(1000));
    } catch (error) {
      if (!(error instanceof Error)) return ["not an error", error];
    }
  }
}
return "survived";
