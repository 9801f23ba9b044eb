// The scenario's knobs: a slider with steppers beside the value as the file spells it. What is turned is told as a setting.

import { h } from "../dom.js";
import type { Knob, Setting } from "./protocol.js";
import { stops, toml, typed } from "./toml.js";

interface Row {
  knob: Knob;
  element: HTMLElement;
  update(knob: Knob): void;
}

export class Knobs {
  readonly element = h("div", { class: "knobs" });
  private rows = new Map<string, Row>();
  private shape = "";
  private open = new Set<string>();

  constructor(private readonly turned: (setting: Setting) => void) {}

  /** Shows these knobs. Elements stay where the knobs are the same: a slider under the finger is not replaced. */
  update(knobs: Knob[]): void {
    const shape = JSON.stringify(knobs.map((knob) => [knob.path, knob.label, knob.group, knob.kind, knob.options]));
    if (shape === this.shape) {
      for (const knob of knobs) this.rows.get(knob.path)?.update(knob);
      return;
    }
    const focused = document.activeElement?.closest<HTMLElement>("[data-knob]")?.dataset["knob"];
    const first = this.shape === "";
    this.shape = shape;
    this.rows = new Map(knobs.map((knob) => [knob.path, knob.kind === "choice" ? this.choice(knob) : this.slider(knob)]));
    const groups = new Map<string, HTMLElement[]>();
    for (const row of this.rows.values()) groups.set(row.knob.group, [...(groups.get(row.knob.group) ?? []), row.element]);
    this.element.replaceChildren();
    for (const [name, elements] of groups) {
      if (first && this.open.size === 0) this.open.add(name);
      const details = h("details", { class: "knob-group" }, h("summary", {}, name || "scenario"), ...elements);
      details.open = this.open.has(name);
      details.addEventListener("toggle", () => {
        if (details.open) this.open.add(name);
        else this.open.delete(name);
      });
      this.element.append(details);
    }
    if (knobs.length === 0) this.element.append(h("p", { class: "note" }, "No value of this text can be turned; edit the text."));
    if (focused) this.rows.get(focused)?.element.querySelector<HTMLElement>("input")?.focus();
  }

  private slider(first: Knob): Row {
    let knob = first;
    let at = stopsOf(knob);
    const id = `knob-${knob.path}`;
    const range = h("input", { type: "range", id, min: 0, step: 1 });
    const field = h("input", { type: "text", class: "mono", "aria-label": `${knob.label}, as the file spells it`, spellcheck: "false", autocomplete: "off" });
    const less = h("button", { type: "button", class: "step", "aria-label": `less: ${knob.label}` }, "\u2212");
    const more = h("button", { type: "button", class: "step", "aria-label": `more: ${knob.label}` }, "+");
    const nearest = (): number => at.reduce((best, stop, i) => (Math.abs(stop - knob.now) < Math.abs((at[best] as number) - knob.now) ? i : best), 0);
    const turn = (index: number): void => {
      const value = at[Math.min(at.length - 1, Math.max(0, index))] as number;
      const text = toml(knob.kind, value);
      knob = { ...knob, now: value, value: text };
      field.value = text;
      range.value = String(nearest());
      range.setAttribute("aria-valuetext", text.replaceAll('"', ""));
      this.turned([knob.path, text]);
    };
    range.addEventListener("input", () => turn(Number(range.value)));
    less.addEventListener("click", () => turn(nearest() - 1));
    more.addEventListener("click", () => turn(nearest() + 1));
    const commit = (): void => {
      const text = typed(knob.kind, field.value);
      if (text !== "" && text !== knob.value) this.turned([knob.path, text]);
      else field.value = knob.value;
    };
    field.addEventListener("change", commit);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") commit();
    });
    const update = (next: Knob): void => {
      const moved = next.low !== knob.low || next.high !== knob.high || next.step !== knob.step;
      const held = document.activeElement === range && range.matches(":active");
      knob = next;
      if (!held || moved) {
        at = stopsOf(knob);
        range.max = String(at.length - 1);
        range.value = String(nearest());
      }
      range.setAttribute("aria-valuetext", knob.value.replaceAll('"', ""));
      if (document.activeElement !== field) field.value = knob.value;
      field.classList.remove("bad");
    };
    const head = h("div", { class: "knob-head" }, h("label", { for: id }, knob.label), field);
    const element = h("div", { class: "knob", "data-knob": knob.path, title: knob.file ? `${knob.path} in ${knob.file}` : knob.path }, head, h("div", { class: "knob-turn" }, less, range, more));
    update(knob);
    return { knob, element, update };
  }

  private choice(first: Knob): Row {
    const id = `knob-${first.path}`;
    const options = first.options ?? [first.value];
    const select = h("select", { id }, ...options.map((option, i) => h("option", { value: String(i) }, option.replaceAll('"', ""))));
    select.addEventListener("change", () => this.turned([first.path, options[Number(select.value)] as string]));
    const update = (next: Knob): void => {
      select.value = String(next.now);
    };
    update(first);
    const head = h("div", { class: "knob-head" }, h("label", { for: id }, first.label));
    return { knob: first, element: h("div", { class: "knob", "data-knob": first.path, title: first.path }, head, select), update };
  }
}

function stopsOf(knob: Knob): number[] {
  return stops(knob.kind, knob.low, knob.high, knob.step, knob.now);
}
