// Which strategies are shown: one box each, with the strategy's look and how it stands to the limits.

import type { PageData } from "./data.js";
import { h } from "./dom.js";
import type { Verdict } from "./limit.js";
import { swatch } from "./look.js";

const WORDS: Record<Verdict, [string, string]> = {
  within: ["\u2713", "within the limit"],
  beyond: ["\u2717", "beyond the limit"],
  undecided: ["?", "not decided at this limit"],
  none: ["", ""],
};

export class Chips {
  readonly element = h("fieldset", { class: "chips" }, h("legend", {}, "Strategies"));
  private readonly hidden = new Set<string>();
  private readonly verdicts: HTMLElement[] = [];
  private names = "";

  constructor(private readonly changed: () => void) {}

  /** Whether the strategy of that name is shown. */
  shows(name: string): boolean {
    return !this.hidden.has(name);
  }

  /** Rebuilds the boxes if the strategies are others than before. */
  update(data: PageData): void {
    const names = JSON.stringify(data.strategies.map((strategy) => [strategy.name, strategy.ink, strategy.shape]));
    if (names === this.names) return;
    this.names = names;
    this.element.replaceChildren(h("legend", {}, "Strategies"));
    this.verdicts.length = 0;
    for (const [index, strategy] of data.strategies.entries()) {
      const box = h("input", { type: "checkbox" });
      box.checked = this.shows(strategy.name);
      box.addEventListener("change", () => {
        if (box.checked) this.hidden.delete(strategy.name);
        else this.hidden.add(strategy.name);
        this.changed();
      });
      const verdict = h("span", { class: "verdict-glyph" });
      this.verdicts.push(verdict);
      this.element.append(h("label", { class: "chip", "data-s": index }, box, swatch(strategy), h("span", {}, strategy.name), verdict));
    }
    if (data.strategies.length > 2) {
      this.element.append(h("button", { type: "button", class: "quiet", click: () => this.all() }, "all"));
    }
  }

  /** Says how each strategy stands. */
  judge(verdicts: Verdict[]): void {
    this.verdicts.forEach((element, index) => {
      const [glyph, words] = WORDS[verdicts[index] ?? "none"];
      element.textContent = glyph;
      element.title = words;
      element.dataset["verdict"] = verdicts[index] ?? "none";
    });
  }

  private all(): void {
    this.hidden.clear();
    for (const box of this.element.querySelectorAll("input")) box.checked = true;
    this.changed();
  }
}
