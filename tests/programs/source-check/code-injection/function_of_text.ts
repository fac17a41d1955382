// Closes the body that its text is put into.
// checked: violation eval
// unchecked: throws EvalError: code cannot be made from text here; write the code itself, or read data with JSON.parse
return new Function('a', 'return a }), ((b) => { return b')(1);
