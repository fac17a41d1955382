// Leaves a hundred thousand rejections unhandled: the first are told, the others are counted.
// expect: value "left"
// uncaught: 16
for (let i = 0; i < 1e5; i++) Promise.reject(new Error(`rejected ${i}`));
return "left";
