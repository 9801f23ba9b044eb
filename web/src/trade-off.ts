// The picture of speed against harm: one mark a strategy, intervals, the front, limits that can be dragged, and where each
// strategy was before. It draws what `View` says and owns nothing but its elements.

import { axisBottom, axisLeft } from "d3-axis";
import { select, type Selection } from "d3-selection";
import { curveStepAfter, line } from "d3-shape";
import { value, type Aspect, type PageData, type Strategy, type Value } from "./data.js";
import { s } from "./dom.js";
import { statistic, tick, unitName } from "./format.js";
import { front } from "./front.js";
import { judge, type Bar, type Verdict } from "./limit.js";
import { LimitLine, type Side } from "./limit-line.js";
import { ink, shape } from "./look.js";
import { fan, labels, type Box, type Point } from "./place.js";
import { scale, type Kind, type Scale } from "./scale.js";

export interface View {
  data: PageData;
  speed: Aspect;
  harm: Aspect;
  speedKind: Kind;
  harmKind: Kind;
  /** Whether the strategy of that index is shown. */
  shown: (index: number) => boolean;
  /** The limits; null: none drawn. */
  speedLimit: number | null;
  harmLimit: number | null;
  /** Where a strategy of that name was before the last change: speed and harm. */
  before: (name: string) => [number, number] | null;
}

export interface Hooks {
  /** A limit was moved; `done` when the reader lets go. */
  limit: (side: Side, value: number, done: boolean) => void;
  /** A mark was clicked, or Enter pressed on it. */
  pick: (index: number) => void;
}

interface Mark {
  index: number;
  strategy: Strategy;
  speed: Value | null;
  harm: Value;
  /** Its true place, and where it is drawn. */
  true: Point;
  drawn: Point;
  verdict: Verdict;
  label: Box;
}

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Dashes of an interval whose end is not known: it dissolves. */
const DISSOLVE = "12 2 9 4 7 6 5 8 3 10 2 12 1 4000";
const GLYPH: Record<Verdict, string> = { within: "\u2713 ", beyond: "\u2717 ", undecided: "? ", none: "" };

export class TradeOff {
  readonly element: SVGSVGElement;
  private readonly layers: Record<"grid" | "axes" | "front" | "ghosts" | "whiskers" | "leads" | "marks", Group>;
  private readonly lines: Record<Side, LimitLine>;
  private readonly pen = document.createElement("canvas").getContext("2d");
  private width = 0;

  constructor(private readonly hooks: Hooks) {
    this.element = s("svg", { class: "chart trade-off", role: "group", "aria-label": "Speed against harm" });
    const layer = (name: string): Group => select(this.element.appendChild(s("g", { class: name })));
    this.layers = {
      grid: layer("grid-lines"),
      axes: layer("axes"),
      front: layer("front"),
      ghosts: layer("ghosts"),
      whiskers: layer("whiskers"),
      leads: layer("leads"),
      marks: layer("marks"),
    };
    const make = (side: Side): LimitLine => new LimitLine(side, (at, done) => this.hooks.limit(side, at, done));
    this.lines = { speed: make("speed"), harm: make("harm") };
    this.element.insertBefore(this.lines.speed.element, this.layers.marks.node());
    this.element.insertBefore(this.lines.harm.element, this.layers.marks.node());
  }

  /** Draws the view at a width in pixels. */
  draw(view: View, width: number): void {
    this.width = width;
    const height = Math.round(Math.min(500, Math.max(330, width * 0.62)));
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.element.setAttribute("height", String(height));
    const marks = this.values(view);
    const frame = { x: width < 520 ? 54 : 68, y: 30, width: 0, height: height - 30 - 54 };
    frame.width = width - frame.x - 14;
    const bare = marks.length > 0 && marks.every((mark) => mark.speed === null);
    const [sx, sy] = this.scales(view, marks, frame, bare);
    this.axes(view, sx, sy, frame, bare);
    this.place(view, marks, sx, sy, frame);
    this.whiskers(marks, sx, sy, frame);
    this.front(view, marks, sx, sy, frame, bare);
    this.ghosts(view, marks, sx, sy);
    this.marks(view, marks);
    const points = marks.map((mark) => mark.drawn);
    this.lines.harm.draw(view.harm, view.harmLimit, sy, frame, points);
    this.lines.speed.draw(view.speed, bare ? null : view.speedLimit, sx, frame, points);
  }

