// Doubles a string until it cannot: an error that code can catch, long before the host is in need.
// expect: value "ended by an error"
let text = "x";
try {
  while (Date.now() >= 0) text += text;
} catch (error) {
  return error instanceof Error && text.length < 2 ** 30 ? "ended by an error" : "went on";
}
