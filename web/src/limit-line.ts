// A limit drawn across an axis: dragged by mouse, finger or arrow keys; a slider to a screen reader.

import type { Aspect } from "./data.js";
import { s } from "./dom.js";
import { sayWithUnit } from "./format.js";
import type { Box, Point } from "./place.js";
import type { Scale } from "./scale.js";

export type Side = "speed" | "harm";

export class LimitLine {
  readonly element: SVGGElement;
  private readonly beyond = s("rect", { class: "beyond" });
  private readonly rule = s("path", { class: "rule" });
  private readonly grip = s("rect", { class: "grip", rx: 9, height: 18 });
  private readonly words = s("text", { class: "limit-value", "text-anchor": "middle" });
  private readonly target = s("path", { class: "limit-target" });
  private scale: Scale | null = null;
  private value = 0;
  private dragging = false;

  constructor(
    private readonly side: Side,
    private readonly moved: (value: number, done: boolean) => void,
  ) {
    this.element = s("g", { class: `limit limit-${side}` }, this.beyond, this.rule, this.target, this.grip, this.words);
    for (const part of [this.target, this.grip, this.words]) {
      part.addEventListener("pointerdown", (event) => this.grab(event as PointerEvent));
    }
    this.element.addEventListener("pointermove", (event) => this.drag(event, false));
    this.element.addEventListener("pointerup", (event) => this.drag(event, true));
    this.element.addEventListener("pointercancel", () => (this.dragging = false));
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.setAttribute("role", "slider");
    this.element.setAttribute("tabindex", "0");
    this.element.setAttribute("aria-orientation", side === "harm" ? "vertical" : "horizontal");
  }

  /** Draws the limit at a value, or nothing. Its words stand where they cover none of the `marks`, if there is such a place. */
  draw(of: Aspect, value: number | null, scale: Scale, frame: Box, marks: Point[]): void {
    this.element.classList.toggle("away", value === null);
    if (value === null) return;
    [this.scale, this.value] = [scale, value];
    const at = scale.at(value);
    const said = sayWithUnit(of.measure.unit, value);
    const wide = said.length * 7 + 34;
    const [right, bottom] = [frame.x + frame.width, frame.y + frame.height];
    const less = of.measure.better === "less";
    this.words.textContent = `\u2195 ${said}`;
    if (this.side === "harm") {
      set(this.beyond, { x: frame.x, width: frame.width, y: less ? frame.y : at, height: Math.max(0, less ? at - frame.y : bottom - at) });
      for (const line of [this.rule, this.target]) line.setAttribute("d", `M${frame.x} ${at}H${right}`);
      const places = [right - wide, frame.x + 4, frame.x + (frame.width - wide) / 2];
      const x = free(places, (left) => marks.some((m) => Math.abs(m.y - at) < 18 && m.x > left - 9 && m.x < left + wide + 9));
      set(this.grip, { x, y: at - 9, width: wide });
      set(this.words, { x: x + wide / 2, y: at + 4 });
    } else {
      this.words.textContent = `\u2194 ${said}`;
      set(this.beyond, { y: frame.y, height: frame.height, x: less ? at : frame.x, width: Math.max(0, less ? right - at : at - frame.x) });
      for (const line of [this.rule, this.target]) line.setAttribute("d", `M${at} ${frame.y}V${bottom}`);
      const x = Math.min(right - wide, Math.max(frame.x, at - wide / 2));
      const covers = (top: number): boolean => marks.some((m) => Math.abs(m.y - top - 9) < 18 && m.x > x - 9 && m.x < x + wide + 9);
      const y = free([bottom - 20, frame.y + 2, frame.y + frame.height / 2], covers);
      set(this.grip, { x, y, width: wide });
      set(this.words, { x: x + wide / 2, y: y + 13 });
    }
    this.element.setAttribute("aria-label", `Limit on ${of.measure.words}`);
    this.element.setAttribute("aria-valuemin", String(scale.domain[0]));
    this.element.setAttribute("aria-valuemax", String(scale.domain[1]));
    this.element.setAttribute("aria-valuenow", String(value));
    this.element.setAttribute("aria-valuetext", said);
  }

  private grab(event: PointerEvent): void {
    event.preventDefault();
    this.dragging = true;
    this.element.setPointerCapture(event.pointerId);
    this.element.focus();
  }

  private drag(event: PointerEvent, done: boolean): void {
    if (!this.dragging || !this.scale) return;
    if (done) this.dragging = false;
    const root = this.element.ownerSVGElement;
    const matrix = root?.getScreenCTM();
    if (!matrix) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    this.moved(this.scale.invert(this.side === "harm" ? point.y : point.x), done);
  }

  private key(event: KeyboardEvent): void {
    if (!this.scale) return;
    const way: Record<string, number> = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 12, PageDown: -12 };
    const by = way[event.key];
    const [low, high] = this.scale.domain;
    if (event.key === "Home") this.moved(low, true);
    else if (event.key === "End") this.moved(high, true);
    else if (by === undefined) return;
    else {
      const up = this.side === "harm" ? -1 : 1;
      const step = by * (event.shiftKey ? 10 : 1) * up * 3;
      this.moved(this.scale.invert(this.scale.at(this.value) + step), true);
    }
    event.preventDefault();
  }
}

/** The first place at which nothing is covered; the first of all if there is none. */
function free(places: number[], covers: (at: number) => boolean): number {
  return places.find((at) => !covers(at)) ?? (places[0] as number);
}

function set(element: Element, attributes: Record<string, number>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
