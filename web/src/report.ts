// The report's page: it is complete as it comes; this adds charts to work with, links, sorting and the choice of colours.

import { announce } from "./announce.js";
import { embedded, type PageData } from "./data.js";
import { calm } from "./dom.js";
import { Desk } from "./desk.js";
import { link } from "./linking.js";
import { watchSideways } from "./sideways.js";
import { sortable } from "./table.js";
import { themeSwitch } from "./theme.js";

/** Dresses the page up. Without page data the page stays as it is. */
export function report(): void {
  const header = document.querySelector("header.page, header") ?? document.body;
  header.append(themeSwitch());
  for (const table of document.querySelectorAll<HTMLTableElement>("table#strategies, table.sortable")) sortable(table);
  printDetails();
  watchSideways();
  const data = embedded<PageData>("page-data");
  if (!data || data.strategies.length === 0) return;
  const told = data.told.length > 0;
  const desk = new Desk(data, (index) => tell(data, index));
  // Where no rollout completes there is no speed to put harm against: the still picture draws harm alone.
  const { measure, statistic } = data.speed;
  const isPlaced = data.strategies.some((strategy) => strategy.values[measure]?.[statistic]);
  if (isPlaced) replace("figure-trade-off", desk.tradeOff);
  replace("figure-exceedance", desk.exceedance);
  desk.start();
  link(() => ({ data, aspects: desk.aspects, hint: told ? "click: its told trials" : "" }));
}

/** Puts an interactive chart beside the static one, which stays for print without scripts and for copying. */
function replace(id: string, chart: HTMLElement): void {
  const figure = document.getElementById(id);
  const still = figure?.querySelector("svg");
  if (!figure || !still) return;
  still.before(chart);
  still.classList.add("replaced");
}

/** Opens what is told of a strategy and goes there. */
function tell(data: PageData, index: number): void {
  const name = data.strategies[index]?.name ?? "";
  const all = [...document.querySelectorAll<HTMLDetailsElement>("details.trial")];
  const own = all.filter((details) => details.id.startsWith(`timeline-${index}-`));
  for (const details of own) details.open = true;
  const first = own[0];
  if (!first) {
    announce(`No trial of ${name} is told on this page`);
    return;
  }
  first.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block: "start" });
  first.querySelector<HTMLElement>("summary")?.focus({ preventScroll: true });
  announce(`${own.length === 1 ? "A trial" : `${own.length} trials`} of ${name} opened`);
}

/** What is folded is printed too; afterwards it is folded again. */
function printDetails(): void {
  let opened: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}
