// Finds the constructor of functions at the end of a chain of properties.
// checked: throws EvalError: code cannot be made from text here; write the code itself, or read data with JSON.parse
const chain = ['map', 'constructor'];
const make = chain.reduce((value: any, name) => value[name], []);
return make('return globalThis')();
