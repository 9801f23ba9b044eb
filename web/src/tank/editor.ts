// The scenario's text with line numbers, and what the server finds wrong with it: listed, marked at its lines, a click goes there.

import { h } from "../dom.js";
import { counted } from "../format.js";
import type { Problem } from "./protocol.js";

export class Editor {
  readonly element: HTMLElement;
  private readonly area = h("textarea", {
    class: "mono",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    wrap: "off",
    "aria-label": "The scenario's text",
    "aria-describedby": "problems-head",
  });
  private readonly gutter = h("div", { class: "gutter mono", "aria-hidden": "true" });
  private readonly head = h("p", { class: "problems-head", id: "problems-head" });
  private readonly list = h("ol", { class: "problems" });
  private problems: Problem[] = [];
  private numbered = 0;

  constructor(typed: () => void) {
    this.element = h("div", { class: "editor" }, h("div", { class: "sheet" }, this.gutter, this.area), this.head, this.list);
    this.area.addEventListener("input", () => {
      this.number();
      typed();
    });
    this.area.addEventListener("scroll", () => {
      this.gutter.scrollTop = this.area.scrollTop;
    });
  }

  get text(): string {
    return this.area.value;
  }

  /** Replaces the text, and keeps the caret and what is in view where they were. Marks the lines that are new. */
  set text(text: string) {
    if (text.replace(/\r\n/g, "\n") === this.area.value) return;
    const { selectionStart, selectionEnd, scrollTop, scrollLeft } = this.area;
    const focused = document.activeElement === this.area;
    const before = this.area.value.split("\n");
    this.area.value = text;
    if (focused) this.area.setSelectionRange(selectionStart, selectionEnd);
    this.area.scrollTop = scrollTop;
    this.area.scrollLeft = scrollLeft;
    this.number();
    if (this.numbered > 0 && before.length > 1) this.flash(before);
  }

  /** Shows the problems that the server found. */
  show(problems: Problem[]): void {
    this.problems = problems;
    const errors = problems.filter((problem) => problem.severity === "error").length;
    const others = problems.length - errors;
    const parts = [errors ? counted(errors, "error") : "", others ? counted(others, "warning") : ""].filter(Boolean);
    this.head.textContent = parts.length ? `${parts.join(", ")}${errors ? ": nothing is simulated until they are mended" : ""}` : "No problems";
    this.head.classList.toggle("bad", errors > 0);
    this.list.replaceChildren(...problems.map((problem) => this.item(problem)));
    this.area.setAttribute("aria-invalid", String(errors > 0));
    this.mark();
  }

  private item(problem: Problem): HTMLLIElement {
    const line = problem.line === null ? "" : `line ${problem.line}`;
    const where = lineHere(problem) === null && problem.file ? `${problem.file} ${line}` : line;
    const button = h(
      "button",
      { type: "button", class: "problem", click: () => this.go(problem) },
      h("span", { class: `severity ${severity(problem)}` }, severity(problem)),
      h("span", { class: "where" }, where),
      h("span", { class: "message" }, problem.message, " ", h("span", { class: "rule" }, problem.rule)),
    );
    return h("li", {}, button, ...problem.help.map((help) => h("p", { class: "note help" }, help)));
  }

  /** Selects what a problem is about and scrolls it into view. */
  private go(problem: Problem): void {
    const line = lineHere(problem);
    if (line === null) return;
    const starts = lineStarts(this.area.value);
    const offset = (line: number, column: number): number => {
      const start = starts[Math.min(starts.length, Math.max(1, line)) - 1] ?? 0;
      const text = this.area.value.slice(start).split("\n", 1)[0] ?? "";
      // Columns count characters, the field counts UTF-16 units.
      return start + [...text].slice(0, Math.max(0, column - 1)).join("").length;
    };
    const from = offset(line, problem.column ?? 1);
    const to = problem.end_line === null ? from : offset(problem.end_line, problem.end_column ?? 1);
    this.area.focus();
    this.area.setSelectionRange(from, Math.max(from, to));
    const height = this.area.scrollHeight / Math.max(1, starts.length);
    this.area.scrollTop = (line - 1) * height - this.area.clientHeight / 3;
  }

  private number(): void {
    const count = lineStarts(this.area.value).length;
    if (count !== this.numbered) {
      this.numbered = count;
      this.gutter.replaceChildren(...Array.from({ length: count }, (_, i) => h("div", {}, String(i + 1))));
    }
    this.mark();
    this.gutter.scrollTop = this.area.scrollTop;
  }

  private mark(): void {
    for (const line of this.gutter.querySelectorAll(".error, .warning")) {
      line.classList.remove("error", "warning");
      line.removeAttribute("title");
    }
    for (const problem of [...this.problems].reverse()) {
      const at = lineHere(problem);
      const line = at === null ? null : this.gutter.children[at - 1];
      line?.classList.remove("error", "warning");
      line?.classList.add(severity(problem));
      line?.setAttribute("title", problem.message);
    }
  }

  private flash(before: string[]): void {
    for (const line of this.gutter.querySelectorAll(".changed")) line.classList.remove("changed");
    const after = this.area.value.split("\n");
    if (after.length !== before.length) return;
    after.forEach((line, i) => {
      if (line !== before[i]) this.gutter.children[i]?.classList.add("changed");
    });
  }
}

/** The line of this text that a problem is about; null if it is about another file. */
function lineHere(problem: Problem): number | null {
  return problem.here === false ? null : problem.line;
}

function severity(problem: Problem): "error" | "warning" {
  return problem.severity === "error" ? "error" : "warning";
}

function lineStarts(text: string): number[] {
  const out = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) out.push(at + 1);
  return out;
}
