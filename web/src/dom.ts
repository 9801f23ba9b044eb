// Elements from data. Text is always a text node: nothing that a scenario says can become markup.

type Child = Node | string | null | undefined | false;
type Given = string | number | boolean | null | undefined | ((event: never) => void);

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Functions are listeners; `true` is an empty attribute; null, undefined and false are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Given> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  dress(element, attributes, children);
  return element;
}

/** An SVG element, as `h`. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, Given> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag) as SVGElementTagNameMap[K];
  dress(element, attributes, children);
  return element;
}

function dress(element: Element, attributes: Record<string, Given>, children: Child[]): void {
  for (const [name, given] of Object.entries(attributes)) {
    if (typeof given === "function") element.addEventListener(name, given as EventListener);
    else if (given !== null && given !== undefined && given !== false) {
      element.setAttribute(name, given === true ? "" : String(given));
    }
  }
  for (const child of children) if (child) element.append(child);
}

let ids = 0;

/** An id that no element of the page has yet. */
export function fresh(stem: string): string {
  ids += 1;
  return `x-${stem}-${ids}`;
}

/** A choice with its label; `options` are value and words, by the name of their group ("" for none). */
export function choice(
  label: string,
  groups: Map<string, [string, string][]>,
  chosen: string,
  change: (value: string) => void,
): HTMLLabelElement {
  const select = h("select", { change: () => change(select.value) });
  for (const [group, options] of groups) {
    const home = group === "" || groups.size === 1 ? select : select.appendChild(h("optgroup", { label: group }));
    for (const [value, words] of options) home.append(h("option", { value }, words));
  }
  select.value = chosen;
  return h("label", { class: "choice" }, h("span", {}, label), select);
}

/** A checkbox with its label. */
export function check(label: string, on: boolean, change: (on: boolean) => void): HTMLLabelElement {
  const box = h("input", { type: "checkbox", change: () => change(box.checked) });
  box.checked = on;
  return h("label", { class: "check" }, box, h("span", {}, label));
}

/** Calls `draw` with the width of an element, now and whenever it changes. */
export function whenResized(element: Element, draw: (width: number) => void): void {
  let last = -1;
  const look = (): void => {
    const width = Math.floor(element.getBoundingClientRect().width);
    if (width > 0 && width !== last) {
      last = width;
      draw(width);
    }
  };
  new ResizeObserver(look).observe(element);
  look();
}

/** Whether the reader asked for little motion. */
export function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
