// A table that sorts by the column whose head is pressed: one way, the other, and back to how it was.

import { announce } from "./announce.js";
import { h } from "./dom.js";

export type Order = "ascending" | "descending" | "none";

/** The order of rows by their values in a column: those without a value last, ties as they were. */
export function order(values: (number | string | null)[], way: Order): number[] {
  const all = values.map((_, index) => index);
  if (way === "none") return all;
  const sign = way === "ascending" ? 1 : -1;
  return all.sort((a, b) => {
    const [x, y] = [values[a] ?? null, values[b] ?? null];
    if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
    const by = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en");
    return sign * by || a - b;
  });
}

/** The next order of a column that is pressed again. */
export function next(way: Order): Order {
  return way === "none" ? "ascending" : way === "ascending" ? "descending" : "none";
}

/** Makes a table sortable in place: columns with `data-measure`, and the first one, which has the names. */
export function sortable(table: HTMLTableElement): void {
  const body = table.tBodies[0];
  if (!body) return;
  const rows = [...body.rows];
  for (const head of table.querySelectorAll<HTMLTableCellElement>("thead th")) {
    const named = head.cellIndex === 0 && head.textContent?.trim() !== "" && head.rowSpan + head.parentElement!.children.length > 0;
    const column = columnOf(table, head);
    if (column === null || !(head.dataset["measure"] || named)) continue;
    const words = head.textContent?.trim() ?? "";
    const button = h("button", { type: "button", class: "sort", title: `Sort by ${words}` });
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const way = next((head.getAttribute("aria-sort") ?? "none") as Order);
      for (const other of table.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", way);
      const values = rows.map((row) => cellValue(row.cells[column]));
      body.append(...order(values, way).map((index) => rows[index] as HTMLTableRowElement));
      announce(way === "none" ? "Rows in their own order" : `Rows by ${words}, ${way}`);
    });
  }
}

/** Which cell of a row stands below a head; null for heads over several columns. */
function columnOf(table: HTMLTableElement, head: HTMLTableCellElement): number | null {
  if (head.colSpan > 1) return null;
  // Heads may have several rows: places that are taken from above are counted, too.
  const taken: boolean[][] = [];
  for (const [r, row] of [...(table.tHead?.rows ?? [])].entries()) {
    let column = 0;
    for (const cell of row.cells) {
      while (taken[r]?.[column]) column += 1;
      if (cell === head) return column;
      for (let down = 0; down < cell.rowSpan; down += 1) {
        const line = (taken[r + down] ??= []);
        for (let across = 0; across < cell.colSpan; across += 1) line[column + across] = true;
      }
      column += cell.colSpan;
    }
  }
  return null;
}

function cellValue(cell: HTMLTableCellElement | undefined): number | string | null {
  if (!cell) return null;
  const given = cell.dataset["value"];
  if (given === undefined) return cell.tagName === "TH" ? (cell.textContent?.trim() ?? "") : null;
  const number = Number(given);
  return given === "" || !Number.isFinite(number) ? null : number;
}
