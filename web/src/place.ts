// Where things go so that none covers another: labels beside their points, and points that coincide in a fan.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Points nearer to each other than this, in pixels, are one heap. */
const HEAP = 11;
/** Half of a mark's size, with air. */
const MARK = 8;

/** Where each point is drawn: its own place, or if several coincide a place on a circle around their middle. */
export function fan(points: Point[]): Point[] {
  const heap = points.map((_, index) => index);
  const find = (i: number): number => (heap[i] === i ? i : find(heap[i] as number));
  points.forEach((p, i) => {
    points.forEach((q, j) => {
      if (j < i && Math.hypot(p.x - q.x, p.y - q.y) < HEAP) heap[find(i)] = find(j);
    });
  });
  return points.map((p, i) => {
    const members = points.map((_, j) => j).filter((j) => find(j) === find(i));
    if (members.length === 1) return p;
    const middle = (of: "x" | "y"): number => members.reduce((sum, j) => sum + (points[j] as Point)[of], 0) / members.length;
    const radius = Math.max(13, (members.length * 17) / (2 * Math.PI));
    const angle = -Math.PI / 2 + (2 * Math.PI * members.indexOf(i)) / members.length;
    return { x: middle("x") + radius * Math.cos(angle), y: middle("y") + radius * Math.sin(angle) };
  });
}

/** Places labels of the given sizes beside their points, within `frame`: not over points, other labels or `obstacles` as far as
 * there is room. Greedy, the most crowded first; the same input gives the same places. */
export function labels(points: Point[], sizes: [number, number][], frame: Box, obstacles: Box[]): Box[] {
  const marks = points.map((p) => ({ x: p.x - MARK, y: p.y - MARK, width: 2 * MARK, height: 2 * MARK }));
  const crowd = (i: number): number =>
    points.filter((q) => Math.hypot(q.x - (points[i] as Point).x, q.y - (points[i] as Point).y) < 70).length;
  const order = points.map((_, i) => i).sort((a, b) => crowd(b) - crowd(a) || a - b);
  const placed: (Box | undefined)[] = points.map(() => undefined);
  const best = (i: number): Box => {
    let chosen: Box | null = null;
    let least = Infinity;
    for (const [box, price] of candidates(points[i] as Point, sizes[i] as [number, number])) {
      const cost = price + penalty(box, i, marks, placed, obstacles, frame);
      if (cost < least) [chosen, least] = [box, cost];
    }
    return chosen as Box;
  };
  for (const i of order) placed[i] = best(i);
  // Those placed first did not know of the others: each may move once more.
  for (const i of order) {
    placed[i] = undefined;
    placed[i] = best(i);
  }
  return placed as Box[];
}

function penalty(box: Box, own: number, marks: Box[], placed: (Box | undefined)[], obstacles: Box[], frame: Box): number {
  const inside = overlap(box, frame);
  let cost = (box.width * box.height - inside) * 40;
  placed.forEach((other, j) => {
    if (other && j !== own) cost += overlap(grown(box, 2), other) * 20;
  });
  marks.forEach((mark, j) => {
    cost += overlap(box, mark) * (j === own ? 4 : 12);
  });
  for (const obstacle of obstacles) cost += overlap(box, obstacle) * 2;
  return cost;
}

function candidates(p: Point, [width, height]: [number, number]): [Box, number][] {
  const out: [Box, number][] = [];
  [0, 10, 22, 36, 54].forEach((more, ring) => {
    const gap = MARK + 2 + more;
    const price = ring * 60;
    const add = (x: number, y: number, extra: number): void => {
      out.push([{ x, y, width, height }, price + extra]);
    };
    add(p.x + gap, p.y - height / 2, 0);
    add(p.x - gap - width, p.y - height / 2, 6);
    add(p.x - width / 2, p.y - gap - height, 10);
    add(p.x - width / 2, p.y + gap, 12);
    add(p.x + gap * 0.7, p.y - gap * 0.7 - height, 8);
    add(p.x + gap * 0.7, p.y + gap * 0.7, 9);
    add(p.x - gap * 0.7 - width, p.y - gap * 0.7 - height, 14);
    add(p.x - gap * 0.7 - width, p.y + gap * 0.7, 15);
  });
  return out;
}

function grown(box: Box, by: number): Box {
  return { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by };
}

/** The area that two boxes share. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}
