// Throws, logs and rejects with revoked proxies, which no operation may touch: each is told in plain words.
// expect: value "contained"
// uncaught: 2
const { proxy, revoke } = Proxy.revocable({}, {});
const callable = Proxy.revocable(() => {}, {});
revoke();
callable.revoke();
console.log(proxy, [proxy], callable.proxy);
console.error("%s %o", proxy, callable.proxy);
Promise.reject(proxy);
setTimeout(() => { throw callable.proxy; });
const refused = await tools.test.echo({ proxy }).then(() => "sent", (error) => error.code);
return refused === "invalid_input" ? "contained" : refused;
