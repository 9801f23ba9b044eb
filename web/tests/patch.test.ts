import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { patch, restoreEnds } from "../src/patch.js";

/** Applies the patch with git and with patch(1), if that is there, and holds that each gives `after`. */
function applies(file: string, before: string, after: string): void {
  const text = patch(file, before, after);
  const tools: [string, string[]][] = [["git", ["apply", "--whitespace=nowarn", "-"]]];
  if (hasPatch) tools.push(["patch", ["-p1", "--binary", "--no-backup-if-mismatch"]]);
  for (const [tool, options] of tools) {
    const folder = mkdtempSync(join(tmpdir(), "patch-"));
    try {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), before);
      execFileSync(tool, options, { cwd: folder, input: text, env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) } });
      assert.equal(readFileSync(join(folder, file), "utf8"), after, `${tool}\n${text}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

const hasPatch = ((): boolean => {
  try {
    execFileSync("patch", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

const TEXT = Array.from({ length: 40 }, (_, i) => `key-${i} = ${i % 7}\n`).join("");

test("equal texts give no patch", () => assert.equal(patch("a.toml", TEXT, TEXT), ""));

test("a hunk has three lines of context and counts them", () => {
  const after = TEXT.replace("key-20 = 6", "key-20 = 60");
  assert.equal(
    patch("my.toml", TEXT, after),
    "--- a/my.toml\n+++ b/my.toml\n@@ -18,7 +18,7 @@\n key-17 = 3\n key-18 = 4\n key-19 = 5\n-key-20 = 6\n+key-20 = 60\n key-21 = 0\n key-22 = 1\n key-23 = 2\n",
  );
});

test("git applies every kind of change", () => {
  const cases: [string, string][] = [
    [TEXT, TEXT.replace("key-0 = 0\n", "")],
    [TEXT, `first\n${TEXT}`],
    [TEXT, `${TEXT}last\n`],
    [TEXT, TEXT.replace("key-39 = 4\n", "")],
    [TEXT, TEXT.slice(0, -1)],
    [TEXT.slice(0, -1), TEXT],
    [TEXT.slice(0, -1), `${TEXT.slice(0, -1)} # end`],
    [TEXT, TEXT.replace("key-5 = 5", "a\nb\nc").replace("key-12 = 5\n", "").replace("key-30 = 2", "z")],
    ["one\n", "two\n"],
    ["one", "two"],
    ["a\n\n\nb\n", "a\n\nb\n\n"],
    [TEXT.replaceAll("\n", "\r\n"), TEXT.replaceAll("\n", "\r\n").replace("key-9 = 2", "key-9 = 3")],
    ["\u00e4 = \"\u{1f30a}\"\n", "\u00e4 = \"\u{1f30b}\"\n"],
  ];
  for (const [before, after] of cases) applies("my.toml", before, after);
});

test("git applies patches of files with blanks, quotes and folders in their names", () => {
  for (const file of ["a folder/my plan.toml", 'qu"ote.toml', "scenarios/small.toml"]) applies(file, "x = 1\n", "x = 2\n");
});

test("git applies patches between drawn texts", () => {
  let seed = 11;
  const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 25; round += 1) {
    const before = Array.from({ length: draw(30) + 1 }, () => `line ${draw(5)}`);
    const after = before.flatMap((line) => (draw(5) === 0 ? [] : draw(5) === 0 ? [line, `new ${draw(3)}`] : [line]));
    const end = draw(2) ? "\n" : "";
    const [a, b] = [before.join("\n") + end, after.length ? after.join("\n") + (draw(2) ? "\n" : "") : "x\n"];
    if (a !== b) applies("my.toml", a, b);
  }
});

test("line ends that a text field lost come back", () => {
  const file = "a = 1\r\nb = 2\nc = 3\r\nd = 4\r\n";
  assert.equal(restoreEnds(file, "a = 1\nb = 2\nc = 30\nd = 4\n"), "a = 1\r\nb = 2\nc = 30\r\nd = 4\r\n");
  assert.equal(restoreEnds(file, file.replaceAll("\r\n", "\n")), file);
  assert.equal(restoreEnds("a\nb\n", "a\nc\n"), "a\nc\n");
});
