// Writes the name so that a search for it finds nothing.
// checked: violation eval
// unchecked: throws EvalError: code cannot be made from text here; write the code itself, or read data with JSON.parse
return \u0065v\u{61}l('1 + 1');
