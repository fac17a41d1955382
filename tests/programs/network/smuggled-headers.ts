// Says itself where a request ends and whose it is, by the headers that do so.
// expect: value ["invalid_input","invalid_input","invalid_input","invalid_input","invalid_input","invalid_input"]
const headers = [
  { Host: "127.0.0.1" }, { "Content-Length": "0" }, { "Transfer-Encoding": "chunked" }, { Connection: "keep-alive, x-own" },
  { "proxy-authorization": "Basic eDp5" }, { Upgrade: "websocket" },
];
const asked = headers.map((one) => fetch(input.allowed + "/json", { method: "POST", body: "0\r\n\r\nGET / HTTP/1.1\r\n\r\n", headers: one as any }).then(() => "answered", (error) => error.code));
return await Promise.all(asked);
