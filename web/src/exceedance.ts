// How often a bad change does at least so much harm: steps by strategy, the limits that the scenario sets, and a reader that says
// the share at any harm.

import { axisBottom, axisLeft } from "d3-axis";
import { select } from "d3-selection";
import { curveStepBefore, line } from "d3-shape";
import { announce } from "./announce.js";
import type { Limit, PageData, Strategy } from "./data.js";
import { h, s } from "./dom.js";
import { percentNumber, sayWithUnit, tick } from "./format.js";
import { dashes, ink, swatch } from "./look.js";
import { scale, type Kind, type Scale } from "./scale.js";

const UNIT = "host-ms";

/** The share of bad changes with at least so much harm. Steps are ascending; beyond the last nothing was seen. */
export function shareAt(steps: readonly (readonly [number, number])[], harm: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as readonly [number, number])[0] < harm) low = middle + 1;
    else high = middle;
  }
  return steps[low]?.[1] ?? 0;
}

/** The share of changes that a limit on a statistic of harm leaves: a p99 below it is 1 % beyond it. */
export function shareOf(limit: Limit): number | null {
  const percentile = /^p(\d+(?:\.\d+)?)$/.exec(limit.statistic);
  return percentile ? 1 - Number(percentile[1]) / 100 : null;
}

export class Exceedance {
  readonly element = h("div", { class: "exceedance" });
  private readonly svg = s("svg", { class: "chart", role: "group", "aria-label": "How often a bad change does at least so much harm" });
  private readonly reader = s("g", { class: "reader", role: "slider", tabindex: 0, "aria-label": "Read the shares at a harm" });
  private readonly readout = h("div", { class: "readout" });
  private x: Scale | null = null;
  private cursor: number | null = null;
  private drawn: { data: PageData; shown: (index: number) => boolean } | null = null;

  constructor() {
    this.element.append(this.svg, this.readout);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerdown", (event) => this.point(event));
    this.reader.addEventListener("keydown", (event) => this.key(event));
  }

  /** Draws all strategies that are shown. */
  draw(data: PageData, shown: (index: number) => boolean, xKind: Kind, yKind: Kind, width: number): void {
    this.drawn = { data, shown };
    const height = Math.round(Math.min(440, Math.max(290, width * 0.5)));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", String(height));
    const frame = { x: width < 520 ? 58 : 68, y: 30, width: 0, height: height - 30 - 54 };
    frame.width = width - frame.x - 14;
    const strategies = data.strategies.map((strategy, index) => ({ strategy, index })).filter(({ index }) => shown(index));
    const steps = strategies.flatMap(({ strategy }) => strategy.exceedance);
    const limits = data.limits.filter((limit) => limit.measure === "impaired_host_ms" && limit.max !== null);
    const harms = [...steps.map(([harm]) => harm).filter((harm) => xKind === "linear" || harm > 0), ...limits.map((limit) => limit.max ?? 0)];
    const x = scale(UNIT, xKind, harms, [frame.x, frame.x + frame.width], width < 520 ? 62 : 84);
    const shares = [...steps.map(([, share]) => share).filter((share) => share > 0), 1];
    const y = scale("share", yKind, shares, [frame.y + frame.height, frame.y], 44);
    this.x = x;
    this.svg.replaceChildren();
    this.axes(x, y, frame, width);
    this.limits(limits, data, x, y, frame);
    const path = line<readonly [number, number]>()
      .x(([harm]) => x.at(harm))
      .y(([, share]) => y.at(share))
      .curve(curveStepBefore);
    for (const { strategy, index } of strategies) this.svg.append(curve(strategy, index, path, x, y));
    this.svg.append(this.reader);
    this.read(this.cursor ?? (x.domain[0] > 0 ? Math.sqrt(x.domain[0] * x.domain[1]) : x.domain[1] / 8), false);
  }

  private axes(x: Scale, y: Scale, frame: { x: number; y: number; width: number; height: number }, width: number): void {
    const bottom = frame.y + frame.height;
    const axes = select(this.svg).append("g").attr("class", "axes");
    for (const t of x.ticks) axes.append("path").attr("class", "k-grid").attr("d", `M${t.at} ${frame.y}V${bottom}`);
    for (const t of y.ticks) axes.append("path").attr("class", "k-grid").attr("d", `M${frame.x} ${t.at}H${frame.x + frame.width}`);
    const place = (of: Scale): never =>
      Object.assign((v: number) => of.at(v), { domain: () => of.domain, range: () => [0, 1], copy: () => place(of) }) as never;
    const values = (of: Scale): number[] => of.ticks.map((t) => t.value);
    const down = axisBottom<number>(place(x)).tickValues(values(x)).tickFormat((v) => tick(x.unit, v)).tickSize(4);
    const left = axisLeft<number>(place(y)).tickValues(values(y)).tickFormat((v) => tick(y.unit, v)).tickSize(4);
    axes.append("g").attr("class", "axis").attr("transform", `translate(0 ${bottom})`).call(down as never).select(".domain").remove();
    axes.append("g").attr("class", "axis").attr("transform", `translate(${frame.x} 0)`).call(left as never).select(".domain").remove();
    axes.append("path").attr("class", "k-axis").attr("d", `M${frame.x} ${frame.y}V${bottom}H${frame.x + frame.width}`);
    const title = (at: number, top: number, anchor: string, words: string): void => {
      axes.append("text").attr("class", "axis-title").attr("x", at).attr("y", top).attr("text-anchor", anchor).text(words);
    };
    title(4, 16, "start", width < 480 ? "\u2191 share of bad changes with so much" : `\u2191 share of bad changes with at least so much harm (${y.kind})`);
    title(frame.x + frame.width, bottom + 44, "end", `impaired host-minutes (${x.kind}) \u2192`);
    this.svg.setAttribute("data-width", String(width));
  }