  private values(view: View): Mark[] {
    const bars: Bar[] = [];
    if (view.harmLimit !== null) bars.push({ aspect: view.harm, limit: view.harmLimit });
    if (view.speedLimit !== null) bars.push({ aspect: view.speed, limit: view.speedLimit });
    const verdicts = bars.length ? judge(view.data.strategies, bars) : [];
    return view.data.strategies.flatMap((strategy, index) => {
      const [speed, harm] = [value(strategy, view.speed), value(strategy, view.harm)];
      if (!view.shown(index) || !harm) return [];
      const nowhere = { x: 0, y: 0 };
      const verdict = verdicts[index] ?? "none";
      return [{ index, strategy, speed, harm, true: nowhere, drawn: nowhere, verdict, label: { x: 0, y: 0, width: 0, height: 0 } }];
    });
  }

  private scales(view: View, marks: Mark[], frame: Box, bare: boolean): [Scale, Scale] {
    const before = view.data.strategies.map((strategy, index) => (view.shown(index) ? view.before(strategy.name) : null));
    const extent = (of: (mark: Mark) => Value | null, limit: number | null, was: 0 | 1): number[] => {
      const out = marks.flatMap((mark) => near(of(mark)));
      for (const old of before) if (old) out.push(old[was]);
      if (limit !== null) out.push(limit);
      return out;
    };
    const speeds = bare ? [0, 1] : extent((mark) => mark.speed, view.speedLimit, 0);
    const harms = extent((mark) => mark.harm, view.harmLimit, 1);
    return [
      scale(view.speed.measure.unit, view.speedKind, speeds, [frame.x + 10, frame.x + frame.width], this.width < 520 ? 62 : 84),
      scale(view.harm.measure.unit, view.harmKind, harms, [frame.y + frame.height - 8, frame.y], 44),
    ];
  }

  private axes(view: View, sx: Scale, sy: Scale, frame: Box, bare: boolean): void {
    const bottom = frame.y + frame.height;
    const grid = [
      ...(bare ? [] : sx.ticks.map((t) => ({ key: `x${t.value}`, x1: t.at, x2: t.at, y1: frame.y, y2: bottom }))),
      ...sy.ticks.map((t) => ({ key: `y${t.value}`, x1: frame.x, x2: frame.x + frame.width, y1: t.at, y2: t.at })),
    ];
    this.layers.grid
      .selectAll<SVGLineElement, (typeof grid)[number]>("line")
      .data(grid, (d) => d.key)
      .join("line")
      .attr("class", "k-grid")
      .attr("x1", (d) => d.x1)
      .attr("x2", (d) => d.x2)
      .attr("y1", (d) => d.y1)
      .attr("y2", (d) => d.y2);
    this.layers.axes.selectAll("*").remove();
    const axis = (of: Scale, move: string, make: typeof axisBottom | typeof axisLeft): void => {
      const places = Object.assign((v: number) => of.at(v), { domain: () => of.domain, range: () => [0, 1], copy: () => places });
      const drawn = make<number>(places as never).tickValues(of.ticks.map((t) => t.value)).tickFormat((v) => tick(of.unit, v)).tickSize(4);
      this.layers.axes.append("g").attr("class", "axis").attr("transform", move).call(drawn as never).select(".domain").remove();
    };
    if (!bare) axis(sx, `translate(0 ${bottom})`, axisBottom);
    axis(sy, `translate(${frame.x} 0)`, axisLeft);
    const words = (x: number, y: number, anchor: string, text: string, room: number): void => {
      this.layers.axes
        .append("text")
        .attr("class", "axis-title")
        .attr("x", x)
        .attr("y", y)
        .attr("text-anchor", anchor)
        .text(this.measure(text) <= room ? text : this.fit(text.replace(/ \(.*\)/, ""), room));
    };
    words(4, 16, "start", `\u2191 ${title(view.harm, sy.kind)}`, this.width - 8);
    if (!bare) words(frame.x + frame.width, bottom + 44, "end", `${title(view.speed, sx.kind)} \u2192`, this.width - 8);
    else words(frame.x + 10, bottom + 24, "start", "No rollout completes: harm alone is drawn.", this.width);
    this.layers.axes.append("path").attr("class", "k-axis").attr("d", `M${frame.x} ${frame.y}V${bottom}H${frame.x + frame.width}`);
  }

