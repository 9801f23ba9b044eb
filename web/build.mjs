// Bundles the page's script, or with --tests the unit tests, with esbuild. The same input gives the same bytes anywhere.
import { build } from "esbuild";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const at = process.argv.find((argument) => argument.startsWith("--out="));
const out = at ? at.slice("--out=".length) : join(here, "../src/report/page/assets/page.js");

if (process.argv.includes("--tests")) {
  rmSync(join(here, "build"), { recursive: true, force: true });
  const tests = readdirSync(join(here, "tests")).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => join(here, "tests", name)),
    outdir: join(here, "build/tests"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    sourcemap: "inline",
    target: "node20",
  });
} else {
  const notice = readFileSync(join(here, "LICENSES"), "utf8").split("\n\n==")[0].trim();
  await build({
    absWorkingDir: here,
    entryPoints: ["src/main.ts"],
    outfile: out,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2021",
    charset: "ascii",
    legalComments: "none",
    banner: { js: `/* ${notice} */` },
  });
  const size = readFileSync(out).length;
  console.log(`${out}: ${size} bytes`);
  if (size > 140_000) throw new Error("the bundle is larger than a page should carry");
  // The page puts the script into HTML as it is.
  if (/<\/script|<!--/i.test(readFileSync(out, "utf8"))) throw new Error("the bundle would end its own element");
}
