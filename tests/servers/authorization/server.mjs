// An authorization server: node server.mjs ALGORITHM
// Prints its address when it listens. It gives JWTs signed by ALGORITHM, for any resource, to clients that register themselves
// and to whoever logs in (its own pages take any name), and by credentials to the clients `robot` and `stranger`. On SIGHUP it
// has another key, and says so.
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

const [algorithm] = process.argv.slice(2);
const SCOPES = "mcp mcp:all mcp:few";

function key() {
  const made = {
    RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
    PS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
    EdDSA: () => generateKeyPairSync("ed25519"),
  }[algorithm]();
  return { ...made.privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: algorithm };
}

function provider(issuer) {
  const machine = (client_id) => ({
    client_id,
    client_secret: "a secret of tests",
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: algorithm,
  });
  const made = new Provider(issuer, {
    jwks: { keys: [key()] },
    clients: [machine("robot"), machine("stranger")],
    clientDefaults: { id_token_signed_response_alg: algorithm },
    scopes: ["openid", ...SCOPES.split(" ")],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, indicator) => ({
          audience: indicator,
          scope: SCOPES,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    cookies: { keys: ["for tests alone"] },
    ttl: { AccessToken: 600, ClientCredentials: 600, Session: 600, Grant: 600, Interaction: 600, IdToken: 600 },
  });
  made.on("server_error", (_, error) => console.error(error));
  return made.callback();
}

let serve;
const server = createServer((request, response) => serve(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  serve = provider(issuer);
  console.log(issuer);
  process.on("SIGHUP", () => {
    serve = provider(issuer);
    console.log("another key");
  });
});
