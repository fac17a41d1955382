// The dashboard in Chromium: node views.mjs VESICLE CACHE_DIR [SCREENSHOTS_DIR]
// Goes through each view with data of real calls, with the keyboard as well, in both colour schemes, as an admin and as others;
// axe-core looks for what shuts people out. With a directory it also takes the pictures that the README shows. Ends with a
// failed assertion, or with 0.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { HOSTILE, Host, memories, plugins, servers, TURNED, work } from "./world.mjs";

const [program, cache, pictures] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["overview", "executions", "servers", "plugins", "memory", "audit", "savings"];
/** How the page writes what turns text around. */
const SHOWN = TURNED.replace("\u202e", "\\u{202e}");
/** How long the host works before pictures are taken, in milliseconds: charts of a moment show nothing. */
const WORK_MS = 300_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // The tests of a container run as root, where Chromium's own sandbox does not start; the pages are this host's own.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/** A page whose every complaint is a failure of the test, unless it is expected. */
async function open(host, { expected = /^$/, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 680 }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  const complain = (text) => expected.test(text) || page.complaints.push(text);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complain(message.text()));
  page.on("pageerror", (error) => complain(error.stack));
  page.on("request", (request) => request.url().startsWith(host.url) || complain(`a request to ${request.url()}`));
  page.on("request", (request) => /token|vesicle_/.test(request.url()) && complain(`a token in ${request.url()}`));
  await page.addInitScript(() => {
    globalThis.violations = [];
    addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(`${host.url}/`);
  return page;
}

async function close(page) {
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  assert.deepEqual(page.complaints, []);
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  assert.equal(await page.evaluate(() => document.cookie), "");
  await page.context().close();
}

const live = (page) => page.locator('#link[data-state="open"]').waitFor();
const view = (page, id) => page.locator(`section#${id}:not([hidden])`);

async function go(page, id) {
  await page.locator(`#nav a[href="#${id}"]`).click();
  await view(page, id).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), `${id}-title`);
  return view(page, id);
}

/** Nothing that shuts people out, by the rules that a program can check. */
async function accessible(page, what) {
  // Through the debugger: the page itself could load no such script.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ["violations"] })).violations);
  const told = found.map(({ id, help, nodes }) => `${what}: ${id}: ${help}: ${nodes.map((node) => node.html).join(" ").slice(0, 500)}`);
  assert.deepEqual(told, []);
}

