// How values are written in a scenario, and where a slider stops.

const UNITS: [number, string][] = [
  [7 * 86_400_000, "w"],
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1000, "s"],
  [1, "ms"],
];

/** A duration of whole milliseconds as a scenario writes it: `"1h30m"`, with its quotes. Weeks only if nothing is left. */
export function durationToml(ms: number): string {
  let left = Math.max(0, Math.round(ms));
  if (left === 0) return '"0s"';
  let out = "";
  for (const [size, name] of UNITS) {
    if (name === "w" && left % size !== 0) continue;
    const count = Math.floor(left / size);
    if (count > 0) out += `${count}${name}`;
    left -= count * size;
  }
  return `"${out}"`;
}

/** A share as a percentage with its quotes: `"33.3%"`; at most four decimals, as far as a slider can tell. */
export function shareToml(share: number): string {
  return `"${trim((share * 100).toFixed(4))}%"`;
}

/** The value of a knob of that kind as TOML. */
export function toml(kind: string, value: number): string {
  switch (kind) {
    case "duration":
      return durationToml(value);
    case "share":
      return shareToml(value);
    case "count":
      return String(Math.round(value));
    default:
      return trim(value.toFixed(6));
  }
}

/** What was typed as TOML: quotes are added where a person leaves them out. */
export function typed(kind: string, text: string): string {
  const given = text.trim();
  const quoted = /^["'[{]/.test(given);
  if (quoted || given === "" || (kind !== "duration" && kind !== "share")) return given;
  return kind === "share" && /^\d+$/.test(given) ? given : `"${given.replace(/["\\]/g, "")}"`;
}

const M = 60_000;
const H = 60 * M;
const D = 24 * H;
const STOPS = [
  0, 1000, 5000, 10_000, 15_000, 30_000, M, 2 * M, 3 * M, 5 * M, 10 * M, 15 * M, 20 * M, 30 * M, 45 * M, H, 1.5 * H, 2 * H, 3 * H, 4 * H,
  6 * H, 8 * H, 12 * H, 18 * H, D, 1.5 * D, 2 * D, 3 * D, 5 * D, 7 * D, 10 * D, 14 * D, 28 * D,
];

/** Where the slider of a knob stops, ascending: durations at what people write, others at even steps. The value of now is one. */
export function stops(kind: string, low: number, high: number, step: number, now: number): number[] {
  const even = (by: number): number[] => {
    const count = Math.min(400, Math.max(1, Math.round((high - low) / by)));
    return Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count);
  };
  const raw = kind === "duration" ? [low, ...STOPS.filter((s) => s > low && s < high), high] : even(step > 0 ? step : (high - low) / 100);
  const whole = kind === "number" ? raw : raw.map((s) => Math.round(s * 1e6) / 1e6);
  return [...new Set([...whole, now])].sort((a, b) => a - b);
}

function trim(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}
