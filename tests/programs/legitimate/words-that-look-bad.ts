// Uses words in strings, comments, properties and names that a search in the text would take for attacks: child_process, eval, require.
// expect: value ["eval(require('child_process'))",3,"processed","fetched"]
const text = "eval(require('child_process'))";
const record = { process: 1, require: 2, eval: 3, fetch: () => "fetched" };
const processed = ["processed"].join();
return [text, record.eval, processed, record.fetch()];
