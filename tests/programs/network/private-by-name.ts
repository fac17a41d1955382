// Asks a granted name that leads to addresses of the inside.
// expect: value ["denied","denied","denied","denied"]
const names = ["loopback", "private", "metadata", "mapped"];
const asked = names.map((name) => fetch(`http://${name}.names.test:${input.inside}/`).then(() => "answered", (error) => error.code));
return await Promise.all(asked);