  private place(view: View, marks: Mark[], sx: Scale, sy: Scale, frame: Box): void {
    const middle = frame.x + frame.width * 0.12;
    for (const mark of marks) {
      // Who never completes has a harm but no speed: drawn at the right end.
      const x = mark.speed ? sx.at(mark.speed[0]) : marks.every((m) => !m.speed) ? middle : frame.x + frame.width - 6;
      mark.true = { x, y: sy.at(mark.harm[0]) };
    }
    const drawn = fan(marks.map((mark) => mark.true));
    const inside = { x: frame.x + 7, y: frame.y + 4, width: frame.width - 12, height: frame.height - 8 };
    const clamp = (at: number, from: number, size: number): number => Math.min(from + size, Math.max(from, at));
    const points = drawn.map((p) => ({ x: clamp(p.x, inside.x, inside.width), y: clamp(p.y, inside.y, inside.height) }));
    const sizes = marks.map((mark): [number, number] => [this.measure(label(mark)) + 4, 16]);
    const lines: Box[] = [];
    if (view.harmLimit !== null) lines.push({ x: frame.x, y: sy.at(view.harmLimit) - 9, width: frame.width, height: 18 });
    if (view.speedLimit !== null) lines.push({ x: sx.at(view.speedLimit) - 4, y: frame.y, width: 8, height: frame.height });
    for (const mark of marks) {
      const [low, high] = ends(mark.harm, sy);
      lines.push({ x: mark.true.x - 2, y: Math.min(low, high), width: 4, height: Math.abs(high - low) });
    }
    const boxes = labels(points, sizes, frame, lines);
    marks.forEach((mark, i) => {
      mark.drawn = points[i] as Point;
      mark.label = boxes[i] as Box;
    });
  }

  private whiskers(marks: Mark[], sx: Scale, sy: Scale, frame: Box): void {
    interface Whisker {
      key: string;
      mark: Mark;
      d: string;
      known: boolean;
    }
    const all: Whisker[] = marks.flatMap((mark) => {
      const { x, y } = mark.drawn;
      const out: Whisker[] = [];
      const arm = (name: string, to: number, known: boolean, upright: boolean): void => {
        const d = upright ? `M${x} ${y}V${to}${known ? `M${x - 4} ${to}h8` : ""}` : `M${x} ${y}H${to}${known ? `M${to} ${y - 4}v8` : ""}`;
        if (Math.abs(to - (upright ? y : x)) > 1) out.push({ key: `${mark.index}${name}`, mark, d, known });
      };
      const reach = (end: number | null, at: Scale, away: number): [number, boolean] => {
        if (end === null) return [away, false];
        const inside = end <= at.domain[1] && (end > 0 || at.kind === "linear" || at.zero);
        return inside ? [at.at(end), true] : [away, false];
      };
      const [, low, high] = mark.harm;
      arm("hl", ...reach(low, sy, Math.min(frame.y + frame.height, y + 44)), true);
      arm("hh", ...reach(high, sy, Math.max(frame.y, y - 70)), true);
      if (mark.speed) {
        arm("sl", ...reach(mark.speed[1], sx, Math.max(frame.x, x - 44)), false);
        arm("sh", ...reach(mark.speed[2], sx, Math.min(frame.x + frame.width, x + 70)), false);
      }
      return out;
    });
    this.layers.whiskers
      .selectAll<SVGPathElement, Whisker>("path")
      .data(all, (d) => d.key)
      .join("path")
      .attr("data-s", (d) => d.mark.index)
      .attr("class", (d) => `whisker ${ink(d.mark.strategy, "k")}`)
      .attr("stroke-dasharray", (d) => (d.known ? null : DISSOLVE))
      .attr("d", (d) => d.d);
  }

