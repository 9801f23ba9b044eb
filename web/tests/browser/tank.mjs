// Drives the tank in a browser: node tests/browser/tank.mjs URL
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { accessible, fits, launch, open, run } from "./browser.mjs";

/** The page once it has numbers. */
const ready = (page) => page.waitForSelector("body[data-trials] svg.trade-off .mark .name");
const rested = (page) => page.waitForFunction(() => document.body.hasAttribute("data-final") && !document.body.classList.contains("stale"));
const study = (page) => page.evaluate(() => document.body.dataset.study);
const later = (page, than) => page.waitForFunction((s) => document.body.dataset.study !== s && !document.body.classList.contains("stale"), than);
const first = (page) => page.locator(".knob input[type=range]").first();

export async function tank(url, title = url) {
  const browser = await launch();
  const at = async (options, check) => {
    const tab = await open(browser, url, options);
    await tab.page.goto(url);
    await ready(tab.page);
    const said = await check(tab.page, tab);
    await tab.close();
    return said;
  };
  const turn = async (page) => {
    await rested(page);
    const before = await study(page);
    await first(page).focus();
    await page.keyboard.press("ArrowRight");
    await later(page, before);
  };
  const failed = await run(title, {
    "a knob is turned: text, numbers and ghosts follow": () =>
      at({}, async (page) => {
        await rested(page);
        const text = await page.locator(".sheet textarea").inputValue();
        const table = await page.locator("#strategies tbody").innerText();
        await turn(page);
        assert.notEqual(await page.locator(".sheet textarea").inputValue(), text);
        await rested(page);
        assert.notEqual(await page.locator("#strategies tbody").innerText(), table);
        assert.ok((await page.locator(".ghost").count()) > 0, "no ghost");
        assert.match(await page.locator(".tank-status").innerText(), /trials/);
        return `first numbers after ${await page.evaluate(() => document.body.dataset.latency)} ms`;
      }),
    "the change is a patch, undone and done again": () =>
      at({ permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
        const area = page.locator(".sheet textarea");
        await rested(page);
        const text = await area.inputValue();
        await turn(page);
        const changed = await area.inputValue();
        await page.getByRole("button", { name: "Copy as patch" }).click();
        const patch = await page.evaluate(() => navigator.clipboard.readText());
        assert.match(patch, /^--- "?a\/.*\n\+\+\+ "?b\/.*\n@@ -\d+,\d+ \+\d+,\d+ @@\n/);
        await page.getByRole("button", { name: "Undo" }).click();
        assert.equal(await area.inputValue(), text);
        await rested(page);
        await page.getByRole("button", { name: "Redo" }).click();
        assert.equal(await area.inputValue(), changed);
        await rested(page);
        await page.getByRole("button", { name: "Reset" }).click();
        await page.waitForFunction((t) => document.querySelector(".sheet textarea").value === t, text);
        await rested(page);
        await page.getByRole("button", { name: "Copy gate command" }).click();
        assert.match(await page.evaluate(() => navigator.clipboard.readText()), /wavetank gate/);
      }),
    "text with an error: its line is marked, a click goes there, and mended it runs again": () =>
      at({}, async (page) => {
        await rested(page);
        const area = page.locator(".sheet textarea");
        const text = await area.inputValue();
        await area.fill(`${text}\nbrokenn = 3\n`);
        await page.waitForSelector(".problem .severity.error");
        assert.ok(await page.evaluate(() => document.body.classList.contains("stale")), "old numbers are not faded");
        assert.ok((await page.locator(".gutter .error").count()) >= 1);
        await page.locator(".problem").first().click();
        assert.equal(await page.evaluate(() => document.activeElement.tagName), "TEXTAREA");
        // Old numbers are faded on purpose: the words above them say why.
        await accessible(page, "with an error", [".tank-picture", ".tank-film", ".tank-results"]);
        const before = await study(page);
        await area.fill(text);
        await later(page, before);
        assert.equal(await page.locator(".problem .severity.error").count(), 0);
      }),
    "a trial plays, pauses, steps and is scrubbed": () =>
      at({ motion: "no-preference" }, async (page) => {
        await page.waitForSelector(".fleet .cell");
        await rested(page);
        await page.waitForFunction(() => !document.querySelector(".film-room").classList.contains("waiting"));
        const now = () => page.evaluate(() => Number(document.querySelector(".player").dataset.now));
        await page.getByRole("button", { name: "Play", exact: true }).click();
        await page.waitForFunction(() => Number(document.querySelector(".player").dataset.now) > 0);
        await page.getByRole("button", { name: "Pause" }).click();
        const paused = await now();
        await page.getByRole("button", { name: "Next event" }).click();
        const stepped = await now();
        assert.ok(stepped > paused);
        await page.getByRole("button", { name: "Previous event" }).click();
        assert.ok((await now()) < stepped);
        await page.locator(".scrub").focus();
        await page.keyboard.press("End");
        const end = await now();
        assert.ok(end > stepped);
        assert.match(await page.locator(".fleet-words").innerText(), /hosts on the new version/);
        await page.getByRole("button", { name: "To the start" }).click();
        assert.equal(await now(), 0);
        const strategies = await page.locator(".film-room select").first().locator("option").count();
        if (strategies > 1) await page.locator(".film-room select").first().selectOption("1");
        await page.locator(".film-room input[type=number]").fill("1");
        await page.keyboard.press("Enter");
        await page.waitForFunction(() => !document.querySelector(".film-room").classList.contains("waiting"));
        assert.equal(await page.locator(".fault").innerText(), "");
      }),
    "a click on a point loads a trial of it": () =>
      at({}, async (page) => {
        await rested(page);
        const mark = page.locator("svg.trade-off .mark").last();
        const index = await mark.getAttribute("data-s");
        await mark.focus();
        await page.keyboard.press("Enter");
        assert.equal(await page.locator(".film-room select").first().inputValue(), index);
      }),
    "two pages at once: the one that was overtaken says so": () =>
      at({}, async (page) => {
        await rested(page);
        const other = await page.context().newPage();
        await other.goto(url);
        await ready(other);
        await page.waitForSelector(".banner:not([hidden])");
        assert.ok(await page.evaluate(() => document.body.classList.contains("stale")));
        await other.close();
        await page.locator(".banner button").click();
        await rested(page);
        assert.equal(await page.locator(".banner").isVisible(), false);
      }),
    "axe finds nothing serious and nothing scrolls sideways": async () => {
      for (const options of [{}, { scheme: "dark" }, { width: 360 }, { width: 360, scheme: "dark" }]) {
        await at(options, async (page) => {
          await rested(page);
          await page.waitForFunction(() => !document.querySelector(".film-room").classList.contains("waiting"));
          await page.locator("details").evaluateAll((all) => all.forEach((d) => (d.open = true)));
          await accessible(page, JSON.stringify(options));
          await fits(page, JSON.stringify(options));
        });
      }
    },
    "latency of the first numbers": () =>
      at({}, async (page) => {
        const all = [];
        for (let i = 0; i < 5; i += 1) {
          await turn(page);
          all.push(Number(await page.evaluate(() => document.body.dataset.latency)));
        }
        all.sort((a, b) => a - b);
        return `median ${all[2]} ms of ${all.join(", ")}`;
      }),
  });
  await browser.close();
  return failed;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exit((await tank(process.argv[2])) ? 1 : 0);
}
