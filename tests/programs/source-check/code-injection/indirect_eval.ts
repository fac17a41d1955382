// Runs text in the scope of everyone.
// checked: violation eval
// unchecked: throws EvalError: code cannot be made from text here; write the code itself, or read data with JSON.parse
(0, eval)('globalThis.JSON.stringify = () => "hijacked"');
return { a: 1 };
