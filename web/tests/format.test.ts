import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, compact, counted, duration, list, percentNumber, say, sayWithUnit, tick, tickDuration } from "../src/format.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// The cases of src/report/text.rs: both must say the same.
test("durations have two units at most", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [40, "40ms"],
    [2500, "2.5s"],
    [59_960, "1m"],
    [90_000, "1m 30s"],
    [35 * MINUTE, "35m"],
    [59.7 * MINUTE, "1h"],
    [90 * MINUTE, "1h 30m"],
    [DAY + 2 * HOUR, "1d 2h"],
    [23.999 * HOUR, "1d"],
    [120 * DAY, "120d"],
    [1200 * DAY, "1,200d"],
  ];
  for (const [ms, said] of cases) assert.equal(duration(ms), said, String(ms));
});

test("ticks are whole units with a blank", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [MINUTE, "1 m"],
    [90 * MINUTE, "1 h 30 m"],
    [30 * HOUR, "1 d 6 h"],
    [14 * DAY, "2 w"],
    [-5 * MINUTE, "-5 m"],
    [250, "250 ms"],
  ];
  for (const [ms, said] of cases) assert.equal(tickDuration(ms), said);
});

test("numbers have three digits, and M and G", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [0.0123, "0.0123"],
    [9.996, "10"],
    [4.5, "4.5"],
    [1234, "1,230"],
    [999_900, "1M"],
    [17_065_245, "17.1M"],
    [1.94e9, "1.94G"],
    [Infinity, "unbounded"],
  ];
  for (const [x, said] of cases) assert.equal(compact(x), said);
});

test("percentages are never 0 or 100 unless they are", () => {
  assert.equal(percentNumber(0.0311), "3.1");
  assert.equal(percentNumber(0.000_37), "0.037");
  assert.equal(percentNumber(0.999_999), "99.99");
  assert.equal(percentNumber(1), "100");
  assert.equal(percentNumber(0), "0");
  assert.equal(say("ppm", 31_000), "3.1 %");
  assert.equal(say("yes-no", 0.5), "50 %");
});

test("a value has the unit that people read", () => {
  assert.equal(sayWithUnit("host-ms", 60_000), "1 host-minute");
  assert.equal(sayWithUnit("host-ms", 90 * MINUTE), "90 host-minutes");
  assert.equal(sayWithUnit("person-ms", 2 * HOUR), "2 person-hours");
  assert.equal(sayWithUnit("lead-ms", -5 * MINUTE), "-5m");
  assert.equal(tick("host-ms", 100 * MINUTE), "100");
  assert.equal(clock(2 * DAY + 9 * HOUR + 14 * MINUTE + 3999), "2d\u00a009:14:03");
  assert.equal(counted(1, "host"), "1 host");
  assert.equal(counted(5130, "host"), "5,130 hosts");
  assert.equal(list(["a", "b", "c"]), "a, b and c");
});
