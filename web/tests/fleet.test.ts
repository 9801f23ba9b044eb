import assert from "node:assert/strict";
import { test } from "node:test";
import { Film, lastUpTo } from "../src/tank/fleet.js";
import type { Fleet } from "../src/tank/protocol.js";

const FLEET: Fleet = {
  end_ms: 1000,
  start: null,
  zones: [
    { region: "r", name: "a", hosts: 10 },
    { region: "r", name: "b", hosts: 4 },
  ],
  changes: [
    [100, 0, 5, 0],
    [200, 0, 10, 0],
    [300, 0, 10, 2],
    [300, 1, 4, 1],
    [500, 0, 0, 0],
    [600, 1, 0, 0],
  ],
  waves: [{ name: "w", from_ms: 100, bake_ms: 250, to_ms: 400 }],
  moments: [{ at_ms: 300, kind: "onset", words: "it shows" }],
};

test("a zone has what the last change up to the instant says", () => {
  const film = new Film(FLEET);
  assert.deepEqual(film.zone(0, 99), { updated: 0, impaired: 0 });
  assert.deepEqual(film.zone(0, 100), { updated: 5, impaired: 0 });
  assert.deepEqual(film.zone(0, 299.5), { updated: 10, impaired: 0 });
  assert.deepEqual(film.zone(1, 300), { updated: 4, impaired: 1 });
  assert.deepEqual(film.zone(1, 10_000), { updated: 0, impaired: 0 });
  assert.deepEqual(film.zone(9, 300), { updated: 0, impaired: 0 });
});

test("totals are those of all zones, and harm is their integral", () => {
  const film = new Film(FLEET);
  assert.equal(film.hosts, 14);
  assert.deepEqual(film.total(300), { updated: 14, impaired: 3, harm: 0 });
  assert.deepEqual(film.total(400), { updated: 14, impaired: 3, harm: 300 });
  assert.deepEqual(film.total(550), { updated: 4, impaired: 1, harm: 650 });
  assert.deepEqual(film.total(1000), { updated: 0, impaired: 0, harm: 700 });
  assert.equal(film.worst, 3);
  // The same sum, one millisecond at a time.
  let harm = 0;
  for (let t = 0; t < 1000; t += 1) harm += film.zone(0, t).impaired + film.zone(1, t).impaired;
  assert.equal(harm, 700);
});

test("stepping visits each instant once, and ends", () => {
  const film = new Film(FLEET);
  const seen = [];
  for (let t = 0; t < 1000; ) seen.push((t = film.next(t)));
  assert.deepEqual(seen, [100, 250, 300, 400, 1000]);
  assert.equal(film.next(1000), 1000);
  assert.equal(film.previous(400), 300);
  assert.equal(film.previous(350), 300);
  assert.equal(film.previous(50), 0);
  assert.equal(film.doing(120), "deploying: w");
  assert.equal(film.doing(260), "baking: w");
  assert.equal(film.doing(10), "waiting");
});

test("the last up to a place", () => {
  assert.equal(lastUpTo([], 3), -1);
  assert.equal(lastUpTo([1, 2, 2, 5], 2), 2);
  assert.equal(lastUpTo([1, 2, 2, 5], 9), 3);
});
