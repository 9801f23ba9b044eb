// Opens pictures in a browser, on either paper: node tests/browser/charts.mjs FOLDER ...
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch, open, run } from "./browser.mjs";

/** All pictures in a folder and in the folders in it. */
const pictures = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".svg"))
    .sort()
    .map((name) => join(folder, name));

/** What is wrong with a picture that is open: words outside of it, or no title. */
const faults = (page) =>
  page.evaluate(() => {
    const svg = document.documentElement;
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const found = [];
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      const scale = width / svg.getBoundingClientRect().width;
      const [right, bottom] = [box.right * scale, box.bottom * scale];
      if (box.left < -1 || box.top < -1 || right > width + 1 || bottom > height + 1) found.push(`outside: ${text.textContent}`);
    }
    for (const name of ["title", "desc"]) if (!svg.querySelector(`:scope > ${name}`)?.textContent) found.push(`no ${name}`);
    return found;
  });

const browser = await launch();
let failed = 0;
let count = 0;
for (const folder of process.argv.slice(2)) {
  for (const file of pictures(resolve(folder))) {
    const url = pathToFileURL(file).href;
    failed += await run(file, {
      "it draws on either paper, without scripts": async () => {
        const shots = [];
        for (const scheme of ["light", "dark"]) {
          const tab = await open(browser, url, { scheme, width: 1200 });
          await tab.page.goto(url);
          assert.deepEqual(await faults(tab.page), []);
          shots.push(await tab.page.screenshot());
          await tab.close();
        }
        // A blank page compresses to a few kilobytes.
        for (const shot of shots) assert.ok(shot.length > 12_000, `${shot.length} bytes of picture`);
        assert.ok(!shots[0].equals(shots[1]), "dark paper is as light paper");
        return `${shots.map((shot) => shot.length).join(" and ")} bytes of picture`;
      },
    });
    count += 1;
  }
}
await browser.close();
console.log(`${count} pictures, ${failed} with faults`);
process.exit(count === 0 || failed > 0 ? 1 : 0);
