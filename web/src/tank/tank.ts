// The tank: knobs and text on one side, the picture on the other, and one trial as a fleet below. Everything meets here: what is
// turned or typed becomes a wish, what the server answers becomes what is shown.

import { announce } from "../announce.js";
import { embedded } from "../data.js";
import { calm, h } from "../dom.js";
import { Desk } from "../desk.js";
import { grouped } from "../format.js";
import { link } from "../linking.js";
import { patch, restoreEnds } from "../patch.js";
import { picture } from "../safe-svg.js";
import { sideways, watchSideways } from "../sideways.js";
import { themeSwitch } from "../theme.js";
import { Editor } from "./editor.js";
import { FilmRoom } from "./film-room.js";
import { History } from "./history.js";
import { Knobs } from "./knobs.js";
import { Live, type Wish } from "./live.js";
import type { Numbers, Setting, StudyAnswer, TankData } from "./protocol.js";
import { SummaryTable } from "./summary-table.js";

/** How long typing rests before it is simulated, in milliseconds. */
const REST = 250;
/** Changes of one knob that follow each other faster than this are one, to undo and for what the picture remembers, in milliseconds. */
const GESTURE = 1200;

interface State {
  text: string;
  elsewhere: Setting[];
}

/** Builds the tank's page and begins the first study. */
export function tank(): void {
  const data = embedded<TankData>("tank-data");
  const main = document.getElementById("main") ?? document.querySelector("main");
  if (data && main) new Tank(data, main).start();
}

class Tank {
  private readonly editor: Editor;
  private readonly knobs: Knobs;
  private readonly live: Live;
  private readonly films: FilmRoom;
  private readonly table = new SummaryTable();
  private readonly history: History<State>;
  private desk: Desk | null = null;

  private readonly progress = h("progress", { max: 1, value: 0, "aria-label": "Trials" });
  private readonly status = h("span", { class: "status" });
  private readonly latency = h("span", { class: "note latency" });
  private readonly banner = h("div", { class: "banner", role: "alert", hidden: true });
  private readonly picture = h("section", { class: "tank-picture", "aria-label": "Speed against harm" });
  private readonly results = h("div", { class: "tank-results" });
  private readonly figures = h("div", { class: "figures" });
  private readonly gantt = h("figure", { class: "gantt" });
  private readonly patchText = h("pre", { class: "patch", tabindex: 0, "aria-label": "The change as a patch" });
  private readonly copyPatch = h("button", { type: "button" }, "Copy as patch");
  private readonly copyGate = h("button", { type: "button" }, "Copy gate command");
  private readonly undo = h("button", { type: "button", title: "Undo" }, "Undo");
  private readonly redo = h("button", { type: "button", title: "Redo" }, "Redo");
  private readonly reset = h("button", { type: "button", title: "Back to the file" }, "Reset");

  private pending = new Map<string, string>();
  private elsewhere: Setting[] = [];
  private gate = "";
  private timer = 0;
  /** When the change was made that waits for its first numbers; null: they are there. */
  private since: number | null = performance.now();
  private last = { what: "", at: -Infinity };
  /** The next answer begins a state of its own; else it takes the place of the last one: the same knob turned on. */
  private begins = false;
  private shownStudy = -1;
  private copied = "";

  constructor(
    private readonly given: TankData,
    private readonly main: HTMLElement,
  ) {
    this.history = new History<State>({ text: given.text, elsewhere: [] }, (a, b) => JSON.stringify(a) === JSON.stringify(b));
    this.editor = new Editor(() => this.typed());
    this.knobs = new Knobs((setting) => this.turned(setting));
    this.live = new Live({
      asked: () => this.stale(true),
      answered: (answer, wish) => this.answered(answer, wish),
      numbers: (numbers) => this.numbers(numbers),
      refused: (message) => {
        // What the server does not take is not sent again with the next change.
        this.pending.clear();
        this.complain(message, "Try again", () => this.want());
      },
      overtaken: () => this.complain("Another page has begun a study of its own: these numbers are of before it.", "Run this one", () => this.want()),
      connected: (is, again) => this.connected(is, again),
    });
    this.films = new FilmRoom((strategy, trial) => this.live.trial(strategy, trial));
  }

