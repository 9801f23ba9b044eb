// What all browser tests share: Debian's browser, a page that fails on any fault, axe, and checks with words.
import axe from "axe-core";
import { chromium } from "playwright-core";
import assert from "node:assert/strict";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** A page in a context of its own. What is not of `origin` fails and is a fault; so is anything on the console. */
export async function open(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: options.width ?? 1280, height: 900 }, colorScheme: options.scheme ?? "light", reducedMotion: options.motion ?? "reduce", javaScriptEnabled: options.scripts ?? true, hasTouch: options.touch ?? false, permissions: options.permissions ?? [] });
  const page = await context.newPage();
  const faults = [];
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (url === origin || (origin.startsWith("http") && url.startsWith(origin))) return route.continue();
    faults.push(`a request leaves: ${url}`);
    return route.abort();
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.stack}`));
  page.setDefaultTimeout(20_000);
  return {
    page,
    faults,
    /** Holds that nothing went wrong, and closes. */
    async close() {
      assert.equal(await page.evaluate(() => window.hacked ?? null), null, "a name became a script");
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** Holds that axe finds nothing serious or critical, but in the parts that `without` names. */
export async function accessible(page, what, without = []) {
  await page.evaluate(axe.source);
  const found = await page.evaluate((exclude) => window.axe.run({ include: [["html"]], exclude }, { resultTypes: ["violations"] }), without.map((w) => [w]));
  const bad = found.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  assert.deepEqual(bad.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).slice(0, 3).join(" | ")}`), []);
}

/** Holds that the page does not scroll sideways. */
export async function fits(page, what) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${what}: the page is ${wide} wide in ${room}`);
}

/** Runs named checks one after the other and says each. */
export async function run(title, checks) {
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    const from = performance.now();
    try {
      const said = await check();
      console.log(`ok   ${title}: ${name} (${Math.round(performance.now() - from)} ms)${said ? `: ${said}` : ""}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${title}: ${name}\n${error.stack}`);
    }
  }
  return failed;
}
