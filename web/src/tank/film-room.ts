// Which trial of which strategy plays: those that are told, or any number. Asks the server again when the study is another.

import type { PageData } from "../data.js";
import { h } from "../dom.js";
import { picture } from "../safe-svg.js";
import { Player } from "./player.js";
import type { TrialAnswer } from "./protocol.js";

type Ask = (strategy: number, trial: number) => Promise<TrialAnswer | null>;

export class FilmRoom {
  readonly element: HTMLElement;
  private readonly player = new Player();
  private readonly strategy = h("select", { "aria-label": "Strategy of the trial" });
  private readonly told = h("select", { "aria-label": "Told trials" });
  private readonly number = h("input", { type: "number", min: 0, step: 1, value: 0, "aria-label": "Number of the trial", class: "mono" });
  private readonly figure = h("details", { class: "trial-figure" }, h("summary", {}, "The same trial as a timeline"));
  private readonly fault = h("p", { class: "note fault" });
  private data: PageData | null = null;
  private study = -1;
  private chosen: { name: string; trial: number } | null = null;
  /** Whether nobody chose the trial: the first that is told is then more telling. */
  private free = true;
  private turn = 0;

  constructor(private readonly ask: Ask) {
    const choose = h(
      "div",
      { class: "controls" },
      h("label", { class: "choice" }, h("span", {}, "Strategy"), this.strategy),
      h("label", { class: "choice" }, h("span", {}, "Trial"), this.told),
      h("label", { class: "choice" }, h("span", {}, "or number"), this.number),
    );
    this.element = h("div", { class: "film-room" }, choose, this.fault, this.player.element, this.figure);
    this.strategy.addEventListener("change", () => this.pick(Number(this.strategy.value)));
    this.told.addEventListener("change", () => {
      if (this.told.value !== "") this.choose(Number(this.told.value));
    });
    this.number.addEventListener("change", () => this.choose(Math.max(0, Math.floor(Number(this.number.value)))));
  }

  /** Other numbers have come. A new study means that the trial went otherwise: it is asked for again. */
  update(data: PageData, study: number): void {
    this.data = data;
    const names = JSON.stringify(data.strategies.map((s) => s.name));
    if (this.strategy.dataset["names"] !== names) {
      this.strategy.dataset["names"] = names;
      this.strategy.replaceChildren(...data.strategies.map((s, i) => h("option", { value: String(i) }, s.name)));
    }
    const index = Math.max(0, data.strategies.findIndex((s) => s.name === this.chosen?.name));
    this.strategy.value = String(index);
    this.list(index);
    const first = this.chosen === null;
    if (!this.chosen && data.strategies[index]) this.chosen = { name: data.strategies[index].name, trial: this.firstTold(index) };
    this.number.max = String(Math.max(0, data.trials - 1));
    const better = this.free && this.player.untouched ? this.firstTold(index) : null;
    const changes = this.chosen !== null && better !== null && better !== this.chosen.trial;
    if (this.chosen && changes) this.chosen = { ...this.chosen, trial: better };
    if (study !== this.study || first || changes) {
      this.study = study;
      void this.load(!first);
    }
    this.showChoice();
  }

  /** Another strategy: its first told trial. */
  pick(index: number): void {
    const strategy = this.data?.strategies[index];
    if (!strategy) return;
    this.free = false;
    this.strategy.value = String(index);
    this.chosen = { name: strategy.name, trial: this.firstTold(index) };
    this.list(index);
    this.showChoice();
    void this.load(false);
  }

  private choose(trial: number): void {
    if (!this.chosen || !Number.isFinite(trial)) return;
    this.free = false;
    this.chosen = { ...this.chosen, trial };
    this.showChoice();
    void this.load(false);
  }

  private firstTold(index: number): number {
    return this.data?.told.find((told) => told.strategy === index)?.trial ?? this.chosen?.trial ?? 0;
  }

  private list(index: number): void {
    const told = this.data?.told.filter((t) => t.strategy === index) ?? [];
    const key = JSON.stringify([index, told.map((t) => [t.trial, t.why])]);
    if (this.told.dataset["key"] === key) return;
    this.told.dataset["key"] = key;
    this.told.replaceChildren(
      ...told.map((t) => h("option", { value: String(t.trial) }, `${t.trial}: ${t.why}`)),
      h("option", { value: "" }, told.length ? "another" : "by number"),
    );
  }

  private showChoice(): void {
    const trial = String(this.chosen?.trial ?? 0);
    const known = [...this.told.options].some((option) => option.value === trial);
    this.told.value = known ? trial : "";
    if (document.activeElement !== this.number) this.number.value = trial;
  }

  private async load(again: boolean): Promise<void> {
    const index = this.data?.strategies.findIndex((s) => s.name === this.chosen?.name) ?? -1;
    if (index < 0 || !this.chosen) return;
    this.turn += 1;
    const turn = this.turn;
    this.element.classList.add("waiting");
    try {
      const answer = await this.ask(index, this.chosen.trial);
      if (turn !== this.turn) return;
      // No answer: the study has been overtaken, and the next one's numbers will ask again.
      if (!answer) return;
      this.fault.textContent = "";
      this.player.load(answer.fleet, again);
      const drawn = picture(answer.figure);
      this.figure.replaceChildren(h("summary", {}, "The same trial as a timeline"), h("figure", {}, drawn));
      this.element.classList.remove("waiting");
    } catch (error) {
      if (turn !== this.turn) return;
      this.fault.textContent = error instanceof Error ? error.message : String(error);
    }
  }
}