  private front(view: View, marks: Mark[], sx: Scale, sy: Scale, frame: Box, bare: boolean): void {
    const sign = (of: Aspect): number => (of.measure.better === "less" ? 1 : -1);
    const placed = marks.flatMap((mark) =>
      mark.speed ? [{ index: mark.index, x: sign(view.speed) * mark.speed[0], y: sign(view.harm) * mark.harm[0] }] : [],
    );
    const points = front(placed).map((p): [number, number] => [sx.at(sign(view.speed) * p.x), sy.at(sign(view.harm) * p.y)]);
    const last = points[points.length - 1];
    const first = points[0];
    const path: [number, number][] = [];
    if (first && last && points.length > 1 && !bare) {
      path.push([first[0], view.harm.measure.better === "less" ? frame.y : frame.y + frame.height], ...points);
      path.push([view.speed.measure.better === "less" ? frame.x + frame.width : frame.x, last[1]]);
    }
    this.layers.front.selectAll("path").data(path.length ? [path] : []).join("path").attr("class", "front-line").attr("d", line().curve(curveStepAfter));
  }

  private ghosts(view: View, marks: Mark[], sx: Scale, sy: Scale): void {
    const moved = marks.flatMap((mark) => {
      const old = view.before(mark.strategy.name);
      if (!old) return [];
      const from = { x: sx.at(old[0]), y: sy.at(old[1]) };
      const far = Math.hypot(from.x - mark.drawn.x, from.y - mark.drawn.y);
      return far < 3 ? [] : [{ mark, from, far }];
    });
    const groups = this.layers.ghosts
      .selectAll<SVGGElement, (typeof moved)[number]>("g")
      .data(moved, (d) => d.mark.index)
      .join((enter) => {
        const g = enter.append("g").attr("class", "ghost");
        g.append("path").attr("class", "was");
        g.append("path").attr("class", "way");
        g.append("path").attr("class", "tip");
        return g;
      })
      .attr("data-s", (d) => d.mark.index);
    groups
      .select(".was")
      .attr("class", (d) => `was ${ink(d.mark.strategy, "f")}`)
      .attr("d", (d) => shape(d.mark.strategy, 90))
      .attr("transform", (d) => `translate(${d.from.x} ${d.from.y})`);
    const end = (d: (typeof moved)[number]): Point => {
      const part = Math.max(0, (d.far - 11) / d.far);
      return { x: d.from.x + (d.mark.drawn.x - d.from.x) * part, y: d.from.y + (d.mark.drawn.y - d.from.y) * part };
    };
    groups
      .select(".way")
      .attr("class", (d) => `way ${ink(d.mark.strategy, "k")}`)
      .attr("d", (d) => `M${d.from.x} ${d.from.y}L${end(d).x} ${end(d).y}`);
    groups
      .select(".tip")
      .attr("class", (d) => `tip ${ink(d.mark.strategy, "f")}`)
      .attr("d", (d) => (d.far > 16 ? "M0 0L-8 -4V4Z" : ""))
      .attr("transform", (d) => {
        const angle = (Math.atan2(d.mark.drawn.y - d.from.y, d.mark.drawn.x - d.from.x) * 180) / Math.PI;
        return `translate(${end(d).x} ${end(d).y}) rotate(${angle})`;
      });
  }

