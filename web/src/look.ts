// How a strategy looks: ink, shape and dash, the same as in the static charts.

import { symbol, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";
import type { Strategy } from "./data.js";
import { s } from "./dom.js";

const SHAPES = {
  circle: symbolCircle,
  square: symbolSquare,
  triangle: symbolTriangle,
  diamond: symbolDiamond,
  cross: symbolCross,
};

/** The outline of a strategy's shape around 0, 0, of so many square pixels. */
export function shape(strategy: Pick<Strategy, "shape">, area: number): string {
  const type = SHAPES[strategy.shape as keyof typeof SHAPES] ?? symbolCircle;
  return symbol(type, area)() ?? "";
}

/** The dashes of a strategy's line; null for a solid one. */
export function dashes(strategy: Pick<Strategy, "dash">): string | null {
  return /^[\d. ]+$/.test(strategy.dash) ? strategy.dash : null;
}

/** The class that fills with a strategy's ink, or with `k` that draws lines with it. */
export function ink(strategy: Pick<Strategy, "ink">, how: "f" | "k"): string {
  return `${how}-${/^[a-z-]+$/.test(strategy.ink) ? strategy.ink : "slate"}`;
}

/** A strategy's mark beside its name. */
export function swatch(strategy: Strategy): SVGSVGElement {
  return s(
    "svg",
    { class: "swatch", viewBox: "-9 -9 18 18", width: 16, height: 16, "aria-hidden": "true", focusable: "false" },
    s("path", { d: shape(strategy, 90), class: ink(strategy, "f") }),
  );
}
