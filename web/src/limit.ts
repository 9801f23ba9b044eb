// Who passes a limit. Three answers: an interval that lies clear of the limit decides, one that contains it does not.

import { value, type Aspect, type Strategy } from "./data.js";
import { list, sayWithUnit } from "./format.js";

export type Verdict = "within" | "beyond" | "undecided" | "none";

/** Whether a value stays within a limit: at most so much where less is better, else at least so much. An end that is not bounded
 * decides nothing. */
export function verdict(given: readonly [number, number | null, number | null, ...unknown[]] | null, limit: number, better: "less" | "more"): Verdict {
  if (!given) return "none";
  const [, low, high] = given;
  if (better === "less") {
    if (high !== null && high <= limit) return "within";
    if (low !== null && low > limit) return "beyond";
  } else {
    if (low !== null && low >= limit) return "within";
    if (high !== null && high < limit) return "beyond";
  }
  return "undecided";
}

/** The verdict of a strategy over several limits: beyond one is beyond, and undecided on one is undecided. */
export function together(verdicts: Verdict[]): Verdict {
  for (const worst of ["none", "beyond", "undecided"] as const) if (verdicts.includes(worst)) return worst;
  return "within";
}

export interface Bar {
  aspect: Aspect;
  limit: number;
}

/** The verdict of each strategy over all limits. */
export function judge(strategies: Strategy[], bars: Bar[]): Verdict[] {
  return strategies.map((strategy) =>
    together(bars.map((bar) => verdict(value(strategy, bar.aspect), bar.limit, bar.aspect.measure.better))),
  );
}

/** `5 of 7 strategies stay below 1.2M requests: a, b and c. Beyond: d. Not decided by these trials: e.` */
export function sentence(strategies: Strategy[], bars: Bar[]): string {
  if (bars.length === 0) return "";
  const verdicts = judge(strategies, bars);
  const named = (which: Verdict): string[] => strategies.filter((_, i) => verdicts[i] === which).map((strategy) => strategy.name);
  const [within, beyond, undecided, none] = (["within", "beyond", "undecided", "none"] as const).map(named) as [
    string[],
    string[],
    string[],
    string[],
  ];
  const limits = bars
    .map((bar) => `${bar.aspect.measure.better === "less" ? "below" : "above"} ${sayWithUnit(bar.aspect.measure.unit, bar.limit)}`)
    .join(" and ");
  const of = strategies.length === 1 ? "the one strategy" : `${strategies.length} strategies`;
  const stays = within.length === 1 || strategies.length === 1 ? "stays" : "stay";
  const parts = [`${within.length === 0 ? "None" : within.length} of ${of} ${stays} ${limits}${within.length ? `: ${list(within)}` : ""}.`];
  if (beyond.length) parts.push(`Beyond: ${list(beyond)}.`);
  if (undecided.length) parts.push(`Not decided by these trials: ${list(undecided)}.`);
  if (none.length) parts.push(`Without a value: ${list(none)}.`);
  return parts.join(" ");
}
