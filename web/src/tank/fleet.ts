// The state of a fleet at any instant of a trial: what the animation asks.

import type { Fleet } from "./protocol.js";

interface Track {
  at: number[];
  updated: number[];
  impaired: number[];
}

export interface ZoneState {
  updated: number;
  impaired: number;
}

/** The index of the last value that is at most `x`; -1 if there is none. */
export function lastUpTo(sorted: readonly number[], x: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Film {
  readonly hosts: number;
  private readonly tracks: Track[];
  /** Instants of any change with totals from there on, and host-milliseconds of harm until there. */
  private readonly at: number[] = [];
  private readonly totals: { updated: number; impaired: number; harm: number }[] = [];
  private readonly stops: number[];

  constructor(readonly fleet: Fleet) {
    this.hosts = fleet.zones.reduce((sum, zone) => sum + zone.hosts, 0);
    this.tracks = fleet.zones.map(() => ({ at: [], updated: [], impaired: [] }));
    let [updated, impaired, harm, last] = [0, 0, 0, 0];
    for (const [at, zone, now, ill] of fleet.changes) {
      const track = this.tracks[zone];
      if (!track) continue;
      harm += impaired * (at - last);
      last = at;
      updated += now - (track.updated[track.updated.length - 1] ?? 0);
      impaired += ill - (track.impaired[track.impaired.length - 1] ?? 0);
      track.at.push(at);
      track.updated.push(now);
      track.impaired.push(ill);
      this.at.push(at);
      this.totals.push({ updated, impaired, harm });
    }
    const instants = [...fleet.moments.map((m) => m.at_ms), ...fleet.waves.flatMap((w) => [w.from_ms, w.bake_ms, w.to_ms]), fleet.end_ms];
    this.stops = [...new Set(instants)].filter((at) => at >= 0 && at <= fleet.end_ms).sort((a, b) => a - b);
  }

  /** A zone at an instant. */
  zone(zone: number, ms: number): ZoneState {
    const track = this.tracks[zone];
    const index = track ? lastUpTo(track.at, ms) : -1;
    return { updated: track?.updated[index] ?? 0, impaired: track?.impaired[index] ?? 0 };
  }

  /** The fleet at an instant: hosts on the new version, impaired hosts, and impaired host-milliseconds so far. */
  total(ms: number): ZoneState & { harm: number } {
    const index = lastUpTo(this.at, ms);
    const total = this.totals[index];
    if (!total) return { updated: 0, impaired: 0, harm: 0 };
    return { updated: total.updated, impaired: total.impaired, harm: total.harm + total.impaired * (ms - (this.at[index] as number)) };
  }

  /** The next instant at which something begins, ends or is noticed; the end if there is none. */
  next(ms: number): number {
    return this.stops[lastUpTo(this.stops, ms) + 1] ?? this.fleet.end_ms;
  }

  /** The last such instant before. */
  previous(ms: number): number {
    const index = lastUpTo(this.stops, ms);
    return this.stops[this.stops[index] === ms ? index - 1 : index] ?? 0;
  }

  /** What the rollout does at an instant, in words. */
  doing(ms: number): string {
    const wave = this.fleet.waves.find((w) => ms >= w.from_ms && ms < w.to_ms);
    if (wave) return `${ms < wave.bake_ms ? "deploying" : "baking"}: ${wave.name}`;
    return this.fleet.waves.some((w) => w.from_ms > ms) ? "waiting" : "no wave under way";
  }

  /** Most impaired hosts of the whole fleet at once. */
  get worst(): number {
    return this.totals.reduce((most, total) => Math.max(most, total.impaired), 0);
  }

  /** Impaired hosts over time, as steps. */
  impairment(): [number, number][] {
    return this.at.map((at, index) => [at, (this.totals[index] as { impaired: number }).impaired]);
  }
}
