// A reader of small formulas: what one would write in place of `eval`.
// checked: returns 14
const tokens = '2 * (3 + 4)'.match(/\d+|[-+*\/()]/g) ?? [];
let at = 0;
function atom(): number {
  if (tokens[at] !== '(') return Number(tokens[at++]);
  at++;
  const value = sum();
  at++;
  return value;
}
function product(): number {
  let value = atom();
  while (true) {
    if (tokens[at] === '*') {
      at++;
      value *= atom();
    } else if (tokens[at] === '/') {
      at++;
      value /= atom();
    } else return value;
  }
}
function sum(): number {
  let value = product();
  for (;;) {
    switch (tokens[at]) {
      case '+':
        at++;
        value += product();
        continue;
      case '-':
        at++;
        value -= product();
        continue;
    }
    return value;
  }
}
return sum();