  private limits(limits: Limit[], data: PageData, x: Scale, y: Scale, frame: { x: number; y: number; height: number }): void {
    for (const limit of limits) {
      const at = x.at(limit.max ?? 0);
      const share = shareOf(limit);
      const index = data.strategies.findIndex((strategy) => strategy.name === limit.strategy);
      const g = s("g", { class: "set-limit mark", "data-s": index < 0 ? null : index }, s("title", {}, limit.words));
      g.append(s("path", { d: `M${at} ${frame.y}V${frame.y + frame.height}`, class: "rule" }));
      if (share !== null && share > 0) g.append(s("circle", { cx: at, cy: y.at(share), r: 5, class: "rule" }));
      this.svg.append(g);
    }
  }

  private point(event: PointerEvent): void {
    const matrix = this.svg.getScreenCTM();
    if (!matrix || !this.x) return;
    this.read(this.x.invert(new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse()).x), false);
  }

  private key(event: KeyboardEvent): void {
    const way: Record<string, number> = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
    const by = way[event.key];
    if (by === undefined || !this.x || this.cursor === null) return;
    event.preventDefault();
    this.read(this.x.invert(this.x.at(this.cursor) + by * 5), true);
  }

  /** Puts the reader at a harm and says the shares there, most first. */
  private read(harm: number, aloud: boolean): void {
    if (!this.x || !this.drawn) return;
    this.cursor = harm;
    const [at, height] = [this.x.at(harm), Number(this.svg.getAttribute("height"))];
    const said = sayWithUnit(UNIT, harm);
    this.reader.replaceChildren(
      s("path", { class: "reader-line", d: `M${at} 30V${height - 54}` }),
      s("circle", { class: "reader-grip", cx: at, cy: height - 54, r: 6 }),
    );
    const rows = this.drawn.data.strategies
      .map((strategy, index) => ({ strategy, index, share: shareAt(strategy.exceedance, harm) }))
      .filter(({ index }) => this.drawn?.shown(index))
      .sort((a, b) => b.share - a.share || a.index - b.index);
    const head = h("p", {}, "Share of bad changes with at least ", h("strong", {}, said), ":");
    const items = rows.map(({ strategy, index, share }) =>
      h("li", { "data-s": index }, swatch(strategy), h("span", {}, strategy.name), h("strong", {}, `${percentNumber(share)} %`)),
    );
    this.readout.replaceChildren(head, h("ul", {}, ...items));
    const words = rows.map(({ strategy, share }) => `${strategy.name} ${percentNumber(share)} %`).join(", ");
    this.reader.setAttribute("aria-valuenow", String(harm));
    this.reader.setAttribute("aria-valuemin", String(this.x.domain[0]));
    this.reader.setAttribute("aria-valuemax", String(this.x.domain[1]));
    this.reader.setAttribute("aria-valuetext", said);
    if (aloud) announce(`At least ${said}: ${words}`);
  }
}

type Path = (steps: (readonly [number, number])[]) => string | null;

function curve(strategy: Strategy, index: number, path: Path, x: Scale, y: Scale): SVGGElement {
  const steps = strategy.exceedance.filter(([harm, share]) => share > 0 && (x.kind === "linear" || harm > 0));
  const first = steps[0];
  // From the axis: at least so little happens to all of them.
  const all = first ? [[x.domain[0], first[1]] as const, ...steps] : [];
  const d = path(all.map(([harm, share]) => [harm, share] as const)) ?? "";
  const last = steps[steps.length - 1];
  const g = s("g", { class: "mark line", "data-s": index }, s("title", {}, strategy.name));
  g.append(s("path", { d, class: ink(strategy, "k"), "stroke-dasharray": dashes(strategy) }), s("path", { d, class: "line-target" }));
  if (last) g.append(s("circle", { cx: x.at(last[0]), cy: y.at(last[1]), r: 3, class: ink(strategy, "f") }));
  return g;
}
