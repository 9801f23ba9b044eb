// From values to places on an axis: linear or log, with ticks that people count in (15 m, 1 h, 1 d; 10, 100, 1,000).

import { ticks } from "d3-array";
import { factor, tick } from "./format.js";

export type Kind = "linear" | "log";

export interface Tick {
  value: number;
  at: number;
  label: string;
}

export interface Scale {
  kind: Kind;
  unit: string;
  domain: [number, number];
  /** Where a value is drawn; values beyond the domain are drawn at its end. */
  at(value: number): number;
  /** The value at a place, within the domain. */
  invert(at: number): number;
  ticks: Tick[];
  /** Whether zero has a place of its own, left of where the log scale begins. */
  zero: boolean;
}

const M = 60_000;
const H = 60 * M;
const D = 24 * H;
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, M, 2 * M, 5 * M, 10 * M, 15 * M, 30 * M, H, 2 * H,
  3 * H, 6 * H, 12 * H, D, 2 * D, 7 * D, 14 * D, 28 * D, 56 * D, 112 * D, 364 * D,
];
const LOG_STEPS = [
  1, 10, 100, 1000, 5000, 15_000, M, 2 * M, 5 * M, 10 * M, 15 * M, 30 * M, H, 2 * H, 3 * H, 6 * H, 12 * H, D, 2 * D, 4 * D, 7 * D,
  14 * D, 28 * D, 56 * D, 112 * D, 364 * D,
];
/** How much of a log axis is kept for zero, in pixels. */
const ZERO = 26;

/** A scale that shows all `values`. `room` is about how many pixels a tick needs. A log scale of negative values is linear. */
export function scale(unit: string, wanted: Kind, values: number[], range: [number, number], room: number): Scale {
  const finite = values.filter(Number.isFinite);
  const kind = wanted === "log" && finite.some((v) => v > 0) && !finite.some((v) => v < 0) ? "log" : "linear";
  return kind === "log" ? log(unit, finite, range, room) : linear(unit, finite, range, room);
}

function linear(unit: string, values: number[], range: [number, number], room: number): Scale {
  const low = Math.min(0, ...values);
  let high = Math.max(0, ...values);
  if (high === low) high = low + (factor(unit) ?? M);
  const pad = (high - low) * 0.06;
  const domain: [number, number] = [low < 0 ? low - pad : low, high + pad];
  const [at, invert] = affine(domain, range);
  const most = Math.max(2, Math.floor(Math.abs(range[1] - range[0]) / room));
  return {
    kind: "linear",
    unit,
    domain,
    at,
    invert,
    ticks: linearTicks(unit, domain, most).map((value) => ({ value, at: at(value), label: tick(unit, value) })),
    zero: false,
  };
}

/** The straight map of a domain onto a range, and the way back; neither leaves its target. */
function affine([low, high]: [number, number], [from, to]: [number, number]): [(value: number) => number, (at: number) => number] {
  const clamp = (part: number): number => Math.min(1, Math.max(0, part));
  return [
    (value) => from + clamp((value - low) / (high - low)) * (to - from),
    (at) => low + clamp((at - from) / (to - from)) * (high - low),
  ];
}

function linearTicks(unit: string, [low, high]: [number, number], most: number): number[] {
  const per = factor(unit);
  if (per !== null) {
    // Asked for so many, d3 may give a few more.
    let [count, found] = [most, ticks(low / per, high / per, most)];
    while (found.length > most && count > 1) found = ticks(low / per, high / per, (count -= 1));
    return found.map((t) => t * per);
  }
  const step = STEPS.find((s) => (high - low) / s <= most) ?? (high - low) / most;
  const out = [];
  for (let t = Math.ceil(low / step) * step; t <= high; t += step) out.push(t);
  return out;
}

function log(unit: string, values: number[], range: [number, number], room: number): Scale {
  const positive = values.filter((v) => v > 0);
  const zero = values.some((v) => v === 0);
  let [low, high] = [Math.min(...positive), Math.max(...positive)];
  // A quarter of a decade of air, and never less than two thirds of one in all.
  const air = Math.max(10 ** 0.12, (high / low) ** 0.06, 10 ** ((0.67 - Math.log10(high / low)) / 2));
  [low, high] = [low / air, high * air];
  const way = Math.sign(range[1] - range[0]);
  const from = zero ? range[0] + way * ZERO : range[0];
  const [place, back] = affine([Math.log10(low), Math.log10(high)], [from, range[1]]);
  const at = (value: number): number => (value > 0 ? place(Math.log10(value)) : zero ? range[0] : from);
  const most = Math.max(2, Math.floor(Math.abs(range[1] - from) / room));
  const ticks = logTicks(unit, low, high, most).map((value) => ({ value, at: at(value), label: tick(unit, value) }));
  if (zero) ticks.unshift({ value: 0, at: range[0], label: "0" });
  return {
    kind: "log",
    unit,
    domain: [zero ? 0 : low, high],
    at,
    invert: (place) => (zero && (place - range[0]) * way < ZERO / 2 ? 0 : 10 ** back(place)),
    ticks,
    zero,
  };
}

function logTicks(unit: string, low: number, high: number, most: number): number[] {
  const per = factor(unit);
  const within = (candidates: number[]): number[] => candidates.filter((t) => t >= low && t <= high);
  if (per === null) return thin(within(LOG_STEPS), most);
  const powers: number[] = [];
  const from = Math.floor(Math.log10(low / per));
  const to = Math.ceil(Math.log10(high / per));
  for (let e = from; e <= to; e += 1) powers.push(10 ** e * per);
  const fine = within(powers.flatMap((p) => [p, 2 * p, 5 * p]));
  if (within(powers).length < 3 && fine.length <= most) return fine;
  return thin(within(powers), most);
}

/** Every so manieth, so that not more than `most` are left; the coarse ones that people know stay. */
function thin(ticks: number[], most: number): number[] {
  const every = Math.ceil(ticks.length / most);
  return ticks.filter((_, index) => index % every === 0);
}
