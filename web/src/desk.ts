// The charts that a reader can work with, and their controls: the same on the report's page and in the tank.

import { announce } from "./announce.js";
import { Chips } from "./chips.js";
import { aspect, value, type Aspect, type PageData } from "./data.js";
import { check, choice, h, whenResized } from "./dom.js";
import { Exceedance } from "./exceedance.js";
import { statistic } from "./format.js";
import { judge, sentence, type Bar } from "./limit.js";
import type { Side } from "./limit-line.js";
import { scale, type Kind } from "./scale.js";
import { TradeOff } from "./trade-off.js";

export class Desk {
  readonly tradeOff = h("div", { class: "desk" });
  readonly exceedance = h("div", { class: "desk" });
  private readonly controls = h("div", { class: "controls" });
  private readonly words = h("p", { class: "limit-words" });
  private readonly canvas = h("div", { class: "canvas" });
  private readonly tail = new Exceedance();
  private readonly chart: TradeOff;
  private readonly chips: Chips;
  private readonly kinds: Record<Side | "x" | "y", Kind> = { speed: "log", harm: "log", x: "log", y: "log" };
  private readonly limits: Record<Side, number | null> = { speed: null, harm: null };
  private chosen: Record<Side, { measure: string; statistic: string }>;
  private before = new Map<string, [number, number]>();
  private width = 0;
  private tailWidth = 0;

  constructor(
    private data: PageData,
    pick: (index: number) => void,
  ) {
    this.chosen = { speed: { ...data.speed }, harm: { ...data.harm } };
    this.chart = new TradeOff({ limit: (side, at, done) => this.limit(side, at, done), pick });
    this.chips = new Chips(() => this.redraw());
    this.canvas.append(this.chart.element);
    this.tradeOff.append(this.controls, this.canvas, this.words, this.chips.element);
    this.exceedance.append(this.tailControls(), this.tail.element);
    this.limits.harm = this.firstLimit();
    this.buildControls();
  }

  /** Begins to draw; to be called once both parts are on the page. */
  start(): void {
    this.chips.update(this.data);
    whenResized(this.canvas, (width) => {
      this.width = width;
      this.redraw();
    });
    whenResized(this.exceedance, (width) => {
      this.tailWidth = width;
      this.redraw();
    });
  }

  /** The aspects that the picture shows. */
  get aspects(): Aspect[] {
    return [this.of("speed"), this.of("harm")].filter((a): a is Aspect => a !== null);
  }

  /** The page data that is shown. */
  get shown(): PageData {
    return this.data;
  }

  /** Shows other numbers. */
  update(data: PageData): void {
    const same = JSON.stringify(this.data.measures) === JSON.stringify(data.measures);
    this.data = data;
    if (!same) this.buildControls();
    this.chips.update(data);
    this.redraw();
  }

  /** Remembers where strategies are now: from there arrows lead to where they go. */
  remember(): void {
    this.before = this.places();
  }

  private places(): Map<string, [number, number]> {
    const [speed, harm] = [this.of("speed"), this.of("harm")];
    const out = new Map<string, [number, number]>();
    for (const strategy of this.data.strategies) {
      const [x, y] = [speed && value(strategy, speed), harm && value(strategy, harm)];
      if (x && y) out.set(strategy.name, [x[0], y[0]]);
    }
    return out;
  }

  private of(side: Side): Aspect | null {
    return aspect(this.data, this.chosen[side].measure, this.chosen[side].statistic);
  }

  private redraw(): void {
    const [speed, harm] = [this.of("speed"), this.of("harm")];
    const shows = (index: number): boolean => this.chips.shows(this.data.strategies[index]?.name ?? "");
    if (this.width > 0 && speed && harm) {
      this.chart.draw(
        {
          data: this.data,
          speed,
          harm,
          speedKind: this.kinds.speed,
          harmKind: this.kinds.harm,
          shown: shows,
          speedLimit: this.limits.speed,
          harmLimit: this.limits.harm,
          before: (name) => this.before.get(name) ?? null,
        },
        this.width,
      );
      const bars = this.bars();
      this.chips.judge(bars.length ? judge(this.data.strategies, bars) : []);
      this.words.textContent = this.said(bars);
    }
    if (this.tailWidth > 0) this.tail.draw(this.data, shows, this.kinds.x, this.kinds.y, this.tailWidth);
    for (const row of document.querySelectorAll<HTMLElement>("#strategies tr[data-s]")) {
      row.classList.toggle("off", !shows(Number(row.dataset["s"])));
    }
  }

