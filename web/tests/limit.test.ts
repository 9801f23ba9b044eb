import assert from "node:assert/strict";
import { test } from "node:test";
import type { Aspect, Measure, Strategy, Value } from "../src/data.js";
import { judge, sentence, together, verdict } from "../src/limit.js";

test("an interval that is clear of the limit decides, any other does not", () => {
  assert.equal(verdict([5, 4, 6], 6, "less"), "within");
  assert.equal(verdict([5, 4, 6], 5.5, "less"), "undecided");
  assert.equal(verdict([5, 4, 6], 4, "less"), "undecided");
  assert.equal(verdict([5, 4, 6], 3.9, "less"), "beyond");
  assert.equal(verdict([5, 4, 6], 4, "more"), "within");
  assert.equal(verdict([5, 4, 6], 6, "more"), "undecided");
  assert.equal(verdict([5, 4, 6], 6.1, "more"), "beyond");
});

test("an end that is not bounded decides nothing", () => {
  assert.equal(verdict([5, 4, null], 1e9, "less"), "undecided");
  assert.equal(verdict([5, 4, null], 3, "less"), "beyond");
  assert.equal(verdict([5, null, 6], 1, "less"), "undecided");
  assert.equal(verdict([5, null, null], 9, "less"), "undecided");
  assert.equal(verdict(null, 9, "less"), "none");
});

test("of several limits the worst verdict counts", () => {
  assert.equal(together(["within", "undecided"]), "undecided");
  assert.equal(together(["undecided", "beyond"]), "beyond");
  assert.equal(together(["within", "within"]), "within");
});

const measure: Measure = { name: "m", words: "requests", unit: "requests", better: "less", population: "all", statistics: ["mean"] };
const of: Aspect = { measure, statistic: "mean" };
const named = (name: string, value: Value): Strategy => ({
  name,
  baseline: false,
  front: false,
  dominated_by: null,
  ink: "blue",
  shape: "circle",
  dash: "solid",
  values: { m: { mean: value } },
  exceedance: [],
});

test("the sentence names everybody once", () => {
  const all = [named("a", [1e6, 9e5, 1.1e6, ""]), named("b", [5e5, 4e5, 6e5, ""]), named("c", [1e6, 9e5, 2e6, ""]), named("d", [9e6, 8e6, 1e7, ""])];
  assert.equal(
    sentence(all, [{ aspect: of, limit: 1.2e6 }]),
    "2 of 4 strategies stay below 1.2M requests: a and b. Beyond: d. Not decided by these trials: c.",
  );
  assert.deepEqual(judge(all, [{ aspect: of, limit: 1 }]), ["beyond", "beyond", "beyond", "beyond"]);
  assert.equal(sentence(all.slice(0, 2), [{ aspect: of, limit: 1 }]), "None of 2 strategies stay below 1 request. Beyond: a and b.");
});
