// Sends requests without end, and never looks at what comes.
// expect: value "limit_exceeded"
let told = "none";
for (let i = 0; i < 200; i++) {
  fetch(input.allowed + "/json").catch((error) => { told = error.code; });
}
await new Promise((resolve) => setTimeout(resolve, 3000));
return told;
