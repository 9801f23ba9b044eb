import assert from "node:assert/strict";
import { test } from "node:test";
import { shareAt, shareOf } from "../src/exceedance.js";
import { next, order } from "../src/table.js";
import { History } from "../src/tank/history.js";
import { durationToml, shareToml, stops, toml, typed } from "../src/tank/toml.js";
import { Turn } from "../src/tank/turn.js";

test("numbers of a study that was overtaken never show, in whatever order they come", () => {
  const turn = new Turn<{ study: number; n: number }>();
  turn.ask();
  assert.equal(turn.answer(1), null);
  assert.equal(turn.take({ study: 1, n: 200 }), "show");
  turn.ask();
  assert.equal(turn.take({ study: 1, n: 600 }), "ignore");
  assert.equal(turn.current, null);
  // Events may come before the answer that names their study.
  assert.equal(turn.take({ study: 2, n: 200 }), "ignore");
  assert.deepEqual(turn.answer(2), { study: 2, n: 200 });
  assert.equal(turn.take({ study: 1, n: 4000 }), "ignore");
  assert.equal(turn.take({ study: 2, n: 600 }), "show");
  // Another page has begun one.
  assert.equal(turn.take({ study: 3, n: 200 }), "overtaken");
  // A text with errors: nothing is simulated, and nothing of before shows.
  turn.ask();
  turn.answer(null);
  assert.equal(turn.take({ study: 2, n: 4000 }), "ignore");
  // A request that failed leaves what was wanted.
  turn.ask();
  turn.answer(5);
  turn.ask();
  turn.giveUp();
  assert.equal(turn.take({ study: 5, n: 600 }), "show");
});

test("values are spelled as a scenario spells them", () => {
  assert.equal(durationToml(5_400_000), '"1h30m"');
  assert.equal(durationToml(0), '"0s"');
  assert.equal(durationToml(86_400_000 * 9), '"9d"');
  assert.equal(durationToml(86_400_000 * 14), '"2w"');
  assert.equal(durationToml(61_500), '"1m1s500ms"');
  assert.equal(shareToml(0.333), '"33.3%"');
  assert.equal(shareToml(0.0005), '"0.05%"');
  assert.equal(toml("count", 3.0001), "3");
  assert.equal(toml("number", 0.25), "0.25");
  assert.equal(typed("duration", " 30m "), '"30m"');
  assert.equal(typed("duration", '"30m"'), '"30m"');
  assert.equal(typed("share", "34%"), '"34%"');
  assert.equal(typed("share", "10"), "10");
  assert.equal(typed("count", "12"), "12");
});

test("a slider stops at what people write, at its ends, and where it is", () => {
  const s = stops("duration", 60_000, 3_600_000, 60_000, 420_000);
  assert.deepEqual([s[0], s[s.length - 1]], [60_000, 3_600_000]);
  assert.ok(s.includes(420_000) && s.includes(1_800_000));
  assert.deepEqual([...s].sort((a, b) => a - b), s);
  assert.deepEqual(stops("count", 1, 5, 1, 3), [1, 2, 3, 4, 5]);
  assert.ok(stops("share", 0, 1, 0.0001, 0.5).length <= 402);
});

test("undo goes back, redo forward, and one knob turned on is one state", () => {
  const history = new History("a", (x, y) => x === y);
  history.push("b", false);
  history.push("c", true);
  history.push("c", false);
  assert.equal(history.undo(), "a");
  assert.equal(history.undo(), null);
  assert.equal(history.redo(), "c");
  history.undo();
  history.push("d", false);
  assert.equal(history.redo(), null);
  assert.equal(history.undo(), "a");
});

test("rows sort both ways and back, those without a value last", () => {
  const values = [3, null, 1, 2, 2];
  assert.deepEqual(order(values, "ascending"), [2, 3, 4, 0, 1]);
  assert.deepEqual(order(values, "descending"), [0, 3, 4, 2, 1]);
  assert.deepEqual(order(values, "none"), [0, 1, 2, 3, 4]);
  assert.deepEqual(order(["b", "a", "c"], "ascending"), [1, 0, 2]);
  assert.deepEqual([next("none"), next("ascending"), next("descending")], ["ascending", "descending", "none"]);
});

test("the share at a harm is that of all changes with at least so much", () => {
  const steps: [number, number][] = [
    [0, 1],
    [10, 0.5],
    [100, 0.01],
  ];
  assert.equal(shareAt(steps, 0), 1);
  assert.equal(shareAt(steps, 1), 0.5);
  assert.equal(shareAt(steps, 10), 0.5);
  assert.equal(shareAt(steps, 10.1), 0.01);
  assert.equal(shareAt(steps, 101), 0);
  assert.equal(shareAt([], 1), 0);
  const limit = { strategy: null, measure: "m", max: 1, min: null, verdict: "", words: "" };
  assert.ok(Math.abs((shareOf({ ...limit, statistic: "p99" }) ?? 0) - 0.01) < 1e-12);
  assert.equal(shareOf({ ...limit, statistic: "mean" }), null);
});
