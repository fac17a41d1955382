// Has the granted host redirect to the inside, by address, by name and by scheme.
// expect: value ["denied","denied","denied","denied","invalid_input","denied"]
const places = [
  `http://127.0.0.1:${input.inside}/`, `http://loopback.names.test:${input.inside}/`, "http://169.254.169.254/",
  `//127.0.0.1:${input.inside}/`, "file:///etc/passwd", `http://[::ffff:127.0.0.1]:${input.inside}/`,
];
const asked = places.map((place) => fetch(`${input.allowed}/redirect/307/${place}`, { method: "POST", body: "secret" }).then(() => "answered", (error) => error.code));
return await Promise.all(asked);
