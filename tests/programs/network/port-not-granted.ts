// Asks the granted host on other ports, and by names beside, above and below its own.
// expect: value ["denied","denied","denied","denied","denied","denied","denied"]
const { hostname, port } = new URL(input.allowed);
const urls = [
  `https://${hostname}/`, `https://${hostname}:${input.inside}/`, `https://x.${hostname}:${port}/`, `https://test:${port}/`,
  `https://${hostname}.evil.test:${port}/`, `https://evil-${hostname}:${port}/`, `https://names.test:${input.inside}/`,
];
const asked = urls.map((url) => fetch(url).then(() => "answered", (error) => error.code));
return await Promise.all(asked);