  private said(bars: Bar[]): string {
    const shown = this.data.strategies.filter((strategy) => this.chips.shows(strategy.name));
    return shown.length ? sentence(shown, bars) : "No strategy is chosen.";
  }

  private bars(): Bar[] {
    return (["harm", "speed"] as const).flatMap((side) => {
      const [of, limit] = [this.of(side), this.limits[side]];
      return of && limit !== null ? [{ aspect: of, limit }] : [];
    });
  }

  private limit(side: Side, at: number, done: boolean): void {
    // Three digits: what is read off is what is judged.
    this.limits[side] = Number(at.toPrecision(3));
    this.redraw();
    if (done) announce(this.said(this.bars()));
  }

  /** The scenario's own limit on what is shown as harm, or a place amid the values. */
  private firstLimit(): number {
    return this.ownLimit("harm") ?? this.middle("harm");
  }

  private ownLimit(side: Side): number | null {
    const { measure, statistic: of } = this.chosen[side];
    const own = this.data.limits.find((limit) => limit.measure === measure && limit.statistic === of);
    return own ? (own.max ?? own.min) : null;
  }

  private middle(side: Side): number {
    const of = this.of(side);
    const values = of ? this.data.strategies.flatMap((strategy) => value(strategy, of)?.[0] ?? []) : [];
    if (!of || values.length === 0) return 0;
    const s = scale(of.measure.unit, this.kinds[side], values, [0, 100], 50);
    return Number(s.invert(50).toPrecision(2));
  }

  private buildControls(): void {
    const side = (which: Side, label: string): HTMLElement => {
      const { measure, statistic: now } = this.chosen[which];
      const pick = choice(label, this.measures(which), measure, (name) => {
        this.chosen[which] = { measure: name, statistic: this.chosen[which].statistic };
        const of = this.of(which);
        if (of) this.chosen[which].statistic = of.statistic;
        this.renew(which);
        this.buildControls();
        this.controls.querySelector<HTMLElement>(`.side-${which} select`)?.focus();
      });
      const statistics = this.of(which)?.measure.statistics ?? [];
      const which2 = choice("statistic", new Map([["", statistics.map((s): [string, string] => [s, statistic(s)])]]), now, (name) => {
        this.chosen[which].statistic = name;
        this.renew(which);
      });
      const log = check("log", this.kinds[which] === "log", (on) => {
        this.kinds[which] = on ? "log" : "linear";
        this.redraw();
      });
      const limit = check("limit", this.limits[which] !== null, (on) => {
        this.limits[which] = on ? (this.ownLimit(which) ?? this.middle(which)) : null;
        this.redraw();
        announce(on ? this.said(this.bars()) : "No limit");
      });
      return h("div", { class: `side side-${which}`, role: "group", "aria-label": label }, pick, which2, log, limit);
    };
    this.controls.replaceChildren(side("harm", "Harm \u2191"), side("speed", "Speed \u2192"));
  }

  /** Another measure: the limit of the one before means nothing now. */
  private renew(side: Side): void {
    if (this.limits[side] !== null) this.limits[side] = this.ownLimit(side) ?? this.middle(side);
    this.before = new Map();
    this.redraw();
    const of = this.of(side);
    if (of) announce(`${side === "harm" ? "Harm" : "Speed"} is ${of.measure.words}, ${statistic(of.statistic)}`);
  }

  private measures(side: Side): Map<string, [string, string][]> {
    const timed = (unit: string): boolean => unit === "duration-ms" || unit === "ms";
    const first = this.data.measures.filter((m) => (timed(m.unit) && m.population.includes("reached")) === (side === "speed"));
    const rest = this.data.measures.filter((m) => !first.includes(m));
    const groups = new Map<string, [string, string][]>();
    for (const m of [...first, ...rest]) {
      const group = `of ${m.population}`;
      groups.set(group, [...(groups.get(group) ?? []), [m.name, m.words]]);
    }
    return groups;
  }

  private tailControls(): HTMLElement {
    const box = (which: "x" | "y", words: string): HTMLElement =>
      check(words, true, (on) => {
        this.kinds[which] = on ? "log" : "linear";
        this.redraw();
      });
    return h("div", { class: "controls" }, box("x", "harm on a log scale"), box("y", "shares on a log scale"));
  }
}