  start(): void {
    document.body.classList.add("tank");
    const empty = h("p", { class: "note" }, "The first trials are on their way.");
    this.picture.append(h("h2", {}, "Speed against harm"), empty);
    const header = h(
      "header",
      { class: "page tank-head" },
      h("h1", {}, h("span", { class: "kind" }, "tank "), this.given.file),
      h("div", { class: "tank-tools" }, this.undo, this.redo, this.reset, this.copyPatch, this.copyGate),
      h("div", { class: "tank-status" }, this.progress, this.status, this.latency),
      themeSwitch(),
    );
    this.main.before(h("a", { class: "skip", href: "#picture" }, "To the picture"), header, this.banner);
    this.picture.id = "picture";
    const section = (name: string, title: string, ...inner: Node[]): HTMLElement => h("section", { class: name, "aria-label": title }, h("h2", {}, title), ...inner);
    this.main.replaceChildren(
      h(
        "div",
        { class: "bench" },
        section("tank-knobs", "Knobs", this.knobs.element),
        section("tank-text", "Scenario", this.editor.element),
        this.picture,
      ),
      section("tank-film", "One trial", this.films.element),
      this.results,
      section("tank-patch", "The change", this.patchText),
    );
    this.results.append(section("tank-numbers", "In numbers", this.table.element), section("tank-figures", "Figures", this.gantt, this.figures));
    this.editor.text = this.given.text;
    this.listen();
    this.changedText();
    watchSideways();
    this.live.open();
    this.want();
  }

  private listen(): void {
    this.undo.addEventListener("click", () => this.back(this.history.undo()));
    this.redo.addEventListener("click", () => this.back(this.history.redo()));
    this.reset.addEventListener("click", () => {
      const state = { text: this.given.text, elsewhere: [] };
      this.history.push(state, false);
      this.back(state);
    });
    this.copyPatch.addEventListener("click", () => void this.copy(this.copyPatch, this.patchText.textContent ?? ""));
    this.copyGate.addEventListener("click", () => void this.copy(this.copyGate, this.gate));
    addEventListener("beforeunload", (event) => {
      // What nobody copied would be lost.
      const now = this.patchText.textContent ?? "";
      if (this.text() !== this.given.text && now !== this.copied) event.preventDefault();
    });
  }

  /** The text as the file would have it. */
  private text(): string {
    return restoreEnds(this.given.text, this.editor.text);
  }

  private turned([path, toml]: Setting): void {
    this.gesture(path);
    this.pending.set(path, toml);
    this.since = performance.now();
    this.want();
  }

  /** A change: if it is not of the same thing as the last one, or that is some time ago, it begins a state to undo, and the
   * picture remembers where strategies were. */
  private gesture(what: string): void {
    const now = performance.now();
    if (what !== this.last.what || now - this.last.at >= GESTURE) {
      this.begins = true;
      this.desk?.remember();
    }
    this.last = { what, at: now };
  }

