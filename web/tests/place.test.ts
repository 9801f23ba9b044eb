import assert from "node:assert/strict";
import { test } from "node:test";
import { fan, labels, overlap, type Box, type Point } from "../src/place.js";
import { front } from "../src/front.js";

const FRAME: Box = { x: 0, y: 0, width: 800, height: 420 };

test("points that coincide fan out, and others stay", () => {
  const points = [
    { x: 100, y: 100 },
    { x: 100, y: 100 },
    { x: 103, y: 101 },
    { x: 400, y: 50 },
  ];
  const drawn = fan(points);
  assert.deepEqual(drawn[3], points[3]);
  for (let i = 0; i < 3; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const [a, b] = [drawn[i] as Point, drawn[j] as Point];
      assert.ok(Math.hypot(a.x - b.x, a.y - b.y) > 14);
    }
  }
  assert.deepEqual(fan(points), drawn);
});

test("labels of a crowd cover neither each other nor a mark, and stay inside", () => {
  // A fixed sequence of places, 14 at a time.
  let seed = 7;
  const draw = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 40; round += 1) {
    const points = fan(Array.from({ length: 14 }, () => ({ x: 40 + draw() * 720, y: 30 + draw() * 360 })));
    const sizes = points.map((): [number, number] => [60 + draw() * 90, 16]);
    const boxes = labels(points, sizes, FRAME, []);
    boxes.forEach((box, i) => {
      assert.ok(overlap(box, FRAME) > 0.999 * box.width * box.height, `${round}: label ${i} leaves the frame`);
      boxes.slice(0, i).forEach((other) => assert.equal(overlap(box, other), 0, `${round}: labels overlap`));
    });
    assert.deepEqual(labels(points, sizes, FRAME, []), boxes);
  }
});

test("the front has those whom nobody beats in both respects", () => {
  const points = [
    { index: 0, x: 1, y: 9 },
    { index: 1, x: 5, y: 5 },
    { index: 2, x: 6, y: 6 },
    { index: 3, x: 9, y: 1 },
    { index: 4, x: 9, y: 1 },
    { index: 5, x: 9, y: 2 },
  ];
  assert.deepEqual(
    front(points).map((p) => p.index),
    [0, 1, 3, 4],
  );
});
