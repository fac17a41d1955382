// Plugins: what each asks for, is granted and may do; and, for admins, the button that grants.

import { add, el, keyed, name, put, say, tag } from "./dom.js";
import { post } from "./host.js";
import { plural } from "./words.js";

const STANDINGS = {
  "nothing-asked": ["", "asks for nothing"],
  "never-granted": ["warn", "nothing granted"],
  changed: ["warn", "changed since it was granted"],
  granted: ["good", "all granted"],
  "partly-granted": ["warn", "partly granted"],
};
const KINDS = { preopen: "directories", hosts: "hosts", env: "variables", tools: "tools", memory: "memory", state: "state", limits: "limits" };

let list;
let context;
let wanted = null;

const cell = (texts) => el("td", {}, texts.length ? el("ul", {}, texts.map((text) => el("li", {}, name(text, { class: "mono" })))) : el("span", { class: "note" }, "–"));

function rights(plugin) {
  if (!plugin.rights.length) return null;
  return el(
    "div",
    { class: "rights scroll", tabindex: 0, role: "region", "aria-label": `Rights of ${plugin.name}` },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ["Right", "Asked", "Granted", "Effective"].map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, plugin.rights.map((row) => el("tr", {}, el("th", { scope: "row" }, KINDS[row.kind] ?? row.kind), cell(row.asked), cell(row.granted), cell(row.effective)))),
    ),
  );
}

function granting({ account, plugin }) {
  if (!plugin.missing) return null;
  const how = el("details", { "data-part": "how" }, el("summary", {}, "On the command line"), el("code", { class: "command" }, plugin.grant_by));
  if (!context.known.session?.may_grant) return [el("p", { class: "said warn" }, "Not granted: ", name(plugin.missing), ". The operator grants it:"), el("code", { class: "command" }, plugin.grant_by)];
  const button = plugin.can_grant && el("button", { type: "button", class: "main", "data-part": "grant" }, "Grant…", el("span", { class: "unseen" }, ` ${plugin.name}`));
  if (button) button.addEventListener("click", () => ask(account, plugin));
  return [el("p", { class: "said warn" }, "Not granted: ", name(plugin.missing), !plugin.can_grant && ". Which directory that is, the command line says."), el("div", { class: "tools" }, button), how];
}

function card(item) {
  const { account, plugin } = item;
  const [kind, word] = STANDINGS[plugin.standing] ?? ["", plugin.standing];
  return el(
    "li",
    { class: "card item" },
    el("div", { class: "title" }, el("div", {}, el("h2", {}, name(plugin.name)), el("span", { class: "note" }, name(plugin.version)), account && el("span", { class: "note" }, "of account ", name(account)), plugin.saved_by_agent && el("span", { class: "note" }, "saved by an agent")), tag(kind, word)),
    el("p", { class: "quiet" }, name(plugin.description)),
    rights(plugin),
    granting(item),
    el(
      "details",
      { "data-part": "tools" },
      el("summary", {}, plural(plugin.tools.length, "tool")),
      el("ul", { class: "list" }, plugin.tools.map((tool) => el("li", {}, el("code", {}, name(tool.name)), " ", name(tool.description)))),
      el("p", { class: "note mono" }, name(plugin.digest)),
    ),
  );
}

const broken = ({ account, broken: plugin }) =>
  el("li", { class: "card item" }, el("div", { class: "title" }, el("h2", {}, name(plugin.name)), tag("bad", "broken")), account && el("p", {}, "of account ", name(account)), el("p", { class: "said bad" }, name(plugin.error)));

function ask(account, plugin) {
  wanted = { account, plugin: plugin.name, digest: plugin.digest };
  put(document.getElementById("sure-wrong"));
  const rows = plugin.rights.filter((row) => row.missing.length && row.kind !== "preopen");
  put(
    document.getElementById("sure-text"),
    el("p", {}, "From now on, ", el("b", {}, name(plugin.name)), account && [" of ", name(account)], " may use:"),
    el("ul", { class: "list" }, rows.map((row) => el("li", {}, `${KINDS[row.kind] ?? row.kind}: `, row.missing.map((text, at) => [at ? ", " : "", name(text, { class: "mono" })])))),
    plugin.rights.some((row) => row.kind === "preopen" && row.missing.length) && el("p", {}, "Directories are granted on the command line."),
  );
  document.getElementById("sure").showModal();
}

function answering() {
  const dialog = document.getElementById("sure");
  document.getElementById("sure-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (event.submitter?.value !== "yes") return dialog.close();
    const button = document.getElementById("sure-yes");
    button.disabled = true;
    try {
      const plugin = await post("/api/grants", wanted);
      show((context.known.plugins ?? []).map((place) => (place.account === wanted.account ? { ...place, plugins: place.plugins.map((known) => (known.name === plugin.name ? plugin : known)) } : place)));
      dialog.close();
      // The button that was pressed is gone.
      document.getElementById("plugins-title").focus();
      say(`${plugin.name} was granted what it asks for.`);
    } catch (error) {
      put(document.getElementById("sure-wrong"), error.message);
    } finally {
      button.disabled = false;
    }
  });
}

function show(places) {
  context.known.plugins = places;
  const items = places.flatMap((place) => [
    ...place.plugins.map((plugin) => ({ account: place.account, plugin })),
    ...place.broken.map((plugin) => ({ account: place.account, broken: plugin })),
    ...(place.error ? [{ account: place.account, error: place.error }] : []),
    ...(place.more ? [{ account: place.account, more: place.more }] : []),
  ]);
  const make = (item) => {
    if (item.plugin) return card(item);
    if (item.broken) return broken(item);
    const text = item.error ?? `${plural(item.more, "more plugin", "more plugins")}, which are not shown`;
    return el("li", { class: "card empty" }, name(text));
  };
  const none = el("li", { class: "card empty" }, "There are no plugins yet. ", el("code", {}, "vesicle plugin add FILE"), " adds one.");
  const key = (item) => (item ? `${item.account ?? ""}/${item.plugin?.name ?? item.broken?.name ?? "-"}` : "none");
  keyed(list, items.length ? items : [null], key, (item) => (item ? make(item) : none));
  const asking = items.filter((item) => item.plugin?.missing).length;
  put(context.count);
  if (asking) add(context.count, [String(asking), el("span", { class: "unseen" }, " not granted")]);
}

export const plugins = {
  id: "plugins",
  title: "Plugins",
  about: "Each may do what it asks for and is granted, both. A grant is for one component: another version has to be granted again.",
  icon: "M9 4v4M15 4v4M6 8h12v4a6 6 0 0 1-12 0zM12 18v3",
  build(section, given) {
    context = given;
    list = el("ul", { class: "items" });
    section.append(list);
    answering();
  },
  heard: { plugins: show },
};
