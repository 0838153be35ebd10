// Opens every page of a folder in headless Chromium as a person would: console silent, no request leaves, filters and search
// work, copy buttons copy, everything is reached from the keyboard, axe finds nothing in light and dark, a phone scrolls in
// one direction only, the print is a PDF that shows what was folded. Screenshots are for a person to look at.
// usage: node proof.mjs PAGES OUT CHROMIUM
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [pages, out, executablePath] = process.argv.slice(2);
const require = createRequire(path.join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(out, { recursive: true });
const wrong = [];
const check = (holds, page, what) => { if (!holds) wrong.push(`${page}: ${what}`); };

const profile = mkdtempSync(path.join(tmpdir(), "koff-browser-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  acceptDownloads: false,
  permissions: ["clipboard-read", "clipboard-write"],
  // Our scripts are injected past the page's own policy, which is judged apart.
  bypassCSP: false,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

async function open(name, options = {}) {
  const page = await context.newPage();
  const trouble = [];
  page.on("console", (message) => trouble.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`error: ${error}`));
  page.on("dialog", (dialog) => { trouble.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (request.url() !== url) trouble.push(`request: ${request.url()}`);
  });
  const url = pathToFileURL(path.resolve(pages, name)).href;
  await page.emulateMedia({ colorScheme: options.scheme ?? "light" });
  await page.setViewportSize(options.size ?? { width: 1280, height: 900 });
  await page.goto(url);
  return { page, trouble };
}

async function audit(page, name, scheme) {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    const nodes = violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
    check(false, name, `axe, ${scheme}: ${violation.id} (${violation.nodes.length}): ${violation.help}: ${nodes}`);
  }
  return found.passes.length;
}

async function filters(page, name) {
  for (const form of await page.locator("form.filter").all()) {
    const table = page.locator(`#${await form.getAttribute("data-table")} tbody tr`);
    const all = await table.count();
    const visible = () => page.locator(`#${tableId} tbody tr:visible`).count();
    const tableId = await form.getAttribute("data-table");
    const search = form.locator("input[type=search]");
    await search.fill("no such words anywhere");
    check(await visible() === 0, name, `${tableId}: a search for nothing shows rows`);
    const word = (await table.last().locator("code").first().textContent().catch(() => null)) ?? (await table.last().textContent());
    await search.fill(word.trim().split(/\s+/)[0]);
    const some = await visible();
    check(some > 0 && (all < 3 || some < all), name, `${tableId}: the search for one row shows ${some} of ${all}`);
    await search.fill("");
    check(await visible() === all, name, `${tableId}: an empty search hides rows`);
    for (const box of await form.locator("input[type=checkbox]").all()) await box.uncheck();
    if (await form.locator("input[type=checkbox]").count()) {
      check(await visible() === 0, name, `${tableId}: no verdict wanted, yet rows are shown`);
      await form.locator("input[type=checkbox][value=pass]").check();
      const passed = await page.locator(`#${tableId} tbody tr[data-verdict=pass]`).count();
      check(await visible() === passed, name, `${tableId}: the verdict filter shows something else than ${passed} passes`);
      const said = await form.locator(".shown-rows").textContent();
      check(said.startsWith(`${passed} of ${all}`), name, `${tableId}: the filter says "${said}"`);
      for (const box of await form.locator("input[type=checkbox]").all()) await box.check();
    }
  }
}

async function copies(page, name) {
  const buttons = await page.locator("button.copy").all();
  for (const button of buttons) {
    const wanted = await button.evaluate((node) => node.previousElementSibling.textContent);
    await button.focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction((node) => node.textContent.startsWith("Copied"), await button.elementHandle(), { timeout: 3000 })
      .catch(() => check(false, name, "a copy button does not say that it copied"));
    const got = await page.evaluate(() => navigator.clipboard.readText());
    check(got === wanted, name, `copied ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  }
  return buttons.length;
}

async function keyboard(page, name) {
  const wanted = await page.locator("a, button, input, select, summary, [tabindex='0']").evaluateAll(
    (nodes) => nodes.filter((node) => node.checkVisibility()).length);
  await page.evaluate(() => { document.activeElement?.blur?.(); window.seen = new Set(); });
  for (let press = 0; press < wanted + 20; press += 1) {
    await page.keyboard.press("Tab");
    await page.evaluate(() => { if (document.activeElement !== document.body) window.seen.add(document.activeElement); });
  }
  const reached = await page.evaluate(() => window.seen.size);
  check(reached >= wanted, name, `Tab reaches ${reached} of ${wanted} controls`);
}

// What a report of one bundle has to show, section by section; where a story has none of something, another must.
const seen = { causes: 0, spaces: 0, marks: 0, highlights: 0, dlls: 0, firsts: 0 };
async function contents(page, name) {
  const has = async (selector, what) => check(await page.locator(selector).count() > 0, name, `${what} is missing (${selector})`);
  const text = async (selector) => (await page.locator(selector).first().textContent()).replace(/\s+/g, " ").trim();
  await has("section.cause h1", "the most likely cause");
  const box = await page.locator("section.cause h1").boundingBox();
  check(box !== null && box.y + box.height < 900, name, "the most likely cause is not on the first screen");
  check(/not told/.test(await text("section.cause .counts")), name, "the first screen does not say what could not be told");
  const order = await page.locator("main > section").evaluateAll((nodes) => nodes.map((node) => node.id || "cause"));
  const wanted = ["cause", "do", "findings", "dlls", "timeline", "unknown", "pc", "verdicts", "about"];
  check(order.join() === wanted.filter((id) => order.includes(id)).join(), name, `the sections stand as ${order.join()}`);
  if (await page.locator("section.cause:not(.none)").count()) {
    seen.causes += 1;
    await has("section.cause .tag.info", "the confidence");
    await has("section.cause .next h2", "the next step");
    await has("section.cause .counts .critical, section.cause .counts .high, section.cause .counts .medium", "the counts by level");
    await has("#do .ladder > li", "the ladder");
  }
  if (await page.locator("article.finding").count()) {
    await has("article.finding .evidence .place", "the place of evidence");
    await has("article.finding .evidence pre", "an excerpt");
  }
  seen.highlights += await page.locator("article.finding .evidence mark").count();
  seen.dlls += await page.locator("table.indicators tbody tr").count();
  const about = await text("#about");
  for (const word of [/SHA-256/, /Rules.*tables of/, /at collection|day of collection|younger/, /Tool/]) check(word.test(about), name, `provenance lacks ${word}`);
  for (const label of ["Windows", "Office"]) check((await text("#pc")).includes(label), name, `the inventory lacks ${label}`);
  for (const picture of await page.locator("svg[role=img]").all()) {
    const told = await picture.evaluate((node) => node.getAttribute("aria-labelledby").split(" ")
      .map((id) => document.getElementById(id)?.textContent.trim() ?? "").join(" "));
    check(told.length > 20, name, `a picture has no words: "${told}"`);
  }
  const timeline = page.locator("svg.timeline");
  if (await timeline.count()) {
    const axis = Number(await timeline.locator("line.axis").first().getAttribute("y1"));
    const heights = (kind) => timeline.locator(`g.${kind} circle`).evaluateAll((nodes) => nodes.map((node) => Number(node.getAttribute("cy"))));
    check((await heights("change")).every((y) => y < axis), name, "a change stands below the line");
    check((await heights("failure")).every((y) => y > axis), name, "a failure stands above the line");
    const firsts = await timeline.locator("g.first").count();
    check(firsts <= 1 && firsts === await timeline.locator("text.first-text").count(), name, `${firsts} first failures are marked`);
    seen.firsts += firsts;
    seen.marks += await timeline.locator("circle").count();
  }
  for (const figure of await page.locator("figure.space").all()) {
    const words = await figure.locator("figcaption").textContent();
    const [bar, ...parts] = await figure.locator("svg, rect").evaluateAll((nodes) => nodes.map((node) => node.getBoundingClientRect().width));
    check(/free .* upgrade/s.test(words), name, `the cache's picture says "${words}"`);
    check(Math.abs(parts.reduce((sum, part) => sum + part, 0) - bar) < 2, name, "the parts of the cache's picture do not fill its bar");
    seen.spaces += 1;
  }
}

const counts = { pages: 0, copies: 0, rules: 0 };
const names = readdirSync(pages).filter((name) => name.endsWith(".html")).sort();
for (const name of names) {
  const stem = name.replace(/\.html$/, "");
  counts.pages += 1;
  for (const scheme of ["light", "dark"]) {
    const { page, trouble } = await open(name, { scheme });
    await page.screenshot({ path: path.join(out, `${stem}-${scheme}-first.png`) });
    const folded = page.locator("details:not([open]) > summary");
    for (let left = await folded.count(); left > 0; left -= 1) {
      await folded.first().focus();
      await page.keyboard.press("Enter");
    }
    check(await folded.count() === 0, name, "a folded part does not open from the keyboard");
    await page.screenshot({ path: path.join(out, `${stem}-${scheme}.png`), fullPage: true });
    counts.rules += await audit(page, name, scheme);
    if (scheme === "light") {
      if (await page.locator("#verdicts").count()) await contents(page, name);
      await filters(page, name);
      counts.copies += await copies(page, name);
      await keyboard(page, name);
    }
    check(trouble.length === 0, name, `${scheme}: ${trouble.slice(0, 5).join("; ")}`);
    await page.close();
  }
  for (const width of [320, 390]) {
    const { page, trouble } = await open(name, { size: { width, height: 800 } });
    if (width === 390) await page.screenshot({ path: path.join(out, `${stem}-phone.png`), fullPage: true });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(over <= 0, name, `at ${width} px the page is ${over} px too wide`);
    check(trouble.length === 0, name, `phone: ${trouble.join("; ")}`);
    await page.close();
  }
  const { page } = await open(name);
  const pdf = await page.pdf({ path: path.join(out, `${stem}.pdf`), format: "A4" });
  check(pdf.length > 5000 && pdf.subarray(0, 5).toString() === "%PDF-", name, `the print has ${pdf.length} bytes`);
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const folded = await page.locator("details:not([open])").count();
  check(folded === 0, name, `${folded} folded parts are missing from the print`);
  await page.close();
}
await context.close();
rmSync(profile, { recursive: true, force: true });
console.log(`${counts.pages} pages, ${counts.copies} lines copied, ${counts.rules} axe checks passed, screenshots in ${out}`);
for (const [what, count] of Object.entries(seen)) if (!count) wrong.push(`no page shows ${what}: the stories no longer exercise them`);
if (!names.length) wrong.push(`${pages}: expected pages, found none`);
if (!counts.copies) wrong.push("no page had a line to copy: the stories no longer exercise the copy buttons");
if (wrong.length) {
  console.error([...new Set(wrong)].join("\n"));
  process.exit(1);
}
