// Asks the host. A token is sent as a header, and never stands in an address or a cookie. It is kept in sessionStorage: it ends
// with the tab, outlives a reload, and is read by no script but this page's own, since the host lets the browser load no other.

const TOKEN = "token";
/** How long to wait before coming back to a host that was lost, in milliseconds; each time twice as long, up to the last. */
const RETRY = [500, 1_000, 2_000, 4_000, 8_000];

let token = sessionStorage.getItem(TOKEN);

/** The host does not know who asks. */
export class Unknown extends Error {}

export function keep(text) {
  token = text;
  if (text === null) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, text);
}

export const hasToken = () => token !== null;

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  const response = await fetch(path, { ...options, headers, credentials: "omit", cache: "no-store", redirect: "error" });
  if (response.ok) return response;
  const text = (await response.text()).trim();
  if (response.status === 401) throw new Unknown(text);
  let why = text;
  try {
    why = JSON.parse(text).error ?? text;
  } catch {
    // Some answers are plain text.
  }
  throw new Error(why || `the host answered ${response.status}`);
}

export const get = async (path) => (await ask(path)).json();

export async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** Calls `heard` with the name and the content of each event, and `state` with how the connection is; for ever, unless the host
 * does not know who asks, which `lost` is told. */
export async function follow({ heard, state, lost }) {
  for (let failures = 0; ; failures += 1) {
    try {
      const response = await ask("/api/events");
      state("open");
      for await (const [name, data] of events(response.body)) {
        failures = 0;
        heard(name, data);
      }
    } catch (error) {
      if (error instanceof Unknown) return lost(error);
    }
    state("lost");
    await new Promise((after) => setTimeout(after, RETRY[Math.min(failures, RETRY.length - 1)]));
  }
}

async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const found = /^event: (.+)\ndata: (.*)$/.exec(part);
      if (found) yield [found[1], JSON.parse(found[2])];
    }
  }
}