  private marks(view: View, marks: Mark[]): void {
    const leads = marks.flatMap((mark) => lead(mark));
    this.layers.leads
      .selectAll("path")
      .data(leads)
      .join("path")
      .attr("class", "k-muted lead")
      .attr("d", (d) => d);
    const groups = this.layers.marks
      .selectAll<SVGGElement, Mark>("g.mark")
      .data(marks, (mark) => mark.index)
      .join((enter) => {
        const g = enter.append("g").attr("class", "mark").attr("tabindex", 0).attr("role", "button");
        g.append("circle").attr("class", "target").attr("r", 14);
        g.append("path").attr("class", "shape");
        g.append("text").attr("class", "name").attr("aria-hidden", "true");
        g.on("click", (_, mark) => this.hooks.pick(mark.index));
        g.on("keydown", (event: KeyboardEvent, mark) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          this.hooks.pick(mark.index);
        });
        return g;
      })
      .attr("data-s", (mark) => mark.index)
      .attr("data-verdict", (mark) => mark.verdict)
      .attr("aria-label", (mark) => spoken(mark, view));
    groups.each(function (mark) {
      // A style, not an attribute: it moves smoothly where the reader allows motion.
      this.style.transform = `translate(${mark.drawn.x}px, ${mark.drawn.y}px)`;
    });
    groups
      .select(".shape")
      .attr("class", (mark) => `shape ${ink(mark.strategy, "f")} ${ink(mark.strategy, "k")}`)
      .attr("d", (mark) => shape(mark.strategy, mark.strategy.baseline ? 150 : 110));
    groups
      .select(".name")
      .attr("x", (mark) => mark.label.x - mark.drawn.x + 2)
      .attr("y", (mark) => mark.label.y - mark.drawn.y + 12)
      .text(label);
  }

  private measure(text: string): number {
    if (!this.pen) return text.length * 7;
    this.pen.font = "600 12px system-ui, sans-serif";
    return this.pen.measureText(text).width;
  }

  /** The text, or as much of it as there is room for. */
  private fit(text: string, room: number): string {
    if (this.measure(text) <= room) return text;
    let end = text.length - 1;
    while (end > 1 && this.measure(`${text.slice(0, end)}\u2026`) > room) end -= 1;
    return `${text.slice(0, end)}\u2026`;
  }
}

/** An axis's words: measure, statistic, unit and scale. */
export function title(of: Aspect, kind: Kind): string {
  const unit = unitName(of.measure.unit);
  const said = unit && !of.measure.words.toLowerCase().includes(unit.split("-")[0] ?? unit) ? `, ${unit}` : "";
  return `${of.measure.words}, ${statistic(of.statistic)}${said} (${kind}; ${of.measure.better} is better)`;
}

/** The name, or as much of it as a label can hold. */
function short(name: string): string {
  return name.length > 34 ? `${name.slice(0, 33)}\u2026` : name;
}

function label(mark: Mark): string {
  return `${GLYPH[mark.verdict]}${short(mark.strategy.name)}`;
}

const SPOKEN: Record<Verdict, string> = {
  within: ". Within the limit",
  beyond: ". Beyond the limit",
  undecided: ". Undecided at the limit",
  none: "",
};

function spoken(mark: Mark, view: View): string {
  const speed = mark.speed ? `${view.speed.measure.words} ${mark.speed[3]}` : "no rollout completes";
  // The name begins with what is drawn, so that it can be asked for by voice.
  const drawn = short(mark.strategy.name);
  const name = drawn === mark.strategy.name ? drawn : `${drawn} (${mark.strategy.name})`;
  return `${name}: ${speed}; ${view.harm.measure.words} ${mark.harm[3]}${SPOKEN[mark.verdict]}`;
}

/** The values that an axis must show: the estimate, and the ends of its interval that are not far beyond it. */
function near(given: Value | null): number[] {
  if (!given) return [];
  const [x, low, high] = given;
  const out = [x];
  if (low !== null && (low >= x / 10 || x <= 0)) out.push(low);
  if (high !== null && high < 10 * x) out.push(high);
  return out;
}

function ends(given: Value, at: Scale): [number, number] {
  return [at.at(given[1] ?? given[0]), at.at(given[2] !== null && given[2] <= at.domain[1] ? given[2] : given[0])];
}

/** A line from a mark to where it really is, and to a label that stands apart from it. */
function lead(mark: Mark): string[] {
  const { drawn, label: box } = mark;
  const out = [];
  if (Math.hypot(drawn.x - mark.true.x, drawn.y - mark.true.y) > 2) out.push(`M${mark.true.x} ${mark.true.y}L${drawn.x} ${drawn.y}`);
  const x = Math.min(box.x + box.width, Math.max(box.x, drawn.x));
  const y = Math.min(box.y + box.height, Math.max(box.y, drawn.y));
  if (Math.hypot(x - drawn.x, y - drawn.y) > 16) out.push(`M${drawn.x} ${drawn.y}L${x} ${y}`);
  return out;
}
