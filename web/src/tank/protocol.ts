// What is said between the page and src/serve.

import type { PageData } from "../data.js";

export interface TankData {
  file: string;
  text: string;
  limits: { body: number };
}

export interface Problem {
  severity: string;
  rule: string;
  message: string;
  line: number | null;
  column: number | null;
  end_line: number | null;
  end_column: number | null;
  help: string[];
  file?: string | null;
  /** Whether the file is the text itself; else it is an included one. */
  here?: boolean;
}

export interface Knob {
  path: string;
  label: string;
  group: string;
  kind: "duration" | "share" | "count" | "number" | "choice";
  /** The value as TOML. */
  value: string;
  low: number;
  high: number;
  step: number;
  now: number;
  file?: string;
  /** Of a choice: its values as TOML. `now` is an index into them. */
  options?: string[];
}

export type Setting = [string, string];

export interface StudyAnswer {
  study: number | null;
  text: string;
  problems: Problem[];
  knobs: Knob[];
  gate: string;
  gantt: string | null;
  /** Settings of values in included files, which the text cannot hold: they are sent with every study. */
  elsewhere?: Setting[];
}

export interface Numbers {
  study: number;
  trials: number;
  of: number;
  final: boolean;
  page: PageData;
  figures: { [name: string]: string };
}

export interface Failed {
  study: number;
  message: string;
}

export interface Fleet {
  end_ms: number;
  start: string | null;
  zones: { region: string; name: string; hosts: number }[];
  changes: [number, number, number, number][];
  waves: { name: string; from_ms: number; bake_ms: number; to_ms: number }[];
  moments: { at_ms: number; kind: string; words: string }[];
}

export interface TrialAnswer {
  figure: string;
  fleet: Fleet;
}