  private typed(): void {
    this.gesture("the text");
    this.changedText();
    this.stale(true);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.since = performance.now();
      this.want();
    }, REST);
  }

  private want(): void {
    clearTimeout(this.timer);
    const settings = new Map([...this.elsewhere, ...this.pending]);
    const text = this.text();
    if (new TextEncoder().encode(JSON.stringify(text)).length + 4096 > this.given.limits.body) {
      this.complain("The text is larger than the server takes.", "", () => undefined);
      return;
    }
    if (this.since === null) this.since = performance.now();
    this.live.want({ text, settings: [...settings] });
  }

  private answered(answer: StudyAnswer, wish: Wish): void {
    this.quiet();
    for (const [path, toml] of wish.settings) if (this.pending.get(path) === toml) this.pending.delete(path);
    this.elsewhere = answer.elsewhere ?? [];
    // Whoever typed meanwhile goes on with what was typed; the settings are then asked for again.
    if (this.text() === wish.text) {
      this.editor.text = answer.text;
      if (this.history.push({ text: answer.text, elsewhere: this.elsewhere }, !this.begins)) this.begins = false;
    } else if (wish.settings.length) {
      for (const [path, toml] of wish.settings) if (!this.pending.has(path)) this.pending.set(path, toml);
      this.want();
    }
    this.editor.show(answer.problems);
    const broken = answer.study === null;
    if (!broken || answer.knobs.length) this.knobs.update(answer.knobs);
    this.knobs.element.classList.toggle("broken", broken);
    this.gate = answer.gate;
    this.copyGate.title = answer.gate;
    this.drawGantt(answer.gantt);
    this.changedText();
    if (broken) {
      this.since = null;
      this.progress.value = 0;
      this.status.textContent = "The text has errors: these numbers are of the last text without.";
      announce(this.status.textContent);
    } else if (this.shownStudy !== answer.study) this.status.textContent = "computing\u2026";
  }

  private numbers(numbers: Numbers): void {
    this.shownStudy = numbers.study;
    if (!this.desk) this.build(numbers);
    else this.desk.update(numbers.page);
    this.table.update(numbers.page);
    this.films.update(numbers.page, numbers.study);
    this.drawFigures(numbers.figures ?? {});
    this.stale(this.live.busy);
    this.quiet();
    this.progress.max = numbers.of;
    this.progress.value = numbers.trials;
    this.status.textContent = `${grouped(numbers.trials)} of ${grouped(numbers.of)} trials${numbers.final ? "" : "\u2026"}`;
    document.body.dataset["study"] = String(numbers.study);
    document.body.dataset["trials"] = String(numbers.trials);
    document.body.toggleAttribute("data-final", numbers.final);
    if (this.since !== null) {
      const took = Math.round(performance.now() - this.since);
      this.since = null;
      this.latency.textContent = `first numbers after ${grouped(took)} ms`;
      document.body.dataset["latency"] = String(took);
    }
    if (numbers.final) announce(`${grouped(numbers.trials)} trials. ${this.picture.querySelector(".limit-words")?.textContent ?? ""}`);
  }

  private build(numbers: Numbers): void {
    const desk = new Desk(numbers.page, (index) => this.play(index));
    this.desk = desk;
    this.picture.replaceChildren(h("h2", {}, "Speed against harm"), desk.tradeOff);
    const tail = h("section", { class: "tank-tail", "aria-label": "The tail" }, h("h2", {}, "How often so much harm"), desk.exceedance);
    this.results.querySelector(".tank-numbers")?.after(tail);
    desk.start();
    link(() => ({ data: desk.shown, aspects: desk.aspects, hint: "click: play a trial of it" }));
  }

  private play(index: number): void {
    this.films.pick(index);
    this.films.element.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block: "start" });
    announce(`A trial of ${this.desk?.shown.strategies[index]?.name ?? ""} is loaded below`);
  }

  private back(state: State | null): void {
    if (!state) return;
    this.pending.clear();
    this.gesture(`back ${performance.now()}`);
    this.elsewhere = state.elsewhere;
    this.editor.text = state.text;
    this.since = performance.now();
    this.changedText();
    this.want();
  }

  private changedText(): void {
    const change = patch(this.given.file, this.given.text, this.text());
    const other = this.elsewhere.map(([path, toml]) => `# in an included file: ${path} = ${toml}\n`).join("");
    this.patchText.textContent = change + other || "Nothing is changed.";
    this.copyPatch.disabled = change === "";
    this.undo.disabled = !this.history.canUndo;
    this.redo.disabled = !this.history.canRedo;
    this.reset.disabled = change === "" && this.elsewhere.length === 0;
    this.copyGate.disabled = this.gate === "";
  }

  private drawGantt(text: string | null): void {
    const drawn = text ? picture(text) : null;
    this.gantt.replaceChildren(...(drawn ? [drawn, h("figcaption", {}, "The plan, before anything is simulated.")] : []));
  }

  private drawFigures(figures: { [name: string]: string }): void {
    for (const [name, text] of Object.entries(figures)) {
      // These two are drawn to work with, above.
      if (name === "exceedance" || name === "trade-off") continue;
      const drawn = picture(text);
      if (!drawn) continue;
      const old = [...this.figures.children].find((figure) => (figure as HTMLElement).dataset["figure"] === name);
      const figure = h("figure", { "data-figure": name }, drawn);
      if (old) old.replaceWith(figure);
      else this.figures.append(figure);
    }
    sideways();
  }

  private stale(is: boolean): void {
    document.body.classList.toggle("stale", is);
  }

  private complain(message: string, action: string, act: () => void): void {
    const button = action ? h("button", { type: "button", click: act }, action) : null;
    this.banner.replaceChildren(h("p", {}, message), button ?? "");
    this.banner.hidden = false;
    this.stale(true);
  }

  private quiet(): void {
    this.banner.hidden = true;
  }

  private connected(is: boolean, again: boolean): void {
    if (!is) {
      this.complain("The server does not answer. Is `wavetank serve` still running? This page tries again every second; what you changed is kept.", "", () => undefined);
    } else if (again) {
      this.quiet();
      this.want();
    }
  }

  /** Copies, and says so on the button; where the browser forbids it, selects the text to copy by hand. */
  private async copy(button: HTMLButtonElement, text: string): Promise<void> {
    const words = button.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      if (button === this.copyPatch) this.copied = text;
      button.textContent = "Copied";
      announce("Copied");
    } catch {
      if (button === this.copyPatch) {
        getSelection()?.selectAllChildren(this.patchText);
        this.patchText.focus();
        announce("The patch is selected: copy it");
      } else this.complain(text, "", () => undefined);
      return;
    }
    setTimeout(() => {
      button.textContent = words;
    }, 1500);
  }
}
