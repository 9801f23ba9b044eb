// What the page carries as JSON (`#page-data`, written by src/report/page) and how a value of it is found.

/** An estimate: value, low and high end of its interval (null: not bounded by the trials), and how the tables say it. */
export type Value = [number, number | null, number | null, string];

export interface Measure {
  name: string;
  words: string;
  unit: string;
  better: "less" | "more";
  population: string;
  statistics: string[];
}

export interface Strategy {
  name: string;
  baseline: boolean;
  front: boolean;
  dominated_by: string | null;
  ink: string;
  shape: string;
  dash: string;
  values: { [measure: string]: { [statistic: string]: Value } };
  exceedance: [number, number][];
}

export interface Limit {
  strategy: string | null;
  measure: string;
  statistic: string;
  max: number | null;
  min: number | null;
  verdict: string;
  words: string;
}

export interface Told {
  strategy: number;
  trial: number;
  why: string;
  figure: string;
  replay: string;
  values: { [measure: string]: number | null };
}

export interface PageData {
  kind: "study" | "comparison" | "pipeline";
  scenario: string;
  file: string;
  seed: string;
  model: number;
  plan: string;
  trials: number;
  estimator: string;
  speed: { measure: string; statistic: string };
  harm: { measure: string; statistic: string };
  measures: Measure[];
  strategies: Strategy[];
  limits: Limit[];
  told: Told[];
}

/** One statistic of one measure: what an axis shows. */
export interface Aspect {
  measure: Measure;
  statistic: string;
}

/** The aspect of that name, or the nearest that there is: a page without measures has none. */
export function aspect(data: PageData, measure: string, statistic: string): Aspect | null {
  const found = data.measures.find((m) => m.name === measure) ?? data.measures[0];
  const first = found?.statistics[0];
  if (!found || first === undefined) return null;
  return { measure: found, statistic: found.statistics.includes(statistic) ? statistic : first };
}

/** What a strategy has for an aspect; null if there is no such estimate, as of times where no rollout completes. */
export function value(strategy: Strategy, of: Aspect): Value | null {
  const found = strategy.values[of.measure.name]?.[of.statistic];
  return found && Number.isFinite(found[0]) ? found : null;
}

/** The JSON of a `<script type="application/json">`, null if the page has none. */
export function embedded<T>(id: string): T | null {
  const element = document.getElementById(id);
  if (!element?.textContent) return null;
  return JSON.parse(element.textContent) as T;
}
