// What belongs to one strategy is highlighted together, wherever it stands on the page: everything with its `data-s`.

import type { PageData } from "./data.js";
import { value, type Aspect } from "./data.js";
import { h } from "./dom.js";
import { statistic } from "./format.js";
import { swatch } from "./look.js";
import { hide, show } from "./tooltip.js";

export interface Told {
  data: PageData;
  aspects: Aspect[];
  /** What a click on a mark does, in words; empty if nothing. */
  hint: string;
}

/** Highlights on hover and focus, and shows the values that `told` says now. */
export function link(told: () => Told): void {
  let hot: string | null = null;
  const light = (index: string | null): void => {
    if (index === hot) return;
    for (const element of document.querySelectorAll(".hot")) element.classList.remove("hot");
    hot = index;
    document.documentElement.toggleAttribute("data-hot", index !== null);
    if (index === null) return;
    for (const element of document.querySelectorAll(`[data-s="${CSS.escape(index)}"]`)) element.classList.add("hot");
  };
  const over = (event: Event, x: number, y: number): void => {
    const element = event.target instanceof Element ? event.target.closest("[data-s], svg .mark") : null;
    if (!element) {
      light(null);
      hide();
      return;
    }
    const index = element.getAttribute("data-s");
    light(index);
    const content = element.closest("svg") ? words(element, index === null ? null : Number(index), told()) : [];
    if (content.length) show(content, x, y);
    else hide();
  };
  document.addEventListener("pointerover", (event) => over(event, event.clientX, event.clientY));
  document.addEventListener("pointermove", (event) => {
    if (event.target instanceof Element && event.target.closest("svg .mark")) over(event, event.clientX, event.clientY);
  });
  document.addEventListener("focusin", (event) => {
    if (!(event.target instanceof Element)) return;
    const box = event.target.getBoundingClientRect();
    if (event.target.matches("[data-s]")) over(event, box.x + box.width / 2, box.y + box.height / 2);
    else {
      light(null);
      hide();
    }
  });
  document.addEventListener("focusout", () => {
    light(null);
    hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  document.documentElement.addEventListener("pointerleave", () => {
    light(null);
    hide();
  });
}

/** What a tooltip says: a static mark's own words, else the strategy's values. */
function words(element: Element, index: number | null, told: Told): Node[] {
  const mark = element.closest(".mark") ?? element;
  const own = ownWords(mark);
  const strategy = index === null ? undefined : told.data.strategies[index];
  if (own && (!strategy || own !== strategy.name)) return own.split("\n").map((line) => h("p", {}, line));
  if (!strategy) return [];
  const rows = told.aspects.flatMap((aspect) => {
    const found = value(strategy, aspect);
    const name = `${aspect.measure.words}, ${statistic(aspect.statistic)}`;
    return [h("dt", {}, name), h("dd", {}, found ? found[3] : "none")];
  });
  const standing = strategy.dominated_by
    ? `${strategy.dominated_by} is faster and safer`
    : strategy.front
      ? "on the front: nobody is both faster and safer"
      : "";
  const out: Node[] = [h("p", { class: "tip-name" }, swatch(strategy), strategy.name, strategy.baseline ? " (baseline)" : ""), h("dl", {}, ...rows)];
  if (standing) out.push(h("p", { class: "tip-note" }, standing));
  if (told.hint) out.push(h("p", { class: "tip-note" }, told.hint));
  return out;
}

/** The words of a mark. Its `<title>` becomes its label, so that the browser does not show it a second time. */
function ownWords(mark: Element): string {
  const title = mark.querySelector(":scope > title");
  if (title) {
    if (!mark.hasAttribute("aria-label")) mark.setAttribute("aria-label", title.textContent ?? "");
    mark.setAttribute("data-words", title.textContent ?? "");
    title.remove();
  }
  return mark.getAttribute("data-words") ?? "";
}
