// How numbers are said: as src/report/text.rs says them, so that a tooltip and a table never differ.

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const WEEK = 7 * DAY;

/** A duration in milliseconds as people say it: `4d 3h`, `1h 30m`, `35m`, `2.5s`, `40ms`, `0s`. */
export function duration(given: number): string {
  const ms = Math.max(0, given);
  if (ms === 0) return "0s";
  if (ms < SECOND) return `${significant(ms)}ms`;
  if (ms < MINUTE - 50) return `${trimZeros((ms / SECOND).toFixed(1))}s`;
  if (ms < 10 * MINUTE) return two(ms, MINUTE, "m", SECOND, "s");
  if (ms < HOUR - MINUTE / 2) return `${Math.round(ms / MINUTE)}m`;
  if (ms < DAY - MINUTE / 2) return two(ms, HOUR, "h", MINUTE, "m");
  if (ms < 100 * DAY) return two(ms, DAY, "d", HOUR, "h");
  return `${grouped(Math.round(ms / DAY))}d`;
}

function two(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round(ms / small);
  const per = Math.round(large / small);
  const whole = Math.floor(smalls / per);
  const rest = smalls % per;
  return rest === 0 ? `${whole}${largeName}` : `${whole}${largeName} ${rest}${smallName}`;
}

/** A duration as an axis tick says it: `1 m`, `6 h`, `1 d 6 h`, `2 w`, `-5 m`. */
export function tickDuration(ms: number): string {
  const size = Math.abs(ms);
  if (size === 0) return "0";
  const sign = ms < 0 ? "-" : "";
  if (size % WEEK === 0) return `${sign}${size / WEEK} w`;
  const units: [number, string, number, string][] = [
    [DAY, "d", HOUR, "h"],
    [HOUR, "h", MINUTE, "m"],
    [MINUTE, "m", SECOND, "s"],
    [SECOND, "s", 1, "ms"],
  ];
  for (const [unit, name, smaller, smallerName] of units) {
    if (size < unit) continue;
    const rest = Math.round((size % unit) / smaller);
    const whole = `${sign}${Math.floor(size / unit)} ${name}`;
    return rest === 0 ? whole : `${whole} ${rest} ${smallerName}`;
  }
  return `${sign}${significant(size)} ms`;
}

/** `2d 09:14:03` since the start. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const rest = seconds % 86_400;
  const pad = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  return `${Math.floor(seconds / 86_400)}d\u00a0${pad(rest / 3600)}:${pad((rest / 60) % 60)}:${pad(rest % 60)}`;
}

/** A number with three significant digits, thousands separators, `M` and `G`: `0.0123`, `4.5`, `1,230`, `1.2M`. */
export function compact(x: number): string {
  if (!Number.isFinite(x)) return "unbounded";
  const rounded = Number(x.toExponential(2));
  const size = Math.abs(rounded);
  if (size < 1e6) return significant(x);
  return size < 1e9 ? `${significant(rounded / 1e6)}M` : `${significant(rounded / 1e9)}G`;
}

/** A whole number with thousands separators. */
export function grouped(x: number): string {
  const plain = Math.abs(x).toFixed(0);
  const out = plain.replace(/\B(?=(\d{3})+$)/g, ",");
  return x < 0 && plain !== "0" ? `-${out}` : out;
}

/** A count and a noun: `1 host`, `2 hosts`. */
export function counted(n: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(n)} ${n === 1 ? noun : plural}`;
}

/** The number of a percentage, from a share of 1: never 0 or 100 unless it is. */
export function percentNumber(share: number): string {
  const percent = share * 100;
  if (percent > 99 && percent < 100) return trimZeros((Math.floor(percent * 100) / 100).toFixed(2));
  return withDigits(percent, percent >= 10 ? 3 : 2);
}

/** How many of the unit people read make one of the unit that is stored; null where it is a duration. */
export function factor(unit: string): number | null {
  switch (unit) {
    case "duration-ms":
    case "lead-ms":
    case "ms":
      return null;
    case "host-ms":
    case "customer-ms":
      return MINUTE;
    case "person-ms":
      return HOUR;
    case "ppm":
      return 1e4;
    case "share":
    case "yes-no":
      return 0.01;
    default:
      return 1;
  }
}

/** Whether values of this unit are shares of a whole, said as percentages. */
export function isShare(unit: string): boolean {
  return unit === "ppm" || unit === "share" || unit === "yes-no";
}

/** A value of a unit as people read it: durations, host-minutes, percentages, counts. */
export function say(unit: string, x: number): string {
  const per = factor(unit);
  if (per === null) return unit === "lead-ms" && x < 0 ? `-${duration(-x)}` : duration(x);
  if (isShare(unit)) return `${percentNumber((x / per) * 0.01)} %`;
  return compact(x / per);
}

/** The name of the unit in which values are said; empty where the value has it with it. */
export function unitName(unit: string): string {
  switch (unit) {
    case "host-ms":
      return "host-minutes";
    case "customer-ms":
      return "customer-minutes";
    case "person-ms":
      return "person-hours";
    case "customers":
    case "hosts":
    case "zones":
    case "regions":
    case "requests":
    case "items":
    case "deployments":
    case "alarms":
      return unit;
    default:
      return "";
  }
}

/** As `say`, with the unit's name. */
export function sayWithUnit(unit: string, x: number): string {
  const [said, name] = [say(unit, x), unitName(unit)];
  if (name === "") return said;
  return said === "1" ? `1 ${name.replace(/s$/, "")}` : `${said} ${name}`;
}

/** A tick of an axis. */
export function tick(unit: string, x: number): string {
  if (factor(unit) === null) return tickDuration(x);
  return x === 0 ? "0" : say(unit, x);
}

/** A statistic in words. */
export function statistic(name: string): string {
  switch (name) {
    case "p50":
      return "median";
    case "cvar99":
      return "mean of the worst 1 %";
    case "max":
      return "largest seen";
    default:
      return name;
  }
}

/** Names in a row: `a, b and c`. */
export function list(names: string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

function significant(x: number): string {
  return withDigits(x, 3);
}

function withDigits(x: number, digits: number): string {
  if (x === 0) return "0";
  const scientific = x.toExponential(digits - 1);
  const exponent = Number(scientific.split("e")[1] ?? 0);
  const decimals = Math.max(0, digits - 1 - exponent);
  const rounded = Number(scientific);
  return decimals === 0 ? grouped(rounded) : trimZeros(rounded.toFixed(decimals));
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}
