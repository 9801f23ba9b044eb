// Drives a report in a browser: node tests/browser/report.mjs FILE.html
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { accessible, fits, launch, open, run } from "./browser.mjs";

export async function report(file, title = file) {
  const url = pathToFileURL(resolve(file)).href;
  const browser = await launch();
  const at = async (options, check) => {
    const tab = await open(browser, url, options);
    await tab.page.goto(url);
    const said = await check(tab.page);
    await tab.close();
    return said;
  };
  const failed = await run(title, {
    "it is one file below 1 MB that asks for nothing": () =>
      at({}, async (page) => {
        const size = readFileSync(file).length;
        assert.ok(size < 1_000_000, `${size} bytes`);
        const policy = await page.getAttribute("meta[http-equiv='Content-Security-Policy']", "content");
        assert.match(policy, /default-src 'none'/);
        assert.doesNotMatch(policy, /unsafe/);
        return `${size} bytes`;
      }),
    "without scripts it is complete": () =>
      at({ scripts: false }, async (page) => {
        assert.ok(await page.locator("#figure-trade-off svg").first().isVisible());
        assert.ok((await page.locator("main").innerText()).length > 400);
        assert.equal(await page.locator(".desk").count(), 0);
        for (const figure of await page.locator("main figure > svg").all()) {
          const open = await figure.evaluate((f) => f.closest("details:not([open])") === null);
          if (open) assert.ok(await figure.isVisible());
        }
      }),
    "the interactive picture takes the still one's place": () =>
      at({}, async (page) => {
        await page.waitForSelector("#figure-trade-off svg.trade-off .mark .name");
        assert.equal(await page.locator("#figure-trade-off svg.replaced").isVisible(), false);
        const data = await page.evaluate(() => JSON.parse(document.getElementById("page-data").textContent));
        const names = await page.locator("svg.trade-off .mark .name").allTextContents();
        assert.ok(names.length > 0 && names.length <= data.strategies.length);
        return `${names.length} strategies`;
      }),
    "labels do not cover each other": () =>
      at({}, async (page) => {
        const boxes = await page.locator("svg.trade-off .mark .name").evaluateAll((all) => all.map((e) => e.getBoundingClientRect().toJSON()));
        boxes.forEach((a, i) =>
          boxes.slice(0, i).forEach((b) => {
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            assert.ok(wide <= 1 || high <= 3, `labels overlap by ${wide} x ${high}`);
          }),
        );
      }),
    "hover shows values and links the charts": () =>
      at({}, async (page) => {
        const mark = page.locator("svg.trade-off .mark").first();
        const index = await mark.getAttribute("data-s");
        await mark.locator(".shape").hover({ force: true });
        await page.waitForSelector(".tooltip.on dl");
        const cold = await page.locator(`[data-s="${index}"]:not(.hot)`).count();
        assert.equal(cold, 0);
        assert.ok((await page.locator(".hot").count()) >= 3);
        await page.mouse.move(2, 2);
        await page.waitForSelector(".tooltip.on", { state: "detached" }).catch(() => undefined);
        assert.equal(await page.locator(".hot").count(), 0);
      }),
    "a limit follows the mouse and says who passes": () =>
      at({}, async (page) => {
        const limit = page.locator(".limit-harm");
        const grip = limit.locator(".grip");
        await grip.scrollIntoViewIfNeeded();
        const before = await page.locator(".limit-words").textContent();
        const was = Number(await limit.getAttribute("aria-valuenow"));
        const box = await grip.boundingBox();
        const chart = await page.locator("svg.trade-off").boundingBox();
        const x = box.x + box.width / 2;
        await page.mouse.move(x, box.y + box.height / 2);
        await page.mouse.down();
        await page.mouse.move(x, chart.y + 60, { steps: 5 });
        await page.mouse.up();
        const now = Number(await limit.getAttribute("aria-valuenow"));
        assert.ok(now > was, `${was} -> ${now}`);
        const words = await page.locator(".limit-words").textContent();
        assert.notEqual(words, before);
        assert.match(words, /of (\d+|the one) strateg/);
        // A screen reader is told, too.
        await page.waitForFunction((w) => document.getElementById("said")?.textContent === w, words);
        return words;
      }),
    "a limit follows the arrow keys and a finger": () =>
      at({ touch: true }, async (page) => {
        const limit = page.locator(".limit-harm");
        await limit.focus();
        const value = async () => Number(await limit.getAttribute("aria-valuenow"));
        const start = await value();
        await page.keyboard.press("ArrowUp");
        const up = await value();
        assert.ok(up > start, `${start} -> ${up}`);
        await page.keyboard.press("PageDown");
        assert.ok((await value()) < up);
        await page.keyboard.press("End");
        const chart = await page.locator("svg.trade-off").boundingBox();
        const box = await limit.locator(".grip").boundingBox();
        const client = await page.context().newCDPSession(page);
        const touch = (type, y) => client.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: box.x + 20, y }] });
        await touch("touchStart", box.y + 9);
        await touch("touchMove", chart.y + chart.height / 2);
        await touch("touchEnd");
        const high = Number(await limit.getAttribute("aria-valuemax"));
        assert.ok((await value()) < high);
      }),
    "measure, statistic, scale and strategies can be chosen by keyboard": () =>
      at({}, async (page) => {
        const words = () => page.locator("svg.trade-off .axis-title").first().textContent();
        const before = await words();
        const [measure, statistic] = await page.locator(".side-harm select").all();
        const options = await measure.locator("option").evaluateAll((all) => all.map((o) => o.value));
        const now = await measure.inputValue();
        await measure.focus();
        await measure.selectOption(options.find((o) => o !== now));
        assert.notEqual(await words(), before);
        assert.ok((await statistic.locator("option").count()) > 0);
        const log = page.locator(".side-harm .check input").first();
        await log.focus();
        await page.keyboard.press("Space");
        assert.match(await words(), /linear/);
        const marks = await page.locator("svg.trade-off .mark").count();
        const chip = page.locator(".chip input").first();
        await chip.focus();
        await page.keyboard.press("Space");
        assert.equal(await page.locator("svg.trade-off .mark").count(), marks - 1);
      }),
    "the table sorts both ways and back": () =>
      at({}, async (page) => {
        const column = await page.locator("#strategies th[data-measure]").first().evaluate((th) => th.cellIndex);
        const button = page.locator("#strategies th[data-measure] button.sort").first();
        const order = () => page.locator("#strategies tbody tr").evaluateAll((rows) => rows.map((r) => r.dataset.s).join());
        const values = () => page.locator("#strategies tbody tr").evaluateAll((rows) => rows.flatMap((r) => [...r.cells].map((c) => c.dataset.value)));
        const start = await order();
        await button.focus();
        await page.keyboard.press("Enter");
        assert.equal(await page.locator("th[aria-sort=ascending]").count(), 1);
        assert.ok((await values()).length > column);
        await page.keyboard.press("Enter");
        assert.equal(await page.locator("th[aria-sort=descending]").count(), 1);
        await page.keyboard.press("Enter");
        assert.equal(await order(), start);
      }),
    "a click on a point opens what is told of it": () =>
      at({}, async (page) => {
        const told = await page.evaluate(() => JSON.parse(document.getElementById("page-data").textContent).told.map((t) => [t.strategy, t.trial]));
        const shown = await page.evaluate((all) => all.find(([s, t]) => document.getElementById(`timeline-${s}-${t}`)), told);
        if (!shown) return "no trial is told";
        const details = page.locator(`#timeline-${shown[0]}-${shown[1]}`);
        await details.evaluate((d) => (d.open = false));
        await page.locator(`svg.trade-off .mark[data-s="${shown[0]}"]`).focus();
        await page.keyboard.press("Enter");
        assert.ok(await details.evaluate((d) => d.open));
        await page.waitForFunction((id) => {
          const box = document.getElementById(id).getBoundingClientRect();
          return box.top < innerHeight && box.bottom > 0;
        }, `timeline-${shown[0]}-${shown[1]}`);
        return undefined;
      }),
    "the tail says the share at any harm": () =>
      at({}, async (page) => {
        if ((await page.locator(".exceedance").count()) === 0) return "no tail";
        const reader = page.locator(".reader");
        await reader.focus();
        const before = await page.locator(".readout").textContent();
        for (let i = 0; i < 12; i += 1) await page.keyboard.press("PageUp");
        assert.notEqual(await page.locator(".readout").textContent(), before);
        await page.locator(".exceedance svg.chart").hover({ position: { x: 120, y: 100 } });
        assert.match(await page.locator(".readout").textContent(), /%/);
        return undefined;
      }),
    "the colours can be chosen": () =>
      at({}, async (page) => {
        const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
        const light = await ground();
        await page.locator(".theme input[value=dark]").focus();
        await page.keyboard.press("Space");
        assert.notEqual(await ground(), light);
        await page.locator(".theme input[value=light]").check({ force: true });
        assert.equal(await ground(), light);
      }),
    "the keyboard reaches every control, and focus can be seen": () =>
      at({}, async (page) => {
        const seen = new Set();
        for (let i = 0; i < 400; i += 1) {
          await page.keyboard.press("Tab");
          const what = await page.evaluate(() => {
            const e = document.activeElement;
            if (!e || e === document.body) return null;
            if (e.matches(".mark")) return "mark";
            if (e.matches(".limit")) return "limit";
            if (e.matches(".reader")) return "reader";
            return e.matches("select") ? "select" : e.matches("button.sort") ? "sort" : e.matches(".theme input") ? "theme" : e.matches("summary") ? "summary" : e.tagName;
          });
          if (what === null && i > 5) break;
          seen.add(what);
        }
        for (const what of ["mark", "limit", "select", "sort", "theme"]) assert.ok(seen.has(what), `${what} is not reached: ${[...seen]}`);
      }),
    "axe finds nothing serious: light, dark, narrow, all opened": async () => {
      for (const options of [{}, { scheme: "dark" }, { width: 360 }, { width: 360, scheme: "dark" }, { scripts: false }]) {
        if (options.scripts === false) continue;
        await at(options, async (page) => {
          await page.locator("details").evaluateAll((all) => all.forEach((d) => (d.open = true)));
          await accessible(page, JSON.stringify(options));
          await fits(page, JSON.stringify(options));
        });
      }
    },
    "at 360 and 600 pixels nothing scrolls sideways, with scripts or without": async () => {
      for (const width of [360, 600]) for (const scripts of [true, false]) await at({ width, scripts }, (page) => fits(page, `${width}`));
    },
    "it prints, with everything that is folded": () =>
      at({}, async (page) => {
        const folder = mkdtempSync(join(tmpdir(), "print-"));
        const pdf = await page.pdf({ path: join(folder, "report.pdf"), format: "A4", printBackground: true });
        rmSync(folder, { recursive: true });
        await page.emulateMedia({ media: "print" });
        assert.equal(await page.locator(".theme").isVisible(), false);
        await fits(page, "print");
        assert.ok(pdf.length > 20_000);
        return `${(pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length} pages`;
      }),
  });
  await browser.close();
  return failed;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exit((await report(process.argv[2])) ? 1 : 0);
}
