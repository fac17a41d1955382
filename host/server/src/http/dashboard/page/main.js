// The frame: which view is shown, who looks, and what of the host's events goes where.

import { el, put, say, svg } from "./dom.js";
import { follow, get, hasToken, keep, Unknown } from "./host.js";
import { audit } from "./audit.js";
import { executions, forget, remember } from "./executions.js";
import { memory } from "./memory.js";
import { overview } from "./overview.js";
import { plugins } from "./plugins.js";
import { savings } from "./savings.js";
import { servers } from "./servers.js";

const VIEWS = [overview, executions, servers, plugins, memory, audit, savings];
const LINKS = { waiting: "Connecting", open: "Live", lost: "Not connected; trying again" };

const at = (id) => document.getElementById(id);
/** What is known of the host: the last of each event, and who looks. */
const known = { session: null };

function icon(path) {
  const shape = { fill: "none", stroke: "currentColor", "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: path, ...shape }));
}

function build() {
  for (const view of VIEWS) {
    const title = el("h1", { id: `${view.id}-title`, tabindex: -1 }, view.title);
    const tools = el("div", { class: "tools" });
    const head = el("div", { class: "head" }, el("div", {}, title, el("p", {}, view.about)), tools);
    const section = el("section", { class: "view", id: view.id, "aria-labelledby": title.id, hidden: true }, head);
    at("main").append(section);
    const count = el("span", { class: "count" });
    // The address does not change where the view is shown already.
    const again = (event) => {
      if (location.hash !== `#${view.id}`) return;
      event.preventDefault();
      go({ focus: true });
    };
    at("nav").append(el("li", {}, el("a", { href: `#${view.id}`, onclick: again }, icon(view.icon), view.title, count)));
    view.build(section, { tools, known, count });
  }
}

/** Shows the view that the address names. */
function go({ focus }) {
  const wanted = location.hash.slice(1);
  const shown = VIEWS.find((view) => view.id === wanted) ?? VIEWS[0];
  for (const view of VIEWS) {
    at(view.id).hidden = view !== shown;
    const link = document.querySelector(`#nav a[href="#${view.id}"]`);
    if (view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${shown.title} · Vesicle`;
  shown.shown?.();
  if (focus) {
    at(`${shown.id}-title`).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function heard(name, data) {
  known[name] = data;
  if (name === "executions") remember(data);
  for (const view of VIEWS) view.heard?.[name]?.(data);
}

function link(state) {
  if (at("link").dataset.state === state) return;
  const was = at("link").dataset.state;
  at("link").dataset.state = state;
  put(at("link-text"), LINKS[state]);
  if (state === "lost" || was === "lost") say(state === "lost" ? "The connection to the host is lost." : "Connected again.");
}

/** Asks for a token until one is let in. */
function door(why) {
  put(at("door-wrong"), why ?? "");
  at("token").value = "";
  if (!at("door").open) at("door").showModal();
}

function entering() {
  // There is nothing to see without a token.
  at("door").addEventListener("cancel", (event) => event.preventDefault());
  at("door-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    keep(at("token").value.trim());
    await enter();
  });
}

async function enter() {
  let session;
  try {
    session = await get("/api/session");
  } catch (error) {
    // A host that is away for a moment still knows the token; what was just typed is asked for again.
    if (error instanceof Unknown || at("door").open) {
      keep(null);
      return door(error.message);
    }
    link("lost");
    return void setTimeout(enter, 2_000);
  }
  if (session.needs_token && !hasToken()) return door();
  at("door").close();
  known.session = session;
  const whole = session.sees_all ? "sees the whole host" : "sees its own";
  put(at("who"), session.account ? ["Account ", el("b", {}, session.account), ` ${whole}`] : `Vesicle ${session.version}`);
  for (const view of VIEWS) view.entered?.(session);
  await follow({
    heard,
    state: (state) => {
      link(state);
      if (state !== "open") return;
      forget();
      for (const view of VIEWS) view.begun?.();
    },
    lost: (error) => {
      keep(null);
      link("lost");
      door(error.message);
    },
  });
}

function colours() {
  const select = at("theme");
  const root = document.documentElement;
  select.value = root.dataset.theme ?? "auto";
  select.addEventListener("change", () => {
    if (select.value === "auto") delete root.dataset.theme;
    else root.dataset.theme = select.value;
    try {
      localStorage.setItem("theme", select.value);
    } catch {
      // It holds until the page is closed.
    }
  });
}

build();
colours();
entering();
at("skip").addEventListener("click", (event) => {
  // The address says which view is shown.
  event.preventDefault();
  at("main").focus();
});
addEventListener("hashchange", () => go({ focus: true }));
go({ focus: false });
enter();
