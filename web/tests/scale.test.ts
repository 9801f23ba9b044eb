import assert from "node:assert/strict";
import { test } from "node:test";
import { scale } from "../src/scale.js";

const HOUR = 3_600_000;

test("a log scale goes there and back, and its ticks are what people count in", () => {
  const s = scale("duration-ms", "log", [12 * 60_000, 5 * 24 * HOUR], [0, 1200], 60);
  for (const v of [13 * 60_000, HOUR, 30 * HOUR]) assert.ok(Math.abs(s.invert(s.at(v)) / v - 1) < 1e-9);
  assert.equal(s.kind, "log");
  assert.ok(s.ticks.some((t) => t.label === "1 h"), s.ticks.map((t) => t.label).join());
  assert.ok(s.ticks.every((t, i) => i === 0 || t.at > (s.ticks[i - 1] as { at: number }).at));
});

test("zero has a place of its own on a log scale", () => {
  const s = scale("requests", "log", [0, 10, 1000], [400, 0], 40);
  assert.equal(s.at(0), 400);
  assert.ok(s.at(10) < 400 - 20);
  assert.equal(s.ticks[0]?.label, "0");
  assert.equal(s.invert(400), 0);
});

test("what has negative values is linear whatever is asked", () => {
  const s = scale("lead-ms", "log", [-60_000, 120_000], [0, 100], 20);
  assert.equal(s.kind, "linear");
  assert.ok(s.at(-60_000) < s.at(0) && s.at(0) < s.at(120_000));
});

test("one value, no value and equal values still give a scale", () => {
  for (const values of [[], [0], [5], [7, 7, 7]]) {
    for (const kind of ["log", "linear"] as const) {
      const s = scale("requests", kind, values, [0, 300], 50);
      for (const v of [0, 5, 7, 1e9]) assert.ok(s.at(v) >= 0 && s.at(v) <= 300, `${kind} ${values} ${v}`);
      assert.ok(s.ticks.length > 0 && s.ticks.length < 12);
    }
  }
});

test("no scale has more ticks than there is room for", () => {
  for (const high of [1, 50, 4e3, 7e5, 3e9]) {
    for (const kind of ["log", "linear"] as const) {
      const s = scale("hosts", kind, [high / 1e4, high], [0, 240], 40);
      assert.ok(s.ticks.length <= 6, `${kind} ${high}: ${s.ticks.length}`);
    }
  }
});
