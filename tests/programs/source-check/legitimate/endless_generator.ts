// A sequence without an end, of which a part is taken.
// checked: returns [0,1,1,2,3,5,8,13]
function* fibonacci() {
  let [a, b] = [0, 1];
  for (;;) {
    yield a;
    [a, b] = [b, a + b];
  }
}
return fibonacci().take(8).toArray();
