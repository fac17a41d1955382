// Puts the granted host where a user, a fragment or a path belongs, and the inside where the host does.
// expect: value ["TypeError","denied","denied","TypeError","denied","denied"]
const allowed = new URL(input.allowed).host;
const urls = [
  `http://${allowed}@127.0.0.1:${input.inside}/`,
  `http://127.0.0.1:${input.inside}/#@${allowed}/`,
  `http://127.0.0.1:${input.inside}\\@${allowed}/`,
  `https://${allowed}%40@127.0.0.1:${input.inside}/`,
  `http://127.0.0.1:${input.inside}/?${input.allowed}`,
  `http:127.0.0.1:${input.inside}/${allowed}`,
];
const asked = urls.map((url) => fetch(url).then(() => "answered", (error) => error.code ?? error.name));
return await Promise.all(asked);
