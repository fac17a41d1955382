// Runs what it was given as data.
// checked: violation eval
// unchecked: throws EvalError: code cannot be made from text here; write the code itself, or read data with JSON.parse
const formula: string = input ?? '6 * 7';
return eval(formula);