async function picture(page, name) {
  if (!pictures) return;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function everything(host) {
  await host.serve(`profile = "permissive"\n[tools]\nallow = ["*.*"]\n${servers(host.place)}`);
  plugins(host);
  await memories(host);
  await host.request("tools/list", {});
  const until = Date.now() + (pictures ? WORK_MS : 0);
  do {
    await work(host, pictures ? 10 + Math.random() * 50 : 13);
    if (pictures) await new Promise((after) => setTimeout(after, Math.random() * 4_000));
  } while (Date.now() < until);
}

/** Each view, as somebody sees it who has a host of their own. */
async function lookedAt(host) {
  const page = await open(host, { colorScheme: "light" });
  await live(page);
  const headers = (await page.request.get(`${host.url}/`)).headers();
  assert.match(headers["content-security-policy"], /^default-src 'none'; script-src 'self';/);

  const overview = view(page, "overview");
  await overview.getByText("Latest executions").waitFor();
  const executions = overview.locator(".tile", { hasText: "since it began" }).locator("dd").first();
  const before = Number((await executions.textContent()).replaceAll(",", ""));
  assert.ok(before > 20, String(before));
  // What is run now is seen at once, without anything being pressed.
  const long = host.run("const until = Date.now() + 2500; while (Date.now() < until) {}", { timeout_ms: 4_000, client: "watched" });
  await overview.locator("tr", { hasText: "running" }).waitFor();
  await long;
  await overview.locator("tr", { hasText: "running" }).waitFor({ state: "detached" });
  await page.waitForFunction((before) => Number(document.querySelectorAll(".tile dd")[1].textContent.replaceAll(",", "")) > before, before);
  assert.match(await overview.locator("svg[role=img]").first().getAttribute("aria-label"), /at the median/);
  await overview.locator(".as-table summary").first().click();
  assert.ok((await overview.locator(".as-table tbody tr").count()) >= 1);
  await overview.locator(".as-table summary").first().click();
  await overview.locator("#range").selectOption("360");
  await overview.locator("#range").selectOption("60");
  await overview.getByText("no licence key").waitFor();
  await picture(page, "overview");

  const section = await go(page, "executions");
  await host.run("return 1", { client: `${HOSTILE} ${TURNED}` });
  await section.getByText(`${HOSTILE} ${SHOWN}`).first().waitFor();
  await section.locator("#which").selectOption("failed");
  assert.ok((await section.locator("tbody .tag").allTextContents()).every((word) => word !== "success" && word !== "running"));
  await section.locator("#which").selectOption("all");
  await section.getByRole("button", { name: "Hold still" }).click();
  await host.run("return 2", { client: "meanwhile" });
  await page.waitForTimeout(600);
  assert.equal(await section.getByText("meanwhile", { exact: true }).count(), 0);
  await section.getByRole("button", { name: "Hold still" }).click();
  await section.getByText("meanwhile", { exact: true }).waitFor();
  if (pictures) await work(host, 24);
  await page.waitForTimeout(pictures ? 1_500 : 0);
  await picture(page, "executions");

  const shown = await go(page, "servers");
  await shown.locator("li", { hasText: "billing" }).getByText("down").waitFor();
  await shown.locator("li", { hasText: "strange" }).getByText(`${HOSTILE} ${SHOWN}`).first().waitFor();
  await shown.locator("li", { hasText: "strange" }).getByText("2 tools").click();
  await shown.getByText(`look ${HOSTILE}`, { exact: true }).waitFor();
  await shown.locator("li", { hasText: "strange" }).getByText("2 tools").click();
  assert.match(await shown.locator("li", { hasText: "everything" }).locator("dl").textContent(), /Calls[1-9]/);
  await picture(page, "servers");

  const known = await go(page, "plugins");
  await known.getByText(`${HOSTILE} ${SHOWN}`).waitFor();
  await known.locator("li", { hasText: "advise" }).getByText("api.example.com:443").first().waitFor();
  // Where there are no accounts nobody is an admin.
  assert.equal(await known.getByRole("button", { name: /Grant/ }).count(), 0);
  await known.getByText("vesicle plugin grant advise --all").waitFor();
  host.vesicle("plugin", "grant", "advise", "state");
  await known.getByText("partly granted").waitFor();

  const found = await go(page, "memory");
  await found.getByText(`${HOSTILE} ${SHOWN}`).first().waitFor();
  await found.getByText("read_file → run_tests → edit_file").first().waitFor();
  await found.locator("#query").fill("invoices bucket");
  await found.locator("#query").press("Enter");
  await found.locator("#episodes-title").waitFor();
  await page.waitForFunction(() => document.querySelector("#memory .items h3").textContent.startsWith("Move the invoices"));
  await page.waitForFunction(() => /episodes? and \d+ patterns? found/.test(document.getElementById("said").textContent));
  await found.locator("details").first().locator("summary").click();
  await found.getByText("copy_object").first().waitFor();
  await found.locator("#query").fill("");
  await found.locator("#domain").fill("web-shop");
  await found.getByRole("button", { name: "Search" }).click();
  await page.waitForFunction(() => document.querySelectorAll("#memory .items")[0].children.length === 3);
  await found.locator("#domain").fill("");
  await found.getByRole("button", { name: "Search" }).click();
  await page.waitForFunction(() => document.querySelectorAll("#memory .items")[0].children.length === 5);
  await picture(page, "memory");

  const log = await go(page, "audit");
  await log.getByText(`${HOSTILE} ${SHOWN}`).first().waitFor();
  await host.run("return tools.everything['get-sum']({a: 40, b: 2})", { client: "auditor" });
  const line = log.locator("tr", { hasText: "auditor" });
  await line.locator("summary").click();
  await line.getByText("everything.get-sum").first().waitFor();
  await picture(page, "audit");

  const saved = await go(page, "savings");
  const told = JSON.parse(host.vesicle("tokens", "--json"));
  await saved.getByText(`${told.vesicle_tokens} tokens`).waitFor();
  await saved.getByText(`${new Intl.NumberFormat("en").format(told.plain_tokens)} tokens`).waitFor();
  assert.match(await saved.textContent(), /Lists sent so far: 1\./);
  assert.match(await saved.textContent(), /[KM]B.*came no further than the program/);
  await picture(page, "savings");
  await close(page);
}

/** Both colour schemes, a narrow window, and what is bound to the keyboard. */
async function reached(host) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(host, { colorScheme });
    await live(page);
    for (const id of VIEWS) {
      await go(page, id);
      await page.waitForTimeout(150);
      for (const closed of await view(page, id).locator("details:not([open]) > summary").all()) if (await closed.isVisible()) await closed.click();
      await accessible(page, `${id} in ${colorScheme}`);
    }
    await close(page);
  }

  const page = await open(host, { colorScheme: "light", reducedMotion: "reduce" });
  await live(page);
  const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.reload();
  await live(page);
  await page.keyboard.press("Tab");
  for (const id of VIEWS) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), `#${id}`);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
  }
  await page.keyboard.press("Enter");
  await view(page, "savings").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "savings-title");
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".dot")).animationName), "none");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.locator("#theme").selectOption("dark");
  assert.notEqual(await ground(), light);
  await page.reload();
  await live(page);
  assert.notEqual(await ground(), light);
  await picture(await dark(page), "dark");
  await page.setViewportSize({ width: 380, height: 800 });
  for (const id of VIEWS) {
    await go(page, id);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${id} is ${wide} pixels too wide`);
  }
  await close(page);
}

async function dark(page) {
  await go(page, "overview");
  await page.waitForTimeout(pictures ? 500 : 0);
  return page;
}

/** A host that was away: the page comes back by itself. */
async function came(host) {
  const page = await open(host, { expected: /net::ERR_|Failed to load resource/ });
  await live(page);
  await host.end();
  await page.locator('#link[data-state="lost"]').waitFor();
  await host.serve(`profile = "permissive"\n[tools]\nallow = ["*.*"]\n${servers(host.place)}`);
  await live(page);
  await host.run("return 3", { client: "after" });
  const section = await go(page, "executions");
  await section.getByText("after", { exact: true }).waitFor();
  // What the host that is gone told is gone as well, and nothing is there twice.
  assert.equal(await section.locator("tbody tr").count(), 1);
  const overview = await go(page, "overview");
  await overview.locator("tbody tr", { hasText: "execute_agent_code" }).first().waitFor();
  await close(page);
}

/** Accounts: an admin sees all and grants, and another account sees its own. */
async function granted(host) {
  await host.serve("[auth]\nrequired = true\n[accounts.boss]\nadmin = true\n[accounts.team]\n");
  const [boss, team] = ["boss", "team"].map((name) => host.vesicle("token", "create", "--name", name));
  plugins(host, "--account", "team");
  await host.run("return 'of the team'", { token: team, client: "team-agent" });
  await host.run("return 'of the boss'", { token: boss, client: "boss-agent" });

  const other = await open(host, { expected: /401|Unauthorized/ });
  await other.locator("#door[open]").waitFor();
  await accessible(other, "the door");
  await other.keyboard.press("Escape");
  assert.ok(await other.locator("#door").isVisible());
  await other.locator("#token").fill("vesicle_0000_wrong");
  await other.locator("#token").press("Enter");
  await other.locator("#door-wrong").getByText(/token/).waitFor();
  await other.locator("#token").fill(team);
  await other.locator("#token").press("Enter");
  await live(other);
  await other.locator("#who", { hasText: "team" }).waitFor();
  const own = await go(other, "executions");
  await own.getByText("team-agent").waitFor();
  assert.equal(await own.getByText("boss-agent").count(), 0);
  const lines = await go(other, "audit");
  await lines.getByText("team-agent").waitFor();
  assert.equal(await lines.getByText("boss-agent").count(), 0);
  const theirs = await go(other, "plugins");
  await theirs.getByRole("heading", { name: "advise" }).waitFor();
  assert.equal(await theirs.getByRole("button", { name: /Grant/ }).count(), 0);
  // Reloaded, the tab still knows its token; another one does not, and no address or cookie ever had it.
  await other.reload();
  await live(other);
  assert.ok(!JSON.stringify(await other.evaluate(() => ({ ...localStorage }))).includes(team));

  const page = await open(host, { expected: /401|409|Conflict|Unauthorized/ });
  await page.locator("#token").fill(boss);
  await page.locator("#token").press("Enter");
  await live(page);
  const all = await go(page, "executions");
  await all.getByText("team-agent").waitFor();
  await all.getByText("boss-agent").waitFor();
  const asked = await go(page, "plugins");
  const advise = asked.locator("li.item", { has: page.getByRole("heading", { name: "advise" }) });
  await advise.getByText("nothing granted").waitFor();
  host.vesicle("plugin", "grant", "--account", "team", "advise", "state", "hosts=api.example.com:443");
  await advise.getByText("partly granted").waitFor();
  await picture(page, "plugins");
  await advise.getByRole("button", { name: "Grant… advise" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("#sure[open]").getByText("everything.*").waitFor();
  await accessible(page, "the question before a grant");
  await picture(page, "grant");
  await page.keyboard.press("Escape");
  await page.locator("#sure[open]").waitFor({ state: "detached" });
  await advise.getByRole("button", { name: "Grant… advise" }).click();
  // What changes meanwhile leaves the question as it is.
  host.vesicle("plugin", "grant", "--account", "team", "odd", "env=CI_TOKEN");
  await page.locator("#sure-yes").click();
  await page.locator("#sure[open]").waitFor({ state: "detached" });
  await advise.getByText("all granted").waitFor();
  await page.waitForFunction(() => document.getElementById("said").textContent.includes("advise was granted"));
  assert.equal(await page.evaluate(() => document.activeElement.id), "plugins-title");
  assert.match(host.vesicle("plugin", "info", "--account", "team", "advise", "-o", "json"), /"standing": ?"granted"/);
  await (await go(page, "audit")).getByText("grant:team/advise").waitFor();
  // The account that it is of sees that at once.
  await theirs.locator("li.item", { hasText: "advise" }).getByText("all granted").waitFor();
  await close(page);
  await close(other);
}

const hosts = [new Host(program, cache), new Host(program, cache)];
try {
  await everything(hosts[0]);
  await lookedAt(hosts[0]);
  await reached(hosts[0]);
  await came(hosts[0]);
  await granted(hosts[1]);
} finally {
  await browser.close();
  for (const host of hosts) await host.remove();
}
