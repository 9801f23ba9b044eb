// One tooltip for the page: values of what is pointed at or focused. It follows the pointer and stays within the window.

import { h } from "./dom.js";

const tip = h("div", { class: "tooltip", role: "tooltip", "aria-hidden": "true" });

/** Shows lines of text beside a place in the window; the first is the title. */
export function show(content: Node[], x: number, y: number): void {
  if (!tip.isConnected) document.body.append(tip);
  tip.replaceChildren(...content);
  tip.classList.add("on");
  const box = tip.getBoundingClientRect();
  const [wide, high] = [document.documentElement.clientWidth, document.documentElement.clientHeight];
  const left = x + 16 + box.width > wide ? Math.max(4, x - 16 - box.width) : x + 16;
  const top = y + 16 + box.height > high ? Math.max(4, y - 12 - box.height) : y + 16;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

/** Takes it away. */
export function hide(): void {
  tip.classList.remove("on");
}
