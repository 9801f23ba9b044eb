// The Pareto front: who is beaten by nobody shown in both respects.

export interface Placed {
  index: number;
  x: number;
  y: number;
}

/** The points that no other beats in one respect without losing in the other; by `x`, smallest first. Less is better in both:
 * negate what is better when it is more. Of points at one place all are on the front. */
export function front<P extends Placed>(points: P[]): P[] {
  return points
    .filter((p) => !points.some((q) => q.x <= p.x && q.y <= p.y && (q.x < p.x || q.y < p.y)))
    .sort((a, b) => a.x - b.x || a.y - b.y || a.index - b.index);
}
