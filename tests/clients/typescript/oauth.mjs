// The official TypeScript client finds out by itself whose tokens a host takes, gets one, and calls: node oauth.mjs URL
// Ends with a failed assertion, or with 0.
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url] = process.argv.slice(2);
const CALLBACK = "http://localhost:1/callback";

/** What a person does in a browser: logs in under this name, and agrees. Gives the code that comes back. */
async function browse(address, name) {
  const cookies = new Map();
  let next = { method: "GET" };
  for (let steps = 0; steps < 20; steps += 1) {
    const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join("; ");
    const answer = await fetch(address, { ...next, headers: { ...next.headers, cookie }, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, key, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(key, value);
    }
    next = { method: "GET" };
    if (answer.status >= 300 && answer.status < 400) {
      address = new URL(answer.headers.get("location"), address);
      if (address.href.startsWith(CALLBACK)) {
        const code = address.searchParams.get("code");
        assert.ok(code, address.href);
        return code;
      }
      continue;
    }
    const page = await answer.text();
    assert.equal(answer.status, 200, page);
    const prompt = /name="prompt" value="(\w+)"/.exec(page)[1];
    const filled = prompt === "login" ? { prompt, login: name, password: "any" } : { prompt };
    next = { method: "POST", body: new URLSearchParams(filled) };
  }
  assert.fail("the login does not end");
}

class Provider {
  constructor(name) {
    this.name = name;
  }
  redirectUrl = CALLBACK;
  clientMetadata = {
    client_name: "vesicle-tests",
    redirect_uris: [CALLBACK],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  clientInformation = () => this.client;
  saveClientInformation = (client) => (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => (this.kept = tokens);
  saveCodeVerifier = (verifier) => (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  redirectToAuthorization = async (address) => {
    assert.equal(address.searchParams.get("resource"), url);
    assert.equal(address.searchParams.get("scope"), "mcp mcp:few");
    this.code = await browse(address, this.name);
  };
}

async function connect(name) {
  const authProvider = new Provider(name);
  const first = new StreamableHTTPClientTransport(new URL(url), { authProvider });
  const unknown = new Client({ name: "vesicle-tests", version: "1.0.0" });
  await assert.rejects(unknown.connect(first), UnauthorizedError);
  await first.finishAuth(authProvider.code);
  const client = new Client({ name: "vesicle-tests", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  return client;
}

const run = async (client, code) => {
  const result = await client.callTool({ name: "execute_agent_code", arguments: { code } });
  return result.structuredContent.output;
};

const [jane, joan] = [await connect("jane"), await connect("joan")];
assert.equal(await run(jane, "await state.set('secret', 'of jane'); return 1 + 1"), 2);
assert.equal(await run(joan, "return await state.get('secret') ?? null"), null);
assert.equal(await run(jane, "return await state.get('secret')"), "of jane");
// Right as a token, and nobody's here.
await assert.rejects(connect("mallory"), /no one account/);
await jane.close();
await joan.close();
