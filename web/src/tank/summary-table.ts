// The strategies in numbers, live: cells change in place, so that an order that the reader chose stays.

import { aspect, value, type Aspect, type PageData } from "../data.js";
import { h } from "../dom.js";
import { statistic } from "../format.js";
import { swatch } from "../look.js";
import { sortable } from "../table.js";

const MORE = ["impaired_host_ms", "isolation_violated", "escaped", "false_rollback"];

export class SummaryTable {
  readonly element = h("div", { class: "scroll", role: "region", "aria-label": "Strategies in numbers", tabindex: 0 });
  private shape = "";
  private cells: HTMLTableCellElement[][] = [];

  update(data: PageData): void {
    const columns = columnsOf(data);
    const shape = JSON.stringify([data.strategies.map((s) => [s.name, s.ink, s.shape, s.baseline]), columns.map((c) => [c.measure.words, c.statistic])]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.build(data, columns);
    }
    data.strategies.forEach((strategy, row) => {
      columns.forEach((column, i) => {
        const cell = this.cells[row]?.[i];
        const found = value(strategy, column);
        if (!cell) return;
        // The interval stands below its estimate.
        const [, said, interval] = /^(.*?)(?: (\[.*\]))?$/s.exec(found ? found[3] : "none") ?? ["", "", undefined];
        cell.replaceChildren(said ?? "", interval ? h("span", { class: "interval" }, interval) : "");
        if (found) cell.dataset["value"] = String(found[0]);
        else delete cell.dataset["value"];
      });
    });
  }

  private build(data: PageData, columns: Aspect[]): void {
    const head = columns.map((column) =>
      h("th", { scope: "col", "data-measure": column.measure.name, "data-statistic": column.statistic, title: `of ${column.measure.population}` }, `${column.measure.words}, ${statistic(column.statistic)}`),
    );
    this.cells = data.strategies.map(() => columns.map(() => h("td")));
    const rows = data.strategies.map((strategy, index) =>
      h("tr", { "data-s": index }, h("th", { scope: "row" }, swatch(strategy), ` ${strategy.name}${strategy.baseline ? " (baseline)" : ""}`), ...(this.cells[index] ?? [])),
    );
    const table = h("table", { id: "strategies" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "strategy"), ...head)), h("tbody", {}, ...rows));
    this.element.replaceChildren(table);
    sortable(table);
  }
}

/** Speed, harm and its tail, and what else a review asks for, as far as the study has it. */
function columnsOf(data: PageData): Aspect[] {
  const wanted: [string, string][] = [
    [data.speed.measure, data.speed.statistic],
    [data.harm.measure, data.harm.statistic],
    [data.harm.measure, "p99"],
    ...MORE.map((name): [string, string] => [name, "mean"]),
  ];
  const out: Aspect[] = [];
  for (const [measure, of] of wanted) {
    const found = data.measures.some((m) => m.name === measure) ? aspect(data, measure, of) : null;
    if (found && found.statistic === of && !out.some((o) => o.measure === found.measure && o.statistic === of)) out.push(found);
  }
  return out;
}
