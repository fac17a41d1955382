// Speaks of what it does not do: eval('1'), require('fs'), process.exit(), while (true) {}.
// checked: returns ["eval","fetch","process","require"]
/* import fs from 'node:fs'; new Function('return 1') */
const advice = 'Never use eval() or require("child_process"); do not fetch() in a process.';
const words = advice.match(/eval|require|fetch|process(?=\.)/g) ?? [];
return [...new Set(words)].sort();
