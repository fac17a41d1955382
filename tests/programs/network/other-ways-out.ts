// Looks for other ways out than fetch: sockets, older requests, workers, and URLs that load.
// expect: value [[],"invalid_input","invalid_input"]
const names = ["WebSocket", "XMLHttpRequest", "EventSource", "WebTransport", "RTCPeerConnection", "Worker", "importScripts", "navigator", "Deno", "Bun", "process", "require"];
const there = names.filter((name) => name in globalThis);
const ways = [input.allowed.replace("https:", "wss:"), "data:text/plain,x"];
const codes = await Promise.all(ways.map((url) => fetch(url).then(() => "answered", (error) => error.code)));
return [there, ...codes];
