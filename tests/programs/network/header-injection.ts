// Ends a line within headers, methods and paths, to send a second request or another host's name.
// expect: value ["TypeError","TypeError","TypeError","TypeError","invalid_input",200]
const end = "\r\nhost: 127.0.0.1\r\n\r\nGET / HTTP/1.1";
const all: Array<() => Promise<Response>> = [
  () => fetch(input.allowed + "/json", { headers: { "x-own": "a" + end } }),
  () => fetch(input.allowed + "/json", { headers: { ["x" + end]: "a" } }),
  async () => fetch(input.allowed + "/json", { headers: new Headers([["x-own", "a\nb"]]) }),
  () => fetch(input.allowed + "/json", { headers: { "x-own": "a\u0100\u010a" } }),
  () => fetch(input.allowed + "/json", { method: "GET / HTTP/1.1\r\nx: y\r\n\r\nPOST" }),
  () => fetch(input.allowed + "/json" + end),
];
const told: unknown[] = [];
for (const one of all) told.push(await one().then((response) => response.status === 404 ? 200 : response.status, (error) => error.code ?? error.name));
return told;
