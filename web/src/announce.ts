// One polite live region: what changed, for those who do not see it.

import { h } from "./dom.js";

let region: HTMLElement | null = null;
let timer = 0;

/** Says it to screen readers, once what happens quickly has come to rest. */
export function announce(words: string): void {
  if (!region) {
    region = h("div", { role: "status", "aria-live": "polite", class: "unseen", id: "said" });
    document.body.append(region);
  }
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    if (region) region.textContent = words;
  }, 250);
}
