// All browser tests over fixtures: the report's page with plain and with hostile names, and the tank before a server that is not
// there to simulate, but to be slow, gone, or overtaken.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, open, run } from "./browser.mjs";
import { fixture, report as page } from "./page.mjs";
import { report } from "./report.mjs";
import { stub } from "./stub.mjs";
import { tank } from "./tank.mjs";

const EVIL = '</script><img src=x onerror="window.hacked=1">';

/** Page data in which every word is hostile, all points coincide, and nobody completes. */
function hostile() {
  const data = fixture("small");
  data.scenario = `${EVIL} ${data.scenario}`;
  for (const strategy of data.strategies) {
    strategy.name = `${strategy.name} ${EVIL}`;
    strategy.dominated_by = EVIL;
    for (const of of Object.values(strategy.values)) for (const value of Object.values(of)) value[3] += EVIL;
  }
  for (const measure of data.measures) measure.words += EVIL;
  for (const told of data.told) told.why = EVIL;
  for (const limit of data.limits) limit.words = EVIL;
  return data;
}

/** Twelve strategies on two spots, one of which never completes. */
function crowd() {
  const data = fixture("small");
  const [one, two, three] = data.strategies;
  const named = (of, i) => ({ ...structuredClone(of), name: `strategy-${i}`, baseline: i === 0 });
  data.strategies = Array.from({ length: 12 }, (_, i) => named([one, two][i % 2], i));
  data.strategies[11] = named(three, 11);
  delete data.strategies[11].values.time_to_100_ms;
  data.told = [];
  return data;
}

async function reports() {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  let failed = 0;
  for (const [name, data] of Object.entries({ small: fixture("small"), "hands-off": fixture("hands-off"), hostile: hostile(), crowd: crowd() })) {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, page(data).html);
    failed += await report(file, `report ${name}`);
  }
  rmSync(folder, { recursive: true });
  return failed;
}

/** What only a server that obeys can show. */
async function tricks() {
  const server = await stub({ step: 250 });
  const browser = await launch();
  const tab = await open(browser, server.url);
  const { page: p } = tab;
  await p.goto(server.url);
  await p.waitForSelector("body[data-final]");
  const failed = await run("tank tricks", {
    "numbers of a study that was overtaken never show": async () => {
      const table = await p.locator("#strategies tbody").innerText();
      server.late(0);
      // The next event of ours comes after it on the same line.
      await p.locator(".knob input[type=range]").first().focus();
      const before = await p.evaluate(() => document.body.dataset.study);
      await p.evaluate(() => {
        window.seen = new Set();
        new MutationObserver(() => window.seen.add(document.body.dataset.study)).observe(document.body, { attributes: true });
      });
      assert.equal(await p.locator("#strategies tbody").innerText(), table);
      for (let i = 0; i < 6; i += 1) await p.keyboard.press("ArrowRight");
      await p.waitForFunction((s) => Number(document.body.dataset.study) > Number(s) && document.body.dataset.trials === "4000" && !document.body.classList.contains("stale"), before);
      const seen = await p.evaluate(() => [...window.seen].map(Number));
      assert.deepEqual([...seen].sort((a, b) => a - b), seen, "studies shown out of order");
      assert.ok(!seen.includes(0));
    },
    "one request is in flight, and many turns are few requests": async () => {
      const before = server.requests.length;
      for (let i = 0; i < 30; i += 1) await p.keyboard.press(i % 2 ? "ArrowLeft" : "ArrowRight");
      await p.waitForFunction(() => !document.body.classList.contains("stale") && document.body.hasAttribute("data-final"));
      const sent = server.requests.slice(before).filter(([path]) => path === "/api/study");
      assert.ok(sent.length >= 1 && sent.length <= 30);
      return `${sent.length} requests of 30 turns`;
    },
    "intervals shrink as trials come": async () => {
      const reach = () => p.locator("svg.trade-off .whisker[data-s='1']").first().evaluate((e) => e.getBBox().height);
      const before = await p.evaluate(() => document.body.dataset.study);
      await p.keyboard.press("ArrowRight");
      await p.waitForFunction((s) => document.body.dataset.study !== s && document.body.dataset.trials !== "4000", before);
      const wide = [await p.evaluate(() => document.body.dataset.trials), await reach()];
      await p.waitForFunction(() => document.body.dataset.trials === "4000");
      const narrow = await reach();
      assert.ok(narrow < wide[1], `${wide} -> ${narrow}`);
      return `${Math.round(wide[1])} pixels at ${wide[0]} trials, ${Math.round(narrow)} at 4000`;
    },
    "a value that is none is refused with a sentence, and the next one goes through": async () => {
      const field = p.locator(".knob-head input").first();
      await field.fill("nonsense");
      await p.keyboard.press("Enter");
      await p.waitForSelector(".banner:not([hidden])");
      assert.match(await p.locator(".banner").innerText(), /nonsense is no value/);
      // The browser logs the status by itself.
      assert.deepEqual(tab.faults.splice(0).filter((f) => !f.includes("422")), []);
      await field.fill("45m");
      await p.keyboard.press("Enter");
      await p.waitForFunction(() => document.querySelector(".sheet textarea").value.includes('bake = "45m" }'));
      await p.waitForFunction(() => !document.body.classList.contains("stale"));
      assert.equal(await p.locator(".banner").isVisible(), false);
    },
    "settings of included files are sent with every study": async () => {
      const other = p.locator(".knob[data-knob='change.bad-probability'] input[type=text]");
      await p.locator(".knob-group").evaluateAll((all) => all.forEach((d) => (d.open = true)));
      await other.fill("30%");
      await p.keyboard.press("Enter");
      await p.waitForFunction(() => document.querySelector(".patch").textContent.includes("change.bad-probability"));
      await p.locator(".knob input[type=range]").first().focus();
      const before = await p.evaluate(() => document.body.dataset.study);
      await p.keyboard.press("ArrowRight");
      await p.waitForFunction((s) => document.body.dataset.study !== s, before);
      const [, last] = server.requests.filter(([path]) => path === "/api/study").at(-1);
      assert.ok(last.settings.some(([path, toml]) => path === "change.bad-probability" && toml === '"30%"'), JSON.stringify(last.settings));
    },
    "a server that is gone is said, and found again": async () => {
      await server.stop();
      await p.waitForSelector(".banner:not([hidden])");
      assert.match(await p.locator(".banner").innerText(), /does not answer/);
      assert.ok(await p.evaluate(() => document.body.classList.contains("stale")));
      await server.start();
      await p.waitForFunction(() => document.querySelector(".banner").hidden && !document.body.classList.contains("stale"));
      // Refused connections are on the console by the browser's own hand.
      assert.deepEqual(tab.faults.splice(0).filter((f) => !/ERR_|Failed to load/.test(f)), []);
    },
  });
  await tab.close();
  await browser.close();
  await server.stop();
  return failed;
}

async function tanks() {
  let failed = 0;
  for (const [name, options] of Object.entries({ plain: {}, hostile: { hostile: true } })) {
    const server = await stub(options);
    failed += await tank(server.url, `tank ${name}`);
    await server.stop();
  }
  return failed;
}

const failed = (await reports()) + (await tanks()) + (await tricks());
console.log(failed ? `${failed} checks failed` : "all checks hold");
process.exit(failed ? 1 : 0);
